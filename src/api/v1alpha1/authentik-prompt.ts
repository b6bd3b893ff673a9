import { z } from 'zod';
import { PROMPT } from '../../catalogue/prompt.ts';
import { managedSpec, withRules, type ManagedSpec } from './common.ts';
import { fieldShape } from './field-schema.ts';
import { defineKind } from './kind.ts';
import { managedStatus } from './status.ts';
import { nameField, nameRule } from './name.ts';

const spec = withRules(z.object({ ...managedSpec, name: nameField('prompt'), ...fieldShape(PROMPT.fields) }), nameRule);

export const AuthentikPrompt = defineKind({
  kind: 'AuthentikPrompt',
  plural: 'authentikprompts',
  shortNames: ['akprompt', 'akprompts'],
  description: 'One field of a form in Authentik.',
  spec,
  status: z.object(managedStatus),
  columns: [
    { name: 'Key', path: '.spec.fieldKey' },
    { name: 'Type', path: '.spec.type' },
    'Ready',
    'Reason',
    'Age',
    'UUID',
    'Connection',
    'LastChange',
  ],
});

/** The declared fields stand beside `name`, by the names that the catalogue gives them. */
export type AuthentikPromptSpec = ManagedSpec & { readonly name?: string | undefined } & Readonly<Record<string, unknown>>;
