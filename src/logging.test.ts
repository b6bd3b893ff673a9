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
    redaction.add('known "value"/1');
    const line = logged((log) => log.error({ err: new Error(`failed with ${text}`) }, `said ${text}`), redaction);
    expect(line).not.toContain(JSON.stringify(text).slice(1, -1));
    expect(line).toContain('[redacted]');
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});
