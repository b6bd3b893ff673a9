import { createLogger } from './logging.ts';
import { Redaction } from './runtime/redaction.ts';

function logged(act: (log: ReturnType<typeof createLogger>) => void, redaction = new Redaction()): string {
  let text = '';
  act(createLogger('debug', redaction, { write: (line) => void (text += line) }));
  return text;
}

describe('createLogger', () => {
  it.each([
    { reason: 'a token by its place', fields: { request: { headers: { authorization: 'Bearer unknown-value' } } } },
    { reason: 'a password by its place', fields: { body: { password: 'unknown-value' } } },
    { reason: 'a whole Secret by its place', fields: { secret: { data: { key: 'unknown-value' } } } },
  ])('takes out $reason', ({ fields }) => {
    expect(logged((log) => log.info(fields, 'x'))).not.toContain('unknown-value');
  });

  it.each([
    { reason: 'as it is', text: 'known "value"/1' },
    { reason: 'inside a URL', text: encodeURIComponent('known "value"/1') },
    { reason: 'in base64', text: Buffer.from('known "value"/1').toString('base64') },
  ])('takes out a known secret by value, $reason', ({ text }) => {
    const redaction = new Redaction();
    redaction.learn({ kind: 'Secret', namespace: 'market', name: 'smtp' }, '1', ['known "value"/1']);
    const line = logged((log) => log.error({ err: new Error(`failed with ${text}`) }, `said ${text}`), redaction);
    expect(line).not.toContain(JSON.stringify(text).slice(1, -1));
    expect(line).toContain('[redacted]');
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('finds secrets however deep, and in what caused an error; names of fields stay', () => {
    const redaction = new Redaction();
    redaction.learn({ kind: 'Secret', namespace: 'market', name: 'smtp' }, '1', ['password-of-old', 'reconcileID', 'not-Ready']);
    const cause = new Error('password-of-old in a cause');
    const fields = { reconcileID: 'not-Ready', detail: { list: ['a', 'password-of-old'] }, err: new Error('x', { cause }), n: 1 };
    const line = logged((log) => log.warn(fields, 'reconcileID'), redaction);
    expect(line).not.toContain('password-of-old');
    expect(JSON.parse(line)).toMatchObject({
      level: 'warn',
      reconcileID: '[redacted]',
      detail: { list: ['a', '[redacted]'] },
      err: { type: 'Error', message: expect.stringContaining('[redacted] in a cause') as string, stack: expect.any(String) as string },
      n: 1,
      msg: '[redacted]',
    });
  });
});
