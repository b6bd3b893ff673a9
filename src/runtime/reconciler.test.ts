import { DeferredError } from './deferred.ts';
import { jest } from '@jest/globals';
import { dependencyTopic, holderTopic } from './deletion.ts';
import { OperatorError } from './errors.ts';
import type { Reason } from './reasons.ts';
import { claimTopics } from './claim.ts';
import { StoreConflictError } from './store.ts';
import { FakeWorld } from './testing/fake-world.ts';

async function ready(value = 'x'): Promise<FakeWorld> {
  const world = new FakeWorld();
  world.store.apply('Thing', 'a', { value });
  await world.pass('a');
  return world;
}

describe('creating', () => {
  it('marks first, creates once, and is Ready', async () => {
    const world = await ready();
    expect(world.deeds).toEqual(['create a']);
    const [marked, final] = world.store.statusWrites.map((write) => write.status as Record<string, unknown>);
    expect(marked).toMatchObject({ pendingCreate: { name: 'a' } });
    expect(final).toMatchObject({ uuid: 'uuid-1', connectionURL: 'there', observedGeneration: 1 });
    expect(final).not.toHaveProperty('pendingCreate');
    expect(world.conditions('a')).toEqual({
      Ready: 'True/Reconciled',
      ReferencesResolved: 'True/Reconciled',
      SecretsResolved: 'True/Reconciled',
      Synced: 'True/Reconciled',
    });
    expect(world.store.get(world.key('a'))?.metadata.finalizers).toEqual(['test/finalizer']);
  });

  it('writes nothing the second time', async () => {
    const world = await ready();
    const before = world.store.statusWrites.length;
    expect(await world.pass('a')).toEqual({ kind: 'done' });
    expect(world.store.statusWrites).toHaveLength(before);
    expect(world.deeds).toEqual(['create a']);
  });

  it.each([
    {
      reason: 'the answer was lost: what is found under the mark and is what was sent is ours, and no second one is made',
      when: 'after',
      error: new OperatorError('Unreachable', 'cut'),
      next: 'done',
      deeds: ['create a'],
    },
    {
      reason: 'nothing arrived: it is made once it can’t arrive any more',
      when: 'before',
      error: new OperatorError('Unreachable', 'cut'),
      next: 'after',
      deeds: ['create a'],
    },
    {
      reason: 'it arrives late: it is ours, and no second one is made',
      when: 'later',
      error: new OperatorError('Unreachable', 'timed out'),
      next: 'after',
      deeds: [],
    },
  ] as const)('$reason', async ({ when, error, next, deeds }) => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.faults.set('create a', { when, error });
    await world.pass('a');
    expect(world.status('a')['pendingCreate']).toMatchObject({ name: 'a' });
    expect(await world.pass('a')).toMatchObject({ kind: next });
    for (const arrive of world.underWay) arrive();
    world.advance(60_000);
    await world.pass('a');
    expect(world.deeds).toEqual(deeds);
    expect(world.conditions('a')['Ready']).toBe('True/Reconciled');
    expect(world.status('a')).not.toHaveProperty('adopted');
    expect(world.doubles).toBe(0);
  });

  it.each([
    { reason: 'Authentik refused it', error: new OperatorError('InvalidSpec', 'no') },
    { reason: 'the request never left', error: new OperatorError('Unreachable', 'connection refused', { refused: true }) },
  ])('takes what appears under the name later for somebody else’s when $reason', async ({ error }) => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x', policies: { adoption: 'Never', deletion: undefined } });
    world.faults.set('create a', { when: 'before', error });
    await world.pass('a');
    expect(world.status('a')).not.toHaveProperty('pendingCreate');
    world.things.set('a', { uuid: 'foreign', value: 'x' });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/AdoptionConflict');
    world.store.delete(world.key('a'));
    await world.pass('a');
    expect(world.things.get('a')?.uuid).toBe('foreign');
    expect(world.deeds).toEqual([]);
  });

  it('doesn’t take for its own what is found under the mark and isn’t what was sent', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.faults.set('create a', { when: 'before', error: new OperatorError('Unreachable', 'cut') });
    await world.pass('a');
    world.things.set('a', { uuid: 'foreign', value: 'by hand' });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/AdoptionConflict');
    world.store.delete(world.key('a'));
    world.advance(60_000);
    await world.pass('a');
    expect(world.things.get('a')).toEqual({ uuid: 'foreign', value: 'by hand' });
  });

  it('keeps the record of something that a look missed until something new stands in its place', async () => {
    const world = new FakeWorld();
    world.things.set('a', { uuid: 'foreign', value: 'before' });
    world.store.apply('Thing', 'a', { value: 'x', policies: { adoption: 'Always', deletion: undefined } });
    await world.pass('a');
    world.misses = 1;
    await world.pass('a');
    await world.pass('a');
    expect(world.status('a')).toMatchObject({ uuid: 'foreign', adopted: { before: { value: 'before' } } });
    world.store.delete(world.key('a'));
    await world.pass('a');
    expect(world.things.get('a')).toEqual({ uuid: 'foreign', value: 'before' });
  });
});

