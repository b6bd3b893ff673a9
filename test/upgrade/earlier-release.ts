import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { AuthentikSim } from '../authentik-sim/sim.ts';
import { somebodyElse } from '../engine/requests.ts';

/** An object as an earlier release left it. */
export interface LeftObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly finalizers: readonly string[] };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}

interface Row {
  readonly path: string;
  readonly row: Readonly<Record<string, unknown>> & { readonly pk: string; readonly name?: string };
}

const IDENTIFICATION = '/stages/identification/';
/** Keys that Authentik gives anew, by the field that has them. */
const KEYS = ['pk', 'policybindingmodel_ptr_id'];
/** What Authentik doesn't show of a stage. */
const WRITE_ONLY = { '/stages/email/': { password: 'correct-horse' } } as Readonly<Record<string, object>>;

/** The Secrets that the objects name. */
export const SECRETS = {
  'market-smtp': { host: 'mail.example.com', port: '587', username: 'market', password: 'correct-horse', from: 'market@example.com' },
} as const;

/** Where the CRDs of a release are. */
export function crdsOf(release: string): string {
  return path.join(import.meta.dirname, release, 'crds');
}

/** Puts into an Authentik what the release had made there, and answers its objects as they would be with that Authentik. */
export async function leftBy(release: string, sim: AuthentikSim): Promise<readonly LeftObject[]> {
  const read = (file: string): string => readFileSync(path.join(import.meta.dirname, release, file), 'utf8');
  const keys = new Map<string, string>();
  const renamed = (text: string): string => [...keys].reduce((result, [from, to]) => result.replaceAll(from, to), text);
  for (const { path: list, row } of JSON.parse(read('authentik.json')) as readonly Row[]) {
    const made = await make(sim, list, JSON.parse(renamed(JSON.stringify(row))) as Row['row']);
    for (const key of KEYS) {
      const [before, now] = [row[key], made[key]];
      if (typeof before === 'string' && typeof now === 'string') keys.set(before, now);
    }
  }
  const objects = renamed(read('objects.yaml')).replaceAll('http://authentik.example.com', sim.url);
  return parseAllDocuments(objects).map((document) => document.toJS() as LeftObject);
}

async function make(sim: AuthentikSim, list: string, row: Row['row']): Promise<Record<string, unknown>> {
  const body = Object.fromEntries(Object.entries(row).filter(([field]) => !KEYS.includes(field)));
  if (list !== IDENTIFICATION) return somebodyElse(sim, 'POST', list, { ...body, ...WRITE_ONLY[list] });
  // It comes with Authentik; only the link on it was ours.
  const { results } = (await somebodyElse(sim, 'GET', list)) as { results: Row['row'][] };
  const stock = results.find(({ name }) => name === row.name);
  return somebodyElse(sim, 'PATCH', `${list}${stock?.pk ?? ''}/`, body);
}
