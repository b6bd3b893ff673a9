import { randomBytes } from 'node:crypto';
import { eventually } from '../bed/eventually.ts';
import { differences, type AuthentikState } from '../e2e/environment/authentik-state.ts';
import { createMarketApplication } from '../e2e/environment/market-application.ts';
import { shippedRole } from '../e2e/environment/shipped-role.ts';
import { flow } from '../e2e/support/manifests.ts';
import { describeOnStandIn } from '../e2e/support/only-stand-in.ts';
import { confirmationLink } from '../e2e/support/people.ts';
import { EnrollmentWalk } from '../visitor/enrollment-walk.ts';
import { Installation, MARKET, PATIENCE, SMTP_SECRET, TOKEN_SECRET } from './installation.ts';
import { settledMemoryMB } from './shipped.ts';

/** Resident memory that the operator may take with the guide Ready and nothing to do, in MB. */
const MEMORY_BUDGET_MB = 120;
const SLUG = 'self-service-registration';
const FLOWS = '/flows/instances/';

const INSTALLS = [
  { how: 'in all namespaces', values: {} },
  {
    how: 'in one namespace, with the Secrets by name',
    values: { watchNamespaces: [MARKET], rbac: { secretNames: [TOKEN_SECRET, SMTP_SECRET] } },
  },
];

