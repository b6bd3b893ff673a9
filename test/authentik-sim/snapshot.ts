/** The whole state as plain, sorted data in which no UUID occurs, so that two states can be compared. */
import { BLUEPRINT, MODELS, OTHER_TARGET, ROLE, TOKEN, USER } from './catalogue/core.ts';
import { KEY_PAIR } from './catalogue/oauth2.ts';
import { POLICY_BINDING } from './catalogue/policies.ts';
import { asText, ids, type Json, type JsonObject } from './json.ts';
import type { Row } from './model.ts';
import type { Store } from './store.ts';
import { isUuid } from './validate.ts';

/** Objects by model; in each, references are names. */
export type Snapshot = Record<string, JsonObject[]>;

/** People come and go with sign-ups and tokens; they aren't configuration. The key pair is another one in every installation. */
const LEFT_OUT = new Set([USER, TOKEN, ROLE, OTHER_TARGET, KEY_PAIR, BLUEPRINT]);
const VOLATILE = new Set(['num_pk', 'expires', 'created_by', 'users']);

function nameOf(row: Row, store: Store): string {
  const { values } = row;
  if (row.model.className === 'FlowStageBinding')
    return `${refer(values.target, store)} #${asText(values.order)} ${refer(values.stage, store)}`;
  return asText(values.slug ?? values.domain ?? values.name ?? values.username ?? row.model.key);
}

function refer(pk: Json | undefined, store: Store): string {
  for (const model of MODELS) {
    const row = store.get(model.key, pk);
    if (row !== null) return nameOf(row, store);
  }
  return `unknown ${isUuid(pk) ? 'object' : asText(pk)}`;
}

function plain(row: Row, store: Store): JsonObject {
  const result: JsonObject = {};
  for (const [field, value] of Object.entries(row.values)) {
    if (VOLATILE.has(field)) continue;
    const isReference = field in row.model.references || (field === 'target' && row.model.key === POLICY_BINDING);
    if (!isReference || value === null) result[field] = structuredClone(value);
    else
      result[field] = Array.isArray(value)
        ? ids(value)
            .map((pk) => refer(pk, store))
            .sort()
        : refer(value, store);
  }
  return result;
}

export function snapshot(store: Store): Snapshot {
  const result: Snapshot = {};
  for (const model of store.models.filter((candidate) => !LEFT_OUT.has(candidate.key))) {
    const rows = store.all(model.key);
    if (rows.length === 0) continue;
    const text = (value: JsonObject): string => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
    result[model.key] = rows.map((row) => plain(row, store)).sort((a, b) => (text(a) < text(b) ? -1 : 1));
  }
  return result;
}
