import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** What a stand-in's process is told to do. */
export type StandInOrder = { readonly order: 'count' } | { readonly order: 'hang'; readonly servers: number };

/** What it answers. */
export interface StandInReply {
  readonly servers?: readonly StandInAddress[];
  readonly reads?: number;
  readonly writes?: number;
}

interface StandInAddress {
  readonly url: string;
  readonly token: string;
}

/** Stand-ins in another process. */
export interface StandIns {
  readonly servers: readonly [StandInAddress, ...StandInAddress[]];
  /** What was asked of all of them since the last call. */
  count(): Promise<{ readonly reads: number; readonly writes: number }>;
  /** From now on the first so many accept requests and answer none. */
  hang(servers: number): Promise<void>;
  stop(): void;
}

/** Starts so many, each of which takes `delayMs` for a request. */
export async function startStandIns(count: number, delayMs: number): Promise<StandIns> {
  const child = fork(path.join(import.meta.dirname, 'stand-in-process.ts'), [String(count), String(delayMs)]);
  const reply = async (): Promise<StandInReply> => ((await once(child, 'message')) as [StandInReply])[0];
  const ask = async (order: StandInOrder): Promise<StandInReply> => {
    const answer = reply();
    child.send(order);
    return answer;
  };
  const [first, ...others] = (await reply()).servers ?? [];
  if (first === undefined) throw new Error('no stand-in has started');
  return {
    servers: [first, ...others],
    count: async () => {
      const { reads = 0, writes = 0 } = await ask({ order: 'count' });
      return { reads, writes };
    },
    hang: async (servers) => {
      await ask({ order: 'hang', servers });
    },
    stop: () => child.kill(),
  };
}
