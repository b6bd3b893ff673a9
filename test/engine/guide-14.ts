import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { EngineBed } from './engine-bed.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The guide's sign-up: five prompts, four stages and a flow, which are fourteen objects in Authentik. */
export const GUIDE: readonly Manifest[] = parseAllDocuments(
  readFileSync(join(import.meta.dirname, 'manifests', 'guide-14.yaml'), 'utf8'),
).map((document) => document.toJS() as Manifest);

/** The guide with every name begun otherwise. */
export function guideNamed(prefix: string): readonly Manifest[] {
  return JSON.parse(JSON.stringify(GUIDE).replaceAll('"perf-', `"${prefix}-`)) as readonly Manifest[];
}

/** Applies all of it at once, as kubectl does, and waits until it is Ready. */
export async function applyGuide(bed: EngineBed, manifests: readonly Manifest[]): Promise<void> {
  for (const { kind, metadata, spec } of manifests) bed.apply(kind, metadata.name, spec);
  for (const { kind, metadata } of manifests) await bed.until(kind, metadata.name, 'True/Reconciled');
  await bed.quiet();
}

/** Deletes all of it at once, and waits until it is gone. */
export async function deleteGuide(bed: EngineBed, manifests: readonly Manifest[]): Promise<void> {
  for (const { kind, metadata } of manifests) bed.delete(kind, metadata.name);
  for (const { kind, metadata } of manifests) await bed.until(kind, metadata.name, 'gone');
}
