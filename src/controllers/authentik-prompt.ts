import type { AuthentikPromptSpec } from '../api/v1alpha1/authentik-prompt.ts';
import { PROMPT } from '../catalogue/prompt.ts';
import type { Resolved } from '../resources/entity/desired.ts';
import { entityController } from './entity-kind.ts';
import type { ManagedController, ManagedKindParts } from './managed-kind.ts';

/** Prompts: the declared fields stand in the spec itself. */
export function promptController(parts: ManagedKindParts): ManagedController<Resolved> {
  return entityController(
    { kind: 'AuthentikPrompt', noun: 'prompt', describe: (object) => ({ entity: PROMPT, values: object.spec as AuthentikPromptSpec }) },
    parts,
  );
}
