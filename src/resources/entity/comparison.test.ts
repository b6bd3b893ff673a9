import fc from 'fast-check';
import { STAGES } from '../../catalogue/stages.ts';
import { companions, current, differences } from './comparison.ts';

const userPath = (STAGES.find((entry) => entry.type === 'UserWrite')?.fields ?? []).filter(({ api }) => api === 'user_path_template');
const identification = [...(STAGES.find((entry) => entry.type === 'Identification')?.fields ?? []), ...userPath];
const email = STAGES.find((entry) => entry.type === 'Email')?.fields ?? [];

describe('differences', () => {
  it.each([
    { reason: 'what is not declared is not compared', desired: {}, actual: { user_fields: ['email'] }, expected: [] },
    {
      reason: 'ordered arrays are compared in order',
      desired: { user_fields: ['username', 'email'] },
      actual: { user_fields: ['email', 'username'] },
      expected: ['userFields'],
    },
    {
      reason: 'relations are sets: the server answers in no fixed order',
      desired: { sources: ['a', 'b'] },
      actual: { sources: ['b', 'a'] },
      expected: [],
    },
    { reason: 'a set that lacks one differs', desired: { sources: ['a', 'b'] }, actual: { sources: ['a'] }, expected: ['sources'] },
    {
      reason: 'none differs from something',
      desired: { password_stage: null },
      actual: { password_stage: 'x' },
      expected: ['passwordStage'],
    },
    {
      reason: 'a field that the server does not have differs',
      desired: { show_matched_user: true },
      actual: {},
      expected: ['showMatchedUser'],
    },
    {
      reason: "blanks that the server's own default has and nobody can send",
      desired: { user_path_template: 'x' },
      actual: { user_path_template: 'x ' },
      expected: [],
    },
    {
      reason: 'fields that we do not know never matter',
      desired: { show_matched_user: true },
      actual: { show_matched_user: true, brand_new: 1 },
      expected: [],
    },
  ])('$reason', ({ desired, actual, expected }) => {
    expect(differences(identification, desired, actual).map((difference) => difference.field)).toEqual(expected);
  });

  it('never names a field that is only written', () => {
    expect(differences(email, { password: 'secret', host: 'a' }, { host: 'a' })).toEqual([]);
  });

  it('finds nothing in a server that took the whole body, however it orders its relations', () => {
    const body = fc.record(
      {
        user_fields: fc.subarray(['email', 'username', 'upn']),
        sources: fc.uniqueArray(fc.uuid()),
        show_matched_user: fc.boolean(),
        password_stage: fc.option(fc.uuid()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (desired) => {
        const actual = { ...desired, ...(desired.sources === undefined ? {} : { sources: [...desired.sources].reverse() }), pk: 'x' };
        expect(differences(identification, desired, actual)).toEqual([]);
      }),
    );
  });
});

describe('what goes along with an update', () => {
  it('is what the server judges by the body alone', () => {
    expect(companions(identification, { user_fields: ['email'], sources: [], password_stage: 'x', pk: 'y' })).toEqual({
      user_fields: ['email'],
      sources: [],
    });
  });
});

describe('what is put on record before adoption', () => {
  it('is what the declared fields held, without anything secret', () => {
    expect(current(email, { host: 'new', password: 'new' }, { host: 'old', password: 'old', port: 25 })).toEqual({ host: 'old' });
  });
});
