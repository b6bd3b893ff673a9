/** The steps of a sign-up: write the account, confirm the address, go on elsewhere. */
import { randomUUID } from 'node:crypto';
import { GROUP, USER } from '../catalogue/core.ts';
import { FLOW } from '../catalogue/stages.ts';
import { type Json, type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import { addPerson, changePerson } from '../people.ts';
import { createFlowToken, sendMail } from './mail.ts';
import { EMAIL_CONSENT, type PlannedStage } from './plan.ts';
import { AVATAR, cause, denied, fieldError, NEXT, type Outcome, pendingName, pendingUser, type Step, type Visit } from './visit.ts';

/** In the place of a password in the log. */
const MASK = '********************';
const WRITABLE = new Set(['username', 'name', 'email', 'password']);

function setNested(target: JsonObject, path: string[], value: Json): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) target[key] = value;
  else setNested((target[key] ??= {}) as JsonObject, rest, value);
}

/** Known fields and `attributes.…` are written; other keys, such as a repeated password, are dropped. */
function writeData(user: Row, data: JsonObject): void {
  for (const [key, value] of Object.entries(data)) if (key.startsWith('attributes.')) setNested(user.values, key.split('.'), value);
  changePerson(user, Object.fromEntries(Object.entries(data).filter(([key]) => WRITABLE.has(key))));
}

function createUser(stage: PlannedStage, { world }: Visit): Row {
  return addPerson(world.store, {
    username: '',
    name: '',
    is_active: stage.values.create_users_as_inactive !== true,
    type: stage.values.user_type === 'internal_service_account' ? 'service_account' : text(stage.values.user_type),
    path: text(stage.values.user_path_template) || 'users',
  });
}

/** The log has the new password, the account, and what was filled in, in that order; never the password itself. */
function logWrite(created: boolean, user: Row, data: JsonObject, visit: Visit): void {
  const { audit } = visit.world;
  if ('password' in data) audit.note('password_set', {}, cause(visit), visit.world);
  audit.record(created ? 'model_created' : 'model_updated', user, cause(visit), visit.world);
  const shown = Object.entries(data).map(([key, value]) => [key, key.includes('password') ? MASK : value]);
  audit.note('user_write', { created, ...(Object.fromEntries(shown) as JsonObject) }, cause(visit), visit.world);
}

/** Creates or changes the account from what was filled in. */
export const userWriteStep: Step = {
  get: (stage, visit) => {
    const { world, plan } = visit;
    const data = plan.context.promptData;
    if (data === undefined) return denied('No Pending data.');
    const pending = stage.values.user_creation_mode === 'always_create' ? null : pendingUser(visit);
    if (pending === null && stage.values.user_creation_mode === 'never_create') return denied("No user found and can't create new user.");
    if (
      typeof data.username === 'string' &&
      world.store.all(USER).some((other) => other !== pending && other.values.username === data.username)
    )
      return denied('Failed to update user. Please try again later.');
    const user = pending ?? createUser(stage, visit);
    writeData(user, data);
    if (pending === null && world.store.get(GROUP, stage.values.create_users_group) !== null)
      user.values.groups = [stage.values.create_users_group ?? null];
    plan.context.pendingUser = Number(user.pk);
    logWrite(pending === null, user, data, visit);
    return NEXT;
  },
};

function send(stage: PlannedStage, visit: Visit, user: Row): void {
  const { plan, world, flow, request, inner } = visit;
  const consent: PlannedStage = { model: EMAIL_CONSENT, name: stage.name, values: {}, binding: null };
  const token = createFlowToken(
    plan.flow,
    { ...plan, stages: [consent, ...plan.stages] },
    text(user.values.email),
    text(stage.values.token_expiry),
    world,
  );
  const query = new URLSearchParams(inner);
  query.set('flow_token', token.key);
  sendMail(
    stage,
    text(user.values.email),
    `http://${request.headers.host ?? 'localhost'}/if/flow/${text(flow.values.slug)}/?${query.toString()}`,
    world,
  );
  plan.context.emailSent = true;
}

/** Sends a link and waits; whoever comes by the link goes on, active if the stage says so. */
export const emailStep: Step = {
  get: (stage, visit) => {
    const user = pendingUser(visit);
    if (user === null) return denied('No pending user.');
    if (visit.plan.context.restoredBy !== undefined) {
      if (stage.values.activate_user_on_success === true) {
        changePerson(user, { is_active: true });
        visit.world.audit.record('model_updated', user, cause(visit), visit.world);
      }
      return NEXT;
    }
    if (visit.plan.context.emailSent !== true) send(stage, visit, user);
    return { kind: 'challenge', component: 'ak-stage-email', body: {} };
  },
  post: (stage, visit) => {
    const user = pendingUser(visit);
    if (user === null) return denied('No pending user.');
    send(stage, visit, user);
    return { kind: 'challenge', component: 'ak-stage-email', body: {}, errors: fieldError('non_field_errors', 'email-sent', 'email-sent') };
  },
};

function consent(visit: Visit, header: string): Outcome {
  const token = (visit.plan.context.consentToken ??= randomUUID());
  return {
    kind: 'challenge',
    component: 'ak-stage-consent',
    body: {
      pending_user: pendingName(visit),
      pending_user_avatar: AVATAR,
      header_text: header,
      permissions: [],
      additional_permissions: [],
      token,
    },
  };
}

/** Between the link and the step behind it: a human has to press a button, so that a mail scanner confirms nothing. */
export const emailConsentStep: Step = {
  get: (_stage, visit) => consent(visit, 'Continue to confirm this email address.'),
  post: (stage, visit, answer) => {
    const { context } = visit.plan;
    if (answer.token !== context.consentToken) return emailConsentStep.get(stage, visit);
    if (context.restoredBy === undefined || !visit.world.flowTokens.delete(context.restoredBy))
      return denied('Link was already used, please request a new link.');
    return NEXT;
  },
};

/** Consent without an application, which is all that a flow on its own can ask for. */
export const consentStep: Step = {
  get: (_stage, visit) => consent(visit, 'You are about to continue.'),
  post: (stage, visit, answer) => (answer.token === visit.plan.context.consentToken ? NEXT : consentStep.get(stage, visit)),
};

/** The visit goes on at another address. */
export const redirectStep: Step = {
  get: (stage, { world, plan }) => {
    const { redirectTarget } = plan.context;
    if (redirectTarget !== undefined) return { kind: 'challenge', component: 'xak-flow-redirect', body: { to: redirectTarget } };
    const slug = world.store.get(FLOW, stage.values.target_flow)?.values.slug;
    const to = stage.values.mode === 'static' ? text(stage.values.target_static) : typeof slug === 'string' ? `/if/flow/${slug}/` : '';
    return to === ''
      ? denied("No target found for Redirect stage. The stage's target_flow may have been deleted.")
      : { kind: 'challenge', component: 'xak-flow-redirect', body: { to } };
  },
};
