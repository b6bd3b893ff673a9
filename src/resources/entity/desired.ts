import { compareMinor, type MinorVersion } from '../../authentik/versions.ts';
import type { EntityType } from '../../catalogue/entity.ts';
import { declarable, isKnownTo, isWeak, specName, type EnumValue, type Field, type ReferenceTarget } from '../../catalogue/field.ts';
import type { Reference } from '../../api/v1alpha1/common.ts';
import { OperatorError } from '../../runtime/errors.ts';
import { keptText } from '../kept-text.ts';

/** Values by Authentik's own field names, references as primary keys. */
export type Body = Readonly<Record<string, unknown>>;

/** A reference that is still a name. */
export interface Named {
  readonly to: ReferenceTarget;
  readonly ofType?: string | undefined;
  readonly reference: Reference;
}

/** One declared field: a value as the API takes it, or names that become primary keys when it is sent. */
export type Declared =
  | { readonly field: Field; readonly value: unknown }
  | { readonly field: Field; readonly one: Named }
  | { readonly field: Field; readonly all: readonly Named[] };

/** A weak link that can't be set yet. */
export interface PendingLink {
  readonly field: Field;
  /** The primary key, where there is one already: then a link that is there stays. */
  readonly key: string | undefined;
  /** How the spec calls what is linked to. */
  readonly name: string;
  readonly error: OperatorError;
}

/** A weak link: its primary key as far as it is known, null for `{none: true}`, and why it must not be set yet. */
export interface Link {
  readonly key: string | null | undefined;
  readonly pending?: OperatorError;
}

/** Finds what references mean, as seen from one object. */
export interface References {
  /**
   * The primary key of a strong one; null for `{none: true}`. Throws `ReferenceNotFound` or `ReferenceNotReady`, and `InvalidSpec` for a
   * stage that is not of the type that it must be of.
   */
  resolve(reference: Reference, to: ReferenceTarget, ofType?: string): Promise<string | null>;
  /** A weak one; what isn't there is no failure. */
  link(reference: Reference, to: ReferenceTarget): Promise<Link>;
}

/** What a spec declares with its references found. */
export interface Resolved {
  readonly body: Body;
  readonly pending: readonly PendingLink[];
}

/**
 * What the spec declares, references as names: a function of the spec alone. Fields that the spec leaves out are not in it. Write-only
 * fields are left to whoever reads the Secrets. Throws `UnsupportedVersion` for a field or value that this server doesn't know.
 */
export function declaredFields(
  fields: readonly Field[],
  values: Readonly<Record<string, unknown>>,
  version: MinorVersion,
): readonly Declared[] {
  return declarable(fields).flatMap((field): readonly Declared[] => {
    const value = values[specName(field)];
    if (value === undefined) return [];
    requireVersion(field, value, version);
    return field.type === 'secret' ? [] : [declared(field, value)];
  });
}

function declared(field: Field, value: unknown): Declared {
  switch (field.type) {
    case 'reference':
      return { field, one: { to: field.to, ofType: field.ofType, reference: value as Reference } };
    case 'referenceSet':
      return { field, all: (value as readonly Reference[]).map((reference) => ({ to: field.to, reference })) };
    case 'string':
      return { field, value: typeof value === 'string' ? orNull(field, keptText(value)) : value };
    case 'enum':
      return { field, value: orNull(field, value) };
    case 'integer':
    case 'number':
    case 'integerSet':
    case 'codeSet':
    case 'boolean':
    case 'duration':
    case 'enumArray':
    case 'json':
    case 'secret':
      return { field, value };
  }
}

/** `null` is never written in a spec. */
function orNull(field: { readonly nullable?: boolean }, value: unknown): unknown {
  return field.nullable === true && value === '' ? null : value;
}

/** Names become primary keys. Throws what a strong reference throws; weak ones that can't be set are told apart. */
export async function resolved(fields: readonly Declared[], references: References): Promise<Resolved> {
  const body: Record<string, unknown> = {};
  const pending: PendingLink[] = [];
  for (const item of fields) {
    const { field } = item;
    if ('value' in item) body[field.api] = item.value;
    else if ('all' in item)
      body[field.api] = await Promise.all(item.all.map(async ({ reference, to }) => references.resolve(reference, to)));
    else if (!isWeak(field)) body[field.api] = await references.resolve(item.one.reference, item.one.to, item.one.ofType);
    else {
      const { key, pending: error } = await references.link(item.one.reference, item.one.to);
      body[field.api] = key ?? null;
      if (error !== undefined) pending.push({ field, key: key ?? undefined, name: nameOf(item.one.reference), error });
    }
  }
  return { body, pending };
}

/** How the spec calls it. */
export function nameOf({ name, external }: Reference): string {
  return name ?? external ?? 'none';
}

function requireVersion(field: Field, value: unknown, version: MinorVersion): void {
  if (field.since !== undefined && compareMinor(version, field.since) < 0) throw tooOld(specName(field), field.since, version);
  if (!isKnownTo(version, field))
    throw new OperatorError(
      'UnsupportedVersion',
      `${specName(field)} is not in Authentik any more since ${field.goneSince ?? ''}, this is ${version}: leave it out`,
    );
  if (field.type !== 'enum' && field.type !== 'enumArray') return;
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const known = field.values.find((candidate: EnumValue) => typeof candidate !== 'string' && candidate.value === item);
    if (known !== undefined && typeof known !== 'string' && compareMinor(version, known.since) < 0)
      throw tooOld(`${specName(field)}: ${known.value}`, known.since, version);
  }
}

/** Throws `UnsupportedVersion` for a type that this server doesn't have. */
export function requireType({ since, type }: EntityType & { readonly type?: string }, version: MinorVersion): void {
  if (since === undefined || compareMinor(version, since) >= 0) return;
  throw new OperatorError(
    'UnsupportedVersion',
    `type ${type ?? ''} needs Authentik ${since} or later, this is ${version}: delete the object or upgrade Authentik`,
  );
}

function tooOld(what: string, since: MinorVersion, version: MinorVersion): OperatorError {
  return new OperatorError(
    'UnsupportedVersion',
    `${what} needs Authentik ${since} or later, this is ${version}: leave it out or upgrade Authentik`,
  );
}