describe('adopting', () => {
  it.each([
    {
      reason: 'Never refuses even what matches',
      policy: 'Never',
      there: 'x',
      ready: 'False/AdoptionConflict',
      stalled: 'True/AdoptionConflict',
      before: undefined,
      deeds: [],
    },
    {
      reason: 'IfMatch takes what matches',
      policy: 'IfMatch',
      there: 'x',
      ready: 'True/Reconciled',
      stalled: undefined,
      before: { value: 'x' },
      deeds: [],
    },
    {
      reason: 'IfMatch refuses what differs',
      policy: 'IfMatch',
      there: 'y',
      ready: 'False/AdoptionConflict',
      stalled: 'True/AdoptionConflict',
      before: undefined,
      deeds: [],
    },
    {
      reason: 'Always takes and changes',
      policy: 'Always',
      there: 'y',
      ready: 'True/Reconciled',
      stalled: undefined,
      before: { value: 'y' },
      deeds: ['update a'],
    },
  ] as const)('$reason', async ({ policy, there, ready: expected, stalled, before, deeds }) => {
    const world = new FakeWorld();
    world.things.set('a', { uuid: 'foreign', value: there });
    world.store.apply('Thing', 'a', { value: 'x', policies: { adoption: policy } });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe(expected);
    expect(world.deeds).toEqual(deeds);
    expect((world.status('a')['adopted'] as { before?: object } | undefined)?.before).toEqual(before);
    expect(world.conditions('a')['Stalled']).toBe(stalled);
  });

  it('has on record what was there before it changes it', async () => {
    const world = new FakeWorld();
    world.things.set('a', { uuid: 'foreign', value: 'y' });
    world.store.apply('Thing', 'a', { value: 'x', policies: { adoption: 'Always' } });
    world.faults.set('update a', { when: 'before', error: new OperatorError('Unreachable', 'down') });
    await world.pass('a');
    expect(world.status('a')).toMatchObject({ uuid: 'foreign', adopted: { before: { value: 'y' } } });
  });

  it('does not take a thing that was made anew under its name for its own', async () => {
    const world = await ready();
    world.things.set('a', { uuid: 'another', value: 'z' });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/AdoptionConflict');
    expect(world.things.get('a')).toEqual({ uuid: 'another', value: 'z' });
  });
});

describe('changing', () => {
  it.each([
    {
      reason: 'a new spec is an update',
      act: (world: FakeWorld) => world.store.apply('Thing', 'a', { value: 'new' }),
      event: 'Normal Updated: set value',
    },
    {
      reason: 'a foreign hand is drift',
      act: (world: FakeWorld) => world.things.set('a', { uuid: 'uuid-1', value: 'drifted' }),
      event: 'Normal DriftCorrected: put back value',
    },
    {
      reason: 'a new Secret is a rotation',
      act: (world: FakeWorld) => {
        world.differenceCause = 'Secret';
        world.things.set('a', { uuid: 'uuid-1', value: 'old password' });
      },
      event: 'Normal SecretRotated: set value',
    },
  ])('$reason', async ({ act, event }) => {
    const world = await ready();
    act(world);
    await world.pass('a');
    expect(world.deeds).toEqual(['create a', 'update a']);
    expect(world.events.at(-1)).toBe(event);
  });

  it('calls it drift as well when the object is not Ready for another reason', async () => {
    const world = await ready();
    world.settleError = new OperatorError('VerificationFailed', 'nobody sees it');
    await world.pass('a');
    world.things.set('a', { uuid: 'uuid-1', value: 'drifted' });
    await world.pass('a');
    expect(world.events.at(-1)).toBe('Normal DriftCorrected: put back value');
  });

  it('makes anew what somebody deleted', async () => {
    const world = await ready();
    world.things.clear();
    await world.pass('a');
    expect(world.deeds).toEqual(['create a', 'create a']);
    expect(world.status('a')).toMatchObject({ uuid: 'uuid-2' });
  });
});

