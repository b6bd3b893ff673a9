import { conditionOf, isReconciling, isStalled, verdict } from './support/conditions.ts';
import { connection, dummyStage, expressionPolicy, flow, prompt, stage, withSpec, type Manifest } from './support/manifests.ts';
import type { AuthentikObject } from './support/authentik-side.ts';
import { useScenario } from './support/scenario.ts';

/** Much is made by hand here a moment before it is looked for, which the audit log tells. */
const scenario = useScenario({ connection: { driftPollInterval: '1s' } });

const USER_WRITE = '/stages/user_write/';

/** A user write stage that somebody made in Authentik: two fields that the tests declare, and one that they never do. */
const MADE_BY_HAND = {
  user_creation_mode: 'create_when_required',
  create_users_as_inactive: false,
  user_type: 'external',
  user_path_template: 'made/by/hand',
};
const MATCHING = { userCreationMode: 'create_when_required', createUsersAsInactive: false };
const DIFFERENT = { userCreationMode: 'always_create', createUsersAsInactive: true };

async function makeByHand(
  name: string,
  path = USER_WRITE,
  fields: Readonly<Record<string, unknown>> = MADE_BY_HAND,
): Promise<AuthentikObject> {
  const made = await scenario().authentik.create(path, { ...(path === '/flows/instances/' ? {} : { name }), ...fields });
  const key = typeof made['slug'] === 'string' ? made['slug'] : made.pk;
  scenario().afterwards(async () => scenario().authentik.remove(path, key));
  return made;
}

function userWrite(name: string, fields: Readonly<Record<string, unknown>>, spec: Readonly<Record<string, unknown>> = {}): Manifest {
  return stage(name, 'UserWrite', fields, spec);
}

async function held(name: string): Promise<AuthentikObject> {
  return scenario().authentik.get(USER_WRITE, name);
}

interface Refused {
  readonly reason: string;
  readonly id: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly says: RegExp;
}

const refused: readonly Refused[] = [
  {
    reason: 'Never, though all fields match',
    id: 'never',
    spec: { adoptionPolicy: 'Never' },
    fields: MATCHING,
    says: /adoptionPolicy is Never/,
  },
  {
    reason: 'IfMatch, and two fields differ',
    id: 'two-differ',
    spec: { adoptionPolicy: 'IfMatch' },
    fields: DIFFERENT,
    says: /differs in userCreationMode \("create_when_required" there, "always_create" declared\), createUsersAsInactive \(false there, true declared\): /,
  },
  {
    reason: 'nothing said, which means IfMatch, and one field differs',
    id: 'one-differs',
    spec: {},
    fields: { ...MATCHING, createUsersAsInactive: true },
    says: /differs in createUsersAsInactive \(false there, true declared\): /,
  },
];

