import { z } from 'zod';
import type { AuthentikClient } from './client.ts';
import { AuthentikError } from './errors.ts';
import { segment } from './path.ts';

/** What of an application's OAuth2 provider matters to its logins. */
export type OAuth2Provider = z.infer<typeof Provider>;

/** An application as far as it was found; `missing` says what isn't there. */
export type OAuth2Application =
  | { readonly provider: OAuth2Provider; readonly missing?: undefined }
  | { readonly provider?: undefined; readonly missing: 'application' | 'provider' | 'OAuth2 provider' };

const OAUTH2 = 'authentik_providers_oauth2.oauth2provider';

const Application = z.object({
  provider: z.number().nullish(),
  provider_obj: z.object({ meta_model_name: z.string() }).nullish(),
});

/**
 * Just this: Authentik's answer holds the client secret as well, and `z.object` keeps nothing that it doesn't name. It is asked for by its
 * key and never listed, so that no cache can hold the rest.
 */
const Provider = z.object({
  name: z.string(),
  client_id: z.string(),
  authentication_flow: z.string().nullish(),
  authorization_flow: z.string().nullish(),
  issuer_mode: z.string(),
  redirect_uris: z.array(z.object({ matching_mode: z.string(), url: z.string(), redirect_uri_type: z.string().default('authorization') })),
});

/** Looks an application up by its slug, and its provider. Never changes either. Throws `PermissionDenied` with the right that is missing. */
export async function readOAuth2Application(client: AuthentikClient, slug: string): Promise<OAuth2Application> {
  const found = await read(client, `/core/applications/${segment(slug)}/`, Application, 'authentik_core.view_application');
  if (found === undefined) return { missing: 'application' };
  if (typeof found.provider !== 'number') return { missing: 'provider' };
  if (found.provider_obj?.meta_model_name !== OAUTH2) return { missing: 'OAuth2 provider' };
  const provider = await read(client, `/providers/oauth2/${found.provider}/`, Provider, 'authentik_providers_oauth2.view_oauth2provider');
  return provider === undefined ? { missing: 'provider' } : { provider };
}

const Brand = z.object({ domain: z.string(), default: z.boolean(), flow_authentication: z.string().nullish() });

/** A brand, as far as it decides about logins. */
export type Brand = z.infer<typeof Brand>;

/** The brand that visitors of `host` get, with its port: the longest domain that it ends with, else the default (as on 2025.12). */
export async function readBrand(client: AuthentikClient, host: string): Promise<Brand | undefined> {
  const path = '/core/brands/';
  const brands = z.array(Brand).safeParse(await allowed('authentik_brands.view_brand', async () => client.list(path)));
  if (!brands.success) throw somethingElse(path);
  const isOf = ({ domain }: Brand): boolean => domain !== '' && host.toLowerCase().endsWith(domain.toLowerCase());
  const [longest] = brands.data.filter(isOf).sort((a, b) => b.domain.length - a.domain.length);
  return longest ?? brands.data.find((brand) => brand.default);
}

async function read<T>(client: AuthentikClient, path: string, schema: z.ZodType<T>, right: string): Promise<T | undefined> {
  const answer = await allowed(right, async () => client.get(path).catch(notFound));
  if (answer === undefined) return undefined;
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  // Not what zod says: it could quote the answer.
  throw somethingElse(path);
}

function somethingElse(path: string): AuthentikError {
  return new AuthentikError('ServerError', `Authentik answered GET ${path} with something else than its API describes.`);
}

function notFound(error: unknown): undefined {
  if (error instanceof AuthentikError && error.notFound) return undefined;
  throw error;
}

/** Authentik says only that a right is missing; whoever asked knows which. */
async function allowed<T>(right: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AuthentikError && error.reason === 'PermissionDenied')) throw error;
    throw new AuthentikError(
      'PermissionDenied',
      `applicationRef takes the right ${right}, which the token's role lacks: grant it, or leave applicationRef out.`,
      {
        cause: error,
      },
    );
  }
}
