/** Everybody who installs a chart has objects of the same names. */
import { formatKey } from '../../src/runtime/object.ts';
import { EngineBed } from './engine-bed.ts';

const DUMMY = { type: 'Dummy', dummy: {} };

let bed: EngineBed;
let looks: string[];

beforeEach(() => {
  bed = new EngineBed();
  looks = [];
  bed.engine.queue.add = (key) => void looks.push(key);
});

afterEach(async () => bed.stop());

const at = (namespace: string): { name: string; namespace: string } => ({ name: 'sign-up-form', namespace });

/** A stage of that name in a namespace of its own, on some server. */
function tenant(namespace: string, url: string): void {
  bed.connect({ url, token: 'token' }, {}, namespace);
  bed.apply('AuthentikStage', at(namespace), DUMMY);
}

/** As a pass would leave it. */
async function judged(namespace: string, status: object, reason = 'Reconciled'): Promise<void> {
  const stage = bed.get('AuthentikStage', at(namespace));
  if (stage === undefined) throw new Error('no stage');
  const ready = { type: 'Ready', status: reason === 'Reconciled' ? 'True' : 'False', reason, observedGeneration: 1 };
  await bed.store.writeStatus(stage, { ...status, observedGeneration: 1, conditions: [ready] });
}

it('wakes nobody on another server, whatever happens to a thousand of one name', async () => {
  const tenants = Array.from({ length: 1000 }, (_, place) => `t${place}`);
  for (const namespace of tenants) tenant(namespace, `https://auth-${namespace}.example.com`);
  // Each its connection, its stage, and the stage once more for its connection.
  expect(looks.length).toBeLessThanOrEqual(4 * tenants.length);
  looks = [];
  for (const namespace of tenants)
    await judged(namespace, { uuid: `u-${namespace}`, connectionURL: `https://auth-${namespace}.example.com` });
  bed.delete('AuthentikStage', at('t0'));
  expect(looks).toEqual([]);
});

it.each([
  {
    reason: 'the one that has it goes',
    act: async () => {
      bed.delete('AuthentikStage', at('first'));
      return Promise.resolve();
    },
    woken: true,
  },
  {
    reason: 'the one that has it moves to another server',
    act: async () => judged('first', { uuid: 'u', connectionURL: 'https://other.example.com' }),
    woken: true,
  },
  {
    reason: 'the one that has it is judged otherwise',
    act: async () => judged('first', { uuid: 'u', connectionURL: 'https://auth.example.com' }, 'Unreachable'),
    woken: false,
  },
])('wakes who was kept out of the same server when $reason: $woken', async ({ act, woken }) => {
  for (const namespace of ['first', 'second', 'third']) tenant(namespace, 'https://auth.example.com');
  await judged('first', { uuid: 'u', connectionURL: 'https://auth.example.com' });
  await judged('second', { connection: 'second/default' }, 'Conflict');
  await judged('third', { connection: 'third/default' }, 'AdoptionConflict');
  looks = [];
  await act();
  const second = formatKey({ kind: 'AuthentikStage', ...at('second') });
  expect(looks.filter((key) => key !== formatKey({ kind: 'AuthentikStage', ...at('first') }))).toEqual(woken ? [second] : []);
});

it('wakes who took for nobody’s what turns out to be another’s', async () => {
  for (const namespace of ['first', 'second', 'third']) tenant(namespace, 'https://auth.example.com');
  await judged('second', { connection: 'second/default' }, 'AdoptionConflict');
  await judged('third', { connection: 'third/default' }, 'ReferenceNotReady');
  looks = [];
  await judged('first', { uuid: 'u', connectionURL: 'https://auth.example.com' });
  expect(looks).toEqual([formatKey({ kind: 'AuthentikStage', ...at('second') })]);
});
