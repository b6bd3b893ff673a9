import { primaryKey, type ApiObject } from '../../authentik/api-object.ts';
import { OperatorError } from '../../runtime/errors.ts';

/** An object that Authentik answered a write with. Fields that we don't know are kept and ignored. */
export function parseObject(answer: unknown): ApiObject {
  const pk = primaryKey(answer);
  if (pk === undefined) throw new OperatorError('ServerError', 'Authentik answered a write with something that has no primary key');
  return { ...(answer as object), pk };
}
