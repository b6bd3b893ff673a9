import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { z } from 'zod';
import type { MarketEnvironment } from './environment.ts';

/** As the market asks for; Authentik grants those that its provider knows. */
const SCOPE = 'openid profile email offline_access federated_identity organizationId attributes';

/** What a browser has to bring back, so that a login ends where it began. */
export interface LoginUnderWay {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

const Claims = z.looseObject({ sub: z.string(), email: z.string().min(1), name: z.string().min(1), preferred_username: z.string() });

/** Who logged in, as the id token says. */
export type Member = z.infer<typeof Claims> & { readonly idToken: string };

/** The market's side of OpenID Connect: code flow with PKCE, state and nonce, and a signature that is checked. */
export class OidcClient {
  readonly #environment: MarketEnvironment;
  #configuration: Promise<Configuration> | undefined;

  constructor(environment: MarketEnvironment) {
    this.#environment = environment;
  }

  async begin(): Promise<{ readonly address: URL; readonly login: LoginUnderWay }> {
    const login = { verifier: randomPKCECodeVerifier(), state: randomState(), nonce: randomNonce() };
    const address = buildAuthorizationUrl(await this.#discover(), {
      redirect_uri: this.#environment.NEXT_PUBLIC_OIDC_REDIRECT_URI,
      scope: SCOPE,
      state: login.state,
      nonce: login.nonce,
      code_challenge: await calculatePKCECodeChallenge(login.verifier),
      code_challenge_method: 'S256',
    });
    return { address, login };
  }

  /** @throws when the answer belongs to another browser's login, or isn't what Authentik signed. */
  async finish(query: string, login: LoginUnderWay): Promise<Member> {
    const returned = new URL(this.#environment.NEXT_PUBLIC_OIDC_REDIRECT_URI);
    returned.search = query;
    const tokens = await authorizationCodeGrant(await this.#discover(), returned, {
      pkceCodeVerifier: login.verifier,
      expectedState: login.state,
      expectedNonce: login.nonce,
      idTokenExpected: true,
    });
    return { ...Claims.parse(tokens.claims()), idToken: tokens.id_token ?? '' };
  }

  async endSessionAddress(idToken: string, returnTo: string): Promise<URL> {
    return buildEndSessionUrl(await this.#discover(), { id_token_hint: idToken, post_logout_redirect_uri: returnTo });
  }

  async #discover(): Promise<Configuration> {
    const { NEXT_PUBLIC_OIDC_ISSUER: issuer, NEXT_PUBLIC_OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret } = this.#environment;
    this.#configuration ??= discovery(new URL(issuer), id, undefined, ClientSecretPost(secret), {
      // Authentik is on this machine, without TLS.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: [allowInsecureRequests, enableNonRepudiationChecks],
    });
    try {
      return await this.#configuration;
    } catch (error) {
      this.#configuration = undefined;
      throw error;
    }
  }
}
