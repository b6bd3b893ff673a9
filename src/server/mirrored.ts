import { POLICY_BINDING, STAGE_BINDING } from '../catalogue/bindings.ts';
import type { Field } from '../catalogue/field.ts';
import { FLOW } from '../catalogue/flow.ts';
import { INVITATION } from '../catalogue/invitation.ts';
import { GROUP } from '../catalogue/group.ts';
import { POLICIES } from '../catalogue/policies.ts';
import { PROMPT } from '../catalogue/prompt.ts';
import { TARGETS, targetOf } from '../catalogue/references.ts';
import { STAGES } from '../catalogue/stages.ts';
import type { Query } from '../authentik/path.ts';

/** How one object of a list is asked for by its primary key. */
type ByKey =
  /** At the end of the path. */
  | 'path'
  /** By a filter of the list, since it is addressed by something that may change. */
  | { readonly filter: string }
  /** Not at all: the list is read again. */
  | 'list';

/** What is particular to a list that is mirrored. */
export interface MirroredList {
  readonly path: string;
  readonly query: Query;
  readonly byKey: ByKey;
  /** Fields whose values are kept whole. */
  readonly whole: ReadonlySet<string>;
  /** The list that shows the same objects among others. */
  readonly family: string | undefined;
}

/** Any order will do, if only it is the same for every page; the default ones are not unique for bindings. */
const ORDER: Query = { ordering: 'pk' };

const ENTITIES: readonly Listed[] = [FLOW, PROMPT, GROUP, INVITATION, STAGE_BINDING, POLICY_BINDING, ...STAGES, ...POLICIES];

/** A list as the catalogue describes it. */
interface Listed {
  readonly path: string;
  readonly model: string;
  readonly fields: readonly Field[];
  readonly family?: string;
  readonly query?: Query;
}

/** Every target of references, as an entry with its optional columns. */
const REFERENCED = (Object.keys(TARGETS) as (keyof typeof TARGETS)[]).map(targetOf);

const LISTS: ReadonlyMap<string, MirroredList> = new Map(
  [
    ...REFERENCED.map(({ path, model, query }) => entry(path, model === 'authentik_core.source' ? 'list' : 'path', [], { query })),
    ...ENTITIES.map(({ path, fields, family, query }) =>
      entry(path, path === FLOW.path ? { filter: 'flow_uuid' } : 'path', fields, { family, query }),
    ),
  ].map((list) => [list.path, list]),
);

function entry(
  path: string,
  byKey: ByKey,
  fields: readonly Field[],
  extra: { query?: Query | undefined; family?: string | undefined },
): MirroredList {
  return { path, query: { ...ORDER, ...extra.query }, byKey, whole: new Set(fields.map((field) => field.api)), family: extra.family };
}

/** How a list is mirrored; one that the catalogue doesn't know is read as a whole. */
export function listAt(path: string): MirroredList {
  return LISTS.get(path) ?? entry(path, 'list', [], {});
}

/** Whether the catalogue knows a list. */
export function isMirrored(path: string): boolean {
  return LISTS.has(path);
}

/** Every model of the catalogue, with the lists that show its objects. */
const PATHS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...REFERENCED.map(({ model, path }) => [model, [path]] as const),
  ...ENTITIES.map(({ model, path, family }) => [model, family === undefined ? [path] : [path, family]] as const),
]);

/** These have a model for each type, and one list of all: also of types that the catalogue doesn't know. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^authentik_(enterprise_)?providers_\w+\.\w+provider$/, TARGETS.provider.path],
  [/^authentik_sources_\w+\.\w+source$/, TARGETS.source.path],
  [/^authentik_stages_\w+\.\w+stage$/, TARGETS.stage.path],
  [/^authentik_policies_\w+\.\w+policy$/, TARGETS.policy.path],
];

/** The lists that show objects of a model (`app_label.model`); none for what nobody here looks at. */
export function pathsOf(model: string): readonly string[] {
  return PATHS.get(model) ?? FAMILIES.filter(([models]) => models.test(model)).map(([, path]) => path);
}

/** The models of what is written at a path, as far as the catalogue knows it. */
export function modelsAt(path: string): readonly string[] {
  return ENTITIES.filter((entity) => path.startsWith(entity.path)).map(({ model }) => model);
}
