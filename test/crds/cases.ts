import { flowFieldNames, PLACE_NAMES } from '../../src/catalogue/field-bindings.ts';
import { POLICIES } from '../../src/catalogue/policies.ts';
import { STAGES } from '../../src/catalogue/stages.ts';
import { isObject, type Json, type JsonObject } from './value-at.ts';

type Change = (sample: JsonObject) => Json;

/**
 * What one CEL rule accepts and refuses, wherever it stands. The rule is found by its message, since that is what people get to read; each
 * change makes a value from the accepted one that the samples have there.
 */
export interface RuleCase {
  readonly message: string;
  readonly accepts: readonly Change[];
  readonly refuses: readonly Change[];
  /** The rule compares with what was there before: the changes are made to an object that exists. */
  readonly onUpdate?: true;
}

const none: Change = () => ({ none: true });
const external: Change = () => ({ external: 'something-in-authentik' });
const name: Change = () => ({ name: 'an-object-of-ours' });
const empty: Change = () => ({});
const both: Change = () => ({ name: 'an-object-of-ours', external: 'something-in-authentik' });
const bothOrNone: Change = () => ({ external: 'something-in-authentik', none: true });

const withFields =
  (fields: JsonObject): Change =>
  (sample) => ({ ...sample, ...fields });
const withoutFields =
  (...names: readonly string[]): Change =>
  (sample) =>
    Object.fromEntries(Object.entries(sample).filter(([field]) => !names.includes(field)));

/** `type` and the member named after it, for every type that there is. Both kinds have samples of another type than Password. */
const memberCases = [...STAGES, ...POLICIES].map(({ type, member }): RuleCase => {
  const withTwoMembers: Change = (sample) =>
    sample['type'] === type ? { ...sample, type: 'Password', password: {} } : { ...sample, [member]: {} };
  return {
    message: `type ${type} and the member ${member} go together: write both (\`${member}: {}\` to manage no fields) or neither`,
    accepts: [() => ({ type, [member]: {} })],
    refuses: [() => ({ type }), withTwoMembers],
  };
});

