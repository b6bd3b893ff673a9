import { z } from 'zod';
import type { AuthentikClient } from './client.ts';
import { describeChallenge } from './challenge.ts';
import { AuthentikError } from './errors.ts';
import type { FlowExecutor } from './flow-executor.ts';
import { plainText } from './plain-text.ts';
import { seen, unclear, wrong, type Sighting } from './sighting.ts';

const Current = z.looseObject({ matched_domain: z.string() });

/** A default flow that a brand shall have. */
export interface BrandToLookAt {
  readonly domain: string;
  /** The brand's own field. */
  readonly field: string;
  readonly slug: string;
}

/**
 * Asks, as any page of Authentik does, which flows are the default ones here. Only the brand of the address that is asked can be seen.
 * Throws when the server can't be asked.
 */
export async function lookAtBrand(client: Pick<AuthentikClient, 'get'>, { domain, field, slug }: BrandToLookAt): Promise<Sighting> {
  const current = Current.safeParse(await client.get('/core/brands/current/'));
  if (!current.success) return unclear('Authentik does not say which brand is in force here');
  const { matched_domain: matched } = current.data;
  if (matched !== domain)
    return unclear(plainText(`the address that the operator uses belongs to the brand ${matched}, so this one can't be looked at`, []));
  const held = current.data[field];
  if (held === slug) return seen(`whoever comes by this brand gets ${slug}`);
  return wrong(plainText(`whoever comes by this brand gets ${typeof held === 'string' ? held : 'no flow'} in the place of ${slug}`, []));
}

/** Opens a login flow as an anonymous visitor: one that shows nobody anything would lock everybody out. Throws when the server can't be asked. */
export async function lookAtEntrance(visitor: FlowExecutor, slug: string): Promise<Sighting> {
  try {
    const challenge = await visitor.open(slug);
    const got = plainText(`a visitor of ${slug} gets ${describeChallenge(challenge)}`, []);
    if (challenge.component === 'ak-stage-flow-error') return wrong(got);
    if (challenge.component === 'xak-flow-redirect') return wrong(`${got}: it ends before anybody could log in`);
    if (challenge.component === 'ak-stage-access-denied') return wrong(`${got}: nobody could log in`);
    return seen(got);
  } catch (error) {
    if (error instanceof AuthentikError && error.notFound) return wrong(`there is no page for the flow ${slug}`);
    throw error;
  }
}
