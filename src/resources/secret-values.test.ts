import { SecretValues, type SecretPart, type SecretRecord } from './secret-values.ts';

const part = (password: string, resourceVersion = '1'): SecretPart => ({
  name: 'smtp',
  resourceVersion,
  writeOnly: { password },
  fields: ['host'],
});

function sentRecords(password: string, resourceVersion = '1'): readonly SecretRecord[] {
  const values = new SecretValues([part(password, resourceVersion)], []);
  values.sent();
  return values.records() ?? [];
}

describe('SecretValues', () => {
  it('must be sent when nothing is on record', () => {
    expect(new SecretValues([part('p')], []).differences).toEqual([{ field: 'password (from Secret smtp)', cause: 'Secret' }]);
  });

  it('is known once it was sent, whatever else changed in the Secret', () => {
    const values = new SecretValues([part('p', '2')], sentRecords('p', '1'));
    expect(values.changed).toBe(false);
    expect(values.records()).toEqual([{ ...sentRecords('p', '1')[0], hash: expect.any(String) as string, resourceVersion: '2' }]);
  });

  it('must be sent again when the value changed', () => {
    expect(new SecretValues([part('new', '2')], sentRecords('old')).changed).toBe(true);
  });

  it('keeps the old record until the new value has been accepted, so that a crash sends it again', () => {
    const old = sentRecords('old');
    expect(new SecretValues([part('new', '2')], old).records()).toEqual(old);
  });

  it('shows neither the value nor the same hash twice', () => {
    const [first, second] = [sentRecords('p')[0], sentRecords('p')[0]];
    expect(first?.hash).not.toBe(second?.hash);
    expect(JSON.stringify(first)).not.toContain('"p"');
  });

  it('tells rotation from drift by the version of the Secret', () => {
    const values = new SecretValues([part('p', '2')], sentRecords('p', '1'));
    expect(values.explain({ field: 'host' })).toEqual({ field: 'host', cause: 'Secret' });
    expect(values.explain({ field: 'subject' })).toEqual({ field: 'subject' });
    expect(new SecretValues([part('p', '1')], sentRecords('p', '1')).explain({ field: 'host' })).toEqual({ field: 'host' });
  });
});
