import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import type { Difference, Observation } from './external.ts';
import { isReady } from './conditions.ts';
import { formatKey, type ManagedObject, type ObjectKey } from './object.ts';
import { leftBehind } from './left-behind.ts';
import { accept, isMarked, judge, required, type EngineStatus, type Pass } from './pass.ts';

/** One step of a pass. It fills in the pass, or throws an `OperatorError` that ends it. */
export interface Step<Session> {
  readonly name: string;
  /** The condition that is False when the step fails. */
  readonly condition?: string;
  /** What that condition says when it is True: given by the last step that it depends on. */
  readonly satisfied?: string;
  run(pass: Pass<Session>, environment: Environment): Promise<void> | void;
}

/** What it takes to make one object true, in this order. Nothing is written outside before everything it needs is known. */
export function applySteps<Session>(): readonly Step<Session>[] {
  return [
    { name: 'connect', run: connect },
    { name: 'claim', run: claim },
    { name: 'references', condition: 'ReferencesResolved', satisfied: 'every reference is resolved', run: references },
    { name: 'secrets', condition: 'SecretsResolved', satisfied: 'every Secret is there', run: secrets },
    { name: 'finalizer', run: finalizer },
    { name: 'observe', run: observe },
    { name: 'adopt', condition: 'Synced', run: adopt },
    { name: 'create', condition: 'Synced', run: create },
    { name: 'update', condition: 'Synced', satisfied: 'Authentik accepted the last write, and holds what is declared', run: update },
    { name: 'dependencies', run: dependencies },
    { name: 'settle', run: settle },
  ];
}

async function connect<Session>(pass: Pass<Session>): Promise<void> {
  const { session, status, url } = await pass.controller.connect(pass.object);
  pass.session = session;
  pass.url = url;
  pass.policies = pass.controller.policies(pass.object, session);
  Object.assign(pass.status, status);
  // A recorded key means nothing on another server. But the same server may have got another address: then the look-up finds the
  // same key again, and what has it stays ours.
}

/** Two objects that mean the same thing: the one that has it recorded wins, else the older one. The other writes nothing. */
function claim<Session>(pass: Pass<Session>, { index, store }: Environment): void {
  const claimed = pass.controller.claim(pass.object);
  if (claimed === undefined) return;
  const rivals = index
    .owners(claimTopic(claimed))
    .filter((key) => formatKey(key) !== formatKey(pass.key))
    .flatMap((key) => store.get(key) ?? [])
    .filter((rival) => isRival(pass, rival));
  const winner = [pass.object, ...rivals].sort((a, b) => precedence(a, b, pass.url))[0];
  if (winner === undefined || winner === pass.object) return;
  const { namespace, name } = winner.metadata;
  throw new OperatorError('Conflict', `${winner.kind} ${namespace}/${name} already manages ${claimed}; delete one of the two`);
}

/**
 * Whoever has something on record on the same server. Before anybody has, a neighbour in the namespace that means the same server
 * counts too; one elsewhere doesn't, since it may not be allowed to use that server at all, and could keep out whoever is.
 */
function isRival<Session>(pass: Pass<Session>, rival: ManagedObject): boolean {
  const { uuid, connectionURL } = (rival.status ?? {}) as EngineStatus;
  if (uuid !== undefined) return connectionURL === pass.url;
  return rival.metadata.namespace === pass.key.namespace && pass.controller.server(rival) === pass.url;
}

/** The topic under which everybody who claims the same thing is indexed. */
export function claimTopic(claimed: string): string {
  return `claim:${claimed}`;
}

function precedence(a: ManagedObject, b: ManagedObject, url: string | undefined): number {
  const recorded = (object: ManagedObject): number => {
    const { uuid, connectionURL } = (object.status ?? {}) as EngineStatus;
    return uuid !== undefined && connectionURL === url ? 0 : 1;
  };
  return (
    recorded(a) - recorded(b) ||
    a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) ||
    `${a.metadata.namespace}/${a.metadata.name}`.localeCompare(`${b.metadata.namespace}/${b.metadata.name}`)
  );
}

async function references<Session>(pass: Pass<Session>): Promise<void> {
  pass.references = await pass.controller.resolveReferences(pass.object, session(pass));
}

