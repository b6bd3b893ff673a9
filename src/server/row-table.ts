import type { ApiObject } from '../authentik/api-object.ts';

/** Rows of one list by primary key, and by the value of any field that they were ever asked by. */
export class RowTable {
  readonly #rows = new Map<string, ApiObject>();
  /** By field, then by value: the keys of the rows that hold it. */
  readonly #indexes = new Map<string, Map<unknown, Set<string>>>();
  #all: readonly ApiObject[] | undefined;

  constructor(rows: Iterable<ApiObject> = []) {
    for (const row of rows) this.#rows.set(row.pk, row);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** All of them. The array never changes after it was returned. */
  all(): readonly ApiObject[] {
    this.#all ??= [...this.#rows.values()];
    return this.#all;
  }

  get(pk: string): ApiObject | undefined {
    return this.#rows.get(pk);
  }

  /** The rows whose `field` holds `value`, which is no object. */
  where(field: string, value: unknown): readonly ApiObject[] {
    const keys = this.#indexOf(field).get(value) ?? [];
    return [...keys].flatMap((pk) => this.#rows.get(pk) ?? []);
  }

  set(row: ApiObject): void {
    this.delete(row.pk);
    this.#rows.set(row.pk, row);
    this.#all = undefined;
    for (const [field, index] of this.#indexes) note(index, row[field], row.pk);
  }

  delete(pk: string): void {
    const row = this.#rows.get(pk);
    if (row === undefined) return;
    this.#rows.delete(pk);
    this.#all = undefined;
    for (const [field, index] of this.#indexes) {
      const keys = index.get(row[field]);
      keys?.delete(pk);
      if (keys?.size === 0) index.delete(row[field]);
    }
  }

  #indexOf(field: string): Map<unknown, Set<string>> {
    const known = this.#indexes.get(field);
    if (known !== undefined) return known;
    const index = new Map<unknown, Set<string>>();
    for (const row of this.#rows.values()) note(index, row[field], row.pk);
    this.#indexes.set(field, index);
    return index;
  }
}

function note(index: Map<unknown, Set<string>>, value: unknown, pk: string): void {
  const keys = index.get(value);
  if (keys === undefined) index.set(value, new Set([pk]));
  else keys.add(pk);
}
