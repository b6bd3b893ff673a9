import type { MinorVersion } from '../authentik/versions.ts';
import { camelCase, type Field, type ReferenceTarget } from './field.ts';
import { STAGES } from './stages.ts';
import { targetOf } from './references.ts';

/** Something in Authentik, ours or not, that carries a field which a binding sets. */
export interface FieldCarrier {
  /** What a reference to it must lead to. */
  readonly reference: ReferenceTarget;
  /** Where all of its kind are listed, below `/api/v3`. */
  readonly path: string;
  /** Whoever writes to one of these takes the lock of this model and its key. */
  readonly model: string;
  /** Where one of them is written; undefined when one of its type has no such field. */
  readonly writtenAt: (row: Readonly<Record<string, unknown>> & { readonly pk: string }) => string | undefined;
  /** Its fields, as far as some must be sent along with every change (`resend`). */
  readonly fields: readonly Field[];
  /** With its article: "an identification stage". */
  readonly noun: string;
}

/** One field on objects that others may own, which a kind of ours sets to a flow, keeps there, and puts back. */
export interface FieldBinding<Carriers extends string = string> {
  /** As the API names it. */
  readonly field: string;
  /** As a spec would name it. */
  readonly specName: string;
  /** What is carried, for messages: "sign-up link". */
  readonly noun: string;
  /** What a carrier that lacks the field hasn't got: "enrollment flow". */
  readonly fieldNoun: string;
  /** By the kind that the object's status and messages use. */
  readonly carriers: Readonly<Record<Carriers, FieldCarrier>>;
  /** The condition that says whether it is set. */
  readonly condition: string;
  /** Where the status keeps what it takes to put the field back: what it held before us, what we set it to, and that flow's slug. */
  readonly status: { readonly before: string; readonly ours: string; readonly slug: string; readonly carrier: string };
  /** Authentik doesn't let it be empty: what can't be put back stays. */
  readonly required?: true;
  /** What the status says only as long as the field is not set. */
  readonly untilSet: readonly string[];
}

/** `authentik_sources_oauth.oauthsource` is written at `/sources/oauth/`; sources of these types let people enroll. */
const SOURCE_MODEL = /^authentik_sources_(oauth|saml|plex|ldap|kerberos|telegram)\./;

/** Identification stages have a form with a sign-up link. */
const IDENTIFICATION_STAGE: FieldCarrier = (() => {
  const entry = STAGES.find((stage) => stage.type === 'Identification');
  if (entry === undefined) throw new Error('the catalogue has no identification stage');
  return {
    reference: 'stage',
    path: entry.path,
    model: entry.model,
    writtenAt: ({ pk }) => `${entry.path}${pk}/`,
    fields: entry.fields,
    noun: 'an identification stage',
  };
})();

/** Every source is listed at one place, and written at the endpoint of its type. */
const SOURCE: FieldCarrier = {
  reference: 'source',
  path: targetOf('source').path,
  model: targetOf('source').model,
  writtenAt: (row) => {
    const type = SOURCE_MODEL.exec(String(row['meta_model_name']))?.[1];
    return type === undefined ? undefined : `/sources/${type}/${encodeURIComponent(String(row['slug']))}/`;
  },
  fields: [],
  noun: 'a source',
};

/** A brand says which flows are the default ones for those who come by its domain. */
const BRAND: FieldCarrier = {
  reference: 'brand',
  path: targetOf('brand').path,
  model: targetOf('brand').model,
  writtenAt: ({ pk }) => `${targetOf('brand').path}${pk}/`,
  fields: [],
  noun: 'a brand',
};

/** `authentik_providers_oauth2.oauth2provider` is written at `/providers/oauth2/`; providers of these types lead people through flows. */
const PROVIDER_MODEL = /^authentik_providers_(oauth2|saml|ldap|proxy|radius|rac)\./;

/** Every provider is listed at one place, and written at the endpoint of its type. */
const PROVIDER: FieldCarrier = {
  reference: 'provider',
  path: targetOf('provider').path,
  model: targetOf('provider').model,
  writtenAt: (row) => {
    const type = PROVIDER_MODEL.exec(String(row['meta_model_name']))?.[1];
    return type === undefined ? undefined : `/providers/${type}/${row.pk}/`;
  },
  fields: [],
  noun: 'a provider',
};

