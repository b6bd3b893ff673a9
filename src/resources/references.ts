import type { Reference } from '../api/v1alpha1/common.ts';
import type { ApiObject } from '../authentik/api-object.ts';
import { AuthentikError } from '../authentik/errors.ts';
import { segment } from '../authentik/path.ts';
import type { Session } from '../authentik/session.ts';
import { targetOf } from '../catalogue/references.ts';
import { STAGES } from '../catalogue/stages.ts';
import type { ReferenceTarget } from '../catalogue/field.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { ManagedObject, ObjectKey } from '../runtime/object.ts';
import { isReady, isWhole } from '../runtime/conditions.ts';
import { notReady } from '../runtime/steps.ts';
import type { ObjectStore } from '../runtime/store.ts';
import type { Link, References } from './entity/desired.ts';
import { sameText } from './kept-text.ts';
import { parseObject } from './entity/api-object.ts';
import { typeOf } from './entity/type-of.ts';
import { z } from 'zod';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** How soon something that must appear in Authentik by itself is looked for again, in milliseconds; the audit log usually tells sooner. */
const LOOK_AGAIN_MS = 30_000;

/** Finds what references mean, for one object. */
export class ReferenceResolver implements References {
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #session: Session;
  readonly #namespace: string;

  constructor(store: Pick<ObjectStore, 'get'>, session: Session, namespace: string) {
    this.#store = store;
    this.#session = session;
    this.#namespace = namespace;
  }

  /** The primary key; null for `{none: true}`. Throws `ReferenceNotFound`, `ReferenceNotReady` or `InvalidSpec`, naming what is wrong. */
  async resolve(reference: Reference, to: ReferenceTarget, ofType?: string): Promise<string | null> {
    if (reference.none === true) return null;
    if (reference.name !== undefined) return this.#ours(reference.name, to, ofType);
    if (reference.external !== undefined) return this.#external(reference.external, to, ofType);
    throw new OperatorError('InvalidSpec', `a reference to a ${targetOf(to).noun} is empty`);
  }

  /** What a weak reference means: its target must be whole, which doesn't take it to be Ready, and must not be on its way out. */
  async link(reference: Reference, to: ReferenceTarget): Promise<Link> {
    if (reference.name === undefined) return this.#externalLink(reference, to);
    try {
      const { key, object, uuid } = this.#made(reference.name, to);
      if (object.metadata.deletionTimestamp !== undefined)
        return { key: uuid, pending: new OperatorError('ReferenceNotReady', `${key.kind} "${key.name}" is being deleted`) };
      if (!isWhole(object)) return { key: uuid, pending: new OperatorError('ReferenceNotReady', notWhole(key)) };
      return { key: uuid };
    } catch (error) {
      return { key: undefined, pending: notThere(error) };
    }
  }

