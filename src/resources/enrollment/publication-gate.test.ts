import { seen, unclear, wrong, type Sighting } from '../../authentik/sighting.ts';
import { HeldBackError, PublicationGate, type GateParts } from './publication-gate.ts';

const gate = (signUp: Sighting, preconditions: Sighting, parts: Partial<GateParts> = {}, forgotten = false) =>
  new PublicationGate({
    verifier: { signUp: async () => Promise.resolve(signUp), preconditions: async () => Promise.resolve(preconditions) },
    withdraws: false,
    withdrawn: undefined,
    said: 'the link was taken back: nobody sees it',
    visits: { forgottenSinceNoted: () => forgotten },
    subject: 'uid',
    fingerprint: 'f1',
    ...parts,
  });

const fine = seen('fine');
const closed = wrong('closed');

describe('PublicationGate', () => {
  it.each([
    { reason: 'an open door', made: gate(fine, fine) },
    { reason: 'what cannot be told', made: gate(unclear('a captcha'), fine) },
    { reason: 'sign-up without its market, where a link stays whatever happens', made: gate(fine, wrong('no application')) },
    { reason: 'what has changed since it was taken back', made: gate(fine, fine, { withdraws: true, withdrawn: { fingerprint: 'f0' } }) },
    { reason: 'what may have changed', made: gate(fine, fine, { withdraws: true, withdrawn: { fingerprint: 'f1' } }, true) },
    { reason: 'what is seen to work again', made: gate(fine, fine, { withdraws: true, withdrawn: {} }) },
    { reason: 'what shall not be taken back any more', made: gate(fine, fine, { withdrawn: { fingerprint: 'f1' } }) },
  ])('lets $reason pass', async ({ made }) => {
    await expect(made.pass()).resolves.toBeUndefined();
  });

  it.each([
    { reason: 'a closed door', made: gate(closed, fine), message: 'the link is not published: closed' },
    {
      reason: 'a market that is not there',
      made: gate(fine, wrong('no market'), { withdraws: true }),
      message: 'the link is not published: no market',
    },
    {
      reason: 'what was taken back and is as it was',
      made: gate(fine, fine, { withdraws: true, withdrawn: { fingerprint: 'f1' } }),
      message: 'the link was taken back: nobody sees it',
    },
    {
      reason: 'what was taken back and is still seen to fail',
      made: gate(closed, fine, { withdraws: true, withdrawn: {} }),
      message: 'the link is not published: closed',
    },
  ])('holds $reason back', async ({ made, message }) => {
    const error: unknown = await made.pass().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HeldBackError);
    expect(error).toMatchObject({ reason: 'VerificationFailed', message });
  });
});
