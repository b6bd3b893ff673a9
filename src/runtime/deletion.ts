import type { Environment } from './environment.ts';
import { OperatorError, toOperatorError } from './errors.ts';
import type { External, Observation } from './external.ts';
import { formatKey, type ObjectKey } from './object.ts';
import { leftBehind } from './left-behind.ts';
import { isMarked, required, type Pass } from './pass.ts';
import type { Reason } from './reasons.ts';

/** The reasons that mean: there is nothing left to ask Authentik with, and waiting won't bring it back. */
const OUT_OF_REACH: ReadonlySet<Reason> = new Set<Reason>([
  'ConnectionNotFound',
  'NamespaceNotAllowed',
  'SecretNotFound',
  'SecretKeyMissing',
]);

/** How soon somebody who used the object in Authentik is looked for again, in milliseconds; the audit log usually tells sooner. */
const LOOK_AGAIN_MS = 60_000;

/** The topic under which everybody who refers to an object is indexed. */
export function dependencyTopic(key: ObjectKey): string {
  return `dep:${formatKey(key)}`;
}

/**
 * Undoes one object in Authentik as its policy says and lets it go. Throws what keeps it from going; whatever happens, nothing is
 * deleted that isn't on record as ours.
 */
export async function finalize<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  waitForDependents(pass, environment);
  if (pass.controller.manages !== 'nothing') await undo(pass, environment);
  pass.object = await environment.store.setFinalizer(pass.object, environment.finalizer, false);
}

function waitForDependents<Session>(pass: Pass<Session>, { index, store }: Environment): void {
  const holds = (key: ObjectKey): boolean => {
    const dependent = store.get(key);
    return dependent !== undefined && (pass.controller.isHeldBy?.(pass.object, dependent) ?? true);
  };
  const waiting = index.owners(dependencyTopic(pass.key)).filter(holds);
  if (waiting.length === 0) return;
  const names = waiting.slice(0, 5).map((key) => `${key.kind} ${key.namespace}/${key.name}`);
  throw new OperatorError(
    'WaitingForDependents',
    `still used by ${names.join(', ')}${waiting.length > 5 ? ` and ${waiting.length - 5} more` : ''}`,
  );
}

async function undo<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const name = pass.controller.externalName(pass.object);
  if (pass.status.uuid === undefined && pass.status.pendingCreate === undefined) return;
  const external = await reach(pass, environment, name);
  if (external === undefined) return;
  const observation = await external.observe();
  const ours = pass.status.uuid === undefined ? isMarked(pass) : pass.status.uuid === observation.uuid;
  if (!observation.exists || !ours) {
    const where = pass.status.connectionURL;
    if (where !== undefined && where !== pass.url) environment.events.record(pass.object, 'Warning', 'Released', leftBehind(name, where));
    return;
  }
  await apply(pass, environment, external, observation, name);
}

async function apply<Session>(
  pass: Pass<Session>,
  environment: Environment,
  external: External,
  observation: Observation,
  name: string,
): Promise<void> {
  const adopted = pass.status.adopted;
  const policy = required(pass.policies, 'the policies').deletion ?? (adopted === undefined ? 'Delete' : 'Restore');
  const record = (reason: 'Retained' | 'Restored' | 'Deleted', message: string): void =>
    environment.events.record(pass.object, 'Normal', reason, message);
  if (policy === 'Retain') {
    record('Retained', `left "${name}" in Authentik as it is`);
  } else if (policy === 'Restore' && adopted !== undefined) {
    await external.restore(observation, adopted.before ?? {});
    record('Restored', `put "${name}" back to what it held before`);
  } else {
    await refuseIfUsed(pass, environment, external, observation, name);
    await external.delete(observation);
    record('Deleted', `deleted "${name}" from Authentik`);
  }
}

async function refuseIfUsed<Session>(
  pass: Pass<Session>,
  environment: Environment,
  external: External,
  observation: Observation,
  name: string,
): Promise<void> {
  if (pass.object.metadata.annotations?.[environment.annotations.forceDelete] === 'true') return;
  const blockers = await external.blockers(observation);
  if (blockers.length === 0) return;
  throw new OperatorError(
    'DeletionBlocked',
    `deleting "${name}" would take along ${blockers.join(', ')}; unlink it first, or annotate this object with ${environment.annotations.forceDelete}: "true"`,
    { retryAfterMs: LOOK_AGAIN_MS },
  );
}

/** The counterpart, or undefined when there is nothing left to reach it with: then the object is let go, and says what stays behind. */
async function reach<Session>(pass: Pass<Session>, environment: Environment, name: string): Promise<External | undefined> {
  try {
    const { session, url } = await pass.controller.connect(pass.object);
    pass.session = session;
    pass.url = url;
    pass.policies = pass.controller.policies(pass.object, session);
    return pass.controller.externalForDeletion(pass.object, session);
  } catch (thrown) {
    const error = toOperatorError(thrown);
    if (!OUT_OF_REACH.has(error.reason)) throw error;
    const where = pass.status.connectionURL ?? 'Authentik';
    environment.events.record(pass.object, 'Warning', 'Released', leftBehind(name, where, error.message));
    return undefined;
  }
}
