import { FLOW } from '../../catalogue/flow.ts';
import { STAGES } from '../../catalogue/stages.ts';
import { desiredBody, type Resolve } from './desired.ts';

const fieldsOf = (type: string) => STAGES.find((entry) => entry.type === type)?.fields ?? [];
const resolve: Resolve = (reference, to) =>
  Promise.resolve(reference.none === true ? null : `pk of ${to} ${reference.name ?? reference.external ?? ''}`);

describe('desiredBody', () => {
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
    expect(await desiredBody(fieldsOf(type), values, '2026.2', resolve)).toEqual(expected);
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
  ] as const)('names the version for $reason', async ({ fields, values, version, needs }) => {
    await expect(desiredBody(fields, values, version, resolve)).rejects.toMatchObject({
      reason: 'UnsupportedVersion',
      message: expect.stringContaining(needs) as string,
    });
  });
});