describe('failing', () => {
  const CLASSES: readonly { reason: string; error: Reason; stalled: boolean; next: string }[] = [
    { reason: 'what a human must mend stalls', error: 'InvalidSpec', stalled: true, next: 'after' },
    { reason: 'what time heals is retried', error: 'Unreachable', stalled: false, next: 'backoff' },
    { reason: 'what waits for something else is woken by it', error: 'SecretNotFound', stalled: false, next: 'done' },
  ];

  it.each(CLASSES)('$reason ($error)', async ({ error, stalled, next }) => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.settleError = new OperatorError(error, 'because');
    expect((await world.pass('a')).kind).toBe(next);
    expect(world.conditions('a')).toMatchObject({ Ready: `False/${error}`, [stalled ? 'Stalled' : 'Reconciling']: `True/${error}` });
    expect(world.conditions('a')).not.toHaveProperty(stalled ? 'Reconciling' : 'Stalled');
  });

  it('waits as long as the other side asks', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.settleError = new OperatorError('RateLimited', 'slow down', { retryAfterMs: 7000 });
    expect(await world.pass('a')).toEqual({ kind: 'after', ms: 7000 });
  });

  it('tells once, however often it fails the same way', async () => {
    const world = await ready();
    world.connectError = new OperatorError('Unreachable', 'down');
    for (let i = 0; i < 5; i++) await world.pass('a');
    expect(world.events.filter((event) => event.includes('Unreachable'))).toHaveLength(1);
  });

  it.each([
    { reason: 'its server can not be asked', error: new OperatorError('Unreachable', 'down') },
    {
      reason: 'its connection says so of the server',
      error: new OperatorError('ConnectionNotReady', 'no', { cause: new OperatorError('Unreachable', 'down') }),
    },
  ])('stays Ready, and is Reconciling, when it was as it should be and $reason', async ({ error }) => {
    const world = await ready();
    world.connectError = error;
    await world.pass('a');
    expect(world.conditions('a')).toMatchObject({ Ready: 'True/Reconciled', Reconciling: `True/${error.reason}` });
  });

  it.each([
    { reason: 'the spec has changed since', spec: { value: 'y' }, error: 'Unreachable' as const },
    { reason: 'it is not about the way', spec: { value: 'x' }, error: 'Unauthorized' as const },
  ])('is not Ready any more when $reason', async ({ spec, error }) => {
    const world = await ready();
    world.store.apply('Thing', 'a', spec);
    world.connectError = new OperatorError(error, 'no');
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe(`False/${error}`);
  });

  it('is not Ready any more when it was found changed and could not be put back', async () => {
    const world = await ready();
    world.things.set('a', { uuid: String(world.things.get('a')?.uuid), value: 'drifted' });
    world.faults.set('update a', { when: 'before', error: new OperatorError('Unreachable', 'cut') });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/Unreachable');
  });

  it('says nothing at all of a pass that is put off', async () => {
    const world = await ready();
    world.store.statusWrites.length = 0;
    world.connectError = new DeferredError('not now');
    expect(await world.pass('a')).toEqual({ kind: 'done' });
    expect(world.store.statusWrites).toEqual([]);
  });

  it('clears every trace once it is well again', async () => {
    const world = await ready();
    world.connectError = new OperatorError('Unreachable', 'down');
    await world.pass('a');
    world.connectError = undefined;
    await world.pass('a');
    expect(Object.keys(world.conditions('a'))).toEqual(['Ready', 'ReferencesResolved', 'SecretsResolved', 'Synced']);
  });

  it('stops after the second write of a value that is accepted and not kept, and says both', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    await world.pass('a');
    world.keeps = (value) => value.toLowerCase();
    world.store.apply('Thing', 'a', { value: 'Y' });
    expect(await world.pass('a')).toEqual({ kind: 'backoff' });
    expect(world.conditions('a')['Ready']).toBe('False/ServerError');
    for (let pass = 0; pass < 3; pass++) await world.pass('a');
    expect(world.conditions('a')).toMatchObject({ Ready: 'False/NotKept', Stalled: 'True/NotKept' });
    expect(world.deeds.filter((deed) => deed === 'update a')).toHaveLength(2);
    expect(world.events.at(-1)).toContain('value ("y" kept, "Y" sent)');
    world.restart();
    await world.pass('a');
    expect(world.deeds.filter((deed) => deed === 'update a')).toHaveLength(2);
    world.store.apply('Thing', 'a', { value: 'z' });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('True/Reconciled');
    expect(world.status('a')['notKept']).toBeUndefined();
  });

  it('says InternalError for what nobody expected, and keeps going', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    world.settleError = new TypeError('undefined is not a function');
    expect((await world.pass('a')).kind).toBe('backoff');
    expect(world.conditions('a')['Ready']).toBe('False/InternalError');
  });
});

