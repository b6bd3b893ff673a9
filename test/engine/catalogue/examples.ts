import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { CatalogueEntry } from '../../../src/catalogue/entity.ts';
import { specName, type Field } from '../../../src/catalogue/field.ts';
import { POLICIES } from '../../../src/catalogue/policies.ts';
import { STAGES } from '../../../src/catalogue/stages.ts';
import { fileName } from '../../../scripts/docs/kind-page.ts';
import type { AuthentikSim } from '../../authentik-sim/sim.ts';
import type { EngineBed } from '../engine-bed.ts';

type Values = Readonly<Record<string, unknown>>;

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: Values;
}

/** The example on the page of one type. */
export interface Example {
  readonly kind: 'AuthentikStage' | 'AuthentikPolicy';
  readonly entry: CatalogueEntry;
  readonly name: string;
  readonly spec: Values;
  readonly secrets: readonly { readonly name: string; readonly data: Readonly<Record<string, string>> }[];
}

function exampleOf(kind: Example['kind'], folder: string, entry: CatalogueEntry): Example {
  const file = path.resolve(import.meta.dirname, `../../../docs/examples/${folder}/${fileName(entry.type)}.yaml`);
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Document);
  const object = documents.find((document) => document.kind === kind);
  if (object === undefined) throw new Error(`${file} has no ${kind}`);
  const secrets = documents.filter((document) => document.kind === 'Secret');
  return {
    kind,
    entry,
    name: object.metadata.name,
    spec: object.spec,
    secrets: secrets.map(({ metadata, stringData = {} }) => ({ name: metadata.name, data: stringData })),
  };
}

/** The examples of all types, in the order of the tables. */
export const EXAMPLES: readonly Example[] = [
  ...STAGES.map((entry) => exampleOf('AuthentikStage', 'stages', entry)),
  ...POLICIES.map((entry) => exampleOf('AuthentikPolicy', 'policies', entry)),
];

/** Gives a fresh installation what the examples refer to and it doesn't have. */
export function plantTargets(sim: AuthentikSim): void {
  sim.plant('authentik_sources_oauth.oauthsource', { name: 'Company', slug: 'company', provider_type: 'openidconnect', consumer_key: 'x' });
  sim.plant('authentik_endpoints.connector', { name: 'managed-devices' });
  sim.plant('authentik_events.notificationwebhookmapping', { name: 'sms-gateway', expression: 'return {}' });
  const yubikey = 'cb69481e-8ff7-4039-93ec-0a2729a154a8';
  sim.plant('authentik_stages_authenticator_webauthn.webauthndevicetype', { description: 'YubiKey 5 Series' }, yubikey);
}

/** What a user does with an example. */
export function applyExample(bed: EngineBed, { kind, name, spec, secrets }: Example, extra: Values = {}): void {
  for (const secret of secrets) bed.sources.set('Secret', 'market', secret.name, secret.data);
  bed.apply(kind, name, { ...spec, ...extra });
}

/** The fields of the example's member that are declared. */
export function member({ entry, spec }: Example): Values {
  return spec[entry.member] as Values;
}

/** The example's spec with one field changed to something that is as good; undefined for types without fields. */
export function changed(example: Example): { readonly field: string; readonly spec: Values } | undefined {
  const values = member(example);
  for (const field of example.entry.fields) {
    const name = specName(field);
    if (values[name] === undefined) continue;
    const other = otherValue(field, values[name]);
    if (other !== undefined) return { field: field.api, spec: { ...example.spec, [example.entry.member]: { ...values, [name]: other } } };
  }
  return undefined;
}

function otherValue(field: Field, value: unknown): unknown {
  switch (field.type) {
    case 'boolean':
      return value !== true;
    case 'integer':
      return Math.min(Number(value) + 1, field.maximum);
    case 'duration':
      return 'minutes=7';
    case 'string':
      return field.pattern === undefined && field.choices === undefined ? `${String(value)}!` : undefined;
    default:
      return undefined;
  }
}
