import { STAGES } from '../../catalogue/stages.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { PendingLink } from './desired.ts';
import { sendable, settleWaiting } from './pending-links.ts';

function pendingLink(type: string, api: string, key: string | undefined): PendingLink {
  const field = STAGES.find((entry) => entry.type === type)?.fields.find((candidate) => candidate.api === api);
  if (field === undefined) throw new Error(`no ${api}`);
  return { field, key, name: 'target', error: new OperatorError('ReferenceNotReady', 'not whole') };
}

const recovery = (key?: string): PendingLink => pendingLink('Identification', 'recovery_flow', key);
const target = (key?: string): PendingLink => pendingLink('Redirect', 'target_flow', key);

describe('a weak link that waits', () => {
  it.each([
    {
      reason: 'is left out of a create',
      link: recovery(),
      desired: { recovery_flow: null, user_fields: [] },
      row: undefined,
      body: { user_fields: [] },
    },
    {
      reason: 'is left alone where another one is',
      link: recovery('b'),
      desired: { recovery_flow: 'b', user_fields: [] },
      row: { pk: 'x', recovery_flow: 'a' },
      body: { user_fields: [] },
    },
    {
      reason: 'is no wait when it is there already',
      link: recovery('a'),
      desired: { recovery_flow: 'a', user_fields: [] },
      row: { pk: 'x', recovery_flow: 'a' },
      body: { recovery_flow: 'a', user_fields: [] },
    },
    {
      reason: 'has something in its place where Authentik demands it',
      link: target(),
      desired: { mode: 'flow', target_flow: null, keep_context: true },
      row: undefined,
      body: { mode: 'static', target_static: '/', keep_context: true },
    },
    {
      reason: 'and leaves alone what is there',
      link: target('b'),
      desired: { mode: 'flow', target_flow: 'b', keep_context: true },
      row: { pk: 'x', mode: 'static', target_static: 'https://market' },
      body: { keep_context: true },
    },
  ])('$reason', ({ link, desired, row, body }) => {
    expect(sendable(desired, [link], row).body).toEqual(body);
  });

  it.each([
    { reason: 'is no hurry for what works without it', link: recovery(), failure: 'LinkPending' },
    { reason: 'is waited for where nothing works without it', link: target(), failure: 'ReferenceNotReady' },
  ])('$reason', ({ link, failure }) => {
    expect(settleWaiting([link], {}).failure?.reason).toBe(failure);
  });
});
