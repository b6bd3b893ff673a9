/** Who may log people in: applications and their providers, and the addresses that a provider lets visitors go on to. */
import { APPLICATION, PROVIDER } from '../catalogue/oauth2.ts';
import { type JsonObject, text } from '../json.ts';
import type { Row } from '../model.ts';
import type { World } from '../world.ts';

/** An application with its OAuth2 provider. */
export interface Client {
  application: Row;
  provider: Row;
}

export function clientBySlug(slug: string, world: World): Client | null {
  const application = world.store.find(APPLICATION, 'slug', slug);
  const provider = world.store.get(PROVIDER, application?.values.provider);
  return application === null || provider === null ? null : { application, provider };
}

/** A provider without an application is no client. */
export function clientById(id: string, world: World): Client | null {
  const provider = id === '' ? null : world.store.find(PROVIDER, 'client_id', id);
  const application = provider === null ? null : world.store.find(APPLICATION, 'provider', provider.pk);
  return application === null || provider === null ? null : { application, provider };
}

/** Whether visitors may be sent there. A provider that lists no address takes the first one that it is asked for, as live servers do. */
export function mayReturnTo(address: string, { provider }: Client): boolean {
  const listed = provider.values.redirect_uris as JsonObject[];
  if (address === '') return false;
  if (listed.length === 0) provider.values.redirect_uris = [{ matching_mode: 'strict', url: address }];
  return (
    listed.length === 0 ||
    listed.some(({ matching_mode: mode, url }) =>
      mode === 'regex' ? new RegExp(`^(?:${text(url)})$`).test(address) : text(url) === address,
    )
  );
}

export const issuerOf = ({ application }: Client, host: string): string => `http://${host}/application/o/${text(application.values.slug)}/`;
