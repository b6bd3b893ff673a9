/** The steps of a login: who are you, your password, and in. */
import { FLOW, STAGE } from '../catalogue/stages.ts';
import { SOURCE, USER } from '../catalogue/core.ts';
import { APPLICATION } from '../catalogue/oauth2.ts';
import { asText, ids, type Json, type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import { represent } from '../represent.ts';
import type { PlannedStage } from './plan.ts';
import {
  AVATAR,
  denied,
  type FieldErrors,
  fieldError,
  NEXT,
  type Outcome,
  pendingName,
  pendingUser,
  type Step,
  type Visit,
} from './visit.ts';

/** No user has this pk: somebody unknown who shall not learn that. */
const PRETENDED = -1;
const BACKEND = 'authentik.core.auth.InbuiltBackend';

function flowLink(pk: Json | undefined, { world, inner }: Visit): string | null {
  const slug = world.store.get(FLOW, pk)?.values.slug;
  return typeof slug === 'string' ? `/if/flow/${slug}/${inner.size > 0 ? `?${inner.toString()}` : ''}` : null;
}

function sourceButtons(stage: PlannedStage, { world }: Visit): JsonObject[] {
  return ids(stage.values.sources)
    .flatMap((pk) => world.store.get(SOURCE, pk) ?? [])
    .filter((source) => source.model.className !== 'Source' && source.values.enabled === true)
    .map(({ values }) => ({
      name: values.name ?? '',
      icon_url: null,
      promoted: values.promoted ?? false,
      challenge: { component: 'xak-flow-redirect', to: `/source/oauth/login/${text(values.slug)}/` },
    }));
}

/** Where the visitor wants to get by logging in. */
function destination({ world, session }: Visit): JsonObject {
  const application = world.store.get(APPLICATION, session.application);
  if (application === null) return {};
  return {
    application_pre: application.values.name ?? '',
    ...(world.version === '2025.12' ? {} : { application_pre_launch: represent(application, world).launch_url ?? '' }),
  };
}

function identification(stage: PlannedStage, visit: Visit, errors?: FieldErrors): Outcome {
  const { values } = stage;
  const password = visit.world.store.get(STAGE, values.password_stage);
  const links = Object.entries({
    enroll_url: flowLink(values.enrollment_flow, visit),
    recovery_url: flowLink(values.recovery_flow, visit),
    passwordless_url: flowLink(values.passwordless_flow, visit),
  });
  const body: JsonObject = {
    user_fields: values.user_fields ?? [],
    password_fields: password !== null,
    allow_show_password: password?.values.allow_show_password ?? false,
    flow_designation: visit.flow.values.designation ?? '',
    captcha_stage: null,
    primary_action: visit.flow.values.designation === 'authentication' ? 'Log in' : 'Continue',
    sources: sourceButtons(stage, visit),
    show_source_labels: values.show_source_labels ?? false,
    enable_remember_me: values.enable_remember_me ?? false,
    passkey_challenge: null,
    ...(visit.world.version === '2025.12' ? {} : { pending_user_identifier: null }),
    ...destination(visit),
    ...Object.fromEntries(links.filter(([, link]) => link !== null)),
  };
  return { kind: 'challenge', component: 'ak-stage-identification', body, ...(errors === undefined ? {} : { errors }) };
}

function findUser(stage: PlannedStage, uid: string, visit: Visit): Row | null {
  const fold = (value: Json | undefined): string =>
    stage.values.case_insensitive_matching === true ? asText(value).toLowerCase() : asText(value);
  const read = (user: Row, field: string | number): Json | undefined =>
    field === 'upn' ? (user.values.attributes as JsonObject).upn : user.values[field];
  return (
    visit.world.store.all(USER).find((user) => ids(stage.values.user_fields).some((field) => fold(read(user, field)) === fold(uid))) ?? null
  );
}

const isRight = (user: Row | null, password: Json | undefined): boolean =>
  user !== null && user.values.is_active === true && typeof password === 'string' && password !== '' && user.values.password === password;

/** Asks for a name or an address, with the password when the stage has a password stage. */
export const identificationStep: Step = {
  get: (stage, visit) => identification(stage, visit),
  post: (stage, visit, answer) => {
    const uid = answer.uid_field;
    if (typeof uid !== 'string' || uid === '')
      return identification(
        stage,
        visit,
        fieldError('uid_field', uid === '' ? 'This field may not be blank.' : 'This field is required.', uid === '' ? 'blank' : 'required'),
      );
    const user = findUser(stage, uid, visit);
    const refused = (): Outcome => identification(stage, visit, fieldError('non_field_errors', 'Failed to authenticate.'));
    if (stage.values.password_stage !== null) {
      if (user === null || !isRight(user, answer.password)) return refused();
      visit.plan.context.authenticatedBy = BACKEND;
    } else if (user === null && stage.values.pretend_user_exists !== true) return refused();
    visit.plan.context.pendingUser = user === null ? PRETENDED : Number(user.pk);
    return NEXT;
  },
};

function passwordForm(stage: PlannedStage, visit: Visit, errors?: FieldErrors): Outcome {
  const body = {
    pending_user: pendingName(visit),
    pending_user_avatar: AVATAR,
    allow_show_password: stage.values.allow_show_password ?? false,
  };
  return { kind: 'challenge', component: 'ak-stage-password', body, ...(errors === undefined ? {} : { errors }) };
}

/** Asks for the password of who was identified. */
export const passwordStep: Step = {
  get: (stage, visit) => passwordForm(stage, visit),
  post: (stage, visit, answer) => {
    const { context } = visit.plan;
    if (isRight(pendingUser(visit), answer.password)) {
      context.authenticatedBy = BACKEND;
      return NEXT;
    }
    context.failedAttempts = (context.failedAttempts ?? 0) + 1;
    if (context.failedAttempts >= Number(stage.values.failed_attempts_before_cancel)) return denied('Invalid password');
    return passwordForm(
      stage,
      visit,
      typeof answer.password === 'string' && answer.password !== ''
        ? fieldError('password', 'Invalid password')
        : fieldError('password', 'This field is required.', 'required'),
    );
  },
};

/** Nobody here has a second factor, so the stage's setting for that decides. */
export const mfaStep: Step = {
  get: (stage) => (stage.values.not_configured_action === 'skip' ? NEXT : denied('No (allowed) MFA authenticator configured.')),
};

/** Lets the visitor in. */
export const userLoginStep: Step = {
  get: (_stage, visit) => {
    const user = pendingUser(visit);
    if (user === null) return denied('No Pending user to login.');
    if (user.values.is_active !== true) return denied('User is not active, login failed.');
    user.values.last_login = new Date().toISOString();
    visit.visitor.signIn(user);
    visit.world.audit.note('login', { auth_method: 'password' }, { ...visit.request, user }, visit.world);
    return NEXT;
  },
};

/** Ends the session's login. */
export const userLogoutStep: Step = {
  get: (_stage, visit) => {
    if (visit.request.user !== null) visit.world.audit.note('logout', {}, visit.request, visit.world);
    visit.visitor.signOut();
    return NEXT;
  },
};
