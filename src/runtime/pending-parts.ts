import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import { beginParts, doubtParts, mayArriveFor, PATIENCE_MARGIN_MS } from './ownership.ts';
import { externalOf, type Pass } from './pass.ts';

/** Puts on record what a create is about to send besides the thing itself; the caller stores it. */
export function announceParts<Session>(pass: Pass<Session>): void {
  pass.status.pendingParts = beginParts(externalOf(pass).unrepeatable?.() ?? [], pass.url);
}

/**
 * Before a change: waits for parts that were sent before, are not there and may still arrive; then puts on record what is about to be sent.
 *
 * @throws OperatorError `Progressing` with when it can't arrive any more.
 */
export async function admitParts<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  const due = externalOf(pass).unrepeatable?.() ?? [];
  const earlier = pass.status.pendingParts;
  const missing = (earlier?.parts ?? []).filter((part) => due.includes(part));
  const left = mayArriveFor(earlier, {
    url: pass.url,
    nowMs: Date.parse(environment.now()),
    sinceMs: Date.parse(environment.startedAt),
    patienceMs: pass.patienceMs + PATIENCE_MARGIN_MS,
  });
  if (missing.length > 0 && left > 0) {
    throw new OperatorError(
      'Progressing',
      `an earlier request to create ${missing.join(', ')} was not answered and may still arrive: waiting until it can't`,
      { retryAfterMs: left },
    );
  }
  announceParts(pass);
  if (due.length > 0) await environment.flush(pass);
}

/** After the parts were sent, or the sending failed: what of them may still arrive. */
export function concludeParts<Session>(pass: Pass<Session>, environment: Environment, error?: unknown): void {
  const settled = error === undefined || (error instanceof OperatorError && error.settled);
  const expires = Date.parse(environment.now()) + pass.patienceMs + PATIENCE_MARGIN_MS;
  pass.status.pendingParts = doubtParts(pass.status.pendingParts, settled, new Date(expires).toISOString().replace(/\.\d+Z$/, 'Z'));
}
