import type { CatalogueEntry } from './entity.ts';

/** What is said of one type of stage or policy; the rest follows from its family and its name. */
export type TypeRow = Pick<CatalogueEntry, 'path' | 'model' | 'description' | 'fields'> &
  Partial<Pick<CatalogueEntry, 'rules' | 'since' | 'leadsOn' | 'smtp' | 'enterprise' | 'needsOneOf'>>;