describe('an object that is in Authentik already', () => {
  it.each(refused)('is left alone with $reason', async ({ id, spec, fields, says }) => {
    const name = scenario().name(id);
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, fields, spec));
    const conflict = await scenario().judged('AuthentikStage', name, 'Ready=False/AdoptionConflict');
    expect(isStalled(conflict)).toBe(true);
    expect(verdict(conflict, 'Synced')).toBe('Synced=False/AdoptionConflict');
    expect(conditionOf(conflict, 'Ready')?.message).toMatch(says);
    expect(conflict.status?.uuid).toBeUndefined();
    expect(await held(name)).toEqual(before);
    expect((await scenario().event(`AuthentikStage/${name}`, 'AdoptionConflict')).type).toBe('Warning');
    // What was never taken over isn't given back or deleted either.
    await scenario().remove(['AuthentikStage', name]);
    expect(await held(name)).toEqual(before);
  });

  it('is taken over as it is when every declared field matches', async () => {
    const name = scenario().name('match');
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, MATCHING));
    const adopted = await scenario().ready('AuthentikStage', name);
    expect(adopted.status).toMatchObject({
      uuid: before.pk,
      adopted: { before: { user_creation_mode: 'create_when_required', create_users_as_inactive: false } },
    });
    expect(await held(name)).toEqual(before);
    expect((await scenario().event(`AuthentikStage/${name}`, 'Adopted')).type).toBe('Normal');
  });

  it('is taken over as soon as the spec is aligned', async () => {
    const name = scenario().name('aligned');
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, DIFFERENT));
    await scenario().judged('AuthentikStage', name, 'Ready=False/AdoptionConflict');
    await scenario().apply(userWrite(name, MATCHING));
    await scenario().ready('AuthentikStage', name);
    expect(await held(name)).toEqual(before);
  });

  it('is changed with Always, in the declared fields only, and put back when the object is deleted', async () => {
    const name = scenario().name('always');
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, DIFFERENT, { adoptionPolicy: 'Always' }));
    const adopted = await scenario().ready('AuthentikStage', name);
    expect(adopted.status).toMatchObject({
      adopted: { before: { user_creation_mode: 'create_when_required', create_users_as_inactive: false } },
    });
    expect(await held(name)).toEqual({ ...before, user_creation_mode: 'always_create', create_users_as_inactive: true });
    await scenario().remove(['AuthentikStage', name]);
    expect(await held(name)).toEqual(before);
    await scenario().event(`AuthentikStage/${name}`, 'Restored');
  });

  it('keeps on record what it held at first, also when the spec declares other values later', async () => {
    const name = scenario().name('later');
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, MATCHING));
    await scenario().ready('AuthentikStage', name);
    await scenario().apply(userWrite(name, DIFFERENT));
    await scenario().ready('AuthentikStage', name);
    expect(await held(name)).toMatchObject({ user_creation_mode: 'always_create', create_users_as_inactive: true });
    await scenario().remove(['AuthentikStage', name]);
    expect(await held(name)).toEqual(before);
  });

  it('gets back a field that was declared only after it was taken over', async () => {
    const name = scenario().name('more');
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, MATCHING));
    await scenario().ready('AuthentikStage', name);
    await scenario().apply(userWrite(name, { ...MATCHING, userType: 'internal' }));
    await scenario().ready('AuthentikStage', name);
    expect((await held(name))['user_type']).toBe('internal');
    await scenario().remove(['AuthentikStage', name]);
    expect(await held(name)).toEqual(before);
  });

  it('stays as it was made with Retain', async () => {
    const name = scenario().name('retain');
    const before = await makeByHand(name);
    await scenario().apply(userWrite(name, DIFFERENT, { adoptionPolicy: 'Always', deletionPolicy: 'Retain' }));
    await scenario().ready('AuthentikStage', name);
    await scenario().remove(['AuthentikStage', name]);
    expect(await held(name)).toEqual({ ...before, user_creation_mode: 'always_create', create_users_as_inactive: true });
    await scenario().event(`AuthentikStage/${name}`, 'Retained');
  });

  it('goes with Delete, if the user says so', async () => {
    const name = scenario().name('delete');
    await makeByHand(name);
    await scenario().apply(userWrite(name, MATCHING, { deletionPolicy: 'Delete' }));
    await scenario().ready('AuthentikStage', name);
    await scenario().remove(['AuthentikStage', name]);
    expect(await scenario().authentik.find(USER_WRITE, name)).toBeUndefined();
  });

  it('is not taken over when it is of another type, whatever the policy', async () => {
    const name = scenario().name('other-type');
    const before = await makeByHand(name);
    await scenario().apply(dummyStage(name, { adoptionPolicy: 'Always' }));
    const conflict = await scenario().judged('AuthentikStage', name, 'Ready=False/AdoptionConflict');
    expect(isStalled(conflict)).toBe(true);
    expect(conditionOf(conflict, 'Ready')?.message).toMatch(/another type, UserWrite: choose another name/);
    expect(await held(name)).toEqual(before);
    expect(await scenario().authentik.find('/stages/dummy/', name)).toBeUndefined();
  });
});