  async #externalLink(reference: Reference, to: ReferenceTarget): Promise<Link> {
    try {
      return { key: await this.resolve(reference, to) };
    } catch (error) {
      return { key: undefined, pending: notThere(error) };
    }
  }

  #ours(name: string, to: ReferenceTarget, ofType?: string): string {
    this.#requireType(name, to, ofType);
    const { key, object, uuid } = this.#made(name, to);
    // A link to a flow that is half built would put visitors in front of it.
    if (to === 'flow' && !isReady(object)) throw new OperatorError('ReferenceNotReady', notReady(key));
    return uuid;
  }

  /** A stage of another type will never do: Authentik would refuse its key as one that doesn't exist. */
  #requireType(name: string, to: ReferenceTarget, ofType: string | undefined): void {
    const key = keyOfReference({ name }, to, this.#namespace);
    const { type } = ((key === undefined ? undefined : this.#store.get(key))?.spec ?? {}) as { readonly type?: string };
    if (ofType !== undefined && type !== undefined && type !== ofType) throw otherType(`${key?.kind ?? to} "${name}"`, type, ofType);
  }

  /** An object of ours that is on record in the same Authentik. Throws `ReferenceNotFound` or `ReferenceNotReady`. */
  #made(name: string, to: ReferenceTarget): { readonly key: ObjectKey; readonly object: ManagedObject; readonly uuid: string } {
    const key = keyOfReference({ name }, to, this.#namespace);
    const object = key === undefined ? undefined : this.#store.get(key);
    if (key === undefined || object === undefined)
      throw new OperatorError('ReferenceNotFound', `there is no ${key?.kind ?? to} "${name}" in this namespace`);
    const status = object.status as { uuid?: string; connectionURL?: string } | undefined;
    if (status?.uuid === undefined) throw new OperatorError('ReferenceNotReady', `${key.kind} "${name}" is not in Authentik yet`);
    if (status.connectionURL !== this.#session.url) {
      throw new OperatorError('ReferenceNotReady', `${key.kind} "${name}" is on another Authentik (${status.connectionURL ?? 'unknown'})`);
    }
    return { key, object, uuid: status.uuid };
  }

  async #external(external: string, to: ReferenceTarget, ofType?: string): Promise<string> {
    // A UUID needs no look-up to be used, but one that is wrong should be named before anything is written.
    const { path, naturalKey, noun, numerous } = targetOf(to);
    const look = async (): Promise<ApiObject | undefined> =>
      numerous === true ? this.#asked(to, external) : this.#listed(path, naturalKey, external);
    const found = (await look()) ?? (await this.#session.cache.catchUp().then(look));
    const model = found?.['meta_model_name'];
    if (ofType !== undefined && typeof model === 'string' && model !== modelOfStage(ofType))
      throw otherType(`${noun} "${external}"`, typeOf(model), ofType);
    if (found !== undefined) return found.pk;
    throw new OperatorError('ReferenceNotFound', `there is no ${noun} with ${naturalKey} "${external}" in Authentik`, {
      retryAfterMs: LOOK_AGAIN_MS,
    });
  }

  async #listed(path: string, naturalKey: string, external: string): Promise<ApiObject | undefined> {
    const { cache } = this.#session;
    const byKey = UUID.test(external) ? await cache.get(path, external.toLowerCase()) : undefined;
    return byKey ?? (await cache.named(path, naturalKey, external)) ?? cache.find(path, (row) => sameText(row[naturalKey], external));
  }

  async #asked(to: ReferenceTarget, external: string): Promise<ApiObject | undefined> {
    const { path, naturalKey, keyField } = targetOf(to);
    if (keyField !== undefined && UUID.test(external)) return this.#byKey(path, keyField, external.toLowerCase());
    const rows = await this.#filtered(path, naturalKey, external, keyField);
    return rows.find((row) => row[naturalKey] === external) ?? rows.find((row) => sameText(row[naturalKey], external));
  }

  async #byKey(path: string, keyField: string, key: string): Promise<ApiObject | undefined> {
    try {
      return keyed(await this.#session.client.get(`${path}${segment(key)}/`), keyField);
    } catch (error) {
      if (error instanceof AuthentikError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #filtered(path: string, naturalKey: string, value: string, keyField?: string): Promise<readonly ApiObject[]> {
    const page = z.looseObject({ results: z.array(z.unknown()) }).safeParse(await this.#session.client.get(path, { [naturalKey]: value }));
    if (!page.success) throw new OperatorError('ServerError', `Authentik answered the list ${path} with something else`);
    return page.data.results.map((row) => keyed(row, keyField));
  }
}

/** An object whose key may stand elsewhere than in `pk`. */
function keyed(answer: unknown, keyField: string | undefined): ApiObject {
  return parseObject(keyField === undefined ? answer : { ...(answer as object), pk: (answer as Record<string, unknown>)[keyField] });
}

function modelOfStage(type: string): string | undefined {
  return STAGES.find((entry) => entry.type === type)?.model;
}

function otherType(what: string, is: string, wanted: string): OperatorError {
  return new OperatorError('InvalidSpec', `${what} is of type ${is}, and a stage of type ${wanted} is needed here: refer to one of these`);
}

/** A failure to find something, which a weak reference may have; any other is one of the pass. */
function notThere(error: unknown): OperatorError {
  if (error instanceof OperatorError && (error.reason === 'ReferenceNotFound' || error.reason === 'ReferenceNotReady')) return error;
  throw error;
}

function notWhole({ kind, name }: ObjectKey): string {
  return `${kind} "${name}" is not as it declares yet; \`kubectl describe ${kind.toLowerCase()} ${name}\` says why`;
}

/** The object of ours that a reference names, if it names one. */
export function keyOfReference(reference: Reference | undefined, to: ReferenceTarget, namespace: string): ObjectKey | undefined {
  const { kind } = targetOf(to);
  return kind === undefined || reference?.name === undefined ? undefined : { kind, namespace, name: reference.name };
}