/** Every field that a kind of its own binds a flow to. */
export const FIELD_BINDINGS = {
  EnrollmentBinding: {
    field: 'enrollment_flow',
    specName: 'enrollmentFlow',
    noun: 'sign-up link',
    fieldNoun: 'enrollment flow',
    carriers: { stage: IDENTIFICATION_STAGE, source: SOURCE },
    condition: 'Published',
    status: { before: 'previousValue', ours: 'publishedFlow', slug: 'flowSlug', carrier: 'target' },
    untilSet: ['withdrawn'],
  },
} as const satisfies Record<string, FieldBinding>;

/** One field that `FlowBinding` sets. */
interface FlowField {
  readonly api: string;
  /** What it is to people, for messages: "recovery flow". */
  readonly noun: string;
  readonly since?: MinorVersion;
  readonly required?: true;
  /** Where the challenge of an identification stage shows visitors that it is set. */
  readonly shownAs?: string;
}

/** Where `FlowBinding` puts flows: what carries them, and in which fields. By the name of the member of `at`. */
export const FLOW_PLACES = {
  brand: {
    carrier: BRAND,
    fields: [
      { api: 'flow_authentication', noun: 'login flow' },
      { api: 'flow_invalidation', noun: 'logout flow' },
      { api: 'flow_recovery', noun: 'recovery flow' },
      { api: 'flow_unenrollment', noun: 'unenrollment flow' },
      { api: 'flow_user_settings', noun: 'user settings flow' },
      { api: 'flow_device_code', noun: 'device code flow' },
      { api: 'flow_lockdown', noun: 'lockdown flow', since: '2026.5' },
      { api: 'flow_user_switch', noun: 'user switch flow', since: '2026.8' },
      { api: 'flow_request', noun: 'request flow', since: '2026.8' },
    ],
  },
  identificationStageRef: {
    carrier: IDENTIFICATION_STAGE,
    fields: [
      { api: 'recovery_flow', noun: 'recovery link', shownAs: 'recovery_url' },
      { api: 'passwordless_flow', noun: 'passwordless link', shownAs: 'passwordless_url' },
      { api: 'enrollment_flow', noun: 'sign-up link', shownAs: 'enroll_url' },
    ],
  },
  sourceRef: {
    carrier: SOURCE,
    fields: [
      { api: 'authentication_flow', noun: 'login flow' },
      { api: 'enrollment_flow', noun: 'sign-up link' },
    ],
  },
  providerRef: {
    carrier: PROVIDER,
    fields: [
      { api: 'authentication_flow', noun: 'login flow' },
      { api: 'authorization_flow', noun: 'authorization flow', required: true },
      { api: 'invalidation_flow', noun: 'logout flow', required: true },
    ],
  },
} as const satisfies Record<string, { readonly carrier: FieldCarrier; readonly fields: readonly FlowField[] }>;

export type FlowPlace = keyof typeof FLOW_PLACES;
export const PLACE_NAMES = Object.keys(FLOW_PLACES) as readonly FlowPlace[];

/** The fields of a place. */
export function flowFieldsAt(place: FlowPlace): readonly FlowField[] {
  return FLOW_PLACES[place].fields;
}

/** What a spec may write into `as` at a place: the fields' own names in camelCase. */
export function flowFieldNames(place: FlowPlace): readonly string[] {
  return flowFieldsAt(place).map(({ api }) => camelCase(api));
}

/** A field by its name in a spec; undefined for what the place hasn't got. */
export function flowField(place: FlowPlace, as: string): FlowField | undefined {
  return flowFieldsAt(place).find(({ api }) => camelCase(api) === as);
}

/** The row that sets one field at one place. The carrier has the name of what a reference to it leads to, as messages use it. */
export function flowBinding(place: FlowPlace, { api, noun, required }: FlowField): FieldBinding {
  const carrier = FLOW_PLACES[place].carrier;
  return {
    field: api,
    specName: camelCase(api),
    noun,
    fieldNoun: noun,
    carriers: { [carrier.reference]: carrier },
    condition: 'Published',
    status: FIELD_BINDINGS.EnrollmentBinding.status,
    untilSet: [],
    ...(required === undefined ? {} : { required }),
  };
}
