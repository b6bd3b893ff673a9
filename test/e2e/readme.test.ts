import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { EnrollmentWalk } from '../visitor/enrollment-walk.ts';
import type { Manifest } from './support/manifests.ts';
import { marketGuide, objectsIn } from './support/market-chart.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { useScenario } from './support/scenario.ts';

const README = path.resolve(import.meta.dirname, '../../README.md');
/** No mail is sent here. */
const MAIL = { host: '127.0.0.1', port: 2525, username: 'mailer', password: 'never-used' };

const Documented = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.literal('market') }),
  spec: z.record(z.string(), z.unknown()),
});

/** The first manifest of the README, with its addresses and its namespace left to whoever applies it. */
async function documented(): Promise<readonly Manifest[]> {
  const yaml = /^```yaml\n([\s\S]*?)^```$/m.exec(await readFile(README, 'utf8'))?.[1] ?? '';
  return parseAllDocuments(yaml).map((document) => {
    const { apiVersion, kind, metadata, spec } = Documented.parse(document.toJS());
    return { apiVersion, kind, metadata: { name: metadata.name }, spec };
  });
}

describeOnStandIn("the README's manifest", 'its names may be taken', () => {
  const scenario = useScenario();
  const walk = (): EnrollmentWalk => new EnrollmentWalk({ url: scenario().target.url, enrollmentSlug: 'sign-up', loginSlug: 'login' });
  const person = (password: string): { username: string; email: string; password: string } => ({
    username: 'ada',
    email: 'ada@example.org',
    password,
  });

  it('gets Ready beside the guide, which stays so', async () => {
    const guide = await marketGuide(scenario(), MAIL);
    const ours = (await documented()).filter(({ kind }) => kind !== 'AuthentikConnection');
    expect(ours).not.toEqual([]);
    await scenario().apply(...guide.manifests, ...ours);
    for (const [kind, name] of [...objectsIn(guide.manifests), ...objectsIn(ours)]) await scenario().ready(kind, name);
  });

  it('refuses a short password, and says so', async () => {
    await expect(walk().signUp(person('short'))).rejects.toThrow('Please choose a password of at least 12 characters');
  });

  it('signs people up, and lets them in', async () => {
    await expect(walk().signUp(person('correct horse battery'))).resolves.toMatchObject({ component: 'xak-flow-redirect' });
    await expect(walk().login('ada@example.org', 'correct horse battery')).resolves.toMatchObject({ component: 'xak-flow-redirect' });
  });
});
