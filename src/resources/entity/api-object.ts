import { z } from 'zod';
import type { ApiObject } from '../../authentik/api-object.ts';
import { OperatorError } from '../../runtime/errors.ts';

const ApiObjectSchema = z.looseObject({ pk: z.union([z.string(), z.number().transform(String)]) });

/** An object that Authentik answered a write with. Fields that we don't know are kept and ignored. */
export function parseObject(answer: unknown): ApiObject {
  const parsed = ApiObjectSchema.safeParse(answer);
  if (!parsed.success) throw new OperatorError('ServerError', 'Authentik answered a write with something that has no primary key');
  return parsed.data;
}
