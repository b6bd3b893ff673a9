import { shownKeys } from './shown-keys.ts';

it.each([
  { reason: 'a new stage is in no flow yet', method: 'POST', path: '/stages/dummy/', answer: { pk: 's' }, keys: [] },
  {
    reason: 'a new binding, and what it is bound to',
    method: 'POST',
    path: '/flows/bindings/',
    answer: { pk: 'b', target: 'f' },
    keys: ['b', 'f'],
  },
  { reason: 'a policy on it', method: 'PATCH', path: '/policies/bindings/p/', answer: { pk: 'p', target: 'b' }, keys: ['p', 'b'] },
  { reason: 'a changed prompt', method: 'PATCH', path: '/stages/prompt/prompts/q/', answer: { pk: 'q' }, keys: ['q'] },
  {
    reason: 'a changed flow, by its key and not its slug',
    method: 'PATCH',
    path: '/flows/instances/join/',
    answer: { pk: 'f' },
    keys: ['f'],
  },
  { reason: 'a stage that goes', method: 'DELETE', path: '/stages/dummy/s/', answer: undefined, keys: ['s'] },
  { reason: 'a flow that goes, by its slug', method: 'DELETE', path: '/flows/instances/join/', answer: undefined, keys: 'unknown' },
  { reason: 'the link itself', method: 'PATCH', path: '/stages/identification/s/', answer: { pk: 's' }, keys: [] },
  { reason: 'what nobody looks at', method: 'POST', path: '/flows/instances/cache_clear/', answer: undefined, keys: [] },
] as const)('$reason', ({ method, path, answer, keys }) => {
  expect(shownKeys({ method, path, answer })).toEqual(keys);
});
