import { FlowExecutor } from './flow-executor.ts';
import { lookAtSignUp } from './look-at-sign-up.ts';
import { ScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const denied = (error_message: string): ScriptedAnswer => ({ body: { component: 'ak-stage-access-denied', error_message } });
/** As 2025.12 words it. */
const INVITATION = 'Invalid invite/invite not found';

describe('lookAtSignUp', () => {
  let server: ScriptedServer;
  let answer: ScriptedAnswer;
  beforeAll(async () => {
    server = await ScriptedServer.start(() => answer);
  });
  afterAll(async () => server.stop());

  const look = async (page: ScriptedAnswer, invitation = false) => {
    answer = page;
    const visitor = new FlowExecutor({ url: server.url });
    const sighting = await lookAtSignUp(visitor, { slug: 'join', asksForInvitation: async () => Promise.resolve(invitation) });
    visitor.close();
    return sighting;
  };

  it.each([
    { reason: 'a form', page: { body: { component: 'ak-stage-prompt', fields: [] } }, verdict: 'seen', message: /gets the sign-up form/ },
    {
      reason: 'a captcha',
      page: { body: { component: 'ak-stage-captcha' } },
      verdict: 'unclear',
      message: /begins with a captcha.*ak-stage-captcha/,
    },
    {
      reason: 'an Invitation stage',
      page: denied(INVITATION),
      invitation: true,
      verdict: 'unclear',
      message: /people with an invitation: .*\(Invalid invite\/invite not found\)/,
    },
    {
      reason: 'such words of something else',
      page: denied(INVITATION),
      verdict: 'wrong',
      message: /gets ak-stage-access-denied \(Invalid/,
    },
    {
      reason: "a policy in an invitation's flow",
      page: denied('Flow does not apply to current user.'),
      invitation: true,
      verdict: 'wrong',
      message: /gets ak-stage-access-denied \(Flow does not apply/,
    },
    {
      reason: 'a failure',
      page: { body: { component: 'ak-stage-flow-error', request_id: 'f00d' } },
      verdict: 'wrong',
      message: /gets ak-stage-flow-error \(f00d\)/,
    },
    {
      reason: 'an empty flow',
      page: { body: { component: 'xak-flow-redirect', to: '/' } },
      verdict: 'wrong',
      message: /redirect to \/: no stage of the flow applies/,
    },
    {
      reason: 'a flow that leads away',
      page: { body: { component: 'xak-flow-redirect', to: 'https://join.example.com/' } },
      verdict: 'unclear',
      message: /to https:\/\/join\.example\.com/,
    },
    { reason: 'no flow', page: { status: 404, body: '<html>' }, verdict: 'wrong', message: /no page for the flow join/ },
  ])('calls $reason $verdict', async ({ page, invitation, verdict, message }) => {
    await expect(look(page, invitation)).resolves.toEqual({ verdict, message: expect.stringMatching(message) as string });
  });

  it('answers nothing, since behind the form people are made', async () => {
    server.requests.splice(0);
    await look({ body: { component: 'ak-stage-prompt', fields: [] } });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it.each([
    { reason: 'fails', page: { status: 500, body: '' }, as: 'ServerError' },
    { reason: 'starts', page: { status: 502, body: '<html>' }, as: 'Unreachable' },
  ])('does not blame sign-up for a server that $reason', async ({ page, as }) => {
    await expect(look(page)).rejects.toMatchObject({ reason: as });
  });
});
