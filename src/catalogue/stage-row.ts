import type { MinorVersion } from '../authentik/versions.ts';
import type { Field, Rule } from './field.ts';

/** What is said of one type of stage. */
export interface StageRow {
  readonly path: string;
  readonly model: string;
  readonly description: string;
  readonly fields: readonly Field[];
  readonly rules?: readonly Rule[];
  /** The first version that has the type. */
  readonly since?: MinorVersion;
  /** See {@link CatalogueEntry.leadsOn}. */
  readonly leadsOn?: true;
  /** See {@link CatalogueEntry.smtp}. */
  readonly smtp?: true;
  /** See {@link CatalogueEntry.enterprise}. */
  readonly enterprise?: true;
}
