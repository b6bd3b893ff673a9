import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import type { Change } from './external.ts';
import { keepProgress } from './keep-progress.ts';
import { deeds, listValues } from './list-fields.ts';
import { wrote } from './ownership.ts';
import { printOf } from './print.ts';
import { admitParts, concludeParts } from './pending-parts.ts';
import { accept, externalOf, recordOf, required, setRecord, type EngineStatus, type Pass } from './pass.ts';

export async function update<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const before = required(pass.observation, 'the observation');
  const due = mendable(before.differences);
  if (due.length === 0) {
    delete pass.status.notKept;
    delete pass.status.pendingParts;
    return;
  }
  refuseEndlessWrite(pass, due);
  await admitParts(pass, environment);
  const rotated = due.every((change) => change.cause === 'Secret');
  const drifted = wasSynced(pass) && !rotated;
  try {
    accept(pass, await externalOf(pass).update(before));
    setRecord(pass, wrote(recordOf(pass)));
    concludeParts(pass, environment);
  } catch (error) {
    concludeParts(pass, environment, error);
    keepProgress(pass);
    throw error;
  }
  const left = mendable(required(pass.observation, 'the observation').differences);
  pass.status.lastChange = environment.now();
  const plain = pass.controller.manages === 'field' ? 'Published' : 'Updated';
  const event = rotated ? 'SecretRotated' : drifted ? 'DriftCorrected' : plain;
  const done = due.filter(({ field }) => !left.some((other) => other.field === field));
  if (done.length > 0) environment.events.record(pass.object, 'Normal', event, deeds(done, drifted));
  if (drifted) environment.metrics.driftCorrected(pass.key.kind);
  noteKept(pass, left);
}

/** How often a value is sent that Authentik accepts and doesn't keep. */
const WRITE_BUDGET = 2;

/** Throws `NotKept` when all that is left to write was written before, as often as it may be. */
function refuseEndlessWrite<Session>(pass: Pass<Session>, due: readonly Change[]): void {
  const record = pass.status.notKept ?? {};
  const spent = (change: Change): boolean => {
    const held = record[change.field];
    return held !== undefined && held.times >= WRITE_BUDGET && held.print === printOfChange(change);
  };
  if (due.every(spent)) throw notKept(due);
}

/** What a write has left different, and how often by now: the same twice is no matter of trying again. */
function noteKept<Session>(pass: Pass<Session>, left: readonly Change[]): void {
  const before = pass.status.notKept ?? {};
  delete pass.status.notKept;
  if (left.length === 0) return;
  const entries = left.map((change) => {
    const print = printOfChange(change);
    const earlier = before[change.field];
    return [change.field, { print, times: (earlier?.print === print ? earlier.times : 0) + 1 }] as const;
  });
  pass.status.notKept = Object.fromEntries(entries);
  if (entries.some(([, { times }]) => times >= WRITE_BUDGET)) throw notKept(left);
  throw new OperatorError('ServerError', `Authentik accepted the write and holds something else: ${listValues(left, WORDS)}`);
}

const WORDS = { from: 'kept', to: 'sent' };

function notKept(left: readonly Change[]): OperatorError {
  return new OperatorError(
    'NotKept',
    `Authentik accepts ${listValues(left, WORDS)}, but keeps another value: declare what it keeps, or leave the field out`,
  );
}

function printOfChange({ from, to }: Change): string {
  return printOf([from ?? null, to ?? null]);
}

/** Without the links that wait for their target. */
function mendable(differences: readonly Change[]): readonly Change[] {
  return differences.filter(({ waitsFor }) => waitsFor === undefined);
}

/**
 * This spec has been carried out before, so what differs now is somebody else's doing, whether or not the object is Ready otherwise. A
 * link that was waited for until now is none of that.
 */
function wasSynced<Session>(pass: Pass<Session>): boolean {
  const { conditions = [] } = (pass.object.status ?? {}) as EngineStatus;
  const synced = conditions.find((condition) => condition.type === 'Synced');
  const linked = conditions.find((condition) => condition.type === 'ReferencesResolved')?.status !== 'False';
  return linked && synced?.status === 'True' && synced.observedGeneration === pass.generation;
}
