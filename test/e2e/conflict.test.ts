import { conditionOf, isStalled, verdict } from './support/conditions.ts';
import {
  connection,
  dummyStage,
  enrollmentBinding,
  expressionPolicy,
  flow,
  prompt,
  stage,
  tokenSecret,
  withSpec,
  type Manifest,
} from './support/manifests.ts';
import type { StoredObject } from './support/stored-object.ts';
import { useScenario } from './support/scenario.ts';

const scenario = useScenario({ namespaces: 2, connection: { allowedNamespaces: { from: 'All' } } });

const other = (): string => scenario().namespaces[1] ?? '';

/** The same manifest as another object, which keeps what it means in Authentik. */
function copyOf(manifest: Manifest, name: string, spec: Readonly<Record<string, unknown>> = {}): Manifest {
  return withSpec({ ...manifest, metadata: { name } }, spec);
}

/** The loser waits for a human, names the winner, and never had anything in Authentik. */
async function expectConflict(kind: string, name: string, winner: string, namespace = scenario().namespace): Promise<StoredObject> {
  const loser = await scenario().judged(kind, name, 'Ready=False/Conflict', namespace);
  expect(isStalled(loser)).toBe(true);
  expect(conditionOf(loser, 'Ready')?.message).toContain(`${kind} ${winner} already manages`);
  expect(loser.status?.uuid).toBeUndefined();
  return loser;
}

describe('two objects that mean the same thing', () => {
  interface Pair {
    readonly kind: string;
    readonly path: string;
    readonly first: (name: string) => Manifest;
    /** What the second says otherwise; it must not arrive. */
    readonly second: Readonly<Record<string, unknown>>;
    readonly field: string;
  }
  const pairs: readonly Pair[] = [
    { kind: 'a flow', path: '/flows/instances/', first: (slug) => flow(slug), second: { title: 'The other title' }, field: 'title' },
    {
      kind: 'a stage',
      path: '/stages/deny/',
      first: (name) => stage(name, 'Deny', { denyMessage: 'the first' }, { name }),
      second: { deny: { denyMessage: 'the second' } },
      field: 'deny_message',
    },
    {
      kind: 'a prompt',
      path: '/stages/prompt/prompts/',
      first: (name) => prompt(name, { name }),
      second: { label: 'The other label' },
      field: 'label',
    },
    {
      kind: 'a policy',
      path: '/policies/expression/',
      first: (name) => expressionPolicy(name, 'return True', { name }),
      second: { expression: { expression: 'return False' } },
      field: 'expression',
    },
  ];

  it.each(pairs)(
    'are settled by age, and the loser takes over when the winner is deleted: $kind',
    async ({ path, first, second, field }) => {
      const name = scenario().name(`pair-${field.replace('_', '-')}`);
      const winner = first(name);
      const loser = copyOf(winner, `${name}-again`, second);
      const { kind } = winner;
      await scenario().apply(winner);
      await scenario().ready(kind, name);
      const before = await scenario().authentik.get(path, name);
      await scenario().apply(loser);
      await expectConflict(kind, loser.metadata.name, `${scenario().namespace}/${name}`);
      expect((await scenario().event(`${kind}/${loser.metadata.name}`, 'Conflict')).type).toBe('Warning');
      expect(await scenario().authentik.get(path, name)).toEqual(before);
      expect(verdict(scenario().see(kind, name))).toBe('Ready=True/Reconciled');

      // The winner made it, so it goes with the winner, and the loser makes its own.
      await scenario().remove([kind, name]);
      const heir = await scenario().ready(kind, loser.metadata.name);
      const after = await scenario().authentik.get(path, name);
      expect(after.pk).toBe(heir.status?.uuid);
      expect(after.pk).not.toBe(before.pk);
      expect(after[field]).not.toEqual(before[field]);
      expect(heir.status?.['adopted']).toBeUndefined();
    },
  );

  it('are found across namespaces as well', async () => {
    const name = scenario().name('across');
    await scenario().apply(dummyStage(name));
    await scenario().ready('AuthentikStage', name);
    await scenario().applyIn(other(), dummyStage(name, { connectionRef: { name: 'default', namespace: scenario().namespace } }));
    const loser = await expectConflict('AuthentikStage', name, `${scenario().namespace}/${name}`, other());
    expect(loser.metadata.namespace).toBe(other());
  });

  it('are found across connections to one server, however its address is written', async () => {
    const name = scenario().name('slash');
    await scenario().applyIn(other(), tokenSecret(scenario().target.token), connection(`${scenario().target.url}//`, {}, 'with-slashes'));
    await scenario().ready('AuthentikConnection', 'with-slashes', other());
    await scenario().apply(dummyStage(name));
    await scenario().ready('AuthentikStage', name);
    await scenario().applyIn(other(), dummyStage(name, { connectionRef: { name: 'with-slashes' } }));
    const loser = await expectConflict('AuthentikStage', name, `${scenario().namespace}/${name}`, other());
    expect(loser.metadata.namespace).toBe(other());
  });

  it('make one object when they are applied at the same moment', async () => {
    const name = scenario().name('at-once');
    const twins = ['a', 'b', 'c'].map((which) => dummyStage(`${name}-${which}`, { name }));
    await Promise.all(twins.map(async (twin) => scenario().apply(twin)));
    const settled = (): readonly string[] =>
      twins
        .map(({ metadata }) =>
          verdict(
            scenario().history.latest('AuthentikStage', scenario().namespace, metadata.name) ??
              scenario().see('AuthentikConnection', 'default'),
          ),
        )
        .sort();
    await scenario().history.until(
      () => settled().join() === 'Ready=False/Conflict,Ready=False/Conflict,Ready=True/Reconciled',
      'one wins and two give way',
    );
    const found = (await scenario().authentik.list('/stages/dummy/')).filter((row) => row['name'] === name);
    expect(found).toHaveLength(1);
    // Two that gave way never had it for a moment.
    const had = twins.filter(({ metadata }) =>
      scenario()
        .history.versions('AuthentikStage', scenario().namespace, metadata.name)
        .some(({ status }) => status?.uuid !== undefined),
    );
    expect(had).toHaveLength(1);
  });

  it('are settled by who has it, before by age', async () => {
    const name = scenario().name('recorded');
    // The elder has nowhere to go yet.
    await scenario().apply(dummyStage(`${name}-elder`, { name, connectionRef: { name: 'later' } }));
    await scenario().judged('AuthentikStage', `${name}-elder`, 'Ready=False/ConnectionNotFound');
    await scenario().apply(dummyStage(`${name}-younger`, { name }));
    await scenario().ready('AuthentikStage', `${name}-younger`);
    await scenario().apply(connection(scenario().target.url, {}, 'later'));
    await expectConflict('AuthentikStage', `${name}-elder`, `${scenario().namespace}/${name}-younger`);
    expect(verdict(scenario().see('AuthentikStage', `${name}-younger`))).toBe('Ready=True/Reconciled');
  });
});

