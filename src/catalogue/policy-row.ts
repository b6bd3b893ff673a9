import type { Field, Rule } from './field.ts';

/** What is said of one type of policy. */
export interface PolicyRow {
  readonly path: string;
  readonly model: string;
  readonly description: string;
  readonly fields: readonly Field[];
  readonly rules?: readonly Rule[];
  /** See {@link EntityType.needsOneOf}. */
  readonly needsOneOf?: readonly string[];
  /** See {@link CatalogueEntry.enterprise}. */
  readonly enterprise?: true;
}
