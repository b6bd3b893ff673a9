import { adopt } from './adopt-step.ts';
import { claim, claimKey } from './claim.ts';
import { lacksOnlyLinks, type Judgement, wasLastReady } from './conditions.ts';
import { create } from './create-step.ts';
import { refuseLoop } from './dependency-loop.ts';
import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import type { Observation } from './external.ts';
import { leftBehind, release } from './left-behind.ts';
import type { ObjectKey } from './object.ts';
import { foundAgain, leaveBehind, made, standingOf } from './ownership.ts';
import { isAdvice } from './reasons.ts';
import { accept, externalOf, foundIn, recordOf, required, setRecord, type Pass } from './pass.ts';
import { update } from './update-step.ts';

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
    { name: 'spec', run: spec },
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

/** What was stored under another schema, or is of a type that only another version of the operator knows. */
function spec<Session>({ object }: Pass<Session>, { specProblem }: Environment): void {
  const problem = specProblem(object.kind, object.spec);
  if (problem !== undefined) throw new OperatorError('InvalidSpec', problem);
}

async function connect<Session>(pass: Pass<Session>): Promise<void> {
  const { session, status, url, requestTimeoutMs } = await pass.controller.connect(pass.object);
  pass.session = session;
  pass.url = url;
  pass.patienceMs = requestTimeoutMs ?? pass.patienceMs;
  pass.policies = pass.controller.policies(pass.object);
  Object.assign(pass.status, status);
  // A recorded key means nothing on another server. But the same server may have got another address: then the look-up finds the
  // same key again, and what has it stays ours.
}

async function references<Session>(pass: Pass<Session>, { index }: Environment): Promise<void> {
  refuseLoop(pass.key, index);
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
  const observation = await externalOf(pass).observe();
  pass.observation = observation;
  forgetOtherServer(pass, environment, observation);
  const found = foundIn(pass, observation);
  if (found === undefined || pass.controller.manages === 'nothing') return;
  const standing = standingOf(recordOf(pass), found);
  if (standing === 'foreign') return;
  claimKey(pass, environment, found.uuid);
  setRecord(pass, standing === 'recorded' ? foundAgain(recordOf(pass), found) : made(found));
  accept(pass, observation);
  // Once it is changed, nothing tells any more that it is what we sent.
  if (standing === 'made') await environment.flush(pass);
}

/** What is on record speaks of another server, and isn't found on this one: it stays behind there, and somebody should know. */
function forgetOtherServer<Session>(pass: Pass<Session>, environment: Environment, observation: Observation): void {
  const { uuid, connectionURL } = pass.status;
  if (uuid === undefined || connectionURL === undefined || connectionURL === pass.url || observation.uuid === uuid) return;
  release(pass, environment, leftBehind(pass.controller.externalName(pass.object), connectionURL));
  setRecord(pass, leaveBehind(recordOf(pass)));
}

/** What an object is made of must be Ready before the object may say so, apart from weak links that lead back to it, or elsewhere. */
function dependencies<Session>(pass: Pass<Session>, { store }: Environment): void {
  for (const key of pass.controller.readyAfter(pass.object)) {
    const object = store.get(key);
    if (object === undefined || !(wasLastReady(object) || lacksOnlyLinks(object)))
      throw new OperatorError('ReferenceNotReady', notReady(key));
  }
}

/** What to say of a dependency that isn't Ready. */
export function notReady(key: ObjectKey): string {
  return `${key.kind} ${key.name} is not Ready yet; \`kubectl describe ${key.kind.toLowerCase()} ${key.name}\` says why`;
}

async function settle<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const result = await externalOf(pass).settle?.(required(pass.observation, 'the observation'));
  if (result === undefined) return;
  Object.assign(pass.status, result.status);
  pass.lookAgainMs = result.lookAgainMs;
  for (const judgement of result.conditions ?? []) {
    warnOfAdvice(pass, judgement, environment);
    pass.conditions.mark(judgement);
  }
  if (result.deed !== undefined) {
    pass.status.lastChange = environment.now();
    environment.events.record(pass.object, 'Warning', result.deed.reason, result.deed.message);
  }
  if (result.failure !== undefined) throw result.failure;
}

/** On the transition only; a condition of one status may go from one piece of advice to another. */
function warnOfAdvice<Session>(pass: Pass<Session>, { type, reason, message }: Judgement, { events }: Environment): void {
  if (isAdvice(reason) && pass.conditions.get(type)?.reason !== reason) events.record(pass.object, 'Warning', reason, message);
}

function session<Session>(pass: Pass<Session>): Session {
  return required(pass.session, 'the session');
}
