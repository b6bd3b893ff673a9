import { request, Agent, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { API_VERSION } from '../../../src/api/v1alpha1/group.ts';
import { KINDS } from '../../../src/api/v1alpha1/kinds.ts';
import type { ControlPlane } from '../../bed/control-plane.ts';
import type { Manifest } from './manifests.ts';
import { parseStored, type StoredObject } from './stored-object.ts';

/** Our own kinds, and the few others that the guide needs. */
const PLURALS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(KINDS.map(({ kind, plural }) => [kind, plural])),
  Secret: 'secrets',
  ConfigMap: 'configmaps',
};

/** An answer other than success. */
class ApiServerError extends Error {
  override readonly name = 'ApiServerError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const list = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(z.unknown()) });
const watchEvent = z.object({ type: z.string(), object: z.unknown() });

/**
 * The API server as a user sees it, without a client library, and above all without the one that is under test. Quicker than kubectl,
 * whose start alone takes longer than most of what is waited for here.
 */
export class ApiServer {
  readonly #access: { readonly server: string; readonly caPem: string; readonly adminToken: string };
  readonly #agent: Agent;

  constructor(controlPlane: Pick<ControlPlane, 'server' | 'caPem' | 'adminToken'>) {
    this.#access = controlPlane;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ca: controlPlane.caPem });
  }

  /** Server-side apply, as `kubectl apply --server-side`. Throws {@link ApiServerError} with the server's words when it is refused. */
  async apply(manifest: Manifest, namespace: string): Promise<StoredObject> {
    const { apiVersion, kind, metadata } = manifest;
    const body = { ...manifest, metadata: { ...metadata, namespace } };
    return parseStored(
      await this.#json(
        'PATCH',
        `${collection(kind, namespace, apiVersion)}/${metadata.name}?fieldManager=e2e&force=true`,
        body,
        'application/apply-patch+yaml',
      ),
    );
  }

  /** Undefined when there is none. */
  async read(kind: string, namespace: string, name: string): Promise<StoredObject | undefined> {
    try {
      return parseStored(await this.#json('GET', `${collection(kind, namespace)}/${name}`));
    } catch (error) {
      if (error instanceof ApiServerError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** A merge patch, such as of annotations; null removes. */
  async patch(kind: string, namespace: string, name: string, patch: object): Promise<StoredObject> {
    return parseStored(await this.#json('PATCH', `${collection(kind, namespace)}/${name}`, patch, 'application/merge-patch+json'));
  }

  /** Asks for deletion and doesn't wait for it; what is gone already is fine. */
  async remove(kind: string, namespace: string, name: string): Promise<void> {
    try {
      await this.#json('DELETE', `${collection(kind, namespace)}/${name}`);
    } catch (error) {
      if (!(error instanceof ApiServerError && error.status === 404)) throw error;
    }
  }

  /** Any GET, for what isn't an object of ours. */
  async get(path: string): Promise<unknown> {
    return this.#json('GET', path);
  }

  /** Asks for the deletion of a namespace and doesn't wait. */
  async removeNamespace(namespace: string): Promise<void> {
    await this.#json('DELETE', `/api/v1/namespaces/${namespace}`);
  }

  /** Lists a kind, then hands over every change, in order. The function given back ends it. Throws when it can't begin. */
  async follow(kind: string, namespace: string, changed: (type: string, object: StoredObject) => void): Promise<() => void> {
    const path = collection(kind, namespace);
    const { metadata, items } = list.parse(await this.#json('GET', path));
    for (const item of items) changed('ADDED', parseStored({ kind, ...(item as object) }));
    const response = await this.#send('GET', `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`, undefined, undefined, false);
    if (response.statusCode !== 200) throw new Error(`the watch of ${path} answered ${response.statusCode ?? 0}`);
    // Ending the watch ends the stream in the middle, which is no failure.
    response.on('error', () => undefined);
    createInterface({ input: response }).on('line', (line) => {
      const { type, object } = watchEvent.parse(JSON.parse(line));
      if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') changed(type, parseStored(object));
    });
    return () => void response.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }

  async #json(method: string, path: string, body?: object, contentType = 'application/json'): Promise<unknown> {
    const response = await this.#send(method, path, body, contentType, true);
    const answer = await text(response);
    const status = response.statusCode ?? 0;
    if (status >= 300) throw new ApiServerError(status, messageOf(answer));
    return JSON.parse(answer);
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
    contentType: string | undefined,
    pooled: boolean,
  ): Promise<IncomingMessage> {
    const { server, caPem, adminToken } = this.#access;
    const options: RequestOptions = {
      method,
      ca: caPem,
      // A watch keeps its connection to itself.
      agent: pooled ? this.#agent : new Agent({ ca: caPem }),
      headers: { authorization: `Bearer ${adminToken}`, ...(body === undefined ? {} : { 'content-type': contentType }) },
    };
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, server), options, resolve);
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function collection(kind: string, namespace: string, apiVersion?: string): string {
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`the tests don't know kind ${kind}`);
  const version = apiVersion ?? (kind === 'Secret' || kind === 'ConfigMap' ? 'v1' : API_VERSION);
  return `${version === 'v1' ? '/api/v1' : `/apis/${version}`}/namespaces/${namespace}/${plural}`;
}

function messageOf(answer: string): string {
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(answer)).message;
  } catch {
    return answer.slice(0, 500);
  }
}
