import { FakeClock } from '../runtime/fake-clock.ts';
import { WatchPulse } from './watch-pulse.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DENIED = Object.assign(new Error('Forbidden'), { statusCode: 403 });

type Event = (pulse: WatchPulse) => void;
const bookmark: Event = (pulse) => pulse.heard(true);
const change: Event = (pulse) => pulse.heard(false);
const listed: Event = (pulse) => pulse.wentWell();
const denied: Event = (pulse) => pulse.failed(DENIED);
const livedWatch: Event = (pulse) => pulse.recovered();

/** What happened, each so many milliseconds after the one before. */
type History = readonly (readonly [number, Event])[];
const every = (ms: number, times: number, event: Event): History => Array.from({ length: times }, () => [ms, event] as const);

interface Row {
  readonly reason: string;
  readonly history: History;
  readonly trouble: string | undefined;
}

const ROWS: readonly Row[] = [
  { reason: 'nothing has happened yet', history: [], trouble: undefined },
  { reason: 'a bookmark comes each minute', history: every(MINUTE, 30, bookmark), trouble: undefined },
  {
    reason: 'a short absence is none',
    history: [...every(10 * SECOND, 11, denied), [5 * SECOND, listed], [5 * SECOND, bookmark], [MINUTE, bookmark]],
    trouble: undefined,
  },
  {
    reason: 'failing for two minutes says since when, and why',
    history: every(30 * SECOND, 5, denied),
    trouble: 'the watch has been failing for 120 s: HTTP 403: Forbidden',
  },
  {
    reason: 'lists that work prove nothing of a watch that is refused',
    history: [...every(30 * SECOND, 5, denied), [0, listed]],
    trouble: 'the watch has been failing for 120 s: HTTP 403: Forbidden',
  },
  {
    reason: 'a change ends it',
    history: [...every(30 * SECOND, 20, denied), [SECOND, change]],
    trouble: undefined,
  },
  {
    reason: 'a watch that lived ends it, where no bookmarks come',
    history: [...every(30 * SECOND, 20, denied), [90 * SECOND, livedWatch]],
    trouble: undefined,
  },
  {
    reason: 'bookmarks that stay away are noticed, however well lists and new watches go',
    history: [[0, bookmark], ...every(90 * SECOND, 4, livedWatch), [0, listed]],
    trouble: 'the watch has been silent for 360 s, without the bookmarks that came before',
  },
  {
    reason: 'an API server without bookmarks may be silent',
    history: [[0, change], ...every(90 * SECOND, 20, livedWatch)],
    trouble: undefined,
  },
];

describe('WatchPulse', () => {
  it.each(ROWS)('$reason', ({ history, trouble }) => {
    const clock = new FakeClock();
    const pulse = new WatchPulse(() => clock.now());
    for (const [ms, event] of history) {
      clock.skip(ms);
      event(pulse);
    }
    expect(pulse.trouble).toBe(trouble);
  });

  it.each([
    { reason: 'a bookmark', event: bookmark },
    { reason: 'a list', event: listed },
    { reason: 'a failure', event: denied },
    { reason: 'the end of a watch', event: livedWatch },
  ])('is still only without any sign; one is $reason', ({ event }) => {
    const clock = new FakeClock();
    const pulse = new WatchPulse(() => clock.now());
    clock.skip(MINUTE);
    expect(pulse.stillMs).toBe(MINUTE);
    event(pulse);
    expect(pulse.stillMs).toBe(0);
  });
});