async function secrets<Session>(pass: Pass<Session>): Promise<void> {
  pass.secrets = await pass.controller.readSecrets(pass.object, session(pass));
  pass.external = pass.controller.external(pass.object, session(pass), pass.references, pass.secrets);
}

/** Before the first write outside: an object without it could vanish and leave its counterpart behind. */
async function finalizer<Session>(pass: Pass<Session>, { store, finalizer: name }: Environment): Promise<void> {
  if (pass.object.metadata.finalizers?.includes(name)) return;
  pass.object = await store.setFinalizer(pass.object, name, true);
}

async function observe<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const recorded = pass.status.uuid;
  const observation = await external(pass).observe();
  pass.observation = observation;
  forgetOtherServer(pass, environment, observation);
  if (observation.exists && (recorded === observation.uuid || isMarked(pass))) {
    delete pass.status.pendingCreate;
    accept(pass, observation);
  }
}

/** What is on record speaks of another server, and isn't found on this one: it stays behind there, and somebody should know. */
function forgetOtherServer<Session>(pass: Pass<Session>, environment: Environment, observation: Observation): void {
  const { uuid, connectionURL } = pass.status;
  if (uuid === undefined || connectionURL === undefined || connectionURL === pass.url || observation.uuid === uuid) return;
  environment.events.record(pass.object, 'Warning', 'Released', leftBehind(pass.controller.externalName(pass.object), connectionURL));
  delete pass.status.uuid;
  delete pass.status.adopted;
  delete pass.status.connectionURL;
}

/** Decides about something that was there before us. What it held is on record before it is changed. */
async function adopt<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const observation = required(pass.observation, 'the observation');
  if (!observation.exists || pass.status.uuid === observation.uuid || pass.controller.manages === 'nothing') {
    if (observation.exists) accept(pass, observation);
    await rememberBefore(pass, environment, observation);
    return;
  }
  const name = pass.controller.externalName(pass.object);
  const policy = required(pass.policies, 'the policies').adoption;
  if (policy === 'Never') {
    throw new OperatorError(
      'AdoptionConflict',
      `"${name}" is already in Authentik and adoptionPolicy is Never: choose another name, or set adoptionPolicy to IfMatch or Always`,
    );
  }
  if (policy === 'IfMatch' && observation.differences.length > 0) {
    throw new OperatorError(
      'AdoptionConflict',
      `"${name}" is already in Authentik and differs in ${listFields(observation.differences)}: align the spec, or set adoptionPolicy: Always to change it`,
    );
  }
  pass.status.adopted = { at: environment.now(), before: observation.before };
  accept(pass, observation);
  if (pass.controller.manages === 'object')
    environment.events.record(pass.object, 'Normal', 'Adopted', `took over "${name}", which was already in Authentik`);
  if (observation.differences.length > 0) await environment.flush(pass);
}

/** A field that is declared for the first time on something adopted: what it held is put on record before it is changed. */
async function rememberBefore<Session>(pass: Pass<Session>, environment: Environment, observation: Observation): Promise<void> {
  const adopted = pass.status.adopted;
  if (adopted === undefined || Object.keys(observation.before).every((field) => field in (adopted.before ?? {}))) return;
  pass.status.adopted = { ...adopted, before: { ...observation.before, ...adopted.before } };
  if (observation.differences.length > 0) await environment.flush(pass);
}

/** The mark goes first: after a crash between the two, what is found by that name is known to be ours. */
async function create<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  if (required(pass.observation, 'the observation').exists) return;
  const name = pass.controller.externalName(pass.object);
  delete pass.status.uuid;
  delete pass.status.adopted;
  // A mark that an earlier try has left stays until that try is known to have made nothing, or is found.
  const marked = isMarked(pass);
  if (!marked) await mark(pass, environment, name);
  try {
    accept(pass, await external(pass).create());
  } catch (error) {
    keepProgress(pass);
    // A plain refusal made nothing, so nothing of that name is ours. After anything else it may be, and the mark stays.
    if (!marked && error instanceof OperatorError && error.refused) delete pass.status.pendingCreate;
    throw error;
  }
  delete pass.status.pendingCreate;
  pass.status.lastChange = environment.now();
  environment.events.record(pass.object, 'Normal', 'Created', `created "${name}" in Authentik`);
}

