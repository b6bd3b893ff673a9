import { readConfig } from './config.ts';

describe('readConfig', () => {
  it('has sane defaults', () => {
    const read = readConfig([], {}, '1.2.3');
    expect(read).toMatchObject({
      kind: 'run',
      config: {
        watchNamespaces: [],
        configMapNames: [],
        requireSecretLabel: false,
        leaderElect: false,
        httpPort: 8080,
        workers: 32,
        logLevel: 'info',
      },
    });
  });

  it('reads variables, and a flag wins', () => {
    const read = readConfig(
      ['--workers', '2'],
      {
        AFO_WORKERS: '8',
        AFO_WATCH_NAMESPACES: 'a, b',
        AFO_DEFAULT_CONNECTION: 'b/main',
        AFO_LEADER_ELECT: 'true',
        AFO_LEASE_NAME: 'mine',
        AFO_CONFIG_MAP_NAMES: 'market.one,market-two',
        POD_NAME: 'pod-0',
      },
      '1.2.3',
    );
    expect(read).toMatchObject({
      kind: 'run',
      config: {
        workers: 2,
        watchNamespaces: ['a', 'b'],
        defaultConnection: { namespace: 'b', name: 'main' },
        leaderElect: true,
        leaseName: 'mine',
        configMapNames: ['market.one', 'market-two'],
        podName: 'pod-0',
      },
    });
  });

  it('prints its version and its help', () => {
    expect(readConfig(['--version'], {}, '1.2.3')).toEqual({ kind: 'exit', code: 0, text: '1.2.3\n' });
    expect(readConfig(['--help'], {}, '1.2.3')).toMatchObject({
      kind: 'exit',
      code: 0,
      text: expect.stringContaining('--default-connection') as string,
    });
  });

  it.each([
    { reason: 'a port that is none', argv: ['--http-port', 'x'], says: '--http-port' },
    { reason: 'a default connection without namespace', argv: ['--default-connection', 'main'], says: 'namespace/name' },
    {
      reason: 'a label that is perhaps asked for',
      argv: ['--require-secret-label', 'perhaps'],
      says: '--require-secret-label: must be true or false',
    },
    { reason: 'neither true nor false', argv: ['--leader-elect', 'perhaps'], says: 'true or false' },
    { reason: 'a Lease that can be none', argv: ['--lease-name', 'My Lease'], says: 'must be a name of a Lease' },
    {
      reason: 'a default connection that nobody watches',
      argv: ['--watch-namespaces', 'a,b', '--default-connection', 'c/main'],
      says: '--default-connection: must be in one of the namespaces',
    },
    { reason: 'no workers', argv: ['--workers', '0'], says: '1 to 64' },
    { reason: 'an unknown level', argv: ['--log-level', 'loud'], says: 'debug, info, warn or error' },
    { reason: 'a namespace that can be none', argv: ['--watch-namespaces', 'A_b'], says: 'must be namespaces' },
    { reason: 'a ConfigMap that can be none', argv: ['--config-map-names', 'a,B'], says: 'must be names of ConfigMaps' },
    { reason: 'an unknown flag', argv: ['--nope'], says: '--nope' },
  ])('refuses $reason and says what to write', ({ argv, says }) => {
    expect(readConfig(argv, {}, '1.2.3')).toMatchObject({ kind: 'exit', code: 2, text: expect.stringContaining(says) as string });
  });
});
