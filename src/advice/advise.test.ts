import { advise, isWorthKnowing } from './advise.ts';
import type { StagePlace } from './flow-model.ts';
import { RULES } from './rules.ts';
import { PASSWORD, policy, at, form, flow, INACTIVE, LOGIN, WHO, SIGN_UP } from './testing/flows.ts';

describe('the rules', () => {
  it('stand in the order of their severity', () => {
    const rank = ['error', 'warning', 'info'];
    const ranks = RULES.map(({ severity }) => rank.indexOf(severity));
    expect(ranks).toEqual([...ranks].sort());
  });

  it('say what to do in a few words, for the worst flow there is', () => {
    const everything = flow(
      'enrollment',
      [form(10, [PASSWORD]), { ...INACTIVE, order: 10 }, at(30, 'AuthenticatorValidate', { not_configured_action: 'skip' })],
      {
        authentication: 'none',
        policies: [policy('Password')],
        linkedBy: [],
      },
    );
    const texts = advise(everything).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(4);
    for (const text of texts) {
      expect(text.length).toBeLessThanOrEqual(220);
      expect(text).toMatch(/^[^A-Z.]*.*[^.]$/);
    }
  });

  it('give the same advice in whatever order rows at one place come', () => {
    const [a, b] = [at(10, 'Dummy', {}, { name: 'a' }), at(10, 'Deny', {}, { name: 'b' })];
    expect(advise(flow('stage_configuration', [a, b]))).toEqual(advise(flow('stage_configuration', [b, a])));
  });
});

describe('what is worth knowing', () => {
  const unknown = (place: StagePlace): StagePlace => ({ ...place, policies: undefined });
  it.each([
    {
      reason: 'the guide: no policy could make it worse',
      model: flow('enrollment', SIGN_UP.map(unknown), { policies: undefined }),
      policies: false,
      links: false,
    },
    {
      reason: 'a session before the password: is it guarded?',
      model: flow('authentication', [WHO, at(15, 'UserLogin'), at(20, 'Password')].map(unknown)),
      policies: true,
      links: false,
    },
    {
      reason: 'the signed-in are let in: does a policy keep them out?',
      model: flow('enrollment', SIGN_UP, { authentication: 'none', policies: undefined }),
      policies: true,
      links: false,
    },
    {
      reason: 'a sign-up: does anything link to it?',
      model: flow('enrollment', SIGN_UP, { linkedBy: undefined }),
      policies: false,
      links: true,
    },
    {
      reason: 'a login needs no link',
      model: flow('authentication', [WHO, LOGIN], { linkedBy: undefined }),
      policies: false,
      links: false,
    },
  ])('$reason', ({ model, policies, links }) => {
    expect({ policies: isWorthKnowing(model, 'policies'), links: isWorthKnowing(model, 'links') }).toEqual({ policies, links });
  });
});