export const RULE_CASES: readonly RuleCase[] = [
  // Intervals.
  {
    message: 'write an interval from 1s to 2m',
    accepts: [() => '1s', () => '1m30s', () => '2m', () => '1500ms'],
    refuses: [() => '0s', () => '999ms', () => '121s', () => '720h'],
  },
  {
    message: 'write an interval from 10s to 168h, or 0s to turn it off',
    accepts: [() => '0s', () => '0m', () => '10s', () => '168h', () => '1h30m'],
    refuses: [() => '9s', () => '1ms', () => '168h1ms', () => '720h'],
  },
  {
    message: 'write an interval from 1s to 24h, or 0s to turn it off',
    accepts: [() => '0s', () => '1s', () => '24h'],
    refuses: [() => '300ms', () => '25h'],
  },
  // References.
  {
    message: 'write exactly one of {name: …} or {external: …} or {none: true}',
    accepts: [name, external, none],
    refuses: [empty, both, bothOrNone],
  },
  { message: 'write exactly one of {name: …} or {external: …}', accepts: [name, external], refuses: [empty, both] },
  {
    message: 'write exactly one of {external: …} or {none: true}',
    accepts: [external, none],
    refuses: [empty, bothOrNone],
  },
  { message: 'write exactly one of {external: …}', accepts: [external], refuses: [empty] },
  {
    message: 'write exactly one of policyRef, groupRef or userRef',
    accepts: [
      () => ({ order: 0, policyRef: { external: 'p' } }),
      () => ({ order: 0, groupRef: { external: 'g' } }),
      () => ({ order: 0, userRef: { external: 'u' } }),
    ],
    refuses: [() => ({ order: 0 }), () => ({ order: 0, groupRef: { external: 'g' }, userRef: { external: 'u' } })],
  },

  // What can't be changed.
  {
    message: "slug can't be changed: links point to it. Create another flow with the new slug, then delete this one",
    onUpdate: true,
    accepts: [withFields({ title: 'Another' })],
    refuses: [withFields({ slug: 'another' })],
  },
  {
    message: "name can't be changed: create another object with the new name, then delete this one",
    onUpdate: true,
    accepts: [withFields({ adoptionPolicy: 'Always' })],
    refuses: [withFields({ name: 'another' }), withoutFields('name')],
  },
  {
    message: "type can't be changed: create another object of the new type, then delete this one",
    onUpdate: true,
    accepts: [withFields({ adoptionPolicy: 'Always' })],
    refuses: [({ name }) => ({ name: name ?? '', type: 'Password', password: {} })],
  },
  {
    message: "the target can't be changed: create another EnrollmentBinding for the other target, then delete this one",
    onUpdate: true,
    accepts: [withFields({ verify: 'Skip' }), withFields({ verify: 'Off' }), withFields({ flowRef: { name: 'another' } })],
    refuses: [
      withFields({ identificationStageRef: { name: 'another' } }),
      withFields({ identificationStageRef: { external: 'default-authentication-identification' } }),
      (sample) => ({ ...(withoutFields('identificationStageRef')(sample) as JsonObject), sourceRef: { external: 'company' } }),
    ],
  },

  {
    message: 'market needs applicationRef: write the slug of its application',
    accepts: [
      withFields({ applicationRef: { external: 'ocean-market' }, market: { callbackURL: 'https://market.example.com/auth/callback' } }),
      withFields({ applicationRef: { external: 'ocean-market' } }),
    ],
    refuses: [withFields({ market: { callbackURL: 'https://market.example.com/auth/callback' } })],
  },

  // Connection.
  {
    message: 'selector goes with from: Selector, and only with it',
    accepts: [() => ({ from: 'Same' }), () => ({ from: 'Selector', selector: { matchLabels: { team: 'market' } } })],
    refuses: [() => ({ from: 'Selector' }), () => ({ from: 'All', selector: {} })],
  },

  // Flow.
  {
    message: "slug can't be cache_info, cache_clear or import: Authentik couldn't read or delete such a flow any more. Choose another",
    accepts: [withFields({ slug: 'cache_infos' })],
    refuses: ['cache_info', 'cache_clear', 'import'].map((slug) => withFields({ slug })),
  },
  {
    message: 'with reEvaluatePolicies: false the policies need evaluateOnPlan: true, or they would never be evaluated',
    accepts: [
      withoutFields('evaluateOnPlan', 'reEvaluatePolicies'),
      withFields({ evaluateOnPlan: false, reEvaluatePolicies: true }),
      withFields({ evaluateOnPlan: true, reEvaluatePolicies: false }),
    ],
    refuses: [
      withFields({ evaluateOnPlan: false, reEvaluatePolicies: false }),
      (sample) => ({ ...(withoutFields('evaluateOnPlan')(sample) as JsonObject), reEvaluatePolicies: false }),
    ],
  },

  // Invitation.
  {
    message: 'write either fixedData or fixedDataSecretRef',
    accepts: [withFields({}), withFields({ expires: '2027-01-31T12:00:00Z' })],
    refuses: [withFields({ fixedData: {}, fixedDataSecretRef: { name: 's', key: 'k' } })],
  },

  // FlowBinding.
  {
    message: 'write either {domain: …} or {default: true}',
    accepts: [() => ({ domain: 'example.com' }), () => ({ default: true })],
    refuses: [empty, () => ({ domain: 'example.com', default: true })],
  },
  {
    message: `write exactly one of ${PLACE_NAMES.join(', ')}`,
    accepts: [withFields({})],
    refuses: [
      empty,
      () => ({ brand: { default: true }, providerRef: { external: 'p' } }),
      () => ({ identificationStageRef: { name: 's' }, sourceRef: { external: 's' } }),
    ],
  },
  ...PLACE_NAMES.map((place): RuleCase => {
    const at = { [place]: place === 'brand' ? { default: true } : { external: 'x' } };
    const other = place === 'brand' ? 'recoveryFlow' : 'flowRecovery';
    return {
      message: `at ${place} has no such flow: write one of ${flowFieldNames(place).join(', ')} into as`,
      accepts: flowFieldNames(place).map((as) => () => ({ flowRef: { name: 'f' }, at, as })),
      refuses: [() => ({ flowRef: { name: 'f' }, at, as: other })],
    };
  }),
  {
    message: "at and as can't be changed: create another FlowBinding for the other field, then delete this one",
    onUpdate: true,
    accepts: [withFields({ verify: 'Skip' }), withFields({ flowRef: { name: 'another' } })],
    refuses: [
      withFields({ at: { brand: { domain: 'another.example.com' } }, as: 'flowUserSettings' }),
      withFields({ at: { identificationStageRef: { name: 'another' } }, as: 'passwordlessFlow' }),
    ],
  },

  // EnrollmentBinding.
  {
    message: 'write exactly one of identificationStageRef or sourceRef',
    accepts: [
      () => ({ flowRef: { name: 'f' }, identificationStageRef: { name: 's' } }),
      () => ({ flowRef: { name: 'f' }, sourceRef: { external: 's' } }),
    ],
    refuses: [() => ({ flowRef: { name: 'f' } }), withFields({ sourceRef: { external: 's' } })],
  },

  // Stages.
  ...memberCases,
  {
    message: 'userFields is empty, so at least one entry in sources is needed: nobody could identify themselves',
    accepts: [empty, () => ({ userFields: ['upn'] }), () => ({ userFields: [], sources: [{ external: 's' }] })],
    refuses: [() => ({ userFields: [] }), () => ({ userFields: [], sources: [] })],
  },
  {
    message: 'useTls and useSsl exclude each other: keep useTls for STARTTLS (587) or useSsl for TLS from the start (465)',
    accepts: [() => ({ useTls: true }), () => ({ useTls: false, useSsl: true })],
    refuses: [() => ({ useTls: true, useSsl: true })],
  },
  {
    message:
      'useGlobalSettings: true uses the mail settings of the Authentik server: remove smtpSecretRef, host, port, username, passwordSecretRef, useTls, useSsl, timeout and fromAddress',
    accepts: [() => ({ useGlobalSettings: true, subject: 'Hello' }), () => ({ useGlobalSettings: false, host: 'smtp.example.com' })],
    refuses: [
      { smtpSecretRef: { name: 'smtp' } },
      { host: 'smtp.example.com' },
      { port: 25 },
      { username: 'u' },
      { passwordSecretRef: { name: 'smtp', key: 'password' } },
      { useTls: false },
      { useSsl: false },
      { timeout: 10 },
      { fromAddress: 'a@example.com' },
    ].map((field) => () => ({ useGlobalSettings: true, ...field })),
  },
  {
    message: 'mode static needs targetStatic: write the URL to go to',
    accepts: [empty, () => ({ mode: 'static', targetStatic: 'https://market.example.com' })],
    refuses: [() => ({ mode: 'static' }), () => ({ mode: 'static', targetStatic: '' })],
  },
  {
    message: 'mode flow needs targetFlow: write the flow to go to',
    accepts: [() => ({ mode: 'flow', targetFlow: { name: 'f' } })],
    refuses: [() => ({ mode: 'flow' }), () => ({ mode: 'flow', targetFlow: { none: true } })],
  },
  {
    message: 'notConfiguredAction configure needs configurationStages: name at least one stage to set up a second factor',
    accepts: [
      () => ({ notConfiguredAction: 'deny' }),
      () => ({ notConfiguredAction: 'configure', configurationStages: [{ external: 's' }] }),
    ],
    refuses: [() => ({ notConfiguredAction: 'configure' }), () => ({ notConfiguredAction: 'configure', configurationStages: [] })],
  },
  {
    message: 'scoreMinThreshold is above scoreMaxThreshold, so nobody would pass: swap them',
    accepts: [() => ({ scoreMinThreshold: 0.5 }), () => ({ scoreMinThreshold: 0.2, scoreMaxThreshold: 0.9 })],
    refuses: [() => ({ scoreMinThreshold: 0.9, scoreMaxThreshold: 0.2 })],
  },

  // Policies.
  {
    message: 'checkIp and checkUsername are both false, so there is nothing to look at: set at least one to true',
    accepts: [() => ({ checkIp: false }), () => ({ checkIp: false, checkUsername: true })],
    refuses: [() => ({ checkIp: false, checkUsername: false })],
  },
  {
    message: 'waitMax must be greater than waitMin: Authentik fails otherwise',
    accepts: [() => ({ waitMin: 40 }), () => ({ waitMin: 1, waitMax: 2 })],
    refuses: [() => ({ waitMin: 2, waitMax: 2 })],
  },
  {
    message: 'action, clientIp, app, model and query are all empty, so every event would match: set at least one',
    accepts: [empty, () => ({ action: '', clientIp: '', app: '', model: '', query: 'a' }), () => ({ action: '' })],
    refuses: [() => ({ action: '', clientIp: '', app: '', model: '' }), () => ({ action: '', clientIp: '', app: '', model: '', query: '' })],
  },
];

/** The case for a rule's message. */
export function caseFor(message: string): RuleCase | undefined {
  return RULE_CASES.find((entry) => entry.message === message);
}

/** Applies a change to a sample's value at a rule; one on a text makes another text, whatever was there. */
export function changed(change: Change, sample: Json | undefined): Json {
  if (isObject(sample)) return change(sample);
  if (typeof sample !== 'string') throw new Error('a rule stands on something that is neither an object nor a text');
  return change({});
}
