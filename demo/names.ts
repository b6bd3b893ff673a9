import { randomBytes } from 'node:crypto';

/** What things are called in this run. */
export interface Names {
  readonly operatorNamespace: string;
  readonly marketNamespace: string;
  readonly operatorRelease: string;
  readonly marketRelease: string;
  readonly tokenSecret: string;
  readonly smtpSecret: string;
  readonly configMap: string;
  /** Of the market, in Authentik. */
  readonly application: string;
  readonly slug: string;
  readonly emailStage: string;
  readonly redirectStage: string;
  /** Two people who sign up. */
  readonly people: readonly [Visitor, Visitor];
  /** Somebody who tests sign-up while signed in. */
  readonly administrator: Visitor;
}

/** What somebody fills in, by field. */
export interface Visitor extends Readonly<Record<string, string>> {
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/**
 * The guide's own names in a stand-in of our own. A real server may hold these already, and other people's work: there every name that
 * Authentik sees ends in random characters.
 */
export function namesFor(kind: 'real' | 'sim'): Names {
  const suffix = kind === 'sim' ? '' : `-${randomBytes(3).toString('hex')}`;
  return {
    operatorNamespace: 'authentik-flow-operator',
    marketNamespace: 'market',
    operatorRelease: 'authentik-flow-operator',
    marketRelease: 'market-enrollment',
    tokenSecret: 'authentik-token',
    smtpSecret: 'market-smtp',
    configMap: 'market-sign-up',
    application: `ocean-market${suffix}`,
    slug: `self-service-registration${suffix}`,
    emailStage: `email-account-confirmation${suffix}`,
    redirectStage: `after-signup-redirect${suffix}`,
    people: [visitor('ada', 'Ada Lovelace', suffix), visitor('grace', 'Grace Hopper', suffix)],
    administrator: visitor('charles', 'Charles Babbage', suffix),
  };
}

function visitor(username: string, name: string, suffix: string): Visitor {
  const unique = `${username}${suffix}`;
  return { username: unique, name, email: `${unique}@example.com`, password: randomBytes(12).toString('base64url') };
}
