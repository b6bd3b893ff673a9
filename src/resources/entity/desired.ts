import { compareMinor, type MinorVersion } from '../../authentik/versions.ts';
import { declarable, specName, type EnumValue, type Field, type ReferenceTarget } from '../../catalogue/field.ts';
import type { Reference } from '../../api/v1alpha1/common.ts';
import { OperatorError } from '../../runtime/errors.ts';
import { keptText } from '../kept-text.ts';

/** Declared values by Authentik's own field names, references as primary keys. */
export type Body = Readonly<Record<string, unknown>>;

/** Finds the primary key of what a reference means; null for `{none: true}`. */
export type Resolve = (reference: Reference, to: ReferenceTarget) => Promise<string | null>;

/**
 * What the spec declares, as the API takes it. Fields that the spec leaves out are not in it. Write-only fields are left to
 * whoever reads the Secrets. Throws `UnsupportedVersion` for a field or value that this server doesn't know.
 */
export async function desiredBody(
  fields: readonly Field[],
  values: Readonly<Record<string, unknown>>,
  version: MinorVersion,
  resolve: Resolve,
): Promise<Body> {
  const body: Record<string, unknown> = {};
  for (const field of declarable(fields)) {
    const value = values[specName(field)];
    if (value === undefined) continue;
    requireVersion(field, value, version);
    if (field.type !== 'secret') body[field.api] = await apiValue(field, value, resolve);
  }
  return body;
}

async function apiValue(field: Field, value: unknown, resolve: Resolve): Promise<unknown> {
  switch (field.type) {
    case 'reference':
      return resolve(value as Reference, field.to);
    case 'referenceSet':
      return Promise.all((value as readonly Reference[]).map(async (reference) => resolve(reference, field.to)));
    case 'string':
      return typeof value === 'string' ? keptText(value) : value;
    case 'integer':
    case 'boolean':
    case 'enum':
    case 'duration':
    case 'enumArray':
    case 'secret':
      return value;
  }
}

function requireVersion(field: Field, value: unknown, version: MinorVersion): void {
  if (field.since !== undefined && compareMinor(version, field.since) < 0) throw tooOld(specName(field), field.since, version);
  if (field.type !== 'enum' && field.type !== 'enumArray') return;
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const known = field.values.find((candidate: EnumValue) => typeof candidate !== 'string' && candidate.value === item);
    if (known !== undefined && typeof known !== 'string' && compareMinor(version, known.since) < 0)
      throw tooOld(`${specName(field)}: ${known.value}`, known.since, version);
  }
}

function tooOld(what: string, since: MinorVersion, version: MinorVersion): OperatorError {
  return new OperatorError(
    'UnsupportedVersion',
    `${what} needs Authentik ${since} or later, this is ${version}: leave it out or upgrade Authentik`,
  );
}
