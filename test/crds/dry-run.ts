import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { API_VERSION } from '../../src/api/v1alpha1/group.ts';
import type { ControlPlane } from '../bed/control-plane.ts';
import type { Crd } from './crd-schema.ts';
import type { Json } from './value-at.ts';

export interface Answer {
  /** 2xx, or what was wrong: `422: … is invalid: spec.slug: Required value`. */
  readonly verdict: string;
  readonly accepted: boolean;
  readonly resourceVersion: string;
}

interface Body {
  readonly message?: string;
  readonly metadata?: { readonly resourceVersion?: string };
}

/** What the API server says to custom resources: the same strict checks as for `kubectl apply`, but hundreds of them a second. */
export class DryRun {
  readonly #controlPlane: ControlPlane;
  readonly #namespace: string;
  readonly #agent: Agent;

  constructor(controlPlane: ControlPlane, namespace: string) {
    this.#controlPlane = controlPlane;
    this.#namespace = namespace;
    this.#agent = new Agent({ ca: controlPlane.caPem, keepAlive: true, maxSockets: 4 });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Creates nothing. */
  async create(crd: Crd, content: Json): Promise<Answer> {
    return this.#send('POST', crd, content, { name: 'checked' }, true);
  }

  /** Really creates an object, for updates to be tried on. */
  async keep(crd: Crd, name: string, content: Json): Promise<Answer> {
    return this.#send('POST', crd, content, { name }, false);
  }

  /** Updates nothing. */
  async update(crd: Crd, name: string, resourceVersion: string, content: Json): Promise<Answer> {
    return this.#send('PUT', crd, content, { name, resourceVersion }, true);
  }

  async #send(
    method: 'POST' | 'PUT',
    crd: Crd,
    content: Json,
    metadata: { name: string; resourceVersion?: string },
    dry: boolean,
  ): Promise<Answer> {
    const collection = `/apis/${API_VERSION}/namespaces/${this.#namespace}/${crd.plural}`;
    const location = method === 'POST' ? collection : `${collection}/${metadata.name}`;
    const url = new URL(`${location}?fieldValidation=Strict${dry ? '&dryRun=All' : ''}`, this.#controlPlane.server);
    const headers = { authorization: `Bearer ${this.#controlPlane.adminToken}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const call = request(url, { method, headers, agent: this.#agent }, (response) => {
        const code = response.statusCode ?? 0;
        const judge = (answer: string): void => {
          const body = JSON.parse(answer) as Body;
          const resourceVersion = body.metadata?.resourceVersion ?? '';
          resolve({ accepted: code < 300, verdict: code < 300 ? String(code) : `${code}: ${body.message ?? ''}`, resourceVersion });
        };
        text(response).then(judge, reject);
      });
      call.on('error', reject);
      call.end(JSON.stringify({ apiVersion: API_VERSION, kind: crd.kind, metadata, ...(content as object) }));
    });
  }
}