describe('two that mean the same', () => {
  it.each([
    { reason: 'the older one wins', first: '2026-01-01T00:00:00Z', second: '2026-01-02T00:00:00Z', winner: 'a', loser: 'a-rival' },
    {
      reason: 'whichever is reconciled first',
      first: '2026-01-03T00:00:00Z',
      second: '2026-01-02T00:00:00Z',
      winner: 'a-rival',
      loser: 'a',
    },
  ])('$reason', async ({ first, second, winner, loser }) => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' }, { createdAt: first });
    world.store.apply('Thing', 'a-rival', { value: 'y' }, { createdAt: second });
    for (const name of ['a', 'a-rival']) world.index.set(world.key(name), claimTopics(world.controller, world.object(name)));
    await world.pass(loser);
    await world.pass(winner);
    await world.pass(loser);
    expect(world.conditions(winner)['Ready']).toBe('True/Reconciled');
    expect(world.conditions(loser)).toMatchObject({ Ready: 'False/Conflict', Stalled: 'True/Conflict' });
    expect(world.deeds).toEqual(['create a']);
  });

  it('the one that has it on record wins, even when it is younger', async () => {
    const world = await ready();
    world.store.apply('Thing', 'a-rival', { value: 'y' }, { createdAt: '2020-01-01T00:00:00Z' });
    for (const name of ['a', 'a-rival']) world.index.set(world.key(name), claimTopics(world.controller, world.object(name)));
    await world.pass('a-rival');
    await world.pass('a');
    expect(world.conditions('a-rival')['Ready']).toBe('False/Conflict');
    expect(world.things.get('a')?.value).toBe('x');
  });
});

describe('paused', () => {
  it('writes nothing outside and says so, even while it is being deleted', async () => {
    const world = await ready();
    world.store.apply('Thing', 'a', { value: 'changed' }, { annotations: { 'test/paused': 'true' } });
    await world.pass('a');
    world.store.delete(world.key('a'));
    await world.pass('a');
    expect(world.deeds).toEqual(['create a']);
    expect(world.conditions('a')['Ready']).toBe('Unknown/Paused');
    expect(world.store.get(world.key('a'))).toBeDefined();
  });
});

describe('Ready', () => {
  it('waits for what the object is made of', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x', needs: 'b' });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/ReferenceNotReady');
    world.store.apply('Thing', 'b', { value: 'y' });
    await world.pass('b');
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('True/Reconciled');
  });

  it('is not in doubt while an edit of what the object is made of is not judged yet, and is once that fails', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'b', { value: 'y' });
    world.store.apply('Thing', 'a', { value: 'x', needs: 'b' });
    await world.pass('b');
    await world.pass('a');
    world.store.apply('Thing', 'b', { value: 'edited' });
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('True/Reconciled');
    world.faults.set('update b', { when: 'before', error: new OperatorError('InvalidSpec', 'no') });
    await world.pass('b');
    await world.pass('a');
    expect(world.conditions('a')['Ready']).toBe('False/ReferenceNotReady');
  });
});

