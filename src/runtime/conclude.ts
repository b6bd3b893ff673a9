import { equalJitter } from './backoff.ts';
import { isReady, type Condition } from './conditions.ts';
import { OperatorError } from './errors.ts';
import type { EventRecorder } from './events.ts';
import type { ManagedObject } from './object.ts';
import { judge, type Pass } from './pass.ts';
import { isWarning, type Reason } from './reasons.ts';
import type { Next } from './reconciler.ts';
import type { Outcome } from './result.ts';

/** However soon the other side says, in milliseconds. */
const LEAST_PAUSE_MS = 1000;

/** How soon what a human must mend is looked at again all the same, in milliseconds: some of it is mended in Authentik, where nobody tells. */
const STALLED_PAUSE_MS = 5 * 60_000;
/** Trouble on the way to a server says nothing about what is there. */
const ON_THE_WAY: ReadonlySet<Reason> = new Set<Reason>(['Unreachable', 'RateLimited']);

/**
 * Turns how a pass ended into the conditions that kstatus reads and into what happens next. `Stalled` only when a human must act;
 * everything that is retried or waits is `Reconciling`, so that a sync wave waits instead of failing.
 */
export function conclude<Session>(pass: Pass<Session>, outcome: Outcome, before: ManagedObject, events: EventRecorder): Next {
  const { conditions } = pass;
  switch (outcome.kind) {
    case 'gone':
      return { kind: 'done' };
    case 'ready':
      if (conditions.get('Ready')?.status !== 'True') pass.log.info({}, 'Ready');
      conditions.mark(judge('Ready', 'True', 'Reconciled', 'Authentik holds what the spec declares'));
      conditions.remove('Reconciling');
      conditions.remove('Stalled');
      return pass.lookAgainMs === undefined ? { kind: 'done' } : { kind: 'after', ms: pass.lookAgainMs };
    case 'paused':
      conditions.mark(judge('Ready', 'Unknown', 'Paused', 'writes are stopped by the annotation; remove it to go on'));
      conditions.remove('Reconciling');
      conditions.remove('Stalled');
      return { kind: 'done' };
    case 'failed':
      return concludeFailure(pass, outcome, before, events);
  }
}

function concludeFailure<Session>(
  pass: Pass<Session>,
  { error }: Extract<Outcome, { kind: 'failed' }>,
  before: ManagedObject,
  events: EventRecorder,
): Next {
  const { conditions } = pass;
  const { status } = before as ManagedObject<unknown, { conditions?: readonly Condition[] } | undefined>;
  const earlier = (type: string): string | undefined => status?.conditions?.find((condition) => condition.type === type)?.reason;
  const stays = staysReady(pass, error, before);
  const was = earlier(stays ? 'Reconciling' : 'Ready');
  if (!stays) conditions.mark(judge('Ready', 'False', error.reason, error.message));
  if (error.class === 'terminal') {
    conditions.mark(judge('Stalled', 'True', error.reason, error.message));
    conditions.remove('Reconciling');
  } else {
    conditions.mark(judge('Reconciling', 'True', error.reason, error.message));
    conditions.remove('Stalled');
  }
  // On the transition only: a state that lasts is in the conditions, and needs no storm.
  if (was !== error.reason) {
    events.record(pass.object, isWarning(error.reason) ? 'Warning' : 'Normal', error.reason, error.message);
    pass.log[isWarning(error.reason) ? 'warn' : 'info']({ reason: error.reason, detail: error.message }, 'not Ready');
  }
  if (error.retryAfterMs !== undefined) return { kind: 'after', ms: Math.max(LEAST_PAUSE_MS, error.retryAfterMs) };
  if (error.class === 'transient') return { kind: 'backoff' };
  return error.class === 'terminal' ? { kind: 'after', ms: equalJitter(STALLED_PAUSE_MS, Math.random) } : { kind: 'done' };
}

/**
 * An object that was as it should be, for this very spec, stays Ready while its server can't be asked (kstatus: Ready and Reconciling). Not
 * when the pass has found that it isn't any more.
 */
function staysReady<Session>(pass: Pass<Session>, error: OperatorError, before: ManagedObject): boolean {
  const root = error.cause instanceof OperatorError ? error.cause : error;
  if (pass.controller.manages === 'nothing' || !ON_THE_WAY.has(root.reason) || before.metadata.deletionTimestamp !== undefined)
    return false;
  return isReady(before) && (pass.observation === undefined || (pass.observation.exists && pass.observation.differences.length === 0));
}
