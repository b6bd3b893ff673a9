import { SUPPORTED } from '../../src/authentik/versions.ts';
import { eventually } from '../bed/eventually.ts';
import { resolveAuthentikTarget } from './environment/authentik-target.ts';
import { differences, type AuthentikState } from './environment/authentik-state.ts';
import { marketGuide, objectsIn, type MarketGuide } from './support/market-chart.ts';
import { describeOnStandIn } from './support/only-stand-in.ts';
import { useScenario } from './support/scenario.ts';

/** The one that all other end-to-end tests run against. */
const USUAL = '2026.2';
const MAIL = { host: '127.0.0.1', port: 2525, username: 'mailer', password: 'never-used' };
const FLOWS = '/flows/instances/';

/** A short selection: the guide, an edit, a change by somebody else, and the way back. */
describeOnStandIn('the operator on other versions', 'a real server has the version it has', () => {
  describe.each(SUPPORTED.filter((version) => version !== USUAL))('Authentik %s', (version) => {
    const scenario = useScenario({ connection: false, authentik: async () => resolveAuthentikTarget({ version }) });
    let guide: MarketGuide;
    let before: AuthentikState;

    beforeAll(async () => {
      before = await scenario().target.snapshot();
      guide = await marketGuide(scenario(), MAIL);
    });

    it('makes the guide Ready with the shipped role, and knows the version', async () => {
      await scenario().apply(...guide.manifests);
      for (const [kind, name] of objectsIn(guide.manifests)) await scenario().ready(kind, name);
      const connection = await scenario().judged('AuthentikConnection', 'default', 'VersionSupported=True/Reconciled');
      expect(connection.status?.['missingPermissions']).toBeUndefined();
      expect(scenario().target.sim?.requests.filter(({ status }) => status === 403)).toEqual([]);
    });

    it('carries out an edit, and puts back what somebody else changes', async () => {
      const { authentik } = scenario();
      await scenario().patchSpec('AuthentikConnection', 'default', { driftPollInterval: '1s' });
      await scenario().patchSpec('AuthentikFlow', guide.slug, { title: 'Join us' });
      await scenario().ready('AuthentikFlow', guide.slug);
      const title = async (): Promise<unknown> => (await authentik.get(FLOWS, guide.slug))['title'];
      expect(await title()).toBe('Join us');
      await authentik.change(FLOWS, guide.slug, { title: 'Changed by hand' });
      await eventually(async () => expect(await title()).toBe('Join us'), { timeout: 30_000, message: 'the title is put back' });
    });

    it('leaves Authentik as it was', async () => {
      await scenario().removeAll();
      expect(differences(before, await scenario().target.snapshot())).toEqual([]);
    });
  });
});
