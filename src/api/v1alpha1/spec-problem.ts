import type { z } from 'zod';
import { KINDS } from './kinds.ts';

const SPECS = new Map(KINDS.map(({ kind, spec }) => [kind, spec]));

/** What makes a spec unusable; lengths and forms are left to the API server, which has checked them, and counts other characters. */
const SHAPES: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/**
 * Why an object can't be worked with: it is of a type that this operator doesn't know, or was stored before its schema was what it is.
 * Undefined when nothing is wrong.
 */
export function specProblem(kind: string, spec: unknown): string | undefined {
  const problem = SPECS.get(kind)
    ?.safeParse(spec)
    .error?.issues.find(({ code }) => SHAPES.has(code));
  return problem === undefined ? undefined : describe(problem, spec);
}

function describe({ path, code, message }: z.core.$ZodIssue, spec: unknown): string {
  const field = ['spec', ...path].join('.');
  if (code === 'invalid_value' && field === 'spec.type') {
    const { type } = spec as { readonly type?: unknown };
    return `this operator does not know type ${String(type)}: upgrade it, or delete the object`;
  }
  return `${field} can't be used (${message}): the object was stored under another schema; apply it again as it is documented`;
}