describe('deleting', () => {
  async function deleted(world: FakeWorld): Promise<boolean> {
    world.store.delete(world.key('a'));
    await world.pass('a');
    return world.store.get(world.key('a')) === undefined;
  }

  it.each([
    { reason: 'what we created goes', adopted: false, deletion: undefined, deeds: ['delete a'], left: undefined },
    { reason: 'what we adopted is put back', adopted: true, deletion: undefined, deeds: ['restore a'], left: 'before' },
    { reason: 'Retain leaves it', adopted: false, deletion: 'Retain', deeds: [], left: 'x' },
    { reason: 'Delete deletes even what was adopted', adopted: true, deletion: 'Delete', deeds: ['delete a'], left: undefined },
    {
      reason: 'Restore of what did not exist before is its deletion',
      adopted: false,
      deletion: 'Restore',
      deeds: ['delete a'],
      left: undefined,
    },
  ] as const)('$reason', async ({ adopted, deletion, deeds, left }) => {
    const world = new FakeWorld();
    if (adopted) world.things.set('a', { uuid: 'foreign', value: 'before' });
    world.store.apply('Thing', 'a', { value: 'x', policies: { adoption: 'Always', deletion } });
    await world.pass('a');
    world.deeds.length = 0;
    expect(await deleted(world)).toBe(true);
    expect(world.deeds).toEqual(deeds);
    expect(world.things.get('a')?.value).toBe(left);
  });

  it('stops before it takes others along, unless told to', async () => {
    const world = await ready();
    world.blockers.push('oauth2provider "market"');
    expect(await deleted(world)).toBe(false);
    expect(world.conditions('a')['Ready']).toBe('False/DeletionBlocked');
    expect(world.events.at(-1)).toContain('oauth2provider "market"');
    world.store.apply('Thing', 'a', { value: 'x' }, { annotations: { 'test/force-delete': 'true' } });
    await world.pass('a');
    expect(world.things.has('a')).toBe(false);
  });

  it('leaves alone what somebody made by hand after creates that failed, one unanswered and one refused', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    for (const error of [new OperatorError('Unreachable', 'cut'), new OperatorError('InvalidSpec', 'refused')]) {
      world.faults.set('create a', { when: 'before', error });
      await world.pass('a');
      world.advance(120_000);
    }
    world.things.set('a', { uuid: 'by-hand', value: 'z' });
    expect(await deleted(world)).toBe(true);
    expect(world.things.get('a')).toEqual({ uuid: 'by-hand', value: 'z' });
    expect(world.deeds).toEqual([]);
  });

  it('leaves alone what was made anew under its name', async () => {
    const world = await ready();
    world.things.set('a', { uuid: 'another', value: 'x' });
    expect(await deleted(world)).toBe(true);
    expect(world.things.get('a')?.uuid).toBe('another');
  });

  it('is no failure when it is gone already', async () => {
    const world = await ready();
    world.things.clear();
    expect(await deleted(world)).toBe(true);
    expect(world.deeds).toEqual(['create a']);
  });

  it('writes nothing for an object that never had anything', async () => {
    const world = new FakeWorld();
    world.things.set('a', { uuid: 'foreign', value: 'y' });
    world.store.apply('Thing', 'a', { value: 'x' });
    await world.pass('a');
    expect(await deleted(world)).toBe(true);
    expect(world.things.get('a')).toEqual({ uuid: 'foreign', value: 'y' });
  });

  it('waits for dependents', async () => {
    const world = await ready();
    world.store.apply('Thing', 'b', { value: 'y', needs: 'a' });
    world.index.set(world.key('b'), [holderTopic(world.key('a'))]);
    expect(await deleted(world)).toBe(false);
    expect(world.conditions('a')['Ready']).toBe('False/WaitingForDependents');
  });

  it('waits for nobody who only links to it, nor for those who go with it in a loop', async () => {
    const world = await ready();
    world.store.apply('Thing', 'linked', { value: 'y', needs: 'a' });
    world.index.set(world.key('linked'), [dependencyTopic(world.key('a'))]);
    world.store.apply('Thing', 'b', { value: 'y', needs: 'a' });
    world.index.set(world.key('b'), [holderTopic(world.key('a'))]);
    world.index.set(world.key('a'), [holderTopic(world.key('b'))]);
    await world.pass('b');
    world.store.delete(world.key('b'));
    expect(await deleted(world)).toBe(true);
  });

  it.each([
    { reason: 'a connection that is gone doesn’t hold it for ever', error: 'ConnectionNotFound', gone: true },
    { reason: 'nor a Secret', error: 'SecretNotFound', gone: true },
    { reason: 'a server that is down does, since it comes back', error: 'Unreachable', gone: false },
    { reason: 'so does a token that is refused', error: 'Unauthorized', gone: false },
  ] as const)('$reason', async ({ error, gone }) => {
    const world = await ready();
    world.connectError = new OperatorError(error, 'no way');
    expect(await deleted(world)).toBe(false);
    expect(world.status('a')['releaseAt'] !== undefined).toBe(gone);
    world.restart();
    world.advance(11 * 60_000);
    await world.pass('a');
    expect(world.store.get(world.key('a')) === undefined).toBe(gone);
    expect(world.things.has('a')).toBe(true);
    expect(world.events.some((event) => event.startsWith('Warning Released'))).toBe(gone);
  });

  it('comes back to what a Secret that was only rewritten held up', async () => {
    const world = await ready();
    world.connectError = new OperatorError('SecretNotFound', 'no way');
    expect(await deleted(world)).toBe(false);
    world.connectError = undefined;
    await world.pass('a');
    expect(world.things.has('a')).toBe(false);
  });

  it.each([
    { reason: 'abandoned', annotations: { 'test/abandon': 'true' }, policies: undefined },
    { reason: 'retained', annotations: {}, policies: { adoption: 'IfMatch', deletion: 'Retain' } },
  ] as const)('needs no server when it is $reason', async ({ annotations, policies }) => {
    const world = await ready();
    world.store.apply('Thing', 'a', { value: 'x', ...(policies === undefined ? {} : { policies }) }, { annotations: { ...annotations } });
    world.connectError = new OperatorError('Unreachable', 'down');
    expect(await deleted(world)).toBe(true);
    expect(world.things.has('a')).toBe(true);
  });

  it('puts back only what still is as we made it', async () => {
    const world = new FakeWorld();
    world.things.set('a', { uuid: 'foreign', value: 'before' });
    world.store.apply('Thing', 'a', { value: 'x', policies: { adoption: 'Always', deletion: undefined } });
    await world.pass('a');
    world.things.set('a', { uuid: 'foreign', value: 'by an administrator' });
    expect(await deleted(world)).toBe(true);
    expect(world.things.get('a')?.value).toBe('by an administrator');
  });
});

