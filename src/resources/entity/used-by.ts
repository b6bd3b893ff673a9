import { z } from 'zod';
import { OperatorError } from '../../runtime/errors.ts';

const UsedBy = z.array(z.looseObject({ app: z.string(), model_name: z.string(), name: z.string(), action: z.string() }));

/** What a delete does to those that use the object; the rest (`set_null`, `set_default`, `left_dangling`) leaves them standing. */
const TAKES_ALONG = new Set(['cascade', 'cascade_many']);

/**
 * Who would go, or lose a part, with the object: everything that `used_by` lists with a cascade and that isn't a part of the
 * object itself. Authentik deletes without asking, a provider with its flow for one (seen live).
 */
export function foreignUsers(answer: unknown, parts: readonly string[]): readonly string[] {
  const parsed = UsedBy.safeParse(answer);
  if (!parsed.success) throw new OperatorError('ServerError', 'Authentik answered used_by with something else than a list of users');
  const users = parsed.data.filter((user) => TAKES_ALONG.has(user.action) && !parts.includes(`${user.app}.${user.model_name}`));
  return [...new Set(users.map((user) => `${user.model_name} "${user.name}"`))];
}

/** How many of a model would go, or lose a part, with the object. */
export function countOfModel(answer: unknown, model: string): number {
  return (UsedBy.safeParse(answer).data ?? []).filter((user) => `${user.app}.${user.model_name}` === model).length;
}

/** Who stays and loses its link to the object: Authentik makes it null, and says so nowhere. */
export function unlinkedUsers(answer: unknown): readonly string[] {
  const users = (UsedBy.safeParse(answer).data ?? []).filter((user) => user.action === 'set_null' || user.action === 'set_default');
  return [...new Set(users.map((user) => `${user.model_name} "${user.name}"`))];
}
