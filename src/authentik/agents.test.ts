import { AuthentikClient } from './client.ts';
import { ScriptedServer } from './scripted-server.ts';
import { silentLogger } from './silent-logger.ts';

// Made for this test and trusted by nobody: self-signed for 127.0.0.1, valid for a hundred years.
const key = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEICjlRh/t9ZKztb/mMNHbERVQh23BByUjvCanz+khz0qAoAoGCCqGSM49
AwEHoUQDQgAEe3+IfjYhrn8uMlzAJJQjSeUaB/92ncoHqL0E+/u8ZX7+nj6DGuED
DE6/bQTIYET9bNtXMVAy/BpusqVdx7dsbQ==
-----END EC PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBhzCCASygAwIBAgIUW3SRegmM6qcqMGLi48PBQu2WOg0wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjQwNTQ4NTNaGA8yMTI2MTAzMTA1NDg1
M1owDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHt/
iH42Ia5/LjJcwCSUI0nlGgf/dp3KB6i9BPv7vGV+/p4+gxrhAwxOv20EyGBE/Wzb
VzFQMvwabrKlXce3bG2jZDBiMB0GA1UdDgQWBBThfTyn+ksMy3KIu+2vDBtjtBwy
jjAfBgNVHSMEGDAWgBThfTyn+ksMy3KIu+2vDBtjtBwyjjAPBgNVHRMBAf8EBTAD
AQH/MA8GA1UdEQQIMAaHBH8AAAEwCgYIKoZIzj0EAwIDSQAwRgIhANZJNApxXBMI
3gwfF+Q/DtWpE4pip7TmACjPU3mbFBPnAiEA+BKQgBBFz0gDiVKVLg1J7vNAxsa2
YrCojpEOG4uUse4=
-----END CERTIFICATE-----`;

describe('trust', () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start(() => ({ body: { ok: true } }), { key, cert });
  });
  afterAll(async () => server.stop());

  const get = async (url: string, caPem?: string): Promise<unknown> => {
    const client = new AuthentikClient({
      url,
      token: 't',
      userAgent: 'test',
      log: silentLogger,
      ...(caPem === undefined ? {} : { caPem }),
    });
    try {
      return await client.get('/x/');
    } finally {
      client.close();
    }
  };

  it('refuses a certificate of an unknown authority, and says where to put that', async () => {
    const expected = { reason: 'Unreachable', ambiguous: false, message: expect.stringContaining('caBundleRef') as string };
    await expect(get(server.url)).rejects.toMatchObject(expected);
  });

  it('accepts it when the bundle holds the authority', async () => {
    await expect(get(server.url, cert)).resolves.toEqual({ ok: true });
  });

  it('still checks the name', async () => {
    const message = expect.stringContaining('another name') as string;
    await expect(get(`https://localhost:${server.port}`, cert)).rejects.toMatchObject({ message });
  });

  it.each(['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'refuses the bundle %j',
    async (bundle) => {
      await expect(get(server.url, bundle)).rejects.toMatchObject({ reason: 'SecretInvalid' });
    },
  );
});
