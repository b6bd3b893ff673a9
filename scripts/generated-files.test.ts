import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { KINDS } from '../src/api/v1alpha1/kinds.ts';
import { POLICIES } from '../src/catalogue/policies.ts';
import { requiredPermissions } from '../src/catalogue/permissions.ts';
import { STAGES } from '../src/catalogue/stages.ts';
import { connectionController } from '../src/controllers/authentik-connection.ts';
import { flowController } from '../src/controllers/authentik-flow.ts';
import { policyController } from '../src/controllers/authentik-policy.ts';
import { promptController } from '../src/controllers/authentik-prompt.ts';
import { stageController } from '../src/controllers/authentik-stage.ts';
import { enrollmentController } from '../src/controllers/enrollment-binding.ts';
import { EVENTS, REASONS } from '../src/runtime/reasons.ts';
import { OWN } from './docs/conditions.ts';
import { fileName } from './docs/kind-page.ts';
import { generatedFiles } from './generated-files.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const files = await generatedFiles();

function page(name: string): string {
  return files[name] ?? '';
}

describe('generated files', () => {
  it.each(Object.keys(files))('%s is what `npm run generate` writes', async (name) => {
    expect(await readFile(path.join(ROOT, name), 'utf8')).toBe(page(name));
  });
});

describe('docs/reasons.md', () => {
  it.each(Object.entries(REASONS))('explains %s', (reason, { cause, remedy }) => {
    const section = page('docs/reasons.md').split(`### ${reason}\n`)[1]?.split('\n### ')[0];
    expect(section).toContain(cause);
    expect(section).toContain(remedy);
    expect(section).toContain('Heals by itself?');
  });

  it.each(Object.entries(EVENTS))('lists the event %s', (event, meaning) => {
    expect(page('docs/reasons.md')).toContain(`| \`${event}\` | ${meaning} |`);
  });
});

describe('docs/kinds/', () => {
  it.each(KINDS.map(({ kind }) => kind))('%s has a page with an example of it', (kind) => {
    expect(page(`docs/kinds/${fileName(kind)}.md`)).toMatch(new RegExp(`\`\`\`yaml\n(.*\n)*kind: ${kind}\n`));
  });

  it('shows every type of stage and policy', () => {
    const lists = page('docs/kinds/authentik-stage.md') + page('docs/kinds/authentik-policy.md');
    expect([...STAGES, ...POLICIES].filter(({ description }) => !lists.includes(description))).toEqual([]);
    const pages = [...STAGES.map(({ type }) => ['stages', type] as const), ...POLICIES.map(({ type }) => ['policies', type] as const)];
    expect(pages.filter(([folder, type]) => !page(`docs/kinds/${folder}/${fileName(type)}.md`).includes(`# ${type}\n`))).toEqual([]);
  });

  it('explains the conditions that each controller judges, and no others', () => {
    // Their conditions don't depend on what they work with.
    const parts = {} as never;
    const controllers = [
      connectionController(parts, { of: () => [] }),
      promptController(parts),
      policyController(parts),
      stageController(parts),
      flowController(parts),
      enrollmentController(parts),
    ];
    const explained = controllers.map(({ kind }) => [kind, (OWN[kind] ?? []).map(({ type }) => type)]);
    expect(explained).toEqual(controllers.map(({ kind, conditions }) => [kind, conditions]));
  });
});

describe('deploy/authentik-role.blueprint.yaml', () => {
  it('grants every permission that the operator asks for', () => {
    const granted = new Set(page('deploy/authentik-role.blueprint.yaml').match(/(?<=- )authentik_\w+\.\w+_\w+$/gm));
    expect(requiredPermissions().filter((permission) => !granted.has(permission))).toEqual([]);
  });
});
