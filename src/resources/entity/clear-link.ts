import { AuthentikError } from '../../authentik/errors.ts';
import { segment } from '../../authentik/path.ts';
import type { Session } from '../../authentik/session.ts';
import type { EntityType } from '../../catalogue/entity.ts';
import type { Field } from '../../catalogue/field.ts';
import { companions } from './comparison.ts';

/** An object of ours in Authentik that may link to another one. */
export interface LinkHolder {
  readonly entity: EntityType;
  readonly uuid: string;
  readonly field: Field;
}

/**
 * Takes a link away before what it leads to is deleted. Authentik would make it null by itself, but by the database, of which its plans of
 * running flows don't hear: for as long as they are kept, visitors would meet an error in the place of the page with the link.
 */
export async function clearLink(session: Session, { entity, uuid, field }: LinkHolder, target: string): Promise<void> {
  await session.locks.run(`${entity.model}/${uuid}`, async () => {
    const row = await session.cache.find(entity.path, (candidate) => candidate.pk === uuid);
    if (row === undefined || row[field.api] !== target) return;
    const until = field.type === 'reference' ? field.until : undefined;
    const path = `${entity.path}${segment(String(row[entity.lookup]))}/`;
    try {
      await session.client.patch(path, { ...companions(entity.fields, row), ...until, [field.api]: null });
    } catch (error) {
      // Whoever may not change it, or finds it gone, leaves it to the database.
      if (!(error instanceof AuthentikError && (error.notFound || error.refused))) throw error;
    }
  });
}
