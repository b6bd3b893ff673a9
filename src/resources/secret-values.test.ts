import { createHmac } from 'node:crypto';
import { SecretValues, type SecretPart, type SecretRecord } from './secret-values.ts';
import { SentSecrets } from './sent-secrets.ts';

const part = (password: string, resourceVersion = '1', key = 'password'): SecretPart => ({
  name: 'smtp',
  resourceVersion,
  writeOnly: { password },
  keys: { password: key },
  fields: ['host'],
});

describe('SecretValues', () => {
  let sent: SentSecrets;
  const values = (given: SecretPart, recorded: readonly SecretRecord[], owner = 'uid') =>
    new SecretValues([given], { owner, recorded, sent });
  const sentRecords = (password: string, resourceVersion = '1'): readonly SecretRecord[] => {
    const first = values(part(password, resourceVersion), []);
    first.sent();
    return first.records() ?? [];
  };
  /** What a status of version 0.1.0 holds. */
  const oldRecords = (password: string, resourceVersion: string): readonly SecretRecord[] => {
    const digest = createHmac('sha256', '0123456789abcdef')
      .update(JSON.stringify([['password', password]]))
      .digest('hex');
    return [{ name: 'smtp', resourceVersion, hash: `0123456789abcdef:${digest}` }];
  };

  beforeEach(() => {
    sent = new SentSecrets();
  });

  it('must be sent when nothing is on record', () => {
    expect(values(part('p'), []).differences).toEqual([{ field: 'password (from Secret smtp)', cause: 'Secret' }]);
  });

  it('is known once it was sent, also after a restart', () => {
    const records = sentRecords('p', '1');
    sent = new SentSecrets();
    expect(values(part('p', '1'), records).changed).toBe(false);
    expect(values(part('p', '1'), records).records()).toEqual(records);
  });

  it('is known when only something else of the Secret changed', () => {
    const touched = values(part('p', '2'), sentRecords('p', '1'));
    expect(touched.changed).toBe(false);
    expect(touched.records()).toEqual([{ name: 'smtp', resourceVersion: '2', hash: expect.any(String) as string }]);
    sent = new SentSecrets();
    expect(values(part('p', '2'), touched.records() ?? []).changed).toBe(false);
  });

  it.each([
    { reason: 'the value changed', given: part('new', '2') },
    { reason: 'the Secret changed while nobody looked', given: part('p', '2'), restarted: true },
    { reason: 'another key of the same version is meant', given: part('q', '1', 'other') },
    { reason: 'another object was given the same', given: part('p', '2'), owner: 'another' },
  ])('must be sent again when $reason', ({ given, restarted = false, owner = 'uid' }) => {
    const records = sentRecords('p');
    if (restarted) sent = new SentSecrets();
    expect(values(given, records, owner).changed).toBe(true);
  });

  it('keeps the old record until the new value has been accepted, so that a crash sends it again', () => {
    const old = sentRecords('old');
    expect(values(part('new', '2'), old).records()).toEqual(old);
  });

  it('puts nothing into the status that is made of the value', () => {
    const other = new SentSecrets();
    const records = sentRecords('p');
    sent = other;
    expect(sentRecords('q')).toEqual(records);
  });

  it.each([
    { reason: 'the same value', password: 'p', changed: false },
    { reason: 'another value', password: 'q', changed: true },
  ])('understands what version 0.1.0 has recorded: $reason', ({ password, changed }) => {
    expect(values(part(password, '2'), oldRecords('p', '1')).changed).toBe(changed);
  });

  it('replaces what version 0.1.0 has recorded, which tells the value to whoever tries', () => {
    const records = values(part('p', '1'), oldRecords('p', '1')).records();
    expect(records).toEqual(sentRecords('p', '1'));
  });

  it('tells rotation from drift by the version of the Secret', () => {
    const rotated = values(part('p', '2'), sentRecords('p', '1'));
    expect(rotated.explain({ field: 'host' })).toEqual({ field: 'host', cause: 'Secret' });
    expect(rotated.explain({ field: 'subject' })).toEqual({ field: 'subject' });
    expect(values(part('p', '1'), sentRecords('p', '1')).explain({ field: 'host' })).toEqual({ field: 'host' });
  });
});
