import type { CatalogueEntry } from '../../src/catalogue/entity.ts';
import { declarable, enumValue, specName, type Field } from '../../src/catalogue/field.ts';
import type { Json } from './value-at.ts';

/** Something that the schema of a field takes. */
function valueFor(field: Field): Json {
  switch (field.type) {
    case 'string':
      return field.api === 'from_address' ? 'market@example.com' : field.pattern?.includes('\\.') === true ? 'authentik.core' : 'some text';
    case 'integer':
    case 'number':
      return Math.max(field.minimum, 0);
    case 'boolean':
      return false;
    case 'enum':
      return field.values.map(enumValue)[0] ?? '';
    case 'enumArray':
      return field.values.map(enumValue).slice(0, 1);
    case 'duration':
      return 'hours=1';
    case 'reference':
      return field.nullable ? { none: true } : { external: 'something' };
    case 'referenceSet':
      return [{ external: 'something' }];
    case 'integerSet':
      return [field.minimum];
    case 'codeSet':
      return ['DE'];
    case 'json':
      return {};
    case 'secret':
      return { name: 'a-secret', key: 'a-key' };
  }
}

/** Every field of an entry that a spec may declare, but for some. */
export function everyField({ fields }: CatalogueEntry, without: readonly string[] = []): Readonly<Record<string, Json>> {
  const shown = declarable(fields).filter((field) => !without.includes(specName(field)));
  return Object.fromEntries(shown.map((field) => [specName(field), valueFor(field)]));
}
