import { z } from 'zod';
import { OperatorError } from '../../runtime/errors.ts';

const UsedBy = z.array(z.looseObject({ app: z.string(), model_name: z.string(), name: z.string(), action: z.string() }));

/** What a delete does to those that use the object; the rest (`set_null`, `set_default`, `left_dangling`) leaves them standing. */
const TAKES_ALONG = new Set(['cascade', 'cascade_many']);

/**
 * Who would go, or lose a part, with the object: everything that `used_by` lists with a cascade and that isn't a part of the
 * object itself. Authentik deletes without asking, a provider with its flow for one (seen live). Those in `heldBy` count although they stay.
 */
export function foreignUsers(answer: unknown, parts: readonly string[], heldBy: readonly string[] = []): readonly string[] {
  const parsed = UsedBy.safeParse(answer);
  if (!parsed.success) throw new OperatorError('ServerError', 'Authentik answered used_by with something else than a list of users');
  const of = (models: readonly string[]) => (user: { app: string; model_name: string }) =>
    models.includes(`${user.app}.${user.model_name}`);
  const gone = parsed.data.filter((user) => TAKES_ALONG.has(user.action) && !of(parts)(user));
  const unlinked = parsed.data.filter((user) => !TAKES_ALONG.has(user.action) && of(heldBy)(user));
  return [
    ...new Set([
      ...gone.map((user) => `${user.model_name} "${user.name}"`),
      ...unlinked.map((user) => `a default flow of ${user.model_name} "${user.name}"`),
    ]),
  ];
}

/** How many of a model would go, or lose a part, with the object. */
export function countOfModel(answer: unknown, model: string): number {
  return (UsedBy.safeParse(answer).data ?? []).filter((user) => `${user.app}.${user.model_name}` === model).length;
}

/** Who stays and loses its link to the object: Authentik makes it null, and says so nowhere. */
export function unlinkedUsers(answer: unknown): readonly string[] {
  const users = (UsedBy.safeParse(answer).data ?? []).filter((user) => user.action === 'set_null' || user.action === 'set_default');
  const invited = users.filter((user) => user.model_name === 'invitation').length;
  const others = users.filter((user) => user.model_name !== 'invitation').map((user) => `${user.model_name} "${user.name}"`);
  return [...new Set(others), ...(invited === 0 ? [] : [invitations(invited)])];
}

/** Their names hold their keys, which are credentials: and for every flow, once this one is gone. */
function invitations(count: number): string {
  return count === 1
    ? 'an invitation that is not ours, and from now on is for every flow,'
    : `${count} invitations that are not ours, and from now on are for every flow,`;
}
