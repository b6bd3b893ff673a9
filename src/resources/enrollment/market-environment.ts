import type { MarketSettings } from '../../authentik/market-settings.ts';

/** As the market reads them from its environment. */
export function marketEnvironment(settings: MarketSettings): Readonly<Record<string, string>> {
  return {
    NEXT_PUBLIC_AUTH_ENABLED: 'true',
    NEXT_PUBLIC_AUTH_PROVIDER: 'oidc',
    NEXT_PUBLIC_OIDC_ISSUER: settings.issuer,
    NEXT_PUBLIC_OIDC_CLIENT_ID: settings.clientID,
    NEXT_PUBLIC_OIDC_REDIRECT_URI: settings.redirectURI,
    NEXT_PUBLIC_OIDC_TOKEN_URL: settings.tokenURL,
  };
}

/** As the status shows them. */
export function marketStatus({ application, clientID, issuer, loginURL, signUpURL }: MarketSettings): Readonly<Record<string, string>> {
  return { application, clientID, issuer, loginURL, signUpURL };
}
