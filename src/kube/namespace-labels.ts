import type * as k8s from '@kubernetes/client-node';
import { systemClock, type Clock } from '../runtime/clock.ts';
import type { NamespaceLabels } from '../runtime/store.ts';
import { statusCodeOf, storeUnavailable } from './api-error.ts';

export interface NamespaceLabelsOptions {
  readonly core: Pick<k8s.CoreV1Api, 'readNamespace'>;
  /** How long an answer is believed, in milliseconds. */
  readonly ttlMs?: number;
  readonly clock?: Clock;
}

type Labels = Readonly<Record<string, string>>;

interface Answer {
  readonly until: number;
  readonly labels: Promise<Labels | undefined>;
}

const TTL_MS = 30_000;

/**
 * Asks the API server and believes the answer for a while. A watch of all namespaces would need rights that an operator of named
 * namespaces doesn't have. Failures aren't kept; they are thrown as `StoreUnavailable`.
 */
export function namespaceLabels({ core, ttlMs = TTL_MS, clock = systemClock }: NamespaceLabelsOptions): NamespaceLabels {
  const answers = new Map<string, Answer>();
  return async (namespace) => {
    const now = clock.now();
    const known = answers.get(namespace);
    if (known !== undefined && known.until > now) return await known.labels;
    for (const [name, { until }] of answers) {
      if (until <= now) answers.delete(name);
    }
    const answer = { until: now + ttlMs, labels: ask(core, namespace) };
    answers.set(namespace, answer);
    try {
      return await answer.labels;
    } catch (error) {
      if (answers.get(namespace) === answer) answers.delete(namespace);
      throw error;
    }
  };
}

async function ask(core: NamespaceLabelsOptions['core'], name: string): Promise<Labels | undefined> {
  try {
    return (await core.readNamespace({ name })).metadata?.labels ?? {};
  } catch (error) {
    if (statusCodeOf(error) === 404) return undefined;
    throw storeUnavailable(`read the labels of namespace ${name}`, error);
  }
}
