import { AuthentikConnection } from './authentik-connection.ts';
import { AuthentikFlow } from './authentik-flow.ts';
import { AuthentikGroup } from './authentik-group.ts';
import { AuthentikInvitation } from './authentik-invitation.ts';
import { AuthentikPolicy } from './authentik-policy.ts';
import { AuthentikPrompt } from './authentik-prompt.ts';
import { AuthentikStage } from './authentik-stage.ts';
import { EnrollmentBinding } from './enrollment-binding.ts';
import { FlowBinding } from './flow-binding.ts';
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
  FlowBinding,
  AuthentikInvitation,
];