/** The tests are steps: each begins where the one before it ended. */
describeOnStandIn('the product', 'it revokes tokens, and counts every request', () => {
  describe.each(INSTALLS)('installed $how', ({ values }) => {
    let product: Installation;
    let before: AuthentikState;

    beforeAll(async () => {
      product = await Installation.open(values);
      before = await product.authentik.snapshot();
    });
    afterAll(async () => product.close());

    const titleInAuthentik = async (): Promise<unknown> => {
      const [found] = (await product.authentik.client.list(FLOWS, { slug: SLUG })) as readonly { readonly title: string }[];
      return found?.title;
    };

    it('runs as its Deployment says, is ready and healthy, and holds the Lease', async () => {
      expect(product.release.args).toContain('--leader-elect=true');
      await expect(product.operator.probe('/healthz')).resolves.toEqual({ status: 200, body: 'ok\n' });
      await expect(product.operator.probe('/readyz')).resolves.toEqual({ status: 200, body: 'ok\n' });
      const { name, namespace } = product.release;
      await eventually(async () => {
        const { stdout } = await product.controlPlane.kubectl(['get', 'lease', name, '--output=jsonpath={.spec.holderIdentity}'], {
          namespace,
        });
        expect(stdout).toContain(product.podName);
      });
    });

    it('makes the guide Ready, and tells the market where sign-up is', async () => {
      await product.installMarket(SLUG);
      const verified = await product.kubectl(
        'get',
        'enrollmentbinding',
        SLUG,
        '--output=jsonpath={.status.conditions[?(@.type=="Verified")].status}',
      );
      expect(verified).toBe('True');
      const url = await product.kubectl('get', 'configmap', 'market-sign-up', '--output=jsonpath={.data.AUTHENTIK_SIGN_UP_URL}');
      expect(url).toBe(`${product.authentik.url}/if/flow/${SLUG}/`);
    });

    it('lets somebody sign up, by a mail through the server of the Secret', async () => {
      const username = `ada-${randomBytes(4).toString('hex')}`;
      const person = { username, name: 'Ada Lovelace', email: `${username}@example.org`, password: randomBytes(12).toString('hex') };
      const site = { url: product.authentik.url, enrollmentSlug: SLUG, loginSlug: 'default-authentication-flow' };
      const walk = new EnrollmentWalk(site);
      await expect(walk.signUp(person)).resolves.toMatchObject({ component: 'ak-stage-email' });
      await walk.confirm(await confirmationLink(product.mail, person.email));
      await expect(walk.login(username, person.password)).resolves.toMatchObject({ component: 'xak-flow-redirect' });
      await product.authentik.deleteUser(username);
    });

    it(`rests within ${MEMORY_BUDGET_MB} MB`, async () => {
      expect(await settledMemoryMB(product.operator.pid)).toBeLessThanOrEqual(MEMORY_BUDGET_MB);
    });

    it('sends SMTP settings again when their Secret changes', async () => {
      const version = await product.applySmtp({ password: 'basalt-Heron-19' });
      const sent = `jsonpath={.status.secrets[?(@.name=="${SMTP_SECRET}")].resourceVersion}=${version}`;
      await product.kubectl('wait', `akstage/${SLUG}-email`, `--for=${sent}`, PATIENCE);
      const bodies = product.authentik.sim?.requests.filter(({ method, path }) => method === 'PATCH' && path.includes('/stages/email/'));
      expect(bodies?.map(({ body }) => (body as { password?: string }).password)).toEqual(['basalt-Heron-19']);
    });

    it('works on with another token when the old one is gone', async () => {
      const token = product.authentik.sim?.createToken([...(await shippedRole())]) ?? '';
      await product.applySecret(TOKEN_SECRET, { token });
      product.authentik.sim?.revokeToken(product.authentik.token);
      await product.kubectl('patch', 'akflow', SLUG, '--type=merge', '--patch={"spec":{"title":"Join the market"}}');
      await eventually(async () => expect(await titleInAuthentik()).toBe('Join the market'), { timeout: 60_000 });
      await product.kubectl('wait', '--for=condition=Ready', PATIENCE, 'authentik', '--all');
    });

    it('puts back what somebody changes in Authentik', async () => {
      await product.kubectl('patch', 'akconnection', 'default', '--type=merge', '--patch={"spec":{"driftPollInterval":"1s"}}');
      await product.kubectl('wait', '--for=condition=ChangesFollowed', PATIENCE, 'akconnection/default');
      await product.authentik.client.patch(`${FLOWS}${SLUG}/`, { title: 'Changed by hand' });
      expect(await titleInAuthentik()).toBe('Changed by hand');
      await eventually(async () => expect(await titleInAuthentik()).toBe('Join the market'), { timeout: 60_000 });
    });

    it('never takes a provider along: the deletion of its flow waits, and names it', async () => {
      const consent = 'market-consent';
      await product.apply(flow(consent, [], { designation: 'authorization' }));
      await product.kubectl('wait', '--for=condition=Ready', PATIENCE, `akflow/${consent}`);
      const application = await createMarketApplication(product.authentik.client, {
        slug: 'a-shop',
        redirectURI: 'https://shop.example/callback',
        consentFlow: consent,
      });
      await product.kubectl('delete', 'akflow', consent, '--wait=false');
      const blocked = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=DeletionBlocked';
      await product.kubectl('wait', `akflow/${consent}`, `--for=${blocked}`, PATIENCE);
      const message = await product.kubectl('get', 'akflow', consent, '--output=jsonpath={.status.conditions[?(@.type=="Ready")].message}');
      expect(message).toContain('a-shop-provider');
      await expect(product.authentik.client.list('/providers/oauth2/', { name: 'a-shop-provider' })).resolves.toHaveLength(1);
      await application.remove();
      await product.kubectl('annotate', 'akflow', consent, 'looked-at=again');
      await product.kubectl('wait', '--for=delete', PATIENCE, `akflow/${consent}`);
      await expect(product.authentik.client.list(FLOWS, { slug: consent })).resolves.toEqual([]);
    });

    it('is uninstalled without a trace', async () => {
      const { controlPlane, release } = product;
      await controlPlane.helm(['uninstall', 'market', '--wait', PATIENCE], { namespace: MARKET });
      await eventually(async () => expect(await product.kubectl('get', 'authentik', '--output=name')).toBe(''), { timeout: 60_000 });
      expect(differences(before, await product.authentik.snapshot())).toEqual([]);
      expect(await product.operator.stop()).toBe(0);
      const holder = ['get', 'lease', release.name, '--output=jsonpath={.spec.holderIdentity}'];
      expect((await controlPlane.kubectl(holder, { namespace: release.namespace })).stdout).toBe('');
      await release.uninstall();
      const left = 'crd,clusterrole,clusterrolebinding,role,rolebinding,serviceaccount,service,deployment,secret,networkpolicy';
      const selector = '--selector=app.kubernetes.io/instance=authentik-flow-operator';
      const { stdout } = await controlPlane.kubectl(['get', left, '--all-namespaces', selector, '--output=name']);
      expect(stdout).toBe('');
    });

    it('was refused nothing all the while: the rights of chart and role suffice', async () => {
      const calls = (await product.controlPlane.apiCalls()).filter(({ user }) => user === product.release.user);
      expect(calls.length).toBeGreaterThan(50);
      expect(calls.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
      const requests = product.authentik.sim?.requests ?? [];
      expect(requests.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
      expect(product.authentik.sim?.schemaViolations).toEqual([]);
      expect(product.operator.logs()).not.toMatch(/"level":"(error|fatal)"/);
    });
  });
});
