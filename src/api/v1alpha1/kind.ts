import type { z } from 'zod';

/** A printer column of `kubectl get`; the named ones are the same on all kinds. */
export type Column =
  | 'Ready'
  | 'Reason'
  | 'Age'
  | 'UUID'
  | 'Connection'
  | 'LastChange'
  | { readonly name: string; readonly path: string; readonly type?: 'string' | 'integer' | 'boolean'; readonly wide?: true };

/** All that the CRD, the documentation and the store need to know of a kind. */
export interface KindSchema<Spec extends z.ZodType = z.ZodType, Status extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: Spec;
  readonly status: Status;
  readonly columns: readonly Column[];
}

/** Keeps the precise types of a kind's schemas. */
export function defineKind<Spec extends z.ZodType, Status extends z.ZodType>(kind: KindSchema<Spec, Status>): KindSchema<Spec, Status> {
  return kind;
}
