import type * as k8s from '@kubernetes/client-node';
import { z } from 'zod';
import { OperatorError } from '../runtime/errors.ts';
import { formatKey } from '../runtime/object.ts';
import type { SourceData, SourceKey } from '../runtime/store.ts';
import { describeApiError, missingRight, ruleOf, statusCodeOf, storeUnavailable } from './api-error.ts';
import type { CachedObject } from './object-cache.ts';
import { getJson } from './raw-get.ts';

/** A Secret or ConfigMap with its contents. */
export interface SourceObject extends CachedObject {
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

const PLURALS = { Secret: 'secrets', ConfigMap: 'configmaps' } as const;

const metadata = z.object({ name: z.string(), namespace: z.string(), uid: z.string(), resourceVersion: z.string() });
const strings = z.record(z.string(), z.string()).nullish();
const schema = z.object({ metadata: metadata.extend({ labels: strings }), data: strings, binaryData: strings });
const metadataSchema = z.object({ metadata });

export function collectionOf({ kind, namespace }: Pick<SourceKey, 'kind' | 'namespace'>): string {
  return `/api/v1/namespaces/${namespace}/${PLURALS[kind]}`;
}

/** Bytes are decoded once, here; nobody else sees base64. */
export function parserOf(kind: SourceKey['kind']): (raw: unknown) => SourceObject {
  return (raw) => {
    const { metadata: given, data, binaryData } = schema.parse(raw);
    const { labels, ...identity } = given;
    const texts = kind === 'ConfigMap' ? (data ?? {}) : decodeAll(data);
    return { metadata: identity, labels: labels ?? {}, data: { ...decodeAll(binaryData), ...texts } };
  };
}

export function parseMetadata(raw: unknown): CachedObject {
  return metadataSchema.parse(raw);
}

export function toData(source: SourceObject | undefined): SourceData | undefined {
  return source === undefined ? undefined : { resourceVersion: source.metadata.resourceVersion, labels: source.labels, data: source.data };
}

/** Reads one; undefined when there is none. Throws `KubernetesPermissionDenied` or `StoreUnavailable`. */
export async function fetchSource(kubeConfig: k8s.KubeConfig, key: SourceKey): Promise<SourceObject | undefined> {
  const name = formatKey(key).replace('/', ' ');
  try {
    return parserOf(key.kind)(await getJson(kubeConfig, `${collectionOf(key)}/${key.name}`));
  } catch (error) {
    const code = statusCodeOf(error);
    if (code === 404) return undefined;
    if (code === 403) throw forbidden(key, error);
    throw storeUnavailable(`read ${name}`, error);
  }
}

/** RBAC, which no waiting mends: said with the right that is missing, and where a Secret's comes from. */
function forbidden(key: SourceKey, error: unknown): OperatorError {
  const { kind, namespace, name } = key;
  const grant = kind === 'Secret' ? ', or list it in `rbac.secretNames` of the chart' : '';
  const missing = missingRight(error) ?? { verb: 'get', group: '', resource: PLURALS[kind], name, namespace };
  const remedy = `give its ServiceAccount the rule ${ruleOf(missing)}${grant}`;
  return new OperatorError(
    'KubernetesPermissionDenied',
    `the operator may not read ${kind} ${namespace}/${name}: ${remedy} (${describeApiError(error)})`,
    { refused: true },
  );
}

function decodeAll(encoded: Readonly<Record<string, string>> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(encoded ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}
