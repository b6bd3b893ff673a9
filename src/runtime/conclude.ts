import type { EventRecorder } from './events.ts';
import type { ManagedObject } from './object.ts';
import { judge, type Pass } from './pass.ts';
import { isWarning } from './reasons.ts';
import type { Next } from './reconciler.ts';
import type { Outcome } from './result.ts';

/** However soon the other side says, in milliseconds. */
const LEAST_PAUSE_MS = 1000;

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
      return { kind: 'done' };
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
  const was = (before.status as { conditions?: readonly { type: string; reason: string }[] } | undefined)?.conditions?.find(
    (condition) => condition.type === 'Ready',
  )?.reason;
  conditions.mark(judge('Ready', 'False', error.reason, error.message));
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
  if (error.class === 'transient' && error.retryAfterMs === undefined) return { kind: 'backoff' };
  return error.retryAfterMs === undefined ? { kind: 'done' } : { kind: 'after', ms: Math.max(LEAST_PAUSE_MS, error.retryAfterMs) };
}
