import { z } from 'zod';
import type { AuthentikClient } from '../../../src/authentik/client.ts';

const row = z.looseObject({ pk: z.union([z.string(), z.number().transform(String)]) });

/** An object as Authentik's API shows it. */
export type AuthentikObject = z.infer<typeof row>;

/**
 * Authentik as its administrator has it, for what happens there without the operator. It goes by the API alone, so it doesn't know
 * whether a stand-in or a real server answers.
 */
export class AuthentikSide {
  readonly #client: AuthentikClient;

  constructor(client: AuthentikClient) {
    this.#client = client;
  }

  async list(path: string): Promise<readonly AuthentikObject[]> {
    return z.array(row).parse(await this.#client.list(path));
  }

  /** By slug or name, exactly. */
  async find(path: string, name: string): Promise<AuthentikObject | undefined> {
    return (await this.list(path)).find((candidate) => candidate['slug'] === name || candidate['name'] === name);
  }

  /** Throws when there is none. */
  async get(path: string, name: string): Promise<AuthentikObject> {
    const found = await this.find(path, name);
    if (found === undefined) throw new Error(`Authentik has no "${name}" at ${path}`);
    return found;
  }

  async create(path: string, body: object): Promise<AuthentikObject> {
    return row.parse(await this.#client.post(path, body));
  }

  /** `key` is what the URL of the object ends with: the slug of a flow, else the primary key. */
  async change(path: string, key: string, body: object): Promise<AuthentikObject> {
    return row.parse(await this.#client.patch(`${path}${key}/`, body));
  }

  /** What is gone already is fine. */
  async remove(path: string, key: string): Promise<void> {
    await this.#client.delete(`${path}${key}/`);
  }
}
