import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as k8s from '@kubernetes/client-node';
import { currentNamespace, loadKubeConfig, PooledKubeConfig } from './kubeconfig.ts';
import { getJson } from './raw-get.ts';

const kubeconfig = (server: string) =>
  JSON.stringify({
    clusters: [
      { name: 'one', cluster: { server } },
      { name: 'two', cluster: { server: 'https://two.example' } },
    ],
    users: [{ name: 'me', user: { token: 'token' } }],
    contexts: [
      { name: 'first', context: { cluster: 'one', user: 'me', namespace: 'shop' } },
      { name: 'second', context: { cluster: 'two', user: 'me' } },
    ],
    'current-context': 'first',
  });

describe('kubeconfig', () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
    await writeFile(file('config'), kubeconfig('https://one.example'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  describe('loadKubeConfig', () => {
    it('reads a file, and takes its current context unless told otherwise', () => {
      const config = loadKubeConfig({ file: file('config') });
      expect(config.getCurrentCluster()?.server).toBe('https://one.example');
      expect(currentNamespace(config)).toBe('shop');
      const other = loadKubeConfig({ file: file('config'), context: 'second' });
      expect(other.getCurrentCluster()?.server).toBe('https://two.example');
      expect(currentNamespace(other)).toBeUndefined();
    });

    it.each([
      { source: { file: '/no/such/file' }, message: 'there is no kubeconfig /no/such/file' },
      { source: { context: 'third' }, message: 'the kubeconfig has no context "third"; it has: first, second' },
      { source: { file: 'http://localhost:8080' }, message: 'no API server' },
    ])('says what is wrong: $message', async ({ source, message }) => {
      await writeFile(file('made-up'), kubeconfig('http://localhost:8080'));
      const given = source.file === 'http://localhost:8080' ? file('made-up') : (source.file ?? file('config'));
      expect(() => loadKubeConfig({ ...source, file: given })).toThrow(message);
    });
  });

  describe('PooledKubeConfig', () => {
    let config: PooledKubeConfig;
    const applied = async (url = 'https://one.example/api') => {
      const context = new k8s.RequestContext(url, k8s.HttpMethod.GET);
      await config.applySecurityAuthentication(context);
      return context;
    };

    beforeEach(() => {
      config = new PooledKubeConfig();
    });

    afterEach(() => config.close());

    it('authenticates', async () => {
      config.loadFromFile(file('config'));
      expect((await applied()).getHeaders()).toMatchObject({ Authorization: 'Bearer token' });
      config.loadFromClusterAndUser(
        { name: 'c', server: 'https://one.example', skipTLSVerify: false },
        { name: 'u', username: 'me', password: 'secret' },
      );
      expect((await applied()).getHeaders()).toMatchObject({ Authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` });
    });

    it('keeps connections apart from those of watches, which have no deadline', async () => {
      config.loadFromFile(file('config'));
      const [first, second, watch] = await Promise.all([applied(), applied(), applied('https://one.example/api?watch=true')]);
      expect(second.getDispatcher()).toBe(first.getDispatcher());
      expect(watch.getDispatcher()).not.toBe(first.getDispatcher());
      expect(first.getSignal()).toBeDefined();
      expect(watch.getSignal()).toBeUndefined();
    });

    it('makes new connections when the CA file has changed', async () => {
      await writeFile(file('ca.crt'), 'the first');
      config.loadFromClusterAndUser(
        { name: 'c', server: 'https://one.example', caFile: file('ca.crt'), skipTLSVerify: false },
        { name: 'u', token: 'token' },
      );
      const first = await applied();
      expect((await applied()).getDispatcher()).toBe(first.getDispatcher());
      await writeFile(file('ca.crt'), 'the second');
      const second = await applied();
      expect(second.getDispatcher()).not.toBe(first.getDispatcher());
      expect((await applied()).getDispatcher()).toBe(second.getDispatcher());
    });

    it('makes 100 calls, eight at a time, over no more than sixteen connections', async () => {
      let connections = 0;
      const server = createServer((_request, response) => response.end('{}')).on('connection', () => (connections += 1));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      config.loadFromClusterAndUser({ name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, { name: 'u', token: 'token' });
      const caller = async () => {
        for (let i = 0; i < 13; i += 1) await getJson(config, '/api');
      };
      await Promise.all(Array.from({ length: 8 }, caller));
      expect(connections).toBeLessThanOrEqual(16);
      await config.close();
      server.close();
    });

    it('goes through a proxy that the kubeconfig names', async () => {
      config.loadFromClusterAndUser(
        { name: 'c', server: 'https://one.example', proxyUrl: 'http://proxy.example', skipTLSVerify: false },
        { name: 'u', token: 'token' },
      );
      const first = await applied();
      expect(first.getDispatcher()?.constructor.name).toBe('ProxyAgent');
      expect((await applied()).getDispatcher()).toBe(first.getDispatcher());
    });
  });
});
