import { z } from 'zod';
import { primaryKey } from '../../../src/authentik/api-object.ts';
import type { AuthentikClient } from '../../../src/authentik/client.ts';

/** Brands have another word for the primary key. */
const row = z
  .looseObject({})
  .transform((object) => ({ ...object, pk: primaryKey(object) }))
  .pipe(z.looseObject({ pk: z.string() }));

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

  /** By slug, name or domain, exactly. */
  async find(path: string, name: string): Promise<AuthentikObject | undefined> {
    return (await this.list(path)).find((candidate) => ['slug', 'name', 'domain'].some((field) => candidate[field] === name));
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
