/** Where markets send people to log in, below Authentik's own path. */
export const AUTHORIZE_PATH = '/application/o/authorize/';
/** What the market asks to be told; every provider has these. */
const SCOPE = 'openid profile email';

/** Who asks Authentik to log somebody in (OpenID Connect, authorization code flow). */
export interface LoginRequest {
  readonly clientID: string;
  readonly redirectURI: string;
}

/** The query of the authorization address, with what belongs to one login only. */
export function authorizeQuery({ clientID, redirectURI }: LoginRequest, once: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({ response_type: 'code', client_id: clientID, redirect_uri: redirectURI, scope: SCOPE, ...once }).toString();
}
