import { smtpSettings } from './smtp-settings.ts';

const secret = (data: Record<string, string>) => ({ data });

describe('smtpSettings', () => {
  it('reads our keys', () => {
    const { body, writeOnly } = smtpSettings(
      'smtp',
      secret({ host: 'mail', port: '587', username: 'u', password: 'p', useTls: 'true', useSsl: 'false', timeout: '10', from: 'a@b' }),
    );
    expect(body).toEqual({
      use_global_settings: false,
      host: 'mail',
      port: 587,
      username: 'u',
      use_tls: true,
      use_ssl: false,
      timeout: 10,
      from_address: 'a@b',
    });
    expect(writeOnly).toEqual({ password: 'p' });
  });

  it("reads the keys of Authentik's own chart", () => {
    const { body, writeOnly } = smtpSettings(
      'smtp',
      secret({ AUTHENTIK_EMAIL__HOST: 'mail', AUTHENTIK_EMAIL__PORT: '25', AUTHENTIK_EMAIL__PASSWORD: 'p' }),
    );
    expect(body).toEqual({ use_global_settings: false, host: 'mail', port: 25 });
    expect(writeOnly).toEqual({ password: 'p' });
  });

  it('takes what is kept of a host with a blank', () => {
    expect(smtpSettings('smtp', secret({ host: ' mail', port: ' 587 ', useTls: ' true', from: 'a@b ' })).body).toEqual({
      use_global_settings: false,
      host: 'mail',
      port: 587,
      use_tls: true,
      from_address: 'a@b',
    });
  });

  it.each([
    { reason: 'no host', data: { port: '25' }, error: 'SecretKeyMissing', says: 'key "host"' },
    { reason: 'a host of nothing', data: { host: '' }, error: 'SecretKeyMissing', says: 'key "host"' },
    { reason: 'a port that is no number', data: { host: 'h', port: 'smtp' }, error: 'SecretInvalid', says: 'key "port"' },
    {
      reason: 'a port that Authentik would accept and nobody can open',
      data: { host: 'h', port: '99999' },
      error: 'SecretInvalid',
      says: '1 to 65535',
    },
    {
      reason: 'neither yes nor no',
      data: { host: 'h', AUTHENTIK_EMAIL__USE_TLS: 'maybe' },
      error: 'SecretInvalid',
      says: 'AUTHENTIK_EMAIL__USE_TLS',
    },
    {
      reason: 'STARTTLS and TLS at once',
      data: { host: 'h', useTls: 'true', useSsl: 'true' },
      error: 'SecretInvalid',
      says: 'useTls and useSsl',
    },
    {
      reason: 'a sender with a name, which Authentik refuses',
      data: { host: 'h', from: 'Market <m@x>' },
      error: 'SecretInvalid',
      says: 'key "from" of Secret "smtp" must be a bare address',
    },
    {
      reason: "the same under the name of Authentik's own chart",
      data: { host: 'h', AUTHENTIK_EMAIL__FROM: 'Market <m@x>' },
      error: 'SecretInvalid',
      says: 'key "AUTHENTIK_EMAIL__FROM" of Secret "smtp" must be a bare address',
    },
    {
      reason: 'a password with a blank, which would be another one',
      data: { host: 'h', password: ' maybe' },
      error: 'SecretInvalid',
      says: 'key "password" of Secret "smtp" begins or ends with a blank',
    },
    {
      reason: 'a password that no mail can be sent with',
      data: { host: 'h', username: 'u', password: 'maybe\u00f6' },
      error: 'SecretInvalid',
      says: 'key "password" of Secret "smtp" holds a character beyond ASCII',
    },
    {
      reason: 'two at once, both',
      data: { host: 'h', AUTHENTIK_EMAIL__USERNAME: 'maybe ', port: 'smtp' },
      error: 'SecretInvalid',
      says: 'key "port" of Secret "smtp" must be a port, 1 to 65535; key "AUTHENTIK_EMAIL__USERNAME"',
    },
  ])('refuses $reason and says which key, not what is in it', ({ data, error, says }) => {
    expect(() => smtpSettings('smtp', secret(data))).toThrow(
      expect.objectContaining({ reason: error, message: expect.stringContaining(says) as string }) as Error,
    );
    expect(() => smtpSettings('smtp', secret(data))).not.toThrow(/99999|maybe|Market/);
  });
});
