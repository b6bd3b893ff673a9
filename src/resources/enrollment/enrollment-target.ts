import type { Session } from '../../authentik/session.ts';
import { STAGES } from '../../catalogue/stages.ts';
import type { EntityType } from '../../catalogue/entity.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { ApiObject } from '../../authentik/api-object.ts';

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

/** How soon a target that is not there is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 30_000;

/** Where the target is listed and written. */
export interface TargetRow {
  readonly row: ApiObject;
  readonly listPath: string;
  readonly writePath: string;
}

/** Looks the target up; undefined when there is none. Throws `InvalidSpec` when it can't carry a link. */
export async function findTarget(
  session: Session,
  target: EnrollmentTarget,
  options: { fresh?: true } = {},
): Promise<TargetRow | undefined> {
  const listPath = target.kind === 'stage' ? IDENTIFICATION.path : SOURCES;
  // What goes along with the write must not undo what others have just set.
  const row = await (options.fresh === true ? session.cache.fetch(listPath, target.uuid) : session.cache.get(listPath, target.uuid));
  // What we remember may be older than the reference that led here.
  if (row === undefined) return options.fresh === true ? undefined : findTarget(session, target, { fresh: true });
  if (target.kind === 'stage') return { row, listPath, writePath: `${IDENTIFICATION.path}${row.pk}/` };
  const type = SOURCE_MODEL.exec(String(row['meta_model_name']))?.[1];
  if (type === undefined) throw notATarget(target);
  return { row, listPath, writePath: `/sources/${type}/${encodeURIComponent(String(row['slug']))}/` };
}

/** The stage is there, but not in the list of identification stages; or it has just gone. */
export function notThere(target: EnrollmentTarget): OperatorError {
  const must = target.kind === 'stage' ? 'an identification stage' : 'a source';
  return new OperatorError(
    'ReferenceNotFound',
    `"${target.name}" is not ${must} in Authentik, so it can't carry a sign-up link: refer to another ${target.kind}`,
    { retryAfterMs: LOOK_AGAIN_MS },
  );
}

function notATarget(target: EnrollmentTarget): OperatorError {
  return new OperatorError(
    'InvalidSpec',
    `"${target.name}" is a source that has no enrollment flow, so it can't carry a sign-up link: refer to another source`,
  );
}
