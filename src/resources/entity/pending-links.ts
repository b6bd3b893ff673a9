import type { ApiObject } from '../../authentik/api-object.ts';
import { specName } from '../../catalogue/field.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { Judgement } from '../../runtime/conditions.ts';
import type { Change, SettleResult } from '../../runtime/external.ts';
import type { Body, PendingLink } from './desired.ts';

/** What of a body goes out now. */
export interface Sendable {
  readonly body: Body;
  /** What follows in a second write. */
  readonly waiting: readonly PendingLink[];
}

/**
 * Leaves out the links that can't be set yet. One that is there already stays, whatever its target is going through; where Authentik
 * demands something in its place, a new object gets that, and one that is there keeps what it has.
 */
export function sendable(desired: Body, pending: readonly PendingLink[], row: ApiObject | undefined): Sendable {
  const waiting = pending.filter(({ field, key }) => row === undefined || key === undefined || row[field.api] !== key);
  if (waiting.length === 0) return { body: desired, waiting };
  const until = Object.assign({}, ...waiting.map(untilSet)) as Body;
  const left = new Set([...waiting.map(({ field }) => field.api), ...Object.keys(until)]);
  const now = Object.fromEntries(Object.entries(desired).filter(([api]) => !left.has(api)));
  return { body: row === undefined ? { ...now, ...until } : now, waiting };
}

function untilSet({ field }: PendingLink): Body {
  return field.type === 'reference' ? (field.until ?? {}) : {};
}

/** The links as differences that nobody can mend yet. */
export function waitingDifferences(waiting: readonly PendingLink[]): readonly Change[] {
  return waiting.map(({ field, error }) => ({ field: specName(field), waitsFor: error.message }));
}

/** Says which link is missing, and why. */
export function waitingJudgements(waiting: readonly PendingLink[]): readonly Judgement[] {
  const [first] = waiting;
  if (first === undefined) return [];
  return [{ type: 'ReferencesResolved', status: 'False', reason: first.error.reason, message: messageOf(waiting) }];
}

/** An object that lacks a link isn't Ready, though what is made of it needn't wait; one that works only with the link is waited for. */
export function settleWaiting(waiting: readonly PendingLink[], rest: SettleResult): SettleResult {
  const [first] = waiting;
  if (first === undefined || rest.failure !== undefined) return rest;
  const needed = waiting.find((link) => Object.keys(untilSet(link)).length > 0);
  const { retryAfterMs } = first.error;
  const reason = needed === undefined ? 'LinkPending' : needed.error.reason;
  return { ...rest, failure: new OperatorError(reason, messageOf(waiting), { retryAfterMs }) };
}

function messageOf(waiting: readonly PendingLink[]): string {
  return waiting.map(({ field, error }) => `${specName(field)} is not set yet: ${error.message}`).join('; ');
}
