import { z } from 'zod';
import type { CatalogueEntry } from '../../catalogue/entity.ts';
import { declarable, enumValue, specName, type Field } from '../../catalogue/field.ts';
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
    case 'duration':
      return z.string().max(128).regex(new RegExp(DURATION_PATTERN)).describe(`${description} Such as \`hours=1;minutes=30\`.`);
    case 'integer':
      return z.int().min(field.minimum).max(field.maximum).describe(description);
    case 'boolean':
      return z.boolean().describe(description);
    case 'enum':
      return z.enum(field.values.map(enumValue)).describe(description);
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
  if (field.required) notes.push('Authentik needs it to create the object.');
  if (field.since !== undefined) notes.push(`Since Authentik ${field.since}.`);
  if (field.type === 'enum' || field.type === 'enumArray') {
    for (const value of field.values) if (typeof value !== 'string') notes.push(`\`${value.value}\` since Authentik ${value.since}.`);
  }
  return notes.join(' ');
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
