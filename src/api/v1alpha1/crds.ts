import { z } from 'zod';
import { GROUP, VERSION } from './group.ts';
import type { Column, KindSchema } from './kind.ts';

type JsonSchema = Record<string, unknown>;

const NAMED_COLUMNS: Readonly<Record<Extract<Column, string>, JsonSchema>> = {
  Ready: { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  Reason: { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  Age: { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  UUID: { name: 'UUID', type: 'string', jsonPath: '.status.uuid', priority: 1 },
  Connection: { name: 'Connection', type: 'string', jsonPath: '.status.connection', priority: 1 },
  LastChange: { name: 'Last-Change', type: 'date', jsonPath: '.status.lastChange', priority: 1 },
};

function printerColumn(column: Column): JsonSchema {
  if (typeof column === 'string') return NAMED_COLUMNS[column];
  return { name: column.name, type: column.type ?? 'string', jsonPath: column.path, ...(column.wide ? { priority: 1 } : {}) };
}

/**
 * The OpenAPI v3 schema that the API server takes. zod's own output is close: what follows is what a structural schema forbids
 * (`$schema`, `additionalProperties` beside `properties`) or what an int64 needs.
 */
function structural(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      const node = jsonSchema as JsonSchema;
      if (node['type'] === 'integer') {
        node['format'] = 'int64';
        if (node['minimum'] === Number.MIN_SAFE_INTEGER) delete node['minimum'];
        if (node['maximum'] === Number.MAX_SAFE_INTEGER) delete node['maximum'];
      }
      // A literal arrives as an enum of one without a type, which a structural schema needs.
      if (node['const'] !== undefined) delete node['const'];
      if (node['properties'] !== undefined) delete node['additionalProperties'];
      // The API server drops an empty one, and whoever applies server-side would meet a conflict.
      if (isEmpty(node['properties'])) delete node['properties'];
      if (node['x-kubernetes-preserve-unknown-fields'] === true) {
        node['type'] = 'object';
        delete node['additionalProperties'];
        delete node['propertyNames'];
      }
      delete node['propertyNames'];
      delete node['$schema'];
    },
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The CustomResourceDefinition of a kind, as `kubectl apply` takes it. */
export function crdOf(kind: KindSchema): JsonSchema {
  const spec = structural(kind.spec);
  const status = structural(kind.status);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${GROUP}`, labels: { 'app.kubernetes.io/part-of': 'authentik-flow-operator' } },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: kind.shortNames,
        categories: ['authentik'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map(printerColumn),
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: kind.description,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string', description: 'The version of the schema, `' + GROUP + '/' + VERSION + '`.' },
                kind: { type: 'string', description: `The kind, \`${kind.kind}\`.` },
                metadata: { type: 'object' },
                spec: { ...spec, description: 'What shall be in Authentik. A field that is left out is not managed.' },
                status: { ...status, description: 'What the operator found and did. Written by the operator only.' },
              },
            },
          },
        },
      ],
    },
  };
}
