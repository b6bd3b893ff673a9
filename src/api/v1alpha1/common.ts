import { z } from 'zod';

/** Authentik's own form of a duration; `;` is the only separator (its help texts that show `,` are wrong). */
export const DURATION_PATTERN =
  '^(microseconds|milliseconds|seconds|minutes|hours|days|weeks)=[0-9]+(;(microseconds|milliseconds|seconds|minutes|hours|days|weeks)=[0-9]+)*$';

/** A Kubernetes duration that we accept for our own intervals. */
const INTERVAL_PATTERN = '^([0-9]+(ms|s|m|h))+$';

const DNS_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** A validation rule in CEL, as the CRD carries it. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: true;
}

/** Attaches CEL rules to a schema; `crds.ts` passes them on as `x-kubernetes-validations`. */
export function withRules<T extends z.ZodType>(schema: T, ...rules: readonly CelRule[]): T {
  // The API server drops an empty list, and whoever compares (Argo CD) would see a difference for ever.
  if (rules.length === 0) return schema;
  return schema.meta({ ...schema.meta(), 'x-kubernetes-validations': rules });
}

/** A list whose entries are merged by key, so that several appliers can share it (server-side apply). */
export function listMap<T extends z.ZodObject>(
  entry: T,
  key: keyof T['shape'] & string,
  maxItems: number,
  description: string,
): z.ZodArray<T> {
  return z
    .array(entry)
    .max(maxItems)
    .meta({ description, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}

export const resourceName = (description: string): z.ZodString => z.string().min(1).max(253).regex(DNS_NAME).describe(description);

/** A key of a Secret in the object's own namespace. */
export const secretKeyRef = z.object({
  name: resourceName('The name of the Secret, in the same namespace.'),
  key: z.string().min(1).max(253).describe('The key in the Secret.'),
});

export type SecretKeyRef = z.infer<typeof secretKeyRef>;

/**
 * Refers to an object of ours (`name`), to something that already lives in Authentik (`external`), or says that there shall be none.
 * Exactly one of the three; `null` is never used, since client-side and server-side apply treat it differently.
 */
export function reference(
  noun: string,
  options: { kind?: string | undefined; externalKey: string; nullable: boolean },
): z.ZodType<Reference> {
  const members = {
    ...(options.kind === undefined ? {} : { name: resourceName(`An ${options.kind} in the same namespace.`).optional() }),
    external: z
      .string()
      .min(1)
      .max(256)
      .describe(`A ${noun} that already lives in Authentik: its ${options.externalKey}, or its UUID.`)
      .optional(),
    ...(options.nullable ? { none: z.literal(true).describe(`There shall be no ${noun}.`).optional() } : {}),
  };
  const names = Object.keys(members);
  const choices = names.map((member) => (member === 'none' ? '{none: true}' : `{${member}: …}`)).join(' or ');
  return withRules(z.object(members).describe(`A ${noun}: ${choices}.`), {
    rule: `[${names.map((member) => `has(self.${member})`).join(', ')}].exists_one(x, x)`,
    message: `write exactly one of ${choices}`,
  }) as unknown as z.ZodType<Reference>;
}

/** Which member is set says what is meant; the API server holds it to exactly one. */
export interface Reference {
  readonly name?: string | undefined;
  readonly external?: string | undefined;
  readonly none?: true | undefined;
}

export const ADOPTION_POLICIES = ['Never', 'IfMatch', 'Always'] as const;
export const DELETION_POLICIES = ['Delete', 'Restore', 'Retain'] as const;
export type AdoptionPolicy = (typeof ADOPTION_POLICIES)[number];
export type DeletionPolicy = (typeof DELETION_POLICIES)[number];

export const adoptionPolicy = z
  .enum(ADOPTION_POLICIES)
  .describe(
    'What to do with an object of that name that is already in Authentik: `Never` refuses it, `IfMatch` (default) takes it when every declared field already matches, `Always` takes it and changes it.',
  );
export const deletionPolicy = z
  .enum(DELETION_POLICIES)
  .describe(
    'What to do in Authentik when this object is deleted: `Delete` it (default for what we created), `Restore` the declared fields to what they held before (default for what we adopted), or `Retain` it as it is.',
  );

/** On every kind but the connection. */
export const managedSpec = {
  connectionRef: z
    .object({
      name: resourceName('The name of the AuthentikConnection.'),
      namespace: resourceName('Its namespace, when it is another one; the connection must allow that.').optional(),
    })
    .describe("The Authentik to use. Left out: the connection called `default` in this namespace, else the operator's default.")
    .optional(),
  adoptionPolicy: adoptionPolicy.optional(),
  deletionPolicy: deletionPolicy.optional(),
};

/** The spec that all kinds with something in Authentik share. */
export interface ManagedSpec {
  readonly connectionRef?: { readonly name: string; readonly namespace?: string | undefined } | undefined;
  readonly adoptionPolicy?: AdoptionPolicy | undefined;
  readonly deletionPolicy?: DeletionPolicy | undefined;
}

/** What an interval may be: never so short that it is a storm, nor so long that it is never. */
export interface IntervalBounds {
  readonly least: string;
  readonly most: string;
  /** What it is when it is left out. */
  readonly usual: string;
  /** `0s` turns off what happens at the interval. */
  readonly canBeOff?: true;
}

export function interval(description: string, { least, most, usual, canBeOff }: IntervalBounds): z.ZodString {
  const within = `duration(self) >= duration('${least}') && duration(self) <= duration('${most}')`;
  const off = canBeOff === true ? '; `0s` turns it off' : '';
  const schema = z
    .string()
    .max(32)
    .regex(new RegExp(INTERVAL_PATTERN))
    .describe(`${description} \`${least}\` to \`${most}\`, by default \`${usual}\`${off}.`);
  return withRules(schema, {
    rule: canBeOff === true ? `duration(self) == duration('0s') || (${within})` : within,
    message: `write an interval from ${least} to ${most}${canBeOff === true ? ', or 0s to turn it off' : ''}`,
  });
}

/** Milliseconds of what is declared, or of what is usual. What was stored before there were bounds counts as the nearest bound. */
export function intervalWithin(text: string | undefined, { least, most, usual, canBeOff }: IntervalBounds): number {
  const ms = intervalMs(text ?? usual);
  if (ms === 0 && canBeOff === true) return 0;
  return Math.min(Math.max(ms, intervalMs(least)), intervalMs(most));
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of an interval such as `1h30m`. The CRD's pattern has checked its form. */
function intervalMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+)(ms|s|m|h)/g)) total += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  return total;
}
