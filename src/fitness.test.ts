import { Fitness, type SignsOfLife } from './fitness.ts';
import { MemoryLogger } from './kube/testing/memory-logger.ts';

const MINUTE = 60_000;
const WELL: SignsOfLife = { synced: true, watchTrouble: undefined, longestPassMs: 0, standstillMs: 0, watchStillMs: 0 };
const TROUBLE = 'AuthentikFlow: the watch has been failing for 130 s: HTTP 403';

interface Row {
  readonly reason: string;
  readonly signs: Partial<SignsOfLife>;
  readonly unfit?: string;
  readonly notReady?: string;
}

const ROWS: readonly Row[] = [
  { reason: 'all is well', signs: {} },
  {
    reason: 'before everything is listed it is not ready, and no restart helps',
    signs: { synced: false },
    notReady: 'the objects have not been listed yet',
  },
  {
    reason: 'a dead watch is no reason to restart: the next process would be refused too',
    signs: { watchTrouble: TROUBLE },
    notReady: TROUBLE,
  },
  { reason: 'a slow pass is none that hangs', signs: { longestPassMs: 14 * MINUTE } },
  { reason: 'a pass that hangs', signs: { longestPassMs: 15 * MINUTE }, unfit: 'a pass has been running for 15 min' },
  {
    reason: 'workers that take nothing',
    signs: { standstillMs: 16 * MINUTE },
    unfit: 'no worker has taken a pass for 16 min, though some wait',
  },
  { reason: 'a watch between two lists', signs: { watchStillMs: 11 * MINUTE } },
  { reason: 'a watch that stands still', signs: { watchStillMs: 20 * MINUTE }, unfit: 'a watch has shown no sign of life for 20 min' },
];

describe('Fitness', () => {
  it.each(ROWS)('$reason', ({ signs, unfit, notReady }) => {
    const fitness = new Fitness(() => ({ ...WELL, ...signs }), new MemoryLogger());
    expect({ unfit: fitness.unfit(), notReady: fitness.notReady() }).toEqual({ unfit, notReady });
  });

  it('says in the log when it begins and when it ends, not at each probe', () => {
    const logger = new MemoryLogger();
    let watchTrouble: string | undefined = TROUBLE;
    const fitness = new Fitness(() => ({ ...WELL, watchTrouble }), logger);
    for (let probe = 0; probe < 3; probe += 1) fitness.notReady();
    watchTrouble = undefined;
    for (let probe = 0; probe < 3; probe += 1) fitness.notReady();
    expect(logger.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual(['warn: not ready', 'info: ready again']);
  });
});
