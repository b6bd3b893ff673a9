import { conditionOf } from './support/conditions.ts';
import { flow, invitation, prompt, stage } from './support/manifests.ts';
import { useScenario } from './support/scenario.ts';

/** The one that the chart of these tests lets the operator write. */
const SECRET = 'invitation-link';
const INVITATIONS = '/stages/invitation/invitations/';

const scenario = useScenario({
  connection: { driftPollInterval: '1s' },
  operator: () => ({ invitationSecretNames: [SECRET] }),
});

it('an invitation puts its link into a Secret and nowhere else, and both go with it', async () => {
  const [name, other, slug, form, field] = ['first', 'second', 'join', 'form', 'email'].map((part) => scenario().name(part)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const { api, namespace, authentik } = scenario();
  await scenario().apply(
    invitation(name, { flowRef: { name: slug }, secretName: SECRET, expires: 'days=7', singleUse: true }),
    invitation(other, { flowRef: { name: slug }, secretName: 'some-other-secret', expires: 'days=7' }),
    flow(slug, [form]),
    stage(form, 'Prompt', { fields: [{ name: field }] }),
    prompt(field),
  );
  await scenario().ready('AuthentikInvitation', name);
  const secret = (await api.read('Secret', namespace, SECRET)) as unknown as {
    data: { url: string; token: string };
    metadata: { ownerReferences: readonly { kind: string; name: string }[] };
  };
  const token = Buffer.from(secret.data.token, 'base64').toString('utf8');
  expect(Buffer.from(secret.data.url, 'base64').toString('utf8')).toMatch(new RegExp(`/if/flow/${slug}/\\?itoken=${token}$`));
  expect(secret.metadata.ownerReferences).toEqual([expect.objectContaining({ kind: 'AuthentikInvitation', name })]);
  expect(await authentik.find(INVITATIONS, name)).toMatchObject({ pk: token, single_use: true });
  // A name that the chart doesn't list is refused before anything is written.
  const refused = await scenario().judged('AuthentikInvitation', other, 'Ready=False/NotOurs');
  expect(conditionOf(refused, 'Ready')?.message).toContain('rbac.invitationSecretNames');
  expect(await authentik.find(INVITATIONS, other)).toBeUndefined();
  for (const [where, text] of Object.entries(await scenario().said()))
    expect({ where, said: text.includes(token) }).toEqual({ where, said: false });
  await scenario().remove(
    ['AuthentikInvitation', name],
    ['AuthentikInvitation', other],
    ['AuthentikFlow', slug],
    ['AuthentikStage', form],
    ['AuthentikPrompt', field],
  );
  expect(await authentik.find(INVITATIONS, name)).toBeUndefined();
});
