import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('answers what the check returned once it no longer throws', async () => {
    let attempts = 0;
    const check = (): string => {
      attempts += 1;
      if (attempts < 3) throw new Error('not yet');
      return 'ready';
    };
    await expect(eventually(check, { interval: 1 })).resolves.toBe('ready');
    expect(attempts).toBe(3);
  });

  it('says what was waited for, and quotes the last failure', async () => {
    const failure = new Error('3 of 4 replicas');
    const waiting = eventually(async () => Promise.reject(failure), { timeout: 20, interval: 1, message: 'all replicas are there' });
    await expect(waiting).rejects.toMatchObject({
      message: 'all replicas are there: not within 0.02 s; last failure: 3 of 4 replicas',
      cause: failure,
    });
  });

  it('cuts off a check that hangs', async () => {
    const waiting = eventually(async () => new Promise(() => undefined), { timeout: 20, message: 'an answer' });
    await expect(waiting).rejects.toThrow('an answer: not within 0.02 s; last failure: the check itself did not finish');
  });

  it('gives up when it is told to', async () => {
    const abort = new AbortController();
    const waiting = eventually(
      () => {
        abort.abort();
        throw new Error('not yet');
      },
      { signal: abort.signal },
    );
    await expect(waiting).rejects.toThrow('aborted');
  });
});
