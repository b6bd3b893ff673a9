import type { Environment } from './environment.ts';
import type { Pass } from './pass.ts';

/** What to say of something that stays in Authentik though nothing here speaks of it any more. */
export function leftBehind(name: string, where: string, why?: string): string {
  return `left "${name}" behind at ${where}${why === undefined ? '' : `: ${why}`}`;
}

/** Says it where somebody reads it: a namespace that is going takes no events any more, so the log has it in full as well. */
export function release<Session>(pass: Pass<Session>, environment: Pick<Environment, 'events'>, message: string): void {
  environment.events.record(pass.object, 'Warning', 'Released', message);
  pass.log.warn({ reason: 'Released', detail: message }, 'left something behind in Authentik');
}
