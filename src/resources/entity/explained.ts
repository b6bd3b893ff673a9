import { z } from 'zod';
import { AuthentikError } from '../../authentik/errors.ts';
import type { Session } from '../../authentik/session.ts';
import type { EntityType } from '../../catalogue/entity.ts';
import { specName, type Field } from '../../catalogue/field.ts';
import { targetOf } from '../../catalogue/references.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { Body } from './desired.ts';

const Choices = z.array(z.looseObject({ name: z.string() }));
const SHOWN_CHOICES = 12;
/** How soon something that has just turned out to be gone is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** A refusal with what helps: the choices that there are, or that what was referred to has gone since we looked. Everything else as it is. */
export async function explained(error: unknown, entity: EntityType, sent: Body, session: Session): Promise<unknown> {
  if (!(error instanceof AuthentikError) || error.status !== 400) return error;
  for (const field of entity.fields) {
    if (!(field.api in error.fields)) continue;
    if (field.type === 'string' && field.choices !== undefined) return withChoices(error, field.choices, session);
    if (await isGone(field, sent[field.api], session)) return gone(field, error);
  }
  return error;
}

async function withChoices(error: AuthentikError, path: string, session: Session): Promise<OperatorError> {
  const answer = Choices.safeParse(await session.client.get(path));
  if (!answer.success || answer.data.length === 0) return error;
  const names = answer.data.map(({ name }) => name);
  const more = names.length > SHOWN_CHOICES ? ` and ${names.length - SHOWN_CHOICES} more` : '';
  return new OperatorError('InvalidSpec', `${error.message} There are ${names.slice(0, SHOWN_CHOICES).join(', ')}${more}.`, {
    cause: error,
  });
}

/** A list may have been older than what happened: it is read again before the spec is blamed. */
async function isGone(field: Field, value: unknown, session: Session): Promise<boolean> {
  if ((field.type !== 'reference' && field.type !== 'referenceSet') || value === null) return false;
  const { path, numerous } = targetOf(field.to);
  if (numerous === true) return false;
  session.cache.invalidate(path);
  const keys = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const found = await Promise.all(keys.map(async (key) => session.cache.get(path, String(key))));
  return found.includes(undefined);
}

function gone(field: Field, cause: AuthentikError): OperatorError {
  return new OperatorError('ReferenceNotFound', `what ${specName(field)} refers to is not in Authentik any more`, {
    cause,
    refused: true,
    retryAfterMs: LOOK_AGAIN_MS,
  });
}
