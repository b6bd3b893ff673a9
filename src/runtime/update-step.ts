import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import type { Difference } from './external.ts';
import { keepProgress } from './keep-progress.ts';
import { listFields } from './list-fields.ts';
import { wrote } from './ownership.ts';
import { accept, externalOf, recordOf, required, setRecord, type EngineStatus, type Pass } from './pass.ts';

export async function update<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const before = required(pass.observation, 'the observation');
  const due = mendable(before.differences);
  if (due.length === 0) return;
  const fields = listFields(due);
  const rotated = due.every((difference) => difference.cause === 'Secret');
  const drifted = wasSynced(pass) && !rotated;
  try {
    accept(pass, await externalOf(pass).update(before));
    setRecord(pass, wrote(recordOf(pass)));
  } catch (error) {
    keepProgress(pass);
    throw error;
  }
  pass.status.lastChange = environment.now();
  const plain = pass.controller.manages === 'field' ? 'Published' : 'Updated';
  const event = rotated ? 'SecretRotated' : drifted ? 'DriftCorrected' : plain;
  environment.events.record(pass.object, 'Normal', event, `${drifted ? 'put back' : 'set'} ${fields}`);
  if (drifted) environment.metrics.driftCorrected(pass.key.kind);
  const left = mendable(required(pass.observation, 'the observation').differences);
  if (left.length > 0) {
    throw new OperatorError('ServerError', `Authentik accepted the write and still holds something else in ${listFields(left)}`);
  }
}

/** Without the links that wait for their target. */
function mendable(differences: readonly Difference[]): readonly Difference[] {
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
