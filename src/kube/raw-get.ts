import * as k8s from '@kubernetes/client-node';
import { fetch } from 'undici';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** `metadata`: of each object no more than its metadata, so that what isn't needed is never sent. */
export type Representation = 'metadata';

/** The content type to ask for; by default whole objects. */
export function accepted(as: Representation | undefined, what: 'list' | 'watch'): string {
  if (as === undefined) return 'application/json';
  return `application/json;as=PartialObjectMetadata${what === 'list' ? 'List' : ''};g=meta.k8s.io;v=v1`;
}

/**
 * GETs a path of the API server and returns its JSON as it is. Lists and watches then hold the same shapes, whereas client-node's
 * typed lists turn times into `Date` and rename `continue`.
 *
 * Throws {@link k8s.ApiException} for every status but 200.
 */
export async function getJson(
  config: k8s.KubeConfig,
  path: string,
  query: Query = {},
  { signal, as }: { readonly signal?: AbortSignal | undefined; readonly as?: Representation | undefined } = {},
): Promise<unknown> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster');
  const url = new URL(cluster.server.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const context = new k8s.RequestContext(url.toString(), k8s.HttpMethod.GET);
  await config.applySecurityAuthentication(context);
  const dispatcher = context.getDispatcher();
  const signals = [signal, context.getSignal()].filter((each) => each !== undefined);
  const response = await fetch(url, {
    headers: { ...context.getHeaders(), accept: accepted(as, 'list') },
    signal: AbortSignal.any(signals),
    ...(dispatcher === undefined ? {} : { dispatcher }),
  });
  const text = await response.text();
  if (response.status !== 200) {
    throw new k8s.ApiException(response.status, response.statusText, text, Object.fromEntries(response.headers.entries()));
  }
  return JSON.parse(text);
}
