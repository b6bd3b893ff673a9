import { FLOW } from '../../catalogue/flow.ts';
import { STAGES } from '../../catalogue/stages.ts';
import { OperatorError } from '../../runtime/errors.ts';
import { declaredFields, resolved, type References } from './desired.ts';

const fieldsOf = (type: string) => STAGES.find((entry) => entry.type === type)?.fields ?? [];
const resolve: References['resolve'] = (reference, to) =>
  Promise.resolve(reference.none === true ? null : `pk of ${to} ${reference.name ?? reference.external ?? ''}`);
/** Flows whose name begins with `half` have a key and aren't whole, those with `absent` don't even have one. */
const references: References = {
  resolve,
  link: async (reference, to) => {
    const pending = new OperatorError('ReferenceNotReady', 'not whole');
    if (reference.name?.startsWith('absent') === true) return { key: undefined, pending };
    const key = await resolve(reference, to);
    return reference.name?.startsWith('half') === true ? { key, pending } : { key };
  },
};

describe('what a spec declares', () => {
  it.each([
    {
      reason: 'one row of the table names the field, from the manifest to the request',
      type: 'UserWrite',
      values: { createUsersAsInactive: true },
      expected: { create_users_as_inactive: true },
    },
    { reason: 'left out is not managed', type: 'UserWrite', values: {}, expected: {} },
    { reason: 'none is null', type: 'UserWrite', values: { createUsersGroup: { none: true } }, expected: { create_users_group: null } },
    {
      reason: 'references become primary keys',
      type: 'Identification',
      values: { passwordStage: { external: 'p' } },
      expected: { password_stage: 'pk of stage p' },
    },
    {
      reason: 'sets too',
      type: 'Prompt',
      values: { fields: [{ name: 'a' }, { external: 'b' }] },
      expected: { fields: ['pk of prompt a', 'pk of prompt b'] },
    },
    {
      reason: 'secrets are left to whoever reads them',
      type: 'Email',
      values: { passwordSecretRef: { name: 's', key: 'k' }, host: 'h' },
      expected: { host: 'h' },
    },
    {
      reason: 'the sign-up link belongs to another kind',
      type: 'Identification',
      values: { enrollmentFlow: { external: 'x' } },
      expected: {},
    },
  ])('$reason', async ({ type, values, expected }) => {
    expect(await resolved(declaredFields(fieldsOf(type), values, '2026.2'), references)).toEqual({ body: expected, pending: [] });
  });

  it.each([
    {
      reason: 'a field that came later',
      fields: fieldsOf('Identification'),
      values: { webauthnStage: { external: 'x' } },
      version: '2025.10',
      needs: 'webauthnStage needs Authentik 2025.12',
    },
    {
      reason: 'a value that came later',
      fields: FLOW.fields,
      values: { layout: 'sidebar_left_frame_background' },
      version: '2025.12',
      needs: 'layout: sidebar_left_frame_background needs Authentik 2026.2',
    },
  ] as const)('names the version for $reason', ({ fields, values, version, needs }) => {
    expect(() => declaredFields(fields, values, version)).toThrow(
      expect.objectContaining({ reason: 'UnsupportedVersion', message: expect.stringContaining(needs) as string }) as Error,
    );
  });

  it('keeps references as names until they are found', () => {
    const values = { userFields: ['email'], recoveryFlow: { name: 'recovery' }, sources: [{ external: 'a' }] };
    expect(declaredFields(fieldsOf('Identification'), values, '2026.2')).toMatchObject([
      { value: ['email'] },
      { one: { to: 'flow', reference: { name: 'recovery' } } },
      { all: [{ to: 'source', reference: { external: 'a' } }] },
    ]);
  });

  it.each([
    { reason: 'is set to nothing as long as there is no key', name: 'absent', body: { recovery_flow: null }, key: undefined },
    { reason: 'has its key before its target is whole', name: 'half', body: { recovery_flow: 'pk of flow half' }, key: 'pk of flow half' },
  ])('a weak link $reason, and waits', async ({ name, body, key }) => {
    const found = await resolved(declaredFields(fieldsOf('Identification'), { recoveryFlow: { name } }, '2026.2'), references);
    expect(found).toMatchObject({ body, pending: [{ field: { api: 'recovery_flow' }, key, name }] });
  });
});
