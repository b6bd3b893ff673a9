import type { Environment } from './environment.ts';
import { OperatorError, toOperatorError } from './errors.ts';
import type { External, Observation } from './external.ts';
import { holder, recordedRival } from './claim.ts';
import { waitForEarlier } from './create-step.ts';
import { DeferredError } from './deferred.ts';
import { reaches } from './dependency-loop.ts';
import { formatKey, type ObjectKey } from './object.ts';
import { leftBehind, release } from './left-behind.ts';
import { restorable, standingOf, type Values } from './ownership.ts';
import { foundIn, recordOf, type Pass } from './pass.ts';
import type { Reason } from './reasons.ts';

/** The reasons that mean: there is nothing left to ask Authentik with, and waiting won't bring it back. */
const OUT_OF_REACH: ReadonlySet<Reason> = new Set<Reason>([
  'ConnectionNotFound',
  'NamespaceNotAllowed',
  'SecretNotFound',
  'SecretNotAllowed',
  'SecretKeyMissing',
  // Of a type that this operator doesn't know.
  'InvalidSpec',
]);

/** How long what is out of reach is waited for before it is left behind, in milliseconds. */
const RELEASE_GRACE_MS = 10 * 60_000;

/** How soon somebody who used the object in Authentik is looked for again, in milliseconds; the audit log usually tells sooner. */
const LOOK_AGAIN_MS = 10_000;

/** The topic under which everybody who refers to an object is indexed. */
export function dependencyTopic(key: ObjectKey): string {
  return `dep:${formatKey(key)}`;
}

/** The topic of those among them that can't do without the object, and so hold its deletion. */
export function holderTopic(key: ObjectKey): string {
  return `holds:${formatKey(key)}`;
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
  const isGoing = (key: ObjectKey): boolean => store.get(key)?.metadata.deletionTimestamp !== undefined;
  const holds = (key: ObjectKey): boolean => {
    const dependent = store.get(key);
    return dependent !== undefined && (pass.controller.isHeldBy?.(pass.object, dependent) ?? true);
  };
  const holders = (key: ObjectKey): readonly ObjectKey[] => index.owners(holderTopic(key));
  // Those that are in a loop with this one and go too would wait for it as it waits for them.
  const loops = (key: ObjectKey): boolean => pass.controller.manages !== 'nothing' && isGoing(key) && reaches(key, pass.key, holders);
  const waiting = holders(pass.key).filter((key) => holds(key) && !loops(key));
  if (waiting.length === 0) return;
  const names = waiting
    .slice(0, 5)
    .map((key) => `${key.kind} ${key.namespace}/${key.name}${isGoing(key) ? ' (which is being deleted too, and goes first)' : ''}`);
  throw new OperatorError(
    'WaitingForDependents',
    `still used by ${names.join(', ')}${waiting.length > 5 ? ` and ${waiting.length - 5} more` : ''}`,
  );
}

async function undo<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const name = pass.controller.externalName(pass.object);
  const { uuid, pendingCreate, adopted } = pass.status;
  if (uuid === undefined && pendingCreate === undefined) return;
  pass.policies = pass.controller.policies(pass.object);
  const policy = pass.policies.deletion ?? (adopted === undefined ? 'Delete' : 'Restore');
  // What stays as it is needs nobody's answer.
  if (policy === 'Retain') {
    await tidy(pass);
    environment.events.record(pass.object, 'Normal', 'Retained', `left "${name}" in Authentik as it is`);
    return;
  }
  const external = await reach(pass, environment, name);
  if (external === undefined) return;
  const observation = await external.observe();
  if (isOurs(pass, environment, observation, name)) await apply(pass, environment, external, observation, policy);
}

/**
 * What stays is left without a trace of an interrupted change, if the server can be asked. A connection that is being opened is waited for,
 * since that is when it matters: after a crash. A server that doesn't answer holds nobody.
 */
async function tidy<Session>({ controller, object }: Pass<Session>): Promise<void> {
  if (controller.tidy === undefined) return;
  try {
    const { session } = await controller.connect(object);
    await controller.tidy(object, session);
  } catch (thrown) {
    if (thrown instanceof DeferredError) throw thrown;
  }
}

