import { parseChallenge } from './challenge.ts';
import { answerToNotice } from './notice.ts';

const answerTo = (raw: object): unknown => {
  const challenge = parseChallenge(raw);
  if (challenge === undefined) throw new Error('no challenge');
  return answerToNotice(challenge);
};
const field = (type: string, required: boolean, initial_value: unknown = '') => ({
  field_key: `the_${type}`,
  type,
  required,
  initial_value,
});
const prompt = (...fields: object[]) => ({ component: 'ak-stage-prompt', fields });

describe('answerToNotice', () => {
  it.each([
    { reason: 'house rules', raw: prompt(field('static', false, '<p>Rules</p>')), answer: { component: 'ak-stage-prompt' } },
    {
      reason: 'shown fields that claim to be required',
      raw: prompt(field('alert_info', true), field('separator', true)),
      answer: { component: 'ak-stage-prompt' },
    },
    { reason: 'a form that may stay empty', raw: prompt(field('text', false)), answer: { component: 'ak-stage-prompt' } },
    {
      reason: 'a hidden field, which goes back as it came',
      raw: prompt(field('hidden', true, 'origin')),
      answer: { component: 'ak-stage-prompt', the_hidden: 'origin' },
    },
    { reason: 'a consent', raw: { component: 'ak-stage-consent', token: 't1' }, answer: { component: 'ak-stage-consent', token: 't1' } },
    { reason: 'a dummy', raw: { component: 'ak-stage-dummy', name: 'x' }, answer: { component: 'ak-stage-dummy' } },
  ])('goes on from $reason', ({ raw, answer }) => {
    expect(answerTo(raw)).toEqual(answer);
  });

  it.each([
    { reason: 'a form that asks for something', raw: prompt(field('static', false), field('email', true)) },
    { reason: 'terms that must be accepted', raw: prompt(field('checkbox', true)) },
    { reason: 'a form that nobody can read', raw: { component: 'ak-stage-prompt' } },
    { reason: 'a consent without its token', raw: { component: 'ak-stage-consent' } },
    { reason: 'a captcha', raw: { component: 'ak-stage-captcha' } },
    { reason: 'the login form', raw: { component: 'ak-stage-identification' } },
    { reason: 'a password', raw: { component: 'ak-stage-password' } },
  ])('has nothing to say to $reason', ({ raw }) => {
    expect(answerTo(raw)).toBeUndefined();
  });
});