describe('every kind', () => {
  interface Kind {
    readonly kind: string;
    readonly path: string;
    readonly byHand: (name: string) => Readonly<Record<string, unknown>>;
    readonly declared: (name: string) => Manifest;
    readonly differs: string;
    /** Both, as the message shows them. */
    readonly values: string;
  }
  const kinds: readonly Kind[] = [
    {
      kind: 'a prompt',
      path: '/stages/prompt/prompts/',
      byHand: (name) => ({ name, field_key: 'company', label: 'Company', type: 'text', order: 7, required: false }),
      declared: (name) => prompt(name, { fieldKey: 'company', label: 'Employer', type: 'text' }),
      differs: 'label',
      values: '"Company" there, "Employer" declared',
    },
    {
      kind: 'a policy',
      path: '/policies/expression/',
      byHand: (name) => ({ name, expression: 'return False', execution_logging: true }),
      declared: (name) => expressionPolicy(name, 'return True'),
      differs: 'expression',
      values: '"return False" there, "return True" declared',
    },
    {
      kind: 'a flow',
      path: '/flows/instances/',
      byHand: (name) => ({ name, slug: name, title: 'Made by hand', designation: 'enrollment', layout: 'sidebar_left' }),
      declared: (name) => flow(name),
      differs: 'title',
      values: '"Made by hand" there, "Title of ',
    },
  ];

  it.each(kinds)('is refused, adopted and restored alike: $kind', async ({ path, byHand, declared, differs, values }) => {
    const name = scenario().name(`kind-${differs}`);
    const before = await makeByHand(name, path, byHand(name));
    const manifest = declared(name);
    await scenario().apply(manifest);
    const conflict = await scenario().judged(manifest.kind, name, 'Ready=False/AdoptionConflict');
    expect(conditionOf(conflict, 'Ready')?.message).toContain(`differs in ${differs} (${values}`);
    expect(await scenario().authentik.get(path, name)).toEqual(before);

    await scenario().apply(withSpec(manifest, { adoptionPolicy: 'Always' }));
    const adopted = await scenario().ready(manifest.kind, name);
    expect(adopted.status).toMatchObject({ uuid: before.pk, adopted: { before: { [differs]: before[differs] } } });
    expect((await scenario().authentik.get(path, name))[differs]).not.toEqual(before[differs]);

    await scenario().remove([manifest.kind, name]);
    expect(await scenario().authentik.get(path, name)).toEqual(before);
  });

  it('gives an adopted flow its own bindings back, and takes only those away that it added', async () => {
    const name = scenario().name('bound');
    const { pk } = await makeByHand(name, '/flows/instances/', { name, slug: name, title: `Title of ${name}`, designation: 'enrollment' });
    const theirs = await makeByHand(scenario().name('theirs'), '/stages/dummy/', {});
    await scenario().authentik.create('/flows/bindings/', {
      target: pk,
      stage: theirs.pk,
      order: 5,
      evaluate_on_plan: false,
      re_evaluate_policies: true,
    });
    const bindings = async (): Promise<readonly unknown[]> =>
      (await scenario().authentik.list('/flows/bindings/'))
        .filter((binding) => binding['target'] === pk)
        .map((binding) => [binding['order'], binding['stage'], binding.pk]);
    const before = await bindings();
    await scenario().apply(dummyStage(scenario().name('added')), flow(name, [scenario().name('added')], { adoptionPolicy: 'Always' }));
    await scenario().ready('AuthentikFlow', name);
    await scenario().judged('AuthentikFlow', name, 'UnmanagedBindings=True/UnmanagedBindingsFound');
    expect(await bindings()).toHaveLength(2);
    await scenario().remove(['AuthentikFlow', name], ['AuthentikStage', scenario().name('added')]);
    expect(await bindings()).toEqual(before);
  });
});

describe('the defaults of the connection', () => {
  it('stand in for policies that an object leaves out, and only for those', async () => {
    const { url } = scenario().target;
    await scenario().apply(connection(url, { defaults: { adoptionPolicy: 'Always', deletionPolicy: 'Retain' } }, 'generous'));
    await scenario().ready('AuthentikConnection', 'generous');
    const [silent, strict] = [scenario().name('silent'), scenario().name('strict')];
    const before = [await makeByHand(silent), await makeByHand(strict)];
    const connectionRef = { name: 'generous' };
    await scenario().apply(
      userWrite(silent, DIFFERENT, { connectionRef }),
      userWrite(strict, DIFFERENT, { connectionRef, adoptionPolicy: 'IfMatch' }),
    );
    await scenario().ready('AuthentikStage', silent);
    const conflict = await scenario().judged('AuthentikStage', strict, 'Ready=False/AdoptionConflict');
    expect(isReconciling(conflict)).toBe(false);
    expect(await held(strict)).toEqual(before[1]);
    await scenario().remove(['AuthentikStage', silent]);
    expect(await held(silent)).toEqual({ ...before[0], user_creation_mode: 'always_create', create_users_as_inactive: true });
  });
});
