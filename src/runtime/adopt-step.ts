import { claimKey } from './claim.ts';
import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import type { Observation } from './external.ts';
import { listValues } from './list-fields.ts';
import { adopt as adoptRecord, declare } from './ownership.ts';
import { accept, foundIn, recordOf, required, setRecord, type Pass } from './pass.ts';

/** Decides about something that was there before us. What it held is on record before it is changed. */
export async function adopt<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const observation = required(pass.observation, 'the observation');
  const found = foundIn(pass, observation);
  if (found === undefined || pass.status.uuid === found.uuid || pass.controller.manages === 'nothing') {
    if (observation.exists) accept(pass, observation);
    await declareOn(pass, environment, observation);
    return;
  }
  claimKey(pass, environment, found.uuid);
  refuseByPolicy(pass, observation);
  setRecord(pass, adoptRecord(found, { at: environment.now() }));
  accept(pass, observation);
  if (pass.controller.manages === 'object')
    environment.events.record(
      pass.object,
      'Normal',
      'Adopted',
      `took over "${pass.controller.externalName(pass.object)}", which was already in Authentik`,
    );
  await declareOn(pass, environment, observation);
}

/** Throws `AdoptionConflict`. */
function refuseByPolicy<Session>(pass: Pass<Session>, observation: Observation): void {
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
      `"${name}" is already in Authentik and differs in ${listValues(observation.differences, { from: 'there', to: 'declared' })}: align the spec, or set adoptionPolicy: Always to change it`,
    );
  }
}

/** What something adopted held, and what is about to be made of it, is on record before it is changed. */
async function declareOn<Session>(pass: Pass<Session>, environment: Environment, observation: Observation): Promise<void> {
  const before = recordOf(pass);
  if (before.adopted === undefined || !observation.exists) return;
  const { declared = {}, print = () => undefined, bound } = observation;
  setRecord(pass, declare(before, { held: observation.before, declared, print, bound }));
  if (observation.differences.length > 0 && recordChanged(pass)) await environment.flush(pass);
}

/** What of something adopted, or of its parts, must be on record before it is changed, and isn't yet. */
function recordChanged<Session>(pass: Pass<Session>): boolean {
  const stored = (pass.object.status ?? {}) as Record<string, unknown>;
  return (['adopted', 'bindings', 'policyBindings'] as const).some(
    (field) => JSON.stringify(pass.status[field]) !== JSON.stringify(stored[field]),
  );
}
