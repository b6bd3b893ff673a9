import type { ApiObject } from '../../authentik/api-object.ts';
import type { LoginRequest } from '../../authentik/login-request.ts';
import { marketSettings, type MarketSettings } from '../../authentik/market-settings.ts';
import { readBrand, readOAuth2Application, type OAuth2Application, type OAuth2Provider } from '../../authentik/oauth2-application.ts';
import { allows } from '../../authentik/redirect-addresses.ts';
import type { Session } from '../../authentik/session.ts';
import { FLOW } from '../../catalogue/flow.ts';

/** The market whose people shall sign up, and the login page that shows the link. */
export interface MarketToLookUp {
  /** The slug of its application. */
  readonly application: string;
  /** Where Authentik sends people back to; undefined for whatever the provider allows. */
  readonly callbackURL: string | undefined;
  readonly enrollmentSlug: string;
  /** The identification stage with the link. */
  readonly stage: { readonly uuid: string; readonly name: string } | undefined;
}

/** What the market's logins rest on. */
export interface Market {
  /** What isn't as the guide presupposes, each with its remedy. */
  readonly missing: readonly string[];
  /** What the market is told; undefined as long as its provider isn't known. */
  readonly settings: MarketSettings | undefined;
  readonly request: LoginRequest | undefined;
  /** The login flow that its logins go through. */
  readonly loginSlug: string | undefined;
  /** The brand of the host decides about that, and visitors come by another host than we do. */
  readonly mayDiffer: boolean;
}

interface LoginFlow {
  readonly slug: string | undefined;
  readonly stages: readonly unknown[];
  readonly fromBrand: boolean;
}

/** Looks up what the market's logins presuppose in Authentik: two requests, and a third where the brand decides. Changes nothing. */
export async function lookUpMarket(session: Session, wanted: MarketToLookUp): Promise<Market> {
  const application = await readOAuth2Application(session.client, wanted.application);
  const { provider } = application;
  if (provider === undefined) {
    return {
      missing: [absence(wanted.application, application.missing)],
      settings: undefined,
      request: undefined,
      loginSlug: undefined,
      mayDiffer: false,
    };
  }
  const login = await loginFlowOf(session, provider, wanted.stage?.uuid);
  const redirectURI = wanted.callbackURL ?? allowedAddresses(provider).find(({ matching_mode: mode }) => mode === 'strict')?.url;
  const request = redirectURI === undefined ? undefined : { clientID: provider.client_id, redirectURI };
  const missing = [
    await missingAuthorization(session, provider),
    missingAddress(provider, wanted.callbackURL, redirectURI),
    missingForm(wanted, provider, login),
  ].flatMap((problem) => problem ?? []);
  return {
    missing,
    request,
    settings: request === undefined ? undefined : marketSettings(session.publicURL, wanted, request, provider.issuer_mode),
    loginSlug: login.slug,
    mayDiffer: login.fromBrand && new URL(session.publicURL).host !== new URL(session.url).host,
  };
}

function absence(slug: string, missing: NonNullable<OAuth2Application['missing']>): string {
  switch (missing) {
    case 'application':
      return `there is no application "${slug}" in Authentik: create it with an OAuth2 provider, or correct applicationRef`;
    case 'provider':
      return `the application "${slug}" has no provider: create an OAuth2/OpenID provider and choose it in the application`;
    case 'OAuth2 provider':
      return `the provider of the application "${slug}" is not one for OAuth2/OpenID, which the market logs in by: choose one that is`;
  }
}

/**
 * The provider's flow, else that of the brand, else the first by slug, which is what Authentik falls back on. What a list lacks, or a row
 * of it, is looked at afresh before anybody is told that it is missing.
 */
async function loginFlowOf(session: Session, provider: OAuth2Provider, stage: string | undefined): Promise<LoginFlow> {
  const own = provider.authentication_flow ?? undefined;
  const chosen = own ?? (await readBrand(session.client, new URL(session.publicURL).host))?.flow_authentication ?? undefined;
  const remembered = loginFlow(await session.cache.list(FLOW.path), chosen);
  if (remembered.slug !== undefined && (stage === undefined || remembered.stages.includes(stage)))
    return { ...remembered, fromBrand: own === undefined };
  session.cache.invalidate(FLOW.path);
  return { ...loginFlow(await session.cache.list(FLOW.path), chosen), fromBrand: own === undefined };
}

function loginFlow(flows: readonly ApiObject[], chosen: string | undefined): Omit<LoginFlow, 'fromBrand'> {
  const logins = flows.filter((flow) => flow['designation'] === 'authentication').map((flow) => ({ flow, slug: String(flow['slug']) }));
  const row = chosen === undefined ? logins.sort((a, b) => (a.slug < b.slug ? -1 : 1))[0]?.flow : flows.find((flow) => flow.pk === chosen);
  return { slug: row === undefined ? undefined : String(row['slug']), stages: Array.isArray(row?.['stages']) ? row['stages'] : [] };
}

async function missingAuthorization(session: Session, provider: OAuth2Provider): Promise<string | undefined> {
  const flow = provider.authorization_flow ?? undefined;
  const found = flow !== undefined && (await session.cache.find(FLOW.path, (row) => row.pk === flow)) !== undefined;
  if (found) return undefined;
  return `the provider "${provider.name}" has no authorization flow: choose one, such as default-provider-authorization-implicit-consent`;
}

function allowedAddresses(provider: OAuth2Provider): OAuth2Provider['redirect_uris'] {
  return provider.redirect_uris.filter(({ redirect_uri_type: type }) => type === 'authorization');
}

const SHOWN_ADDRESSES = 3;

function missingAddress(provider: OAuth2Provider, callbackURL: string | undefined, chosen: string | undefined): string | undefined {
  const allowed = allowedAddresses(provider);
  if (chosen === undefined) {
    return `the provider "${provider.name}" allows no redirect address by its exact text: add the market's to its redirect URIs, or write market.callbackURL`;
  }
  if (callbackURL === undefined || allows(allowed, callbackURL) !== false) return undefined;
  const list = allowed.slice(0, SHOWN_ADDRESSES).map(({ url }) => url);
  const shown = allowed.length === 0 ? 'none' : `${list.join(', ')}${allowed.length > SHOWN_ADDRESSES ? ', …' : ''}`;
  return `the provider "${provider.name}" does not allow the market's redirect address ${callbackURL}: add it to its redirect URIs (now: ${shown}), or correct market.callbackURL`;
}

function missingForm({ application, stage }: MarketToLookUp, provider: OAuth2Provider, login: LoginFlow): string | undefined {
  const whose = login.fromBrand ? "the brand's authentication flow" : `the authentication flow of the provider "${provider.name}"`;
  if (login.slug === undefined) return `there is no login flow for "${application}": set ${whose}`;
  if (stage === undefined || login.stages.includes(stage.uuid)) return undefined;
  return `logins to "${application}" go through the flow ${login.slug} (${whose}), which does not show the identification stage "${stage.name}": choose the login flow with that stage, or refer to the stage of ${login.slug}`;
}
