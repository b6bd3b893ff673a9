import type { CatalogueEntry } from './entity.ts';
import type { TypeRow } from './type-row.ts';
import { accountLockdown } from './stages/account-lockdown.ts';
import { authenticatorDuo } from './stages/authenticator-duo.ts';
import { authenticatorEmail } from './stages/authenticator-email.ts';
import { authenticatorEndpointGdtc } from './stages/authenticator-endpoint-gdtc.ts';
import { authenticatorSms } from './stages/authenticator-sms.ts';
import { authenticatorStatic } from './stages/authenticator-static.ts';
import { authenticatorTotp } from './stages/authenticator-totp.ts';
import { authenticatorValidate } from './stages/authenticator-validate.ts';
import { authenticatorWebauthn } from './stages/authenticator-webauthn.ts';
import { captcha } from './stages/captcha.ts';
import { consent } from './stages/consent.ts';
import { deny } from './stages/deny.ts';
import { dummy } from './stages/dummy.ts';
import { email } from './stages/email.ts';
import { endpoints } from './stages/endpoints.ts';
import { identification } from './stages/identification.ts';
import { invitation } from './stages/invitation.ts';
import { mtls } from './stages/mtls.ts';
import { password } from './stages/password.ts';
import { prompt } from './stages/prompt.ts';
import { redirect } from './stages/redirect.ts';
import { source } from './stages/source.ts';
import { userDelete } from './stages/user-delete.ts';
import { userLogin } from './stages/user-login.ts';
import { userLogout } from './stages/user-logout.ts';
import { userWrite } from './stages/user-write.ts';

/**
 * The stage types, one row and file each. Paths, models, defaults and rules as observed on live servers and in the official schema of the
 * supported versions; tests hold every row against these. A type more is a row more.
 */
const ROWS = {
  Identification: identification,
  Password: password,
  Prompt: prompt,
  UserWrite: userWrite,
  Email: email,
  Redirect: redirect,
  UserLogin: userLogin,
  UserLogout: userLogout,
  UserDelete: userDelete,
  Invitation: invitation,
  Consent: consent,
  Captcha: captcha,
  AuthenticatorValidate: authenticatorValidate,
  AuthenticatorTotp: authenticatorTotp,
  AuthenticatorWebauthn: authenticatorWebauthn,
  AuthenticatorStatic: authenticatorStatic,
  AuthenticatorEmail: authenticatorEmail,
  AuthenticatorSms: authenticatorSms,
  AuthenticatorDuo: authenticatorDuo,
  AuthenticatorEndpointGdtc: authenticatorEndpointGdtc,
  Deny: deny,
  Dummy: dummy,
  Source: source,
  Mtls: mtls,
  Endpoints: endpoints,
  AccountLockdown: accountLockdown,
} as const satisfies Record<string, TypeRow>;

/** The value of `spec.type` of an AuthentikStage. */
export type StageType = keyof typeof ROWS;

/** Every stage type, in the order of the table. */
export const STAGES: readonly (CatalogueEntry & { readonly type: StageType })[] = Object.entries(ROWS as Record<StageType, TypeRow>).map(
  ([type, row]) => ({
    type: type as StageType,
    member: type.charAt(0).toLowerCase() + type.slice(1),
    naturalKey: 'name',
    lookup: 'pk',
    family: '/stages/all/',
    parts: [],
    rules: [],
    ...row,
  }),
);
