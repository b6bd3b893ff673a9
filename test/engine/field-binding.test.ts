import { silentLogger } from '../../src/authentik/silent-logger.ts';
import type { AuthentikConnectionSpec } from '../../src/api/v1alpha1/authentik-connection.ts';
import type { ApiObject } from '../../src/authentik/api-object.ts';
import type { Session } from '../../src/authentik/session.ts';
import { FIELD_BINDINGS, type FieldBinding } from '../../src/catalogue/field-bindings.ts';
import { FieldBindingResource } from '../../src/resources/field-binding/field-binding-resource.ts';
import type { Onlooker } from '../../src/resources/field-binding/onlooker.ts';
import { OperatorError } from '../../src/runtime/errors.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { ManagedObject } from '../../src/runtime/object.ts';
import { openSession } from '../../src/server/open-session.ts';
import { Servers } from '../../src/server/servers.ts';
import { Sessions } from '../../src/server/sessions.ts';
import { startAuthentikSim, type AuthentikSim } from '../authentik-sim/sim.ts';

/** Another field of the same stage, which the operator doesn't bind (yet): a row is all that it takes. */
const RECOVERY: FieldBinding<'stage'> = {
  ...FIELD_BINDINGS.EnrollmentBinding,
  field: 'recovery_flow',
  specName: 'recoveryFlow',
  noun: 'recovery link',
  fieldNoun: 'recovery flow',
  carriers: { stage: FIELD_BINDINGS.EnrollmentBinding.carriers.stage },
  condition: 'Linked',
  status: { before: 'formerFlow', ours: 'ourFlow', slug: 'slug', carrier: 'stage' },
  untilSet: [],
};

const STAGES = '/stages/identification/';