describe('the loser', () => {
  it('goes without a trace, and the winner has all as before', async () => {
    const name = scenario().name('loser-goes');
    await scenario().apply(dummyStage(name));
    await scenario().ready('AuthentikStage', name);
    const before = await scenario().authentik.get('/stages/dummy/', name);
    await scenario().apply(dummyStage(`${name}-again`, { name }));
    await expectConflict('AuthentikStage', `${name}-again`, `${scenario().namespace}/${name}`);
    await scenario().remove(['AuthentikStage', `${name}-again`]);
    expect(await scenario().authentik.get('/stages/dummy/', name)).toEqual(before);
    expect(verdict(scenario().see('AuthentikStage', name))).toBe('Ready=True/Reconciled');
  });

  it('adopts what the winner leaves behind', async () => {
    const name = scenario().name('left-behind');
    await scenario().apply(dummyStage(name, { deletionPolicy: 'Retain' }));
    const { status } = await scenario().ready('AuthentikStage', name);
    await scenario().apply(dummyStage(`${name}-again`, { name, deletionPolicy: 'Delete' }));
    await expectConflict('AuthentikStage', `${name}-again`, `${scenario().namespace}/${name}`);
    await scenario().remove(['AuthentikStage', name]);
    const heir = await scenario().ready('AuthentikStage', `${name}-again`);
    expect(heir.status).toMatchObject({ uuid: status?.uuid, adopted: { before: {} } });
  });
});

describe('two sign-up links on one login page', () => {
  it('one is published; the other takes over when it is deleted, and at last the page is as it was', async () => {
    const name = (what: string): string => scenario().name(`link-${what}`);
    const target = { identificationStageRef: { name: name('who') } };
    const linked = async (): Promise<unknown> =>
      (await scenario().authentik.get('/stages/identification/', name('who')))['enrollment_flow'];
    await scenario().apply(
      stage(name('who'), 'Identification', { userFields: ['username'] }),
      flow(name('login'), [name('who')], { designation: 'authentication' }),
      prompt(name('field')),
      stage(name('form'), 'Prompt', { fields: [{ name: name('field') }] }),
      flow(name('one'), [name('form')]),
      flow(name('two'), [name('form')]),
      enrollmentBinding(name('one'), { flowRef: { name: name('one') }, ...target }),
    );
    const one = await scenario().ready('AuthentikFlow', name('one'));
    const two = await scenario().ready('AuthentikFlow', name('two'));
    await scenario().ready('EnrollmentBinding', name('one'));
    await scenario().apply(enrollmentBinding(name('two'), { flowRef: { name: name('two') }, ...target }));
    await expectConflict('EnrollmentBinding', name('two'), `${scenario().namespace}/${name('one')}`);
    expect(await linked()).toBe(one.status?.uuid);

    await scenario().remove(['EnrollmentBinding', name('one')]);
    await scenario().ready('EnrollmentBinding', name('two'));
    expect(await linked()).toBe(two.status?.uuid);
    await scenario().remove(['EnrollmentBinding', name('two')]);
    expect(await linked()).toBeNull();
  });
});
