import type { Field, ReferenceTarget } from './field.ts';
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

/** Every field that a kind of ours binds a flow to; a row here, a schema and a controller make a new one. */
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
