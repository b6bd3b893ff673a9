import { jest } from '@jest/globals';
import { connectControlPlane } from '../bed/control-plane.ts';
import { caseFor, changed, RULE_CASES } from './cases.ts';
import { violations } from './constraints.ts';
import { isReference, nodeAt, readCrds, walk, type CelRule, type Crd, type SchemaPath } from './crd-schema.ts';
import { DryRun } from './dry-run.ts';
import { SAMPLES, type Sample } from './samples.ts';
import { fieldPath, valueAt, withValueAt, type Json } from './value-at.ts';

/** Hundreds of requests, on a machine that other test files keep busy (milliseconds). */
jest.setTimeout(60_000);

const crds = await readCrds();
const rows = crds.map((crd) => ({ kind: crd.kind, crd }));

/** The part of an object that people write. */
function specNodes(crd: Crd): ReturnType<typeof walk> {
  return walk(nodeAt(crd.schema, ['spec']), ['spec']);
}

function samplesOf(kind: string): readonly Sample[] {
  return SAMPLES[kind] ?? [];
}

/** An object that has something at the path. A member of a reference may be another one than the sample has. */
function contentWith(crd: Crd, at: SchemaPath): Json | undefined {
  const parent = at.slice(0, -1);
  const shows = at.length > 1 && isReference(nodeAt(crd.schema, parent)) ? parent : at;
  return samplesOf(crd.kind)
    .map(({ spec }) => ({ spec }))
    .find((content) => valueAt(content, shows) !== undefined);
}

interface PlacedRule extends CelRule {
  readonly at: SchemaPath;
}

function celRules(crd: Crd): readonly PlacedRule[] {
  return [...walk(crd.schema)].flatMap(({ at, node }) => (node['x-kubernetes-validations'] ?? []).map((rule) => ({ ...rule, at })));
}

describe('what the API server accepts and refuses', () => {
  let dryRun: DryRun;

  beforeAll(async () => {
    const controlPlane = connectControlPlane(process.env['BED_KUBECONFIG'] ?? '');
    dryRun = new DryRun(controlPlane, await controlPlane.createNamespace('validation'));
  });

  afterAll(() => dryRun.close());

  it.each(rows)('$kind: the samples are accepted, and show every field', async ({ crd }) => {
    for (const { title, spec } of samplesOf(crd.kind)) {
      expect({ title, ...(await dryRun.create(crd, { spec })) }).toMatchObject({ title, accepted: true });
    }
    const unseen = [...specNodes(crd)].filter(({ at }) => contentWith(crd, at) === undefined).map(({ at }) => at.join('.'));
    expect(unseen).toEqual([]);
  });

  it.each(rows)('$kind: every constraint of the schema is enforced, by a message with the field and what it takes', async ({ crd }) => {
    const wrong: string[] = [];
    for (const { at, node } of specNodes(crd)) {
      const content = contentWith(crd, at);
      if (content === undefined) throw new Error(`no sample shows ${at.join('.')}`);
      for (const violation of violations(node, at, valueAt(content, at))) {
        const { verdict, accepted } = await dryRun.create(crd, withValueAt(crd.schema, content, violation.at, violation.value));
        const field = fieldPath(crd.schema, content, violation.at);
        if (accepted || !violation.message.test(verdict) || !verdict.includes(field))
          wrong.push(`${field}, ${violation.constraint}: ${verdict}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each(rows)('$kind: numbers may be as small and as large as the schema says', async ({ crd }) => {
    const wrong: string[] = [];
    for (const { at, node } of specNodes(crd)) {
      const content = contentWith(crd, at);
      for (const limit of [node.minimum, node.maximum]) {
        if (limit === undefined || content === undefined) continue;
        const { accepted, verdict } = await dryRun.create(crd, withValueAt(crd.schema, content, at, limit));
        // As the key of a list map, a limit may meet the key of another entry.
        if (!accepted && !verdict.includes('Duplicate value')) wrong.push(`${at.join('.')} = ${limit}: ${verdict}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each(rows)('$kind: a field that does not exist is refused, with its name', async ({ crd }) => {
    const [sample] = samplesOf(crd.kind);
    const { accepted, verdict } = await dryRun.create(crd, { spec: { ...sample?.spec, slugg: 'typo' } });
    expect(accepted).toBe(false);
    expect(verdict).toContain('unknown field "spec.slugg"');
  });

  it('every CEL rule of the CRDs has a case, and every case a rule', () => {
    const messages = new Set(crds.flatMap((crd) => celRules(crd).map(({ message }) => message ?? 'a rule without a message')));
    expect(new Set(RULE_CASES.map(({ message }) => message))).toEqual(messages);
  });

  it.each(rows)('$kind: every CEL rule accepts and refuses what its case says, wherever it stands', async ({ crd }) => {
    const wrong: string[] = [];
    for (const [index, { at, message }] of celRules(crd).entries()) {
      const ruleCase = caseFor(message ?? '');
      const content = contentWith(crd, at);
      if (ruleCase === undefined || content === undefined) throw new Error(`no case or no sample for ${at.join('.')}: ${message ?? ''}`);
      const name = `kept-${index}`;
      const kept = ruleCase.onUpdate ? await dryRun.keep(crd, name, content) : undefined;
      const attempt = async (value: Json): ReturnType<DryRun['create']> => {
        const changedContent = withValueAt(crd.schema, content, at, value);
        return kept === undefined ? dryRun.create(crd, changedContent) : dryRun.update(crd, name, kept.resourceVersion, changedContent);
      };
      for (const change of ruleCase.accepts) {
        const value = changed(change, valueAt(content, at));
        const { accepted, verdict } = await attempt(value);
        if (!accepted) wrong.push(`${at.join('.')} = ${JSON.stringify(value)} should be accepted: ${verdict}`);
      }
      for (const change of ruleCase.refuses) {
        const value = changed(change, valueAt(content, at));
        const { accepted, verdict } = await attempt(value);
        if (accepted || !verdict.includes(ruleCase.message)) {
          wrong.push(`${at.join('.')} = ${JSON.stringify(value)} should be refused with "${ruleCase.message}": ${verdict}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});
