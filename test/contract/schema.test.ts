/** The stored official schemas are intact, are of the release that they name, and hold what the stand-in and the catalogue rely on. */
import { asText, without } from '../authentik-sim/json.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MODELS } from '../authentik-sim/catalogue/core.ts';
import { STAGE } from '../authentik-sim/catalogue/stages.ts';
import { POLICY } from '../authentik-sim/catalogue/policies.ts';
import { openApi } from '../authentik-sim/openapi.ts';
import { contentHash, type JsonObject, minorOf, schemaText } from '../schema/trim.ts';

const STORE = join(import.meta.dirname, '..', 'schema');
const VERSIONS = ['2025.10.4', '2025.12.6', '2026.2.0', '2026.5.6', '2026.8.3'];
const origin = z.object({
  package: z.literal('@goauthentik/api'),
  version: z.string(),
  integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
  content: z.string(),
});
const read = (minor: string): { text: string; document: JsonObject } => {
  const text = readFileSync(join(STORE, `${minor}.json`), 'utf8');
  return { text, document: JSON.parse(text) as JsonObject };
};

it('stores one file per supported release, and no other', () => {
  const stored = readdirSync(STORE).filter((name) => name.endsWith('.json'));
  expect(stored.sort()).toEqual(VERSIONS.map((version) => `${minorOf(version)}.json`).sort());
});

describe.each(VERSIONS)('the schema of %s', (version) => {
  const { text, document } = read(minorOf(version));
  const from = origin.parse(document['x-origin']);

  it('is of the release that it names', () => {
    expect(from.version).toBe(version);
    // The document says which server it describes. The npm package may be a patch release ahead of or behind it.
    expect(minorOf(asText((document.info as JsonObject).version))).toBe(minorOf(version));
  });

  it('is what the script wrote, to the byte', () => {
    expect(contentHash(document)).toBe(from.content);
    expect(schemaText(without(document, 'x-origin'), { package: from.package, version: from.version, integrity: from.integrity })).toBe(
      text,
    );
  });

  it('has no reference that leads nowhere', () => {
    const components = document.components as Record<string, JsonObject>;
    const references = [...text.matchAll(/"#\/components\/([^/"]+)\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(500);
    expect(
      references.filter(([, section = '', name = '']) => components[section]?.[name] === undefined).map(([reference]) => reference),
    ).toEqual([]);
  });
});

describe.each(['2025.12', '2026.2'])('the stand-in beside the schema of %s', (minor) => {
  const api = openApi(minor);
  const typed = MODELS.filter((model) => model.base === STAGE || model.base === POLICY);

  it('knows every stage type and policy type', () => {
    const paths = api.routes
      .map(({ template }) => template)
      .filter((template) => /^\/(stages|policies)\/.*\/\{(stage|policy)_uuid\}\/$/.test(template));
    const listed = paths.map((path) => path.replace(/\{[^}]+\}\/$/, '')).filter((path) => !path.endsWith('/all/'));
    expect(listed.sort()).toEqual(typed.map(({ path }) => path).sort());
  });

  it.each(typed.map((model) => [model.className, model] as const))(
    '%s: has a default for every field that may be left out',
    (_name, model) => {
      const optional = api
        .fields(`${model.schema}Request`)
        .filter((field) => !field.required)
        .map(({ name }) => name);
      // Its list of user fields has no default: leaving it out ends in an error of the server.
      const without = model.className === 'IdentificationStage' ? ['user_fields'] : [];
      expect(optional.filter((name) => !(name in model.defaults))).toEqual(without);
    },
  );

  it.each(typed.map((model) => [model.className, model] as const))(
    '%s: refers to other objects exactly where the schema has a UUID',
    (_name, model) => {
      const uuids = api
        .fields(`${model.schema}Request`)
        .filter((field) => field.format === 'uuid' || field.items?.format === 'uuid')
        .map(({ name }) => name);
      expect(
        Object.keys(model.references)
          .filter((name) => api.fields(`${model.schema}Request`).some((field) => field.name === name))
          .sort(),
      ).toEqual(uuids.sort());
    },
  );
});
