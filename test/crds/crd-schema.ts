import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

const CRDS = path.resolve(import.meta.dirname, '../../crds');

/** A validation rule in CEL. */
export interface CelRule {
  readonly rule: string;
  readonly message?: string;
}

/** As much of a structural schema as the tests look at. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly CelRule[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface Crd {
  readonly kind: string;
  readonly plural: string;
  readonly name: string;
  /** Of a whole object, with `spec` and `status`. */
  readonly schema: SchemaNode;
}

interface CrdManifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: SchemaNode } }];
  };
}

/** The CRDs in `crds/`. */
export async function readCrds(): Promise<readonly Crd[]> {
  const names = (await readdir(CRDS)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (name) => {
      const manifest = parse(await readFile(path.join(CRDS, name), 'utf8')) as CrdManifest;
      const { kind, plural } = manifest.spec.names;
      return { kind, plural, name: manifest.metadata.name, schema: manifest.spec.versions[0].schema.openAPIV3Schema };
    }),
  );
}

/** Where a node is: names of properties; `*` for the items of a list and the values of a map. */
export type SchemaPath = readonly string[];

/** Every node of a schema, itself included. */
export function* walk(node: SchemaNode, at: SchemaPath = []): Generator<{ at: SchemaPath; node: SchemaNode }> {
  yield { at, node };
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* walk(child, [...at, name]);
  if (node.items !== undefined) yield* walk(node.items, [...at, '*']);
  if (node.additionalProperties !== undefined) yield* walk(node.additionalProperties, [...at, '*']);
}

/** The node at a path. @throws when there is none. */
export function nodeAt(schema: SchemaNode, at: SchemaPath): SchemaNode {
  let node: SchemaNode | undefined = schema;
  for (const name of at) node = name === '*' ? (node?.items ?? node?.additionalProperties) : node?.properties?.[name];
  if (node === undefined) throw new Error(`no node at ${at.join('.')}`);
  return node;
}

/** A choice of members, of which exactly one is written: a reference. */
export function isReference(node: SchemaNode): boolean {
  return (node['x-kubernetes-validations'] ?? []).some(
    ({ rule }) => rule.startsWith('[has(self.') && node.properties?.['external'] !== undefined,
  );
}
