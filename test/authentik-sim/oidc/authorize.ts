/**
 * Where a market sends its visitors: who is signed in goes back to it with a code, who isn't goes to the login flow first. Consents and
 * policies of applications are not played.
 */
import { BRAND } from '../catalogue/core.ts';
import { FLOW } from '../catalogue/stages.ts';
import { durationMs } from '../duration.ts';
import type { Session } from '../executor/plan.ts';
import { NotApplicable, plan as makePlan } from '../executor/planner.ts';
import { type Answer, htmlPage, redirect } from '../http.ts';
import { text } from '../json.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';
import { scopesOf } from './claims.ts';
import { clientById, mayReturnTo, type Client } from './clients.ts';

/** The brand of a host, port and all: the one with the longest domain that it ends with, else the default one (seen on 2025.12). */
export function brandOf(host: string, world: World): Row | null {
  const brands = world.store.all(BRAND);
  const domainOf = ({ values }: Row): string => text(values.domain).toLowerCase();
  const named = brands.filter((brand) => host.toLowerCase().endsWith(domainOf(brand)));
  const [longest] = named.sort((a, b) => domainOf(b).length - domainOf(a).length);
  return longest ?? brands.find(({ values }) => values.default === true) ?? null;
}

/** Where people log in to this client: its provider's flow, else the brand's, else the first there is. */
function loginFlow({ provider }: Client, host: string, world: World): Row | null {
  const pk = provider.values.authentication_flow ?? brandOf(host, world)?.values.flow_authentication;
  return world.store.get(FLOW, pk) ?? world.store.find(FLOW, 'designation', 'authentication');
}

/** Back to the client with bad news. */
function turnedAway(query: URLSearchParams, error: string, description: string): Answer {
  const state = query.get('state');
  const said = `error=${error}&error_description=${encodeURIComponent(description)}`;
  return redirect(`${query.get('redirect_uri') ?? ''}?${said}${state === null ? '' : `&state=${encodeURIComponent(state)}`}`);
}

function problemOf(query: URLSearchParams, session: Session): Answer | null {
  const method = query.get('code_challenge_method') ?? 'plain';
  if (query.get('response_type') !== 'code')
    return turnedAway(
      query,
      'unsupported_response_type',
      'The authorization server does not support obtaining an authorization code using this method',
    );
  if (method !== 'plain' && method !== 'S256') return turnedAway(query, 'invalid_request', `Unsupported challenge method ${method}`);
  if (query.get('prompt') === 'none' && session.user === null)
    return turnedAway(query, 'login_required', 'The Authorization Server requires End-User authentication');
  return null;
}

function toLogin(client: Client, request: { path: string; query: URLSearchParams }, host: string, session: Session, world: World): Answer {
  const flow = loginFlow(client, host, world);
  if (flow === null) return htmlPage(404);
  session.application = String(client.application.pk);
  const query = new URLSearchParams(request.query);
  query.set('next', `${request.path}?${request.query.toString()}`);
  return redirect(`/if/flow/${text(flow.values.slug)}/?${query.toString()}`);
}

function withCode(client: Client, query: URLSearchParams, session: Session, world: World): Answer {
  const { provider } = client;
  const flow = world.store.get(FLOW, provider.values.authorization_flow);
  const steps = flow === null ? null : makePlan(flow, session, world);
  if (steps === null || steps instanceof NotApplicable) return htmlPage(403);
  if (steps.stages.length > 0) throw new Error(`the stand-in plays no authorization flow with stages: ${text(flow?.values.slug)}`);
  const asked = (query.get('scope') ?? '').split(' ');
  const challenge = query.get('code_challenge');
  const code = world.grants.issueCode(
    {
      provider: provider.pk,
      user: session.user ?? 0,
      redirectURI: query.get('redirect_uri') ?? '',
      scopes: scopesOf(provider, world).filter((scope) => asked.includes(scope)),
      nonce: query.get('nonce'),
      challenge: challenge === null ? null : { value: challenge, method: query.get('code_challenge_method') === 'S256' ? 'S256' : 'plain' },
      login: session.login ?? { at: Date.now(), sid: '' },
    },
    durationMs(text(provider.values.access_code_validity)),
  );
  return redirect(`${query.get('redirect_uri') ?? ''}?code=${code}&state=${encodeURIComponent(query.get('state') ?? '')}`);
}

/** One request to the authorization endpoint. Without a client or with an address that isn't the client's, nobody is sent anywhere. */
export function authorize(request: { path: string; query: URLSearchParams }, host: string, session: Session, world: World): Answer {
  const { query } = request;
  const client = clientById(query.get('client_id') ?? '', world);
  if (client === null || !mayReturnTo(query.get('redirect_uri') ?? '', client)) return htmlPage(400);
  const problem = problemOf(query, session);
  if (problem !== null) return problem;
  return session.user === null ? toLogin(client, request, host, session, world) : withCode(client, query, session, world);
}
