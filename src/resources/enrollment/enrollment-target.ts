import type { Session } from '../../authentik/session.ts';
import { STAGES } from '../../catalogue/stages.ts';
import type { EntityType } from '../../catalogue/entity.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { ApiObject } from '../../authentik/list-cache.ts';

/** What carries the link to an enrollment flow. */
export interface EnrollmentTarget {
  readonly kind: 'stage' | 'source';
  readonly uuid: string;
  /** As the spec names it, for messages. */
  readonly name: string;
}

/** Identification stages have a form with a sign-up link. */
export const IDENTIFICATION: EntityType = (() => {
  const entry = STAGES.find((stage) => stage.type === 'Identification');
  if (entry === undefined) throw new Error('the catalogue has no identification stage');
  return entry;
})();

/** Every source is listed here, but written at the endpoint of its type. */
const SOURCES = '/sources/all/';
/** `authentik_sources_oauth.oauthsource` is written at `/sources/oauth/`; these types have an enrollment flow of their own. */
const SOURCE_MODEL = /^authentik_sources_(oauth|saml|plex|ldap|kerberos|telegram)\./;

/** Where the target is listed and written. */
export interface TargetRow {
  readonly row: ApiObject;
  readonly listPath: string;
  readonly writePath: string;
}

/** Looks the target up. Throws `InvalidSpec` when it can't carry a link. */
export async function findTarget(session: Session, target: EnrollmentTarget): Promise<TargetRow> {
  const listPath = target.kind === 'stage' ? IDENTIFICATION.path : SOURCES;
  const row = await session.cache.find(listPath, (candidate) => candidate.pk === target.uuid);
  if (row === undefined) throw notATarget(target);
  if (target.kind === 'stage') return { row, listPath, writePath: `${IDENTIFICATION.path}${row.pk}/` };
  const type = SOURCE_MODEL.exec(String(row['meta_model_name']))?.[1];
  if (type === undefined) throw notATarget(target);
  return { row, listPath, writePath: `/sources/${type}/${encodeURIComponent(String(row['slug']))}/` };
}

function notATarget(target: EnrollmentTarget): OperatorError {
  const must = target.kind === 'stage' ? 'is not an identification stage' : 'is a source that has no enrollment flow';
  return new OperatorError('InvalidSpec', `"${target.name}" ${must}, so it can't carry a sign-up link: refer to another ${target.kind}`);
}
