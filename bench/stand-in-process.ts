/** The other side of a measurement: stand-ins of Authentik in a process of their own, so that what they take isn't counted. */
import { startAuthentikSim, type AuthentikSim } from '../test/authentik-sim/sim.ts';
import type { StandInOrder, StandInReply } from './stand-ins.ts';

const [count = '1', delayMs = '0'] = process.argv.slice(2);
const sims: readonly AuthentikSim[] = await Promise.all(
  Array.from({ length: Number(count) }, async () => startAuthentikSim({ version: '2026.2' })),
);
for (const sim of sims) if (Number(delayMs) > 0) sim.faults.inject({ match: {}, respond: { kind: 'pace', ms: Number(delayMs) } });

function obey(order: StandInOrder): StandInReply {
  switch (order.order) {
    case 'count': {
      const counts = sims.map((sim) => sim.counts());
      for (const sim of sims) sim.resetRequests();
      return { reads: counts.reduce((sum, { reads }) => sum + reads, 0), writes: counts.reduce((sum, { writes }) => sum + writes, 0) };
    }
    case 'hang':
      for (const sim of sims.slice(0, order.servers)) sim.faults.inject({ match: {}, respond: { kind: 'hang' } });
      return {};
  }
}

process.on('message', (order: StandInOrder) => process.send?.(obey(order)));
process.on('disconnect', () => process.exit(0));
process.send?.({ servers: sims.map(({ url, token }) => ({ url, token })) } satisfies StandInReply);
