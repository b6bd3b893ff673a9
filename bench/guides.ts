import { setImmediate } from 'node:timers/promises';
import type { EngineBed } from '../test/engine/engine-bed.ts';
import { GUIDE, guideNamed } from '../test/engine/guide-14.ts';

/** Sign-ups as the guide has them, each of ten objects of ours and fourteen of Authentik's. */
export const OBJECTS_PER_GUIDE = GUIDE.length;

/** However busy the machine is: for hangs only. */
const PATIENCE_MS = 30 * 60_000;

/** Applies so many in one namespace, as they come in from the API server: a page at a time. */
export async function applyGuides(bed: EngineBed, count: number, namespace = 'market'): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    for (const { kind, metadata, spec } of guideNamed(`g${index}`)) bed.apply(kind, { name: metadata.name, namespace }, spec);
    await setImmediate();
  }
}

/** Resolves once all of them are Ready and nothing is left to do. */
export async function guidesReady(bed: EngineBed, count: number, namespace = 'market'): Promise<void> {
  for (let index = 0; index < count; index += 1)
    for (const { kind, metadata } of guideNamed(`g${index}`))
      await bed.until(kind, { name: metadata.name, namespace }, 'True/Reconciled', PATIENCE_MS);
  await bed.quiet(PATIENCE_MS);
}

/** Edits the title of one flow; answers after how many milliseconds it is Ready with it. */
export async function editOne(bed: EngineBed, guide: number, namespace = 'market'): Promise<number> {
  const at = { name: `g${guide}-flow`, namespace };
  const spec = bed.get('AuthentikFlow', at)?.spec as object;
  const began = performance.now();
  bed.apply('AuthentikFlow', at, { ...spec, title: `Edited at ${began}` });
  await bed.until('AuthentikFlow', at, 'True/Reconciled', PATIENCE_MS);
  return performance.now() - began;
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
