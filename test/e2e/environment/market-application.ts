import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { AuthentikClient } from '../../../src/authentik/client.ts';

/** An application with an OAuth2 provider, as the guide "Configure the Authentik provider and application" has it made by hand. */
export interface MarketApplication {
  readonly slug: string;
  readonly clientID: string;
  readonly clientSecret: string;
  readonly issuer: string;
  /** What the market has to be told, but for where sign-up is. */
  readonly variables: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

const Row = z.looseObject({ pk: z.union([z.string(), z.number()]) });
type Row = z.infer<typeof Row>;

const SCOPES = ['openid', 'email', 'profile', 'offline_access'];
const LOGIN = 'default-authentication-flow';
const CONSENT = 'default-provider-authorization-implicit-consent';
const END = 'default-provider-invalidation-flow';

async function find(
  client: AuthentikClient,
  path: string,
  field: string,
  wanted: readonly string[],
): Promise<readonly (string | number)[]> {
  const rows = z.array(Row).parse(await client.list(path));
  return wanted.map((value) => {
    const found = rows.find((row) => row[field] === value);
    if (found === undefined) throw new Error(`Authentik has nothing with ${field} "${value}" at ${path}`);
    return found.pk;
  });
}

/** Makes both, for a login and a consent by the stock flows unless others are named, and gives back what was made when half of it fails. The key pair is the one that Authentik made for itself. */
export async function createMarketApplication(
  client: AuthentikClient,
  options: { readonly slug: string; readonly redirectURI: string; readonly loginFlow?: string; readonly consentFlow?: string },
): Promise<MarketApplication> {
  const { slug, redirectURI, loginFlow = LOGIN, consentFlow = CONSENT } = options;
  const [authentication, authorization, invalidation] = await find(client, '/flows/instances/', 'slug', [loginFlow, consentFlow, END]);
  const [key] = await find(client, '/crypto/certificatekeypairs/', 'name', ['authentik Self-signed Certificate']);
  const [clientID, clientSecret] = [`${slug}-client`, randomBytes(32).toString('hex')];
  const provider = Row.parse(
    await client.post('/providers/oauth2/', {
      name: `${slug}-provider`,
      authentication_flow: authentication,
      authorization_flow: authorization,
      invalidation_flow: invalidation,
      client_type: 'confidential',
      client_id: clientID,
      client_secret: clientSecret,
      signing_key: key,
      redirect_uris: [{ matching_mode: 'strict', url: redirectURI }],
      property_mappings: await find(client, '/propertymappings/provider/scope/', 'scope_name', SCOPES),
    }),
  );
  const removeProvider = async (): Promise<void> => client.delete(`/providers/oauth2/${provider.pk}/`);
  await client.post('/core/applications/', { name: slug, slug, provider: provider.pk }).catch(async (error: unknown) => {
    await removeProvider();
    throw error;
  });
  const issuer = `${client.base}/application/o/${slug}/`;
  return {
    slug,
    clientID,
    clientSecret,
    issuer,
    variables: {
      NEXT_PUBLIC_AUTH_ENABLED: 'true',
      NEXT_PUBLIC_AUTH_PROVIDER: 'oidc',
      NEXT_PUBLIC_OIDC_ISSUER: issuer,
      NEXT_PUBLIC_OIDC_CLIENT_ID: clientID,
      NEXT_PUBLIC_OIDC_REDIRECT_URI: redirectURI,
      NEXT_PUBLIC_OIDC_TOKEN_URL: `${client.base}/application/o/token/`,
      OIDC_CLIENT_SECRET: clientSecret,
    },
    remove: async () => {
      await client.delete(`/core/applications/${slug}/`);
      await removeProvider();
    },
  };
}
