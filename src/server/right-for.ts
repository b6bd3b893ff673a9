import { POLICY_BINDING, STAGE_BINDING } from '../catalogue/bindings.ts';
import { FLOW } from '../catalogue/flow.ts';
import { INVITATION } from '../catalogue/invitation.ts';
import { POLICIES } from '../catalogue/policies.ts';
import { PROMPT } from '../catalogue/prompt.ts';
import { TARGETS } from '../catalogue/references.ts';
import { STAGES } from '../catalogue/stages.ts';

const VERBS: Readonly<Record<string, string>> = { GET: 'view', POST: 'add', PATCH: 'change', DELETE: 'delete' };

/** Longer paths first: one may begin with another. */
const MODELS = [FLOW, PROMPT, INVITATION, STAGE_BINDING, POLICY_BINDING, ...STAGES, ...POLICIES, ...Object.values(TARGETS)]
  .map(({ path, model }) => ({ path, model }))
  .sort((a, b) => b.path.length - a.path.length);

/** The global permission that a request to Authentik takes, as `app_label.codename`; undefined where the catalogue doesn't know the path. */
export function rightFor(method: string, path: string): string | undefined {
  const model = MODELS.find((entry) => path.startsWith(entry.path))?.model.split('.');
  const verb = VERBS[method];
  // What is above the rows, such as clearing a cache, has a right of its own.
  if (model === undefined || verb === undefined || path.endsWith('/cache_clear/')) return undefined;
  return `${model[0] ?? ''}.${verb}_${model[1] ?? ''}`;
}
