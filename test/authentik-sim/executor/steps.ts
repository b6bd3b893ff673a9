/** Which step runs for which stage type. */
import { text } from '../json.ts';
import { removeWithDependents } from '../references.ts';
import { consentStep, emailConsentStep, emailStep, redirectStep, userWriteStep } from './enrollment.ts';
import { identificationStep, mfaStep, passwordStep, userLoginStep, userLogoutStep } from './login.ts';
import { EMAIL_CONSENT, SESSION_END, type PlannedStage } from './plan.ts';
import { promptStep } from './prompt.ts';
import { AVATAR, cause, denied, NEXT, pendingName, pendingUser, type Step } from './visit.ts';

const denyStep: Step = { get: (stage) => denied(text(stage.values.deny_message)) };
const dummyStep: Step = {
  get: (stage) => ({ kind: 'challenge', component: 'ak-stage-dummy', body: { name: stage.name } }),
  post: () => NEXT,
};

const userDeleteStep: Step = {
  get: (_stage, visit) => {
    const user = pendingUser(visit);
    if (user === null) return denied('No Pending User.');
    for (const gone of removeWithDependents(user, visit.world)) visit.world.audit.record('model_deleted', gone, cause(visit), visit.world);
    if (visit.session.user === user.pk) visit.session.user = null;
    return NEXT;
  },
};

/** An invitation's data is filled in beforehand; one for a single use is gone after that. */
const invitationStep: Step = {
  get: (stage, visit) => {
    const { world, inner, plan } = visit;
    const found = world.store.get('authentik_stages_invitation.invitation', inner.get('itoken'));
    const valid =
      found !== null &&
      (found.values.flow === null || found.values.flow === visit.flow.pk) &&
      !(typeof found.values.expires === 'string' && Date.parse(found.values.expires) <= Date.now());
    if (!valid) return stage.values.continue_flow_without_invitation === true ? NEXT : denied('Invalid invite/invite not found');
    plan.context.promptData = { ...plan.context.promptData, ...(found.values.fixed_data as Record<string, string>) };
    if (found.values.single_use === true) {
      world.store.remove(found);
      world.audit.record('model_deleted', found, cause(visit), world);
    }
    return NEXT;
  },
};

/** Shown and never solved here. */
const captchaStep: Step = {
  get: ({ values }, visit) => ({
    kind: 'challenge',
    component: 'ak-stage-captcha',
    body: {
      pending_user: pendingName(visit),
      pending_user_avatar: AVATAR,
      site_key: text(values.public_key),
      js_url: text(values.js_url),
      interactive: values.interactive === true,
    },
  }),
};

/** Shown after the last stage of an invalidation flow that an application led to. */
const sessionEndStep: Step = {
  get: (stage, visit) => ({
    kind: 'challenge',
    component: 'ak-stage-session-end',
    body: { pending_user: pendingName(visit), pending_user_avatar: AVATAR, ...stage.values },
  }),
};

const STEPS: Record<string, Step> = {
  [EMAIL_CONSENT]: emailConsentStep,
  [SESSION_END]: sessionEndStep,
  'authentik_stages_prompt.promptstage': promptStep,
  'authentik_stages_user_write.userwritestage': userWriteStep,
  'authentik_stages_email.emailstage': emailStep,
  'authentik_stages_consent.consentstage': consentStep,
  'authentik_stages_redirect.redirectstage': redirectStep,
  'authentik_stages_identification.identificationstage': identificationStep,
  'authentik_stages_password.passwordstage': passwordStep,
  'authentik_stages_authenticator_validate.authenticatorvalidatestage': mfaStep,
  'authentik_stages_user_login.userloginstage': userLoginStep,
  'authentik_stages_user_logout.userlogoutstage': userLogoutStep,
  'authentik_stages_user_delete.userdeletestage': userDeleteStep,
  'authentik_stages_invitation.invitationstage': invitationStep,
  'authentik_stages_captcha.captchastage': captchaStep,
  'authentik_stages_dummy.dummystage': dummyStep,
  'authentik_stages_deny.denystage': denyStep,
};

/** Null for a stage type that the stand-in doesn't walk; visitors see a flow error there. */
export function stepFor(stage: PlannedStage): Step | null {
  return STEPS[stage.model] ?? null;
}
