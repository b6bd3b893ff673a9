import { z } from 'zod';
import type { CatalogueEntry } from '../../catalogue/entity.ts';
import { declarable, enumValue, specName, type EnumValue, type Field } from '../../catalogue/field.ts';
import { targetOf } from '../../catalogue/references.ts';
import { DURATION_PATTERN, reference, secretKeyRef, withRules } from './common.ts';

const MAX_REFERENCES = 64;
const MAX_ENUM_ITEMS = 16;

/** The schema of one catalogue field in a spec. Everything is optional: left out means not managed. */
function fieldSchema(field: Field): z.ZodType {
  const description = describe(field);
  switch (field.type) {
    case 'string': {
      let schema = z.string();
      if (field.minLength !== undefined) schema = schema.min(field.minLength);
      if (field.maxLength !== undefined) schema = schema.max(field.maxLength);
      if (field.pattern !== undefined) schema = schema.regex(new RegExp(field.pattern));
      return schema.describe(description);
    }
    case 'number':
      return z.number().min(field.minimum).max(field.maximum).describe(description);
    case 'integerSet':
      return z
        .array(z.int().min(field.minimum).max(field.maximum))
        .max(MAX_REFERENCES)
        .meta({ description, 'x-kubernetes-list-type': 'atomic' });
    case 'codeSet':
      return z
        .array(z.string().regex(new RegExp(field.pattern)))
        .max(field.maxItems)
        .meta({ description, 'x-kubernetes-list-type': 'atomic' });
    case 'duration':
      return z.string().max(128).regex(new RegExp(DURATION_PATTERN)).describe(`${description} Such as \`hours=1;minutes=30\`.`);
    case 'integer':
      return z.int().min(field.minimum).max(field.maximum).describe(description);
    case 'boolean':
      return z.boolean().describe(description);
    case 'enum':
      return z.enum([...field.values.map(enumValue), ...(field.nullable === true ? [''] : [])]).describe(description);
    case 'enumArray': {
      const schema = z.array(z.enum(field.values.map(enumValue))).max(MAX_ENUM_ITEMS);
      return (field.minItems === undefined ? schema : schema.min(field.minItems)).meta({ description, 'x-kubernetes-list-type': 'atomic' });
    }
    case 'reference':
      return referenceTo(field.to, field.nullable).describe(description);
    case 'referenceSet': {
      const schema = z.array(referenceTo(field.to, false)).max(MAX_REFERENCES);
      return (field.minItems === undefined ? schema : schema.min(field.minItems)).meta({ description, 'x-kubernetes-list-type': 'atomic' });
    }
    case 'json':
      return z.record(z.string(), z.unknown()).meta({ description, 'x-kubernetes-preserve-unknown-fields': true });
    case 'secret':
      return secretKeyRef.describe(`${description} Taken from a Secret; never shown.`);
  }
}

function describe(field: Field): string {
  const notes = [field.description];
  if (field.type === 'reference' && field.ofType !== undefined) notes.push(`A stage of type ${field.ofType}.`);
  if (field.required) notes.push('Authentik needs it to create the object.');
  if (field.default !== undefined) notes.push(`Authentik's default: ${defaultText(field)}.`);
  if (field.since !== undefined) notes.push(`Since Authentik ${field.since}.`);
  if (field.goneSince !== undefined) notes.push(`Gone since Authentik ${field.goneSince}.`);
  if (field.type === 'enum' || field.type === 'enumArray') {
    notes.push(...newerValues(field.values));
  }
  return notes.join(' ');
}

/** Which values came later, a sentence a version. */
function newerValues(values: readonly EnumValue[]): readonly string[] {
  const newer = values.filter((value) => typeof value !== 'string');
  return [...Map.groupBy(newer, ({ since }) => since)].map(
    ([since, group]) => `${group.map(({ value }) => `\`${value}\``).join(', ')} since Authentik ${since}.`,
  );
}

/** The server's default as a spec would say it. */
function defaultText(field: Field): string {
  if (field.default === null) return field.type === 'reference' ? '`{none: true}`' : '`""`';
  if (field.default === '') return '`""`';
  if (Array.isArray(field.default)) return `\`[${(field.default as readonly string[]).join(', ')}]\``;
  // A text that holds a backtick can't stand in single ones.
  const text = String(field.default);
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function referenceTo(to: Parameters<typeof targetOf>[0], nullable: boolean): ReturnType<typeof reference> {
  const target = targetOf(to);
  return reference(target.noun, { kind: target.kind, externalKey: target.naturalKey, nullable });
}

/** The properties of a table of fields, by their names in a spec. */
export function fieldShape(fields: readonly Field[]): Record<string, z.ZodOptional> {
  return Object.fromEntries(declarable(fields).map((field) => [specName(field), fieldSchema(field).optional()]));
}

/** The member of a catalogue entry: its fields, what comes beside them, and its rules. */
export function memberSchema(entry: CatalogueEntry, extra: Record<string, z.ZodType> = {}): z.ZodType {
  return withRules(z.object({ ...fieldShape(entry.fields), ...extra }).describe(entry.description), ...entry.rules);
}

/** "Member matches type", for a spec that chooses among catalogue entries. */
export function typedMembers(
  entries: readonly CatalogueEntry[],
  extra: (entry: CatalogueEntry) => Record<string, z.ZodType> = () => ({}),
): Record<string, z.ZodOptional> {
  return Object.fromEntries(entries.map((entry) => [entry.member, memberSchema(entry, extra(entry)).optional()]));
}

/** Rules that hold `type` and the member named after it together: that member must be there, and no other. */
export function memberRules(entries: readonly CatalogueEntry[]): readonly { rule: string; message: string }[] {
  return entries.map(({ type, member }) => ({
    rule: `(self.type == '${type}') == has(self.${member})`,
    message: `type ${type} and the member ${member} go together: write both (\`${member}: {}\` to manage no fields) or neither`,
  }));
}