async function mark<Session>(pass: Pass<Session>, environment: Environment, name: string): Promise<void> {
  pass.status.pendingCreate = { name, at: environment.now(), ...(pass.url === undefined ? {} : { connectionURL: pass.url }) };
  pass.conditions.mark(judge('Ready', 'Unknown', 'Progressing', `creating "${name}" in Authentik`));
  pass.conditions.mark(judge('Reconciling', 'True', 'Progressing', `creating "${name}" in Authentik`));
  await environment.flush(pass);
}

async function update<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const before = required(pass.observation, 'the observation');
  if (before.differences.length === 0) return;
  const fields = listFields(before.differences);
  const rotated = before.differences.every((difference) => difference.cause === 'Secret');
  const drifted = wasSynced(pass) && !rotated;
  // What parts of something adopted held before us must be on record before the first of them is changed.
  if (pass.status.adopted !== undefined && recordsChanged(pass)) await environment.flush(pass);
  try {
    accept(pass, await external(pass).update(before));
  } catch (error) {
    keepProgress(pass);
    throw error;
  }
  pass.status.lastChange = environment.now();
  const plain = pass.controller.manages === 'field' ? 'Published' : 'Updated';
  const event = rotated ? 'SecretRotated' : drifted ? 'DriftCorrected' : plain;
  environment.events.record(pass.object, 'Normal', event, `${drifted ? 'put back' : 'set'} ${fields}`);
  if (drifted) environment.metrics.driftCorrected(pass.key.kind);
  const left = required(pass.observation, 'the observation').differences;
  if (left.length > 0) {
    throw new OperatorError('ServerError', `Authentik accepted the write and still holds something else in ${listFields(left)}`);
  }
}

/** This spec has been carried out before, so what differs now is somebody else's doing, whether or not the object is Ready otherwise. */
function wasSynced<Session>(pass: Pass<Session>): boolean {
  const synced = ((pass.object.status ?? {}) as EngineStatus).conditions?.find((condition) => condition.type === 'Synced');
  return synced?.status === 'True' && synced.observedGeneration === pass.generation;
}

function recordsChanged<Session>(pass: Pass<Session>): boolean {
  const stored = (pass.object.status ?? {}) as Record<string, unknown>;
  return (['bindings', 'policyBindings'] as const).some((field) => JSON.stringify(pass.status[field]) !== JSON.stringify(stored[field]));
}

/** What is on record as ours when a write fails half-way, so that it is neither forgotten nor taken for somebody else's. */
function keepProgress<Session>(pass: Pass<Session>): void {
  Object.assign(pass.status, external(pass).progress?.());
  if (pass.status.uuid !== undefined) pass.status.connectionURL = pass.url;
}

/** What an object is made of must be Ready before the object may say so. */
function dependencies<Session>(pass: Pass<Session>, { store }: Environment): void {
  for (const key of pass.controller.readyAfter(pass.object)) {
    const object = store.get(key);
    if (object === undefined || !isReady(object)) throw new OperatorError('ReferenceNotReady', notReady(key));
  }
}

/** What to say of a dependency that isn't Ready. */
export function notReady(key: ObjectKey): string {
  return `${key.kind} ${key.name} is not Ready yet; \`kubectl describe ${key.kind.toLowerCase()} ${key.name}\` says why`;
}

async function settle<Session>(pass: Pass<Session>): Promise<void> {
  const result = await external(pass).settle?.(required(pass.observation, 'the observation'));
  if (result === undefined) return;
  Object.assign(pass.status, result.status);
  for (const judgement of result.conditions ?? []) pass.conditions.mark(judgement);
  if (result.failure !== undefined) throw result.failure;
}

function session<Session>(pass: Pass<Session>): Session {
  return required(pass.session, 'the session');
}

function external<Session>(pass: Pass<Session>): NonNullable<Pass<Session>['external']> {
  return required(pass.external, 'the counterpart');
}

const SHOWN_FIELDS = 5;

/** `a, b and 3 more`: what differs, short enough for a condition. */
export function listFields(differences: readonly Difference[]): string {
  const names = differences.map((difference) => difference.field);
  const more = names.length - SHOWN_FIELDS;
  return more > 0 ? `${names.slice(0, SHOWN_FIELDS).join(', ')} and ${more} more` : names.join(', ');
}
