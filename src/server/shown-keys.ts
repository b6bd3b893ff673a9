import type { OwnWrite } from '../authentik/line.ts';
import { carriesLink, isSeenByVisitors } from '../authentik/seen-by-visitors.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../catalogue/bindings.ts';
import { FLOW } from '../catalogue/flow.ts';
import { modelsAt } from './mirrored.ts';

const BINDINGS: readonly string[] = [STAGE_BINDING.path, POLICY_BINDING.path];

/**
 * The primary keys of what visitors may see otherwise after a write of ours; `unknown` when nobody can tell. Something new is seen by
 * nobody until it is bound. That a link was put in place or taken back is known to whoever did it.
 */
export function shownKeys({ method, path, answer }: OwnWrite): readonly string[] | 'unknown' {
  if (!modelsAt(path).some((model) => isSeenByVisitors(model) && !carriesLink(model))) return [];
  const isBinding = BINDINGS.some((list) => path.startsWith(list));
  if (method === 'POST' && !isBinding) return [];
  if (method === 'DELETE') {
    // Flows are addressed by what isn't their key.
    return path.startsWith(FLOW.path) ? 'unknown' : [decodeURIComponent(path.split('/').at(-2) ?? '')];
  }
  const row = (answer ?? {}) as Readonly<Record<string, unknown>>;
  return [row['pk'], isBinding ? row['target'] : undefined].filter((key) => typeof key === 'string');
}
