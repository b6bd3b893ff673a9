import { z } from 'zod';
import { crdOf } from '../../src/api/v1alpha1/crds.ts';
import { API_VERSION } from '../../src/api/v1alpha1/group.ts';
import type { KindSchema } from '../../src/api/v1alpha1/kind.ts';
import type { CatalogueEntry } from '../../src/catalogue/entity.ts';
import { POLICIES } from '../../src/catalogue/policies.ts';
import { SMTP_KEYS } from '../../src/catalogue/smtp.ts';
import { STAGES } from '../../src/catalogue/stages.ts';
import { KSTATUS, MANAGED, OWN, type ConditionText } from './conditions.ts';
import { code, fence, GENERATED, table } from './markdown.ts';
import { FIELD_HEADINGS, fieldRows, rulesOf, SchemaNode } from './schema-rows.ts';

const Crd = z.looseObject({
  spec: z.looseObject({ versions: z.tuple([z.looseObject({ schema: z.looseObject({ openAPIV3Schema: SchemaNode }) })]) }),
});

/** The kinds whose fields are in a member named after `type`. */
export const TYPED: Readonly<Record<string, readonly CatalogueEntry[]>> = { AuthentikStage: STAGES, AuthentikPolicy: POLICIES };

/** `AuthentikFlow` as the file names have it: `authentik-flow`. */
export function fileName(kind: string): string {
  return kind.replace(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase();
}

/** The page of a kind: all of it derived from its schema and the catalogue, but the example. */
export function kindPage(kind: KindSchema, example: string): string {
  const schema = Crd.parse(crdOf(kind)).spec.versions[0].schema.openAPIV3Schema;
  const { spec = {}, status = {} } = schema.properties ?? {};
  const types = TYPED[kind.kind] ?? [];
  const members = new Set(types.map((entry) => entry.member));
  return [
    `${GENERATED}# ${kind.kind}\n\n${kind.description}\n\n`,
    `\`${API_VERSION}\`, namespaced. Short name \`${kind.shortNames[0] ?? ''}\`: \`kubectl get ${kind.shortNames[0] ?? ''}\`, \`kubectl explain ${kind.kind.toLowerCase()}.spec\`.\n\n`,
    `## Example\n\n${fence('yaml', example)}\n`,
    `## Spec\n\nA field that is left out is not managed: it is neither compared nor changed.\n\n`,
    table(FIELD_HEADINGS, fieldRows(spec, '', members)),
    legend(kind),
    rules(rulesOf(spec, members)),
    types.length === 0 ? '' : typeList(kind, types),
    `## Status\n\nWritten by the operator only.\n\n${table(
      ['Field', 'Type', 'Description'],
      fieldRows(status).map(([name, type, , , , description]) => [name, type, description]),
    )}\n`,
    conditions(kind),
  ].join('');
}

function legend({ kind }: KindSchema): string {
  if (kind === 'AuthentikConnection') return '\n';
  const reference =
    '`{name: …}` is an object of ours in the same namespace, `{external: …}` something that already lives in Authentik, `{none: true}` says that there shall be none.';
  return `\n_to create_: Authentik needs it to create the object; for one that is there already it can be left out. _Since_: the version of Authentik.\n${reference}\n\n`;
}

function rules(messages: readonly string[]): string {
  if (messages.length === 0) return '';
  return `### Rules\n\nThe API server refuses what breaks one of these, with this message:\n\n${messages.map((message) => `- ${message}`).join('\n')}\n\n`;
}

function typeList(kind: KindSchema, types: readonly CatalogueEntry[]): string {
  const list = table(
    ['`type`', 'Member', 'Description'],
    types.map((entry) => [
      `[${entry.type}](${folderOf(kind)}/${fileName(entry.type)}.md)`,
      code(entry.member),
      `${entry.description}${conditionsOf(entry)}`,
    ]),
  );
  return `## Types\n\nEach has a page of its own, with its fields and an example.\n\n${list}\n`;
}

/** Where the pages of a kind's types are. */
export function folderOf({ plural }: KindSchema): string {
  return plural.replace('authentik', '');
}

function conditionsOf({ since, enterprise }: CatalogueEntry): string {
  const licence = enterprise === true ? ' Needs a licence of Authentik Enterprise.' : '';
  return `${licence}${since === undefined ? '' : ` Since Authentik ${since}.`}`;
}

/** The page of one type, with an example that a test applies. */
export function typePage(kind: KindSchema, entry: CatalogueEntry, example: string): string {
  const { type, member, description } = entry;
  const { spec = {} } = Crd.parse(crdOf(kind)).spec.versions[0].schema.openAPIV3Schema.properties ?? {};
  const node = spec.properties?.[member] ?? {};
  const messages = rulesOf(node);
  const rows = fieldRows(node);
  return [
    `${GENERATED}# ${type}\n\n${description}${conditionsOf(entry)}\n\n`,
    `A type of [${kind.kind}](../${fileName(kind.kind)}.md), which says what all types have in common.\n\n`,
    `## Example\n\n${fence('yaml', example)}\n`,
    `## Fields\n\n`,
    rows.length === 0
      ? `It has none: write \`${member}: {}\`.\n`
      : `Below \`spec.${member}\`:\n\n${table(FIELD_HEADINGS, rows)}${legend(kind)}`,
    messages.length === 0 ? '' : `Refused otherwise:\n\n${messages.map((message) => `- ${message}`).join('\n')}\n\n`,
    entry.smtp === true ? smtpKeys() : '',
  ]
    .join('')
    .replace(/\n+$/, '\n');
}

function smtpKeys(): string {
  const rows = SMTP_KEYS.map(({ key, env, field }) => [code(key), code(env), code(field)]);
  return `The Secret of \`smtpSecretRef\` may have these keys; only the host must be there.\n\n${table(['Key', "or, as Authentik's own chart has it", 'Field of the stage'], rows)}\n`;
}

function conditions({ kind }: KindSchema): string {
  const own = OWN[kind] ?? [];
  const rows = [...KSTATUS, ...own, ...(kind === 'AuthentikConnection' ? [] : MANAGED)].map(({ type, meaning, only }: ConditionText) => [
    code(type),
    only === undefined ? meaning : `${meaning} Only there ${only}.`,
  ]);
  return `## Conditions\n\n${table(['Type', 'Meaning'], rows)}\nTheir reasons are explained on [the page of reasons](../reasons.md).\n`;
}