describe('what should pass and stays', () => {
  it.each([
    { reason: 'ReferenceNotFound' as const, told: true },
    { reason: 'ConnectionNotFound' as const, told: true },
    { reason: 'ConnectionNotReady' as const, told: false },
  ])('is a warning once it has stayed for a minute, and one only ($reason: $told)', async ({ reason, told }) => {
    const world = new FakeWorld();
    world.connectError = new OperatorError(reason, 'not there');
    world.store.apply('Thing', 'a', { value: 'x' });
    const first = await world.pass('a');
    expect(world.events).toEqual([`Normal ${reason}: not there`]);
    expect(first.kind).toBe(told ? 'after' : 'done');
    world.advance(61_000);
    for (let pass = 0; pass < 3; pass += 1) await world.pass('a');
    expect(world.events.slice(1)).toEqual(told ? [`Warning ${reason}: not there`] : []);
    world.connectError = undefined;
    await world.pass('a');
    world.connectError = new OperatorError(reason, 'gone again');
    await world.pass('a');
    expect(world.events.at(-1)).toBe(`Normal ${reason}: gone again`);
  });
});

describe('what somebody else writes meanwhile', () => {
  it('is no failure: it is looked at again soon, and what was to be said is said once', async () => {
    const world = new FakeWorld();
    world.connectError = new OperatorError('SecretNotFound', 'none');
    world.store.apply('Thing', 'a', { value: 'x' });
    const write = jest.spyOn(world.store, 'writeStatus').mockRejectedValue(new StoreConflictError('changed'));
    expect(await world.pass('a')).toEqual({ kind: 'again', ms: 200 });
    expect(world.events).toEqual([]);
    write.mockRestore();
    await world.pass('a');
    expect(world.events).toEqual(['Warning SecretNotFound: none']);
    await world.pass('a');
    expect(world.events).toHaveLength(1);
  });
});

describe('an operator that stops', () => {
  it('begins no further step once patience has run out, and judges nothing by that', async () => {
    const world = new FakeWorld();
    world.store.apply('Thing', 'a', { value: 'x' });
    expect(await world.reconciler.reconcile(world.key('a'), AbortSignal.abort())).toMatchObject({ kind: 'again' });
    expect([world.deeds, world.store.statusWrites]).toEqual([[], []]);
  });
});
