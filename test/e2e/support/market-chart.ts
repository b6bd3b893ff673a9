import { render, type Values } from '../../charts/charts.ts';
import type { MailTarget } from '../environment/mail-target.ts';
import { secret, tokenSecret, type Manifest } from './manifests.ts';
import type { Scenario } from './scenario.ts';

/** The name of the Secret with the settings of the mail server. */
const SMTP_SECRET = 'market-smtp';

/** The guide's SMTP settings, as the market's operator puts them into a Secret. */
function smtpSecret(mail: Pick<MailTarget, 'host' | 'port' | 'username' | 'password'>): Manifest {
  const { host, port, username, password } = mail;
  const login = username === undefined || password === undefined ? {} : { username, password };
  return secret(SMTP_SECRET, { host, port: String(port), useTls: 'false', from: 'no-reply@market.example', ...login });
}

/** Where the market of the tests lives. Nobody goes there. */
export const MARKET_URL = 'https://market.example';

/** The guide as helm renders it: its values, and what came out. */
export interface MarketGuide {
  readonly slug: string;
  /** Secrets first, then everything in the chart's own order. */
  readonly manifests: readonly Manifest[];
}

/** Values that differ from those of the guide, by their first two names. */
export interface OtherValues {
  readonly market?: Readonly<Record<string, unknown>>;
  readonly registration?: Readonly<Record<string, unknown>>;
  readonly email?: Readonly<Record<string, unknown>>;
  readonly login?: Readonly<Record<string, unknown>>;
}

/** Renders the market chart with names that nobody else uses; the login page is Authentik's own, as in the guide. */
export async function marketGuide(
  scenario: Scenario,
  mail: Pick<MailTarget, 'host' | 'port' | 'username' | 'password'>,
  other: OtherValues = {},
): Promise<MarketGuide> {
  const slug = scenario.name('sign-up');
  const values = marketValues(scenario, slug, other);
  const rendered = await render(scenario.controlPlane, { chart: 'market-enrollment', namespace: scenario.namespace, values });
  return { slug, manifests: [tokenSecret(scenario.target.token), smtpSecret(mail), ...(rendered as readonly Manifest[])] };
}

/** The guide's values, for a sign-up of that slug. */
export function marketValues(scenario: Scenario, slug: string, other: OtherValues = {}): Values {
  return {
    market: { url: MARKET_URL, ...other.market },
    authentik: { url: scenario.target.url },
    registration: { slug, stageNames: { email: `${slug}-email`, redirect: `${slug}-redirect` }, ...other.registration },
    email: { smtpSecretName: SMTP_SECRET, ...other.email },
    ...(other.login === undefined ? {} : { login: other.login }),
  };
}

/** The objects of ours among manifests, as kind and name. */
export function objectsIn(manifests: readonly Manifest[]): readonly (readonly [kind: string, name: string])[] {
  return manifests.filter(({ kind }) => kind !== 'Secret').map(({ kind, metadata }) => [kind, metadata.name]);
}
