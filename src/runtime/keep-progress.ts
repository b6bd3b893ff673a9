import { made } from './ownership.ts';
import { externalOf, setRecord, type Pass } from './pass.ts';

/** What is on record as ours when a write fails half-way, so that it is neither forgotten nor taken for somebody else's. */
export function keepProgress<Session>(pass: Pass<Session>): void {
  const { uuid, ...progress } = externalOf(pass).progress?.() ?? {};
  Object.assign(pass.status, progress);
  if (typeof uuid === 'string' && uuid !== pass.status.uuid) setRecord(pass, made({ uuid, url: pass.url }));
}
