import { z } from 'zod';
import type { AuthentikClient } from './client.ts';
import { parsePage } from './pages.ts';

const PATH = '/managed/blueprints/';

const Instance = z.looseObject({ last_applied: z.string() });

/**
 * Notices that a blueprint was applied, which changes objects and leaves no entry in the audit log (seen live). What it changed is not told.
 * One small request per poll; needs `authentik_blueprints.view_blueprintinstance`, without which {@link poll} throws `PermissionDenied`.
 */
export class BlueprintFeed {
  readonly #client: Pick<AuthentikClient, 'base' | 'get'>;
  #last: string | undefined;

  constructor(client: Pick<AuthentikClient, 'base' | 'get'>) {
    this.#client = client;
  }

  /** Whether one was applied since the last call; the first one only looks. */
  async poll(): Promise<boolean> {
    const answer = await this.#client.get(PATH, { page_size: 1, ordering: '-last_applied' });
    const { results } = parsePage(answer, `${this.#client.base}/api/v3${PATH}`);
    const last = Instance.safeParse(results[0]).data?.last_applied ?? '';
    const applied = this.#last !== undefined && this.#last !== last;
    this.#last = last;
    return applied;
  }
}
