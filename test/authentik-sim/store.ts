/** All objects of one stand-in, by model, in memory. */
import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from './json.ts';
import type { ModelSpec, Row } from './model.ts';

export class Store {
  readonly models: readonly ModelSpec[];
  /** Mail templates of one's own, which somebody has put into the server's folder. */
  readonly mailTemplates = new Set<string>();
  /** Whether the server has a licence for what only Enterprise may do. */
  isLicensed = false;
  private readonly rows = new Map<string, Map<string | number, Row>>();
  private nextSeq = 1;
  private nextInteger = 1;

  constructor(models: readonly ModelSpec[]) {
    this.models = models;
  }

  spec(key: string): ModelSpec {
    const found = this.models.find((model) => model.key === key);
    if (found === undefined) throw new Error(`unknown model ${key}`);
    return found;
  }

  /** Every object of a model, or of all models with that base, oldest first. */
  all(key: string): Row[] {
    return this.models
      .filter((model) => model.key === key || model.base === key)
      .flatMap((model) => [...(this.rows.get(model.key)?.values() ?? [])])
      .sort((a, b) => a.seq - b.seq);
  }

  get(key: string, pk: Json | undefined): Row | null {
    if (typeof pk !== 'string' && typeof pk !== 'number') return null;
    for (const model of this.models) {
      if (model.key !== key && model.base !== key) continue;
      const row = this.rows.get(model.key)?.get(pk);
      if (row !== undefined) return row;
    }
    return null;
  }

  find(key: string, field: string, value: Json): Row | null {
    return this.all(key).find((row) => row.values[field] === value) ?? null;
  }

  /** What policies can be bound to, by either of its identities. */
  target(id: Json | undefined): Row | null {
    for (const model of this.models.filter((candidate) => candidate.bindable)) {
      for (const row of this.rows.get(model.key)?.values() ?? []) if (row.pk === id || row.ptr === id) return row;
    }
    return null;
  }

  add(model: ModelSpec, values: JsonObject, identity: { pk?: string | number; ptr?: string | null } = {}): Row {
    const pk = identity.pk ?? (model.integerPk ? this.nextInteger : randomUUID());
    if (typeof pk === 'number') this.nextInteger = Math.max(this.nextInteger, pk + 1);
    const row: Row = { model, pk, ptr: identity.ptr ?? (model.bindable ? randomUUID() : null), seq: this.nextSeq++, values };
    let table = this.rows.get(model.key);
    if (table === undefined) this.rows.set(model.key, (table = new Map<string | number, Row>()));
    table.set(pk, row);
    return row;
  }

  remove(row: Row): void {
    this.rows.get(row.model.key)?.delete(row.pk);
  }
}