/** Whether what was found is ours to undo. Throws while an unanswered create may still arrive, for it would be nobody's then. */
function isOurs<Session>(pass: Pass<Session>, environment: Environment, observation: Observation, name: string): boolean {
  const found = foundIn(pass, observation);
  const standing = found === undefined ? 'foreign' : standingOf(recordOf(pass), found);
  if (found === undefined || standing === 'foreign') {
    const where = pass.status.connectionURL;
    if (where !== undefined && where !== pass.url) release(pass, environment, leftBehind(name, where));
    waitForEarlier(pass, environment, name);
    return false;
  }
  // Whoever else has it on record goes on using it: it isn't ours alone to undo.
  const other = holder(pass, environment, found.uuid) ?? (standing === 'made' ? recordedRival(pass, environment) : undefined);
  if (other === undefined) return true;
  release(pass, environment, `left "${name}" to ${other.kind} ${other.metadata.namespace}/${other.metadata.name}, which manages it too`);
  return false;
}

async function apply<Session>(
  pass: Pass<Session>,
  environment: Environment,
  external: External,
  observation: Observation,
  policy: 'Delete' | 'Restore',
): Promise<void> {
  const name = pass.controller.externalName(pass.object);
  const record = (reason: 'Restored' | 'Deleted', message: string): void =>
    environment.events.record(pass.object, 'Normal', reason, message);
  if (policy === 'Restore' && pass.status.adopted !== undefined) {
    const fresh = await external.refresh(observation);
    await external.restore(fresh, toRestore(pass, fresh));
    record('Restored', `put "${name}" back to what it held before`);
  } else {
    await refuseIfUsed(pass, environment, external, observation, name);
    await external.delete(observation);
    const unlinked = external.consequences?.() ?? [];
    const lost = unlinked.length === 0 ? '' : `; ${unlinked.join(', ')} linked to it, and link to nothing now`;
    record('Deleted', `deleted "${name}" from Authentik${lost}`);
  }
}

/** One field of somebody else's object decides for itself, since clearing it is a change by others too. */
function toRestore<Session>(pass: Pass<Session>, { print = () => undefined }: Observation): Values {
  return pass.controller.manages === 'field' ? (pass.status.adopted?.before ?? {}) : restorable(recordOf(pass), print);
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

/**
 * The counterpart, or undefined when there is nothing left to reach it with: then the object is let go, and says what stays behind. Not at
 * once, since a Secret that is being rewritten is missing for a moment.
 */
async function reach<Session>(pass: Pass<Session>, environment: Environment, name: string): Promise<External | undefined> {
  try {
    const { session, url } = await pass.controller.connect(pass.object);
    pass.session = session;
    pass.url = url;
    delete pass.status.releaseAt;
    return pass.controller.externalForDeletion(pass.object, session);
  } catch (thrown) {
    const error = toOperatorError(thrown);
    const abandoned = pass.object.metadata.annotations?.[environment.annotations.abandon] === 'true';
    if (!abandoned && !OUT_OF_REACH.has(error.reason)) throw error;
    if (!abandoned) waitForGrace(pass, environment, error, name);
    release(pass, environment, leftBehind(name, pass.status.connectionURL ?? 'Authentik', error.message));
    return undefined;
  }
}

/** Throws until the grace is over; when that is stands in the status, so that a restart doesn't begin anew. */
function waitForGrace<Session>(pass: Pass<Session>, environment: Environment, error: OperatorError, name: string): void {
  const now = Date.parse(environment.now());
  pass.status.releaseAt ??= new Date(now + RELEASE_GRACE_MS).toISOString().replace(/\.\d+Z$/, 'Z');
  const left = Date.parse(pass.status.releaseAt) - now;
  if (left <= 0) return;
  throw new OperatorError(
    error.reason,
    `"${name}" can't be undone in Authentik (${error.message}). It is left behind there at ${pass.status.releaseAt}; to let go at once, annotate this object with ${environment.annotations.abandon}: "true"`,
    { cause: error, retryAfterMs: left },
  );
}
