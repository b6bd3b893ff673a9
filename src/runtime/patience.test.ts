import type { Condition } from './conditions.ts';
import { OperatorError } from './errors.ts';
import { FakeClock } from './fake-clock.ts';
import type { ManagedObject } from './object.ts';
import { Patience } from './patience.ts';
import type { Reason } from './reasons.ts';
import { FakeWorld } from './testing/fake-world.ts';

function patiently(): { world: FakeWorld; clock: FakeClock; writes: () => number } {
  const clock = new FakeClock();
  const world = new FakeWorld(new Patience(clock));
  return { world, clock, writes: () => world.store.statusWrites.length };
}

describe('Patience', () => {
  it('writes twice for an object that is applied with what it waits for', async () => {
    const { world, clock, writes } = patiently();
    world.store.apply('Thing', 'a', { value: 'x' });
    for (const reason of ['ConnectionNotFound', 'ConnectionNotReady', 'ReferenceNotFound', 'ReferenceNotReady'] as const) {
      world.connectError = new OperatorError(reason, reason);
      expect(await world.pass('a')).toMatchObject({ kind: 'after' });
      await clock.advance(200);
    }
    expect([writes(), world.events]).toEqual([0, []]);
    world.connectError = undefined;
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('True/Reconciled');
    expect(writes()).toBe(2);
  });

  it('writes three times where it takes long', async () => {
    const { world, clock, writes } = patiently();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.connectError = new OperatorError('ConnectionNotFound', 'none');
    expect(await world.pass('a')).toEqual({ kind: 'after', ms: 1_000 });
    await clock.advance(1_000);
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/ConnectionNotFound');
    expect(world.events).toHaveLength(1);
    world.connectError = new OperatorError('ReferenceNotReady', 'another');
    expect(await world.pass('a')).toEqual({ kind: 'after', ms: 30_000 });
    await clock.advance(20_000);
    world.connectError = undefined;
    await world.pass('a');
    expect(writes()).toBe(3);
  });

  it('says in the end what is waited for now', async () => {
    const { world, clock } = patiently();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.connectError = new OperatorError('ConnectionNotFound', 'none');
    await world.pass('a');
    await clock.advance(1_000);
    await world.pass('a');
    world.connectError = new OperatorError('ReferenceNotReady', 'another');
    await world.pass('a');
    await clock.advance(30_000);
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/ReferenceNotReady');
  });

  it.each([
    { reason: 'SecretNotFound', why: 'deserves a warning' },
    { reason: 'Unreachable', why: 'deserves a warning' },
    { reason: 'InvalidSpec', why: 'waits for somebody' },
  ] as const satisfies readonly { reason: Reason; why: string }[])('writes $reason at once: it $why', async ({ reason }) => {
    const { world } = patiently();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.connectError = new OperatorError(reason, 'x');
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe(`False/${reason}`);
  });

  it.each([
    { reason: 'an object that was Ready for this spec', edit: false, written: true },
    { reason: 'an object whose spec was edited', edit: true, written: false },
  ])('writes what changes for $reason at once: $written', async ({ edit, written }) => {
    const { world } = patiently();
    world.store.apply('Thing', 'a', { value: 'x' });
    await world.pass('a');
    if (edit) world.store.apply('Thing', 'a', { value: 'y' });
    world.connectError = new OperatorError('ReferenceNotReady', 'x');
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe(written ? 'False/ReferenceNotReady' : 'True/Reconciled');
  });

  it('keeps back nothing about what is being deleted, and nothing that is on record', async () => {
    const { world } = patiently();
    world.store.apply('Thing', 'a', { value: 'x' });
    await world.pass('a');
    world.store.delete(world.key('a'));
    world.connectError = new OperatorError('ConnectionNotReady', 'x');
    await world.pass('a');
    expect(readyOf(world.object('a'))?.reason).toBe('ConnectionNotReady');
  });
});

function readyOf(object: ManagedObject): Condition | undefined {
  return (object.status as { conditions?: readonly Condition[] }).conditions?.find(({ type }) => type === 'Ready');
}
