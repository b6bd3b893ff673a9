import { AUTHORIZE_PATH, authorizeQuery, type LoginRequest } from './login-request.ts';

/** What a market has to know to send people to Authentik. Its client secret is none of our business. */
export interface MarketSettings {
  readonly application: string;
  readonly clientID: string;
  readonly issuer: string;
  readonly loginURL: string;
  readonly signUpURL: string;
  readonly redirectURI: string;
  readonly tokenURL: string;
}

/** All of it, made from the address that visitors use. */
export function marketSettings(
  publicURL: string,
  { application, enrollmentSlug }: { readonly application: string; readonly enrollmentSlug: string },
  request: LoginRequest,
  issuerMode: string,
): MarketSettings {
  const query = authorizeQuery(request);
  // Authentik leads on to paths of its own only.
  const next = `${new URL(publicURL).pathname.replace(/\/$/, '')}${AUTHORIZE_PATH}?${query}`;
  return {
    application,
    clientID: request.clientID,
    issuer: issuerMode === 'global' ? `${publicURL}/` : `${publicURL}/application/o/${encodeURIComponent(application)}/`,
    loginURL: `${publicURL}${AUTHORIZE_PATH}?${query}`,
    signUpURL: `${publicURL}/if/flow/${encodeURIComponent(enrollmentSlug)}/?next=${encodeURIComponent(next)}`,
    redirectURI: request.redirectURI,
    tokenURL: `${publicURL}/application/o/token/`,
  };
}
