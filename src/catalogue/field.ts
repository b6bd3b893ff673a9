import { compareMinor, type MinorVersion } from '../authentik/versions.ts';

/** What a reference can point at; `references.ts` says where each lives. */
export type ReferenceTarget =
  | 'flow'
  | 'stage'
  | 'prompt'
  | 'policy'
  | 'group'
  | 'user'
  | 'source'
  | 'brand'
  | 'provider'
  | 'certificate'
  | 'connector'
  | 'notificationMapping'
  | 'webauthnDeviceType';

/** A value of an enum; an object where only newer servers know it. */
export type EnumValue = string | { readonly value: string; readonly since: MinorVersion };

/**
 * The kind of a field decides everything that is derived from it: its schema in the CRD, how a desired value becomes a request,
 * and how a server's value is compared with it.
 */
export type FieldKind =
  | {
      readonly type: 'string';
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: string;
      /** Where this installation lists what it takes, as objects with a name, for telling whoever names something else. */
      readonly choices?: string;
      /** Authentik's null, which a spec writes as `""`. */
      readonly nullable?: true;
    }
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'boolean' }
  | {
      readonly type: 'enum';
      readonly values: readonly EnumValue[];
      /** Authentik's null, which a spec writes as `""`. */
      readonly nullable?: true;
    }
  /** Authentik's own form, `hours=1;minutes=2`, stored verbatim. */
  | { readonly type: 'duration' }
  /** An ordered array: Authentik keeps and honours its order (Django ArrayField). */
  | { readonly type: 'enumArray'; readonly values: readonly EnumValue[]; readonly minItems?: number }
  /** Numbers, or short codes, whose order says nothing. */
  | { readonly type: 'integerSet'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'codeSet'; readonly pattern: string; readonly maxItems: number }
  | {
      readonly type: 'reference';
      readonly to: ReferenceTarget;
      /** Of a stage: the type that it must be of. */
      readonly ofType?: string;
      readonly nullable: boolean;
      /** For a weak one that Authentik doesn't let be empty beside the rest: what the object holds until the link can be set. */
      readonly until?: Readonly<Record<string, string>>;
    }
  /** A many-to-many relation: answers come in no fixed order, so it is compared as a set. */
  | { readonly type: 'referenceSet'; readonly to: ReferenceTarget; readonly minItems?: number }
  /** A dictionary of JSON values, compared as a whole. */
  | { readonly type: 'json' }
  /** Never plain in a spec, a status, an event or a log, whatever the server does with it; appears as `<name>SecretRef`. */
  | {
      readonly type: 'secret';
      readonly ascii?: true;
      /** A JSON object rather than a text. */
      readonly json?: true;
      /** Where servers show it to whoever may view the object; left out: no version does. */
      readonly readable?: 'always' | { readonly before: MinorVersion };
    };

/** One field of one Authentik model. Everything that depends on the field is derived from its row. */
export type Field = FieldKind & {
  /** Authentik's own name, snake_case. */
  readonly api: string;
  /** Its name in a spec, where that isn't the API's own in camelCase. */
  readonly spec?: string;
  /** One or two sentences for `kubectl explain`. */
  readonly description: string;
  /** Authentik refuses to create the object without it. */
  readonly required?: true;
  /** What the server has where nobody says anything; for documentation only, and left out where it isn't known. */
  readonly default?: string | number | boolean | null | readonly string[];
  /** Sent on create when the spec leaves it out, where the server has no usable default of its own. */
  readonly initial?: string | boolean | null | readonly string[];
  /**
   * Authentik's validation of a partial update looks only at the fields in the body, so an update carries this one even when the spec
   * leaves it out, with the value the server holds (`identification` refuses a PATCH without `user_fields`, seen live).
   */
  readonly resend?: true;
  /** The first version that knows the field. */
  readonly since?: MinorVersion;
  /** The first version that doesn't know it any more. */
  readonly goneSince?: MinorVersion;
  /** Set by another kind only, and so left out of the spec. */
  readonly writtenBy?: 'EnrollmentBinding';
};

/** A rule over several fields of one member, in CEL over `self`. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** The name of a field in a spec: the API's own in camelCase, and `…SecretRef` for a write-only one. */
export function specName(field: Field): string {
  if (field.spec !== undefined) return field.spec;
  const name = camelCase(field.api);
  return field.type === 'secret' ? `${name}SecretRef` : name;
}

export function camelCase(snake: string): string {
  return snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Whether an object is made without what the field refers to, and the link is set in a second write. These are the links to other flows
 * that Authentik lets be null: the loops of real installations go through them (a password stage whose set-up flow contains it, login to
 * recovery to login). References to stages are strong though many are nullable: a page without its password stage lets everybody in.
 */
export function isWeak(field: Field): boolean {
  return field.type === 'reference' && field.nullable && field.to === 'flow';
}

/** The fields that a spec may declare. */
export function declarable(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => field.writtenBy === undefined);
}

export function enumValue(value: EnumValue): string {
  return typeof value === 'string' ? value : value.value;
}

/** Whether a server of this version knows the field. */
export function isKnownTo(version: MinorVersion, { since, goneSince }: Pick<Field, 'since' | 'goneSince'>): boolean {
  const isThere = since === undefined || compareMinor(version, since) >= 0;
  return isThere && (goneSince === undefined || compareMinor(version, goneSince) < 0);
}

/** Whether the order of its members says nothing. */
export function isSet({ type }: Field): boolean {
  return type === 'referenceSet' || type === 'integerSet' || type === 'codeSet';
}
