import { isDeepStrictEqual } from 'node:util';
import { isSet, specName, type Field } from '../../catalogue/field.ts';
import type { Change } from '../../runtime/external.ts';
import { sameText } from '../kept-text.ts';
import type { Body } from './desired.ts';

/** The declared fields in which `actual` differs. Sets are compared as sets, ordered arrays in order; unknown fields are ignored. */
export function differences(fields: readonly Field[], desired: Body, actual: Body): readonly Change[] {
  return fields
    .filter((field) => field.type !== 'secret' && field.api in desired && !same(field, desired[field.api], actual[field.api]))
    .map((field) => ({ field: specName(field), from: actual[field.api], to: desired[field.api] }));
}

function same(field: Field, want: unknown, have: unknown): boolean {
  if (isSet(field) && Array.isArray(want) && Array.isArray(have)) return isDeepStrictEqual(asSet(want), asSet(have));
  return sameText(want, have) || isDeepStrictEqual(want, have);
}

function asSet(values: readonly unknown[]): readonly unknown[] {
  return [...new Set(values)].sort();
}

/** What `actual` holds in the fields that `desired` declares: what there is to restore one day. Holds no secrets. */
export function current(fields: readonly Field[], desired: Body, actual: Body): Body {
  const held = fields.filter((field) => field.type !== 'secret' && field.api in desired && field.api in actual);
  return Object.fromEntries(held.map((field) => [field.api, actual[field.api]]));
}

/** What an update must repeat although nothing changes there, since the server judges the body alone. */
export function companions(fields: readonly Field[], actual: Body): Body {
  return Object.fromEntries(
    fields.filter((field) => field.resend === true && field.api in actual).map((field) => [field.api, actual[field.api]]),
  );
}
