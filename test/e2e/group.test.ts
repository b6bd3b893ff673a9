import { flow, group, stage } from './support/manifests.ts';
import { useScenario } from './support/scenario.ts';

const GROUPS = '/core/groups/';

const scenario = useScenario();

it('a group that new users join and that a flow asks for comes with them and goes with them', async () => {
  const [members, staff, write, slug] = ['members', 'staff', 'write', 'join'].map((name) => scenario().name(name)) as [
    string,
    string,
    string,
    string,
  ];
  await scenario().apply(
    flow(slug, [write], { policies: [{ order: 0, groupRef: { name: staff } }] }),
    stage(write, 'UserWrite', { createUsersGroup: { name: staff } }),
    group(staff, { parentRefs: [{ name: members }], attributes: { market: { role: 'provider' } } }),
    group(members),
  );
  await scenario().ready('AuthentikFlow', slug);
  const there = await scenario().authentik.get(GROUPS, staff);
  expect(there).toMatchObject({ attributes: { market: { role: 'provider' } } });
  expect(await scenario().authentik.get('/stages/user_write/', write)).toMatchObject({ create_users_group: there.pk });
  await scenario().remove(['AuthentikGroup', members], ['AuthentikGroup', staff], ['AuthentikStage', write], ['AuthentikFlow', slug]);
  expect(await scenario().authentik.find(GROUPS, staff)).toBeUndefined();
  expect(await scenario().authentik.find(GROUPS, members)).toBeUndefined();
});
