import type { ApiObject } from '../authentik/api-object.ts';
import { AuthentikError } from '../authentik/errors.ts';
import type { MirroredList } from './mirrored.ts';
import { weightOf } from './projection.ts';
import { RowTable } from './row-table.ts';

/** More rows than that are read together, as a list. */
const MAX_DIRTY = 20;

/** Reads from the server. What it throws is passed on. */
export interface CopyReader {
  /** All rows, cut down to what is kept. */
  list(list: MirroredList): Promise<readonly ApiObject[]>;
  /** One row, asked for by its key; undefined when there is none. */
  byKey(list: MirroredList, pk: string): Promise<ApiObject | undefined>;
  /** Takes over what was asked for by its key. */
  answered(list: MirroredList, pk: string, row: ApiObject | undefined): void;
  now(): number;
}

interface Load {
  readonly done: Promise<RowTable>;
  /** What was written since it was asked for, by key; undefined stands for removed. It is newer than what the list will say. */
  readonly writes: Map<string, ApiObject | undefined>;
  /** What others changed since: the list may or may not show it. */
  readonly dirty: Set<string>;
}

/** That a row was changed by others. */
interface Mark {
  asking?: Promise<void> | undefined;
}

/** One list as it was read, and kept. */
export class MirrorCopy {
  readonly list: MirroredList;
  readonly #reader: CopyReader;
  #table: RowTable | undefined;
  #stale = false;
  #loadedAt = 0;
  #tookMs = 0;
  #weight = 0;
  /** The read that new callers join. */
  #load: Load | undefined;
  /** Every read under way, also those that were overtaken: those who wait for them must see later writes too. */
  readonly #underWay = new Set<Load>();
  /** Rows that others have changed since they were read. */
  readonly #dirty = new Map<string, Mark>();

  constructor(list: MirroredList, reader: CopyReader) {
    this.list = list;
    this.#reader = reader;
  }

  /** What is held, as it is, without asking anybody. */
  get held(): RowTable | undefined {
    return this.#table;
  }

  get weight(): number {
    return this.#weight;
  }

  get hasDirty(): boolean {
    return this.#dirty.size > 0;
  }

  isDirty(pk: string): boolean {
    return this.#dirty.has(pk);
  }

  /** The rows, read if they haven't been, or if they are older than `maxAgeMs` and than three times what it takes to read them. */
  async table(maxAgeMs: number): Promise<RowTable> {
    const table = this.#table;
    const limit = Math.max(maxAgeMs, 3 * this.#tookMs);
    if (table !== undefined && !this.#stale && this.#reader.now() - this.#loadedAt <= limit) return table;
    return (this.#load ?? this.#begin()).done;
  }

  /** Asks again for what others have changed: for one row, or for all of them. Whether the table must be asked for anew. */
  async refresh(pk?: string): Promise<boolean> {
    if (this.list.byKey === 'list' || this.#dirty.size > MAX_DIRTY) {
      if (this.#dirty.size > 0) this.outdate();
      return this.#stale;
    }
    const keys = pk === undefined ? [...this.#dirty.keys()] : this.#dirty.has(pk) ? [pk] : [];
    await Promise.all(keys.map(async (key) => this.#ask(key)));
    return false;
  }

  set(row: ApiObject): void {
    this.#dirty.delete(row.pk);
    this.#noteWrite(row.pk, row);
    const before = this.#table?.get(row.pk);
    if (this.#table !== undefined) this.#weight += weightOf(row) - (before === undefined ? 0 : weightOf(before));
    this.#table?.set(row);
  }

  delete(pk: string): void {
    this.#dirty.delete(pk);
    this.#noteWrite(pk, undefined);
    const before = this.#table?.get(pk);
    if (before !== undefined) this.#weight -= weightOf(before);
    this.#table?.delete(pk);
  }

  /** Somebody else changed, made or deleted the row. */
  mark(pk: string): void {
    for (const load of this.#underWay) load.dirty.add(pk);
    if (this.#table !== undefined) this.#dirty.set(pk, {});
  }

  /** What is held serves nobody any more. A list that is asked for from now on is read anew even while an older read is under way. */
  outdate(): void {
    this.#stale = true;
    this.#load = undefined;
  }

  /** What others did before it shows in it. */
  #noteWrite(pk: string, row: ApiObject | undefined): void {
    for (const load of this.#underWay) {
      load.writes.set(pk, row);
      load.dirty.delete(pk);
    }
  }

  async #ask(pk: string): Promise<void> {
    const mark = this.#dirty.get(pk);
    if (mark === undefined) return;
    mark.asking ??= this.#answer(pk, mark);
    await mark.asking;
  }

  async #answer(pk: string, mark: Mark): Promise<void> {
    try {
      const row = await this.#reader.byKey(this.list, pk);
      // Marked again, or written, while we asked: the answer may be older than that.
      if (this.#dirty.get(pk) === mark) this.#reader.answered(this.list, pk, row);
    } catch (error) {
      mark.asking = undefined;
      throw error;
    }
  }

  #begin(): Load {
    const startedAt = this.#reader.now();
    const load: Load = { writes: new Map(), dirty: new Set(), done: this.#read(() => load, startedAt) };
    this.#load = load;
    this.#underWay.add(load);
    return load;
  }

  async #read(self: () => Load, startedAt: number): Promise<RowTable> {
    // The load must be known before anything can be written to it.
    await Promise.resolve();
    const load = self();
    try {
      const table = new RowTable(await this.#reader.list(this.list));
      for (const [pk, row] of load.writes) {
        if (row === undefined) table.delete(pk);
        else table.set(row);
      }
      // Overtaken: good enough for those who waited, but not to be kept.
      if (this.#load === load) this.#keep(table, load, startedAt);
      return table;
    } finally {
      this.#underWay.delete(load);
      if (this.#load === load) this.#load = undefined;
    }
  }

  #keep(table: RowTable, load: Load, startedAt: number): void {
    this.#table = table;
    this.#stale = false;
    this.#loadedAt = this.#reader.now();
    this.#tookMs = this.#loadedAt - startedAt;
    this.#weight = table.all().reduce((sum, row) => sum + weightOf(row), 0);
    this.#dirty.clear();
    for (const pk of load.dirty) this.#dirty.set(pk, {});
  }
}

/** Whether the server itself said that there is no such object. */
export function saysGone(error: unknown): boolean {
  return error instanceof AuthentikError && error.notFound;
}