describe("a row of the table of fields on objects that aren't ours", () => {
  let sim: AuthentikSim;
  let servers: Servers;
  let session: Session;
  let stage: { readonly pk: string };
  let flows: readonly { readonly pk: string; readonly slug: string }[];

  beforeEach(async () => {
    sim = await startAuthentikSim({ version: '2026.2' });
    const listener = {
      wake: () => undefined,
      resync: () => undefined,
      lookAgain: () => undefined,
      recovered: () => undefined,
      shown: () => undefined,
    };
    servers = new Servers({ clock: systemClock, clientOptions: { log: silentLogger, userAgent: 'test' }, listener });
    const secrets = { text: async () => Promise.resolve({ value: sim.token }), bundle: async () => Promise.resolve('') };
    const connection = {
      kind: 'AuthentikConnection',
      metadata: { namespace: 'market', name: 'default', uid: 'c', generation: 1 },
      spec: { url: sim.url, tokenSecretRef: { name: 'token', key: 'token' }, driftPollInterval: '0s' },
    } as unknown as ManagedObject<AuthentikConnectionSpec>;
    ({ session } = await openSession(connection, { secrets, servers, sessions: new Sessions(servers) }));
    [stage] = (await session.client.list(STAGES)) as [{ pk: string }];
    flows = ((await session.client.list('/flows/instances/')) as ApiObject[])
      .map((flow) => ({ pk: flow.pk, slug: String(flow['slug']) }))
      .slice(0, 3);
  });

  afterEach(async () => {
    servers.close();
    await sim.stop();
  });

  const held = async (): Promise<unknown> =>
    ((await session.client.get(`${STAGES}${stage.pk}/`)) as Record<string, unknown>)['recovery_flow'];
  const setByHand = async (flow: string | null): Promise<unknown> =>
    session.client.patch(`${STAGES}${stage.pk}/`, { recovery_flow: flow, user_fields: ['username'] });
  const flow = (index: number): { uuid: string; slug: string } => ({ uuid: flows[index]?.pk ?? '', slug: flows[index]?.slug ?? '' });

  function bound(
    options: { to?: { uuid: string; slug: string }; before?: string; ours?: string; onlooker?: Onlooker; target?: string } = {},
  ): FieldBindingResource {
    const uuid = options.target ?? stage.pk;
    return new FieldBindingResource({
      session,
      binding: RECOVERY,
      target: { kind: 'stage', uuid, name: 'login-form' },
      flow: options.to,
      recorded: { uuid: options.ours === undefined ? undefined : uuid, before: options.before, ours: options.ours },
      onlooker: options.onlooker,
    });
  }

  it('sets its field, keeps what was there under its own names, and finds it set the next time', async () => {
    await setByHand(flow(1).uuid);
    session.cache.invalidate();
    const resource = bound({ to: flow(0) });
    const before = await resource.observe();
    expect(before).toMatchObject({ differences: [{ field: 'recoveryFlow' }], before: { recovery_flow: flow(1).uuid } });
    const after = await resource.update();
    expect(await held()).toBe(flow(0).uuid);
    expect(after).toMatchObject({
      differences: [],
      status: { formerFlow: flow(1).uuid, ourFlow: flow(0).uuid, slug: flow(0).slug, stage: 'login-form' },
      conditions: [{ type: 'Linked', status: 'True' }],
    });
  });

  it('puts right what others have changed, and still knows what was there first', async () => {
    await setByHand(flow(2).uuid);
    session.cache.invalidate();
    const resource = bound({ to: flow(0), before: flow(1).uuid, ours: flow(0).uuid });
    const observed = await resource.observe();
    expect(observed).toMatchObject({ differences: [{ field: 'recoveryFlow' }], status: { formerFlow: flow(1).uuid } });
    expect(await resource.update()).toMatchObject({ differences: [], status: { formerFlow: flow(1).uuid } });
    expect(await held()).toBe(flow(0).uuid);
  });

  it.each([
    { reason: 'what we set is still there: the former flow returns', now: 0, before: 1, expected: 1 },
    { reason: 'others have set another one since: it stays', now: 2, before: 1, expected: 2 },
    { reason: 'nothing was there before', now: 0, before: undefined, expected: undefined },
    { reason: 'others have emptied it to stop what it led to: it stays empty', now: undefined, before: 1, expected: undefined },
    { reason: 'Authentik emptied it when our flow went: the former flow returns', now: undefined, before: 1, gone: true, expected: 1 },
    { reason: 'we never set it, and others have: theirs stays', now: 2, before: 1, never: true, expected: 2 },
    { reason: 'we never set it, and others have emptied it', now: undefined, before: 1, never: true, expected: undefined },
  ])('puts back: $reason', async ({ now, before, gone = false, never = false, expected }) => {
    await setByHand(now === undefined ? null : flow(now).uuid);
    session.cache.invalidate();
    const ours = gone ? '00000000-0000-4000-8000-000000000000' : flow(0).uuid;
    const resource = bound(never ? {} : { ours });
    await resource.restore(await resource.observe(), { recovery_flow: before === undefined ? null : flow(before).uuid });
    expect(await held()).toBe(expected === undefined ? null : flow(expected).uuid);
  });

  it('restores no link to a flow that is gone', async () => {
    await setByHand(flow(0).uuid);
    session.cache.invalidate();
    const resource = bound({ ours: flow(0).uuid });
    await resource.restore(await resource.observe(), { recovery_flow: '00000000-0000-4000-8000-000000000000' });
    expect(await held()).toBeNull();
  });

  it('is not set against its onlooker', async () => {
    const onlooker: Onlooker = {
      admit: async () => Promise.reject(new OperatorError('VerificationFailed', 'the flow is empty')),
      settle: async () => Promise.resolve({}),
    };
    await expect(bound({ to: flow(0), onlooker }).update()).rejects.toThrow('the flow is empty');
    expect(await held()).toBeNull();
  });

  it('says what can carry it, in its own words', async () => {
    const missing = bound({ to: flow(0), target: '00000000-0000-4000-8000-000000000000' });
    await expect(missing.observe()).rejects.toThrow(
      '"login-form" is not an identification stage in Authentik, so it can\'t carry a recovery link: refer to another stage',
    );
  });
});
