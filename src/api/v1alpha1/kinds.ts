import { AuthentikConnection } from './authentik-connection.ts';
import { AuthentikFlow } from './authentik-flow.ts';
import { AuthentikGroup } from './authentik-group.ts';
import { AuthentikPolicy } from './authentik-policy.ts';
import { AuthentikPrompt } from './authentik-prompt.ts';
import { AuthentikStage } from './authentik-stage.ts';
import { EnrollmentBinding } from './enrollment-binding.ts';
import type { KindSchema } from './kind.ts';

/** All our kinds, in the order in which they build on each other. */
export const KINDS: readonly KindSchema[] = [
  AuthentikConnection,
  AuthentikGroup,
  AuthentikPrompt,
  AuthentikPolicy,
  AuthentikStage,
  AuthentikFlow,
  EnrollmentBinding,
];
