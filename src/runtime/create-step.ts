import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import { keepProgress } from './keep-progress.ts';
import { beginCreate, doubtCreate, endCreate, made, mayArriveFor, PATIENCE_MARGIN_MS, type OwnershipRecord } from './ownership.ts';
import { announceParts, concludeParts } from './pending-parts.ts';
import { accept, externalOf, judge, recordOf, required, setRecord, type Pass } from './pass.ts';

/** The mark goes first: after a crash between the two, what is found by that name and is what was sent is known to be ours. */
export async function create<Session>(pass: Pass<Session>, environment: Environment): Promise<void> {
  if (required(pass.observation, 'the observation').exists) return;
  const name = pass.controller.externalName(pass.object);
  waitForEarlier(pass, environment, name);
  const earlier = recordOf(pass);
  try {
    await mark(pass, environment, name);
  } catch (error) {
    // Nothing is sent, so nothing may be taken for what was.
    setRecord(pass, endCreate(recordOf(pass)));
    concludeParts(pass, environment);
    throw error;
  }
  try {
    const created = await externalOf(pass).create();
    setRecord(pass, made({ uuid: String(created.uuid), url: pass.url }));
    accept(pass, created);
    concludeParts(pass, environment);
  } catch (error) {
    concludeParts(pass, environment, error);
    endOrKeepMark(pass, environment, error, earlier);
    keepProgress(pass);
    throw error;
  }
  pass.status.lastChange = environment.now();
  environment.events.record(pass.object, 'Normal', 'Created', `created "${name}" in Authentik`);
}

/** An earlier create that may still arrive: a second one would make two, or take the other's for somebody else's. */
export function waitForEarlier<Session>(pass: Pass<Session>, environment: Environment, name: string): void {
  const left = mayArriveFor(recordOf(pass).pendingCreate, {
    url: pass.url,
    nowMs: Date.parse(environment.now()),
    sinceMs: Date.parse(environment.startedAt),
    patienceMs: pass.patienceMs + PATIENCE_MARGIN_MS,
  });
  if (left === 0) return;
  throw new OperatorError(
    'Progressing',
    `an earlier request to create "${name}" was not answered and may still arrive: waiting until it can't`,
    { retryAfterMs: left },
  );
}

/** After a refusal nothing of that name is ours. After anything else it may be, now or later, and the mark stays. */
function endOrKeepMark<Session>(pass: Pass<Session>, environment: Environment, error: unknown, earlier: OwnershipRecord): void {
  const record = recordOf(pass);
  // The name is taken: maybe by what an earlier create has made, which the look before this one missed.
  if (error instanceof OperatorError && error.refused && error.reason === 'Progressing' && earlier.pendingCreate !== undefined) {
    setRecord(pass, beginCreate(record, earlier.pendingCreate));
    return;
  }
  if (error instanceof OperatorError && error.refused) {
    setRecord(pass, endCreate(record));
    return;
  }
  const answered = error instanceof OperatorError && error.settled;
  const arrives = answered ? 0 : pass.patienceMs + PATIENCE_MARGIN_MS;
  setRecord(pass, doubtCreate(record, rfc3339(Date.parse(environment.now()) + arrives)));
}

async function mark<Session>(pass: Pass<Session>, environment: Environment, name: string): Promise<void> {
  const at = environment.now();
  const sent = externalOf(pass).intent?.();
  setRecord(
    pass,
    beginCreate(recordOf(pass), {
      name,
      at,
      ...(pass.url === undefined ? {} : { connectionURL: pass.url }),
      ...(sent === undefined ? {} : { sent }),
    }),
  );
  announceParts(pass);
  pass.conditions.mark(judge('Ready', 'Unknown', 'Progressing', `creating "${name}" in Authentik`));
  pass.conditions.mark(judge('Reconciling', 'True', 'Progressing', `creating "${name}" in Authentik`));
  await environment.flush(pass);
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
