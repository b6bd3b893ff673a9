import type { ApiObject } from '../authentik/api-object.ts';
import type { AuthentikClient } from '../authentik/client.ts';
import type { OwnWrite } from '../authentik/line.ts';
import { AuthentikError } from '../authentik/errors.ts';
import { segment } from '../authentik/path.ts';
import type { Having, Mirror } from '../authentik/session.ts';
import { POLICY_BINDING, STAGE_BINDING } from '../catalogue/bindings.ts';
import { FLOW } from '../catalogue/flow.ts';
import { TARGETS } from '../catalogue/references.ts';
import type { Clock } from '../runtime/clock.ts';
import { OperatorError } from '../runtime/errors.ts';
import { relink } from './flow-links.ts';
import { MirrorCopy, saysGone, type CopyReader } from './mirror-copy.ts';
import { isMirrored, listAt, pathsOf, type MirroredList } from './mirrored.ts';
import { project, weightOf } from './projection.ts';
import type { RowTable } from './row-table.ts';

/** How long a list serves while nobody tells of changes, in milliseconds from the end of its read: long enough for a burst of objects. */
const UNFOLLOWED_MS = 30_000;
/** What the rows of one server may weigh, in bytes: some 100,000 bindings. */
const MAX_WEIGHT = 64 * 1024 * 1024;

/** Tells of what others change. */
export interface Followed {
  /** Resolves once a change that happens from now on will be told, or it is known that none will. Lists are read after that. */
  begun(): Promise<void>;
  /** Asks for what has happened up to now. */
  catchUp(): Promise<void>;
  /** Whether changes are told. */
  readonly follows: boolean;
}

/** What a mirror works with. */
export interface MirrorParts {
  readonly client: Pick<AuthentikClient, 'base' | 'get' | 'list'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly followed: Followed;
  readonly maxWeight?: number;
}

/**
 * What is known of one Authentik: an informer for its API. A list is read once, when it is first needed, and then kept: own writes go in
 * directly ({@link wrote}), changes of others are told from its audit log ({@link changed}), and only {@link outdate} has it read again.
 * Where nobody tells, lists serve for a while.
 *
 * What a list lacks may still be there (rights to single objects shorten lists): only {@link fetch} knows.
 */
export class ServerMirror implements Mirror {
  readonly #parts: MirrorParts;
  readonly #copies = new Map<string, MirrorCopy>();
  readonly #reader: CopyReader;

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#reader = {
      list: async (list) => this.#read(list),
      byKey: async (list, pk) => this.#byKey(list, pk),
      answered: (list, pk, row) => (row === undefined ? this.remove(list.path, pk) : this.upsert(list.path, row)),
      now: () => parts.clock.now(),
    };
  }

  async list(path: string): Promise<readonly ApiObject[]> {
    return (await this.#settled(path)).all();
  }

  async lately(path: string, having?: Having): Promise<readonly ApiObject[]> {
    const table = this.#held(path) ?? (await this.#settled(path));
    return having === undefined ? table.all() : table.where(having.field, having.value);
  }

  async get(path: string, pk: string): Promise<ApiObject | undefined> {
    const copy = this.#copy(path);
    await this.#table(copy);
    await this.#refreshLinks(path);
    await copy.refresh(pk);
    return (await this.#table(copy)).get(pk);
  }

  async find(path: string, predicate: (object: ApiObject) => boolean): Promise<ApiObject | undefined> {
    return (await this.list(path)).find(predicate);
  }

  async where(path: string, field: string, value: string): Promise<readonly ApiObject[]> {
    return (await this.#settled(path)).where(field, value);
  }

  async named(path: string, field: string, value: string): Promise<ApiObject | undefined> {
    const copy = this.#copy(path);
    const [row] = (await this.#table(copy)).where(field, value);
    // Names are unique: nobody else can have taken the one of a row that nobody touched.
    if (row !== undefined && !copy.isDirty(row.pk)) return row;
    return (await this.where(path, field, value))[0];
  }

  async fetch(path: string, pk: string, lookup = pk): Promise<ApiObject | undefined> {
    const list = listAt(path);
    const row = lookup === pk ? await this.#byKey(list, pk) : await this.#detail(list, lookup);
    if (row?.pk === pk) this.upsert(path, row);
    else this.remove(path, pk);
    return row?.pk === pk ? row : undefined;
  }

  async confirm(path: string, pk: string, lookup?: string): Promise<ApiObject | undefined> {
    await this.#parts.followed.catchUp();
    return this.follows ? this.get(path, pk) : this.fetch(path, pk, lookup);
  }

  async catchUp(): Promise<void> {
    await this.#parts.followed.catchUp();
  }

  get follows(): boolean {
    return this.#parts.followed.follows;
  }

  upsert(path: string, object: ApiObject): void {
    const list = listAt(path);
    const row = project(object, list.whole);
    if (row === undefined) return;
    const before = this.#held(path)?.get(row.pk);
    for (const copy of this.#copiesOf(list)) copy.set(row);
    if (path === STAGE_BINDING.path) this.#relink(before, row);
  }

  remove(path: string, pk: string): void {
    const before = this.#held(path)?.get(pk);
    for (const copy of this.#copiesOf(listAt(path))) copy.delete(pk);
    this.#removeBindings(path, pk);
    if (path === STAGE_BINDING.path) this.#relink(before, undefined);
  }

  /** Takes over what a write of ours has done. Whoever made it needs to do nothing. */
  wrote({ method, path, answer }: OwnWrite): void {
    if (method !== 'DELETE') {
      const collection = isMirrored(path) ? path : parentOf(path)?.path;
      const row = collection === undefined ? undefined : project(answer, listAt(collection).whole);
      if (collection !== undefined && row !== undefined) this.upsert(collection, row);
      return;
    }
    const parent = parentOf(path);
    if (parent === undefined) return;
    const table = this.#held(parent.path);
    const row = table?.get(parent.key) ?? table?.where('slug', parent.key)[0];
    this.remove(parent.path, row?.pk ?? parent.key);
  }

  /** Notes that somebody else made, changed or deleted something. Nothing is asked before somebody here wants to know. */
  changed(model: string, pk: string): void {
    for (const path of pathsOf(model)) this.#copies.get(path)?.mark(pk);
    // Stages list their flows; without the bindings nobody can tell which of them are meant.
    if (model === STAGE_BINDING.model && this.#held(STAGE_BINDING.path) === undefined)
      for (const copy of this.#stageCopies()) copy.outdate();
  }

  invalidate(path?: string): void {
    for (const copy of this.#copies.values()) if (path === undefined || copy.list.path === path) copy.outdate();
  }

  /** Whether the list has been read. */
  holds(path: string): boolean {
    return this.#held(path) !== undefined;
  }

  /** What is held of a row this moment, without asking anybody. */
  peek(path: string, pk: string): ApiObject | undefined {
    return this.#held(path)?.get(pk);
  }

  #removeBindings(path: string, pk: string): void {
    const gone = (list: string, field: string, value: string): void => {
      for (const row of this.#held(list)?.where(field, value) ?? []) this.remove(list, row.pk);
    };
    if (path === FLOW.path || path === STAGE_BINDING.path) gone(POLICY_BINDING.path, 'target', pk);
    if (path === FLOW.path) gone(STAGE_BINDING.path, 'target', pk);
    const { family } = listAt(path);
    if (family === TARGETS.stage.path) gone(STAGE_BINDING.path, 'stage', pk);
    if (family === TARGETS.policy.path) gone(POLICY_BINDING.path, 'policy', pk);
  }

  #relink(before: ApiObject | undefined, after: ApiObject | undefined): void {
    relink(before, after, {
      flows: this.#held(FLOW.path),
      bindings: this.#held(STAGE_BINDING.path),
      stages: this.#stageCopies().flatMap((copy) => copy.held ?? []),
    });
  }

  #copy(path: string): MirrorCopy {
    const known = this.#copies.get(path);
    if (known !== undefined) return known;
    const copy = new MirrorCopy(listAt(path), this.#reader);
    this.#copies.set(path, copy);
    return copy;
  }

  #held(path: string): RowTable | undefined {
    return this.#copies.get(path)?.held;
  }

  /** The list itself, and that of its family: who looks there sees at once what was made a moment ago. */
  #copiesOf({ path, family }: MirroredList): readonly MirrorCopy[] {
    return [path, ...(family === undefined ? [] : [family])].flatMap((each) => this.#copies.get(each) ?? []);
  }

  #stageCopies(): readonly MirrorCopy[] {
    return [...this.#copies.values()].filter(({ list }) => list.path === TARGETS.stage.path || list.family === TARGETS.stage.path);
  }

  async #table(copy: MirrorCopy): Promise<RowTable> {
    await this.#parts.followed.begun();
    return copy.table(this.#parts.followed.follows ? Infinity : UNFOLLOWED_MS);
  }

  /** With whatever others have changed. */
  async #settled(path: string): Promise<RowTable> {
    const copy = this.#copy(path);
    await this.#table(copy);
    await this.#refreshLinks(path);
    await copy.refresh();
    return this.#table(copy);
  }

  async #refreshLinks(path: string): Promise<void> {
    if (path !== FLOW.path && path !== TARGETS.stage.path && listAt(path).family !== TARGETS.stage.path) return;
    const bindings = this.#copies.get(STAGE_BINDING.path);
    if (bindings?.hasDirty === true && bindings.held !== undefined) await this.#settled(STAGE_BINDING.path);
  }

  async #read(list: MirroredList): Promise<readonly ApiObject[]> {
    const { client, maxWeight = MAX_WEIGHT } = this.#parts;
    let weight = 0;
    for (const copy of this.#copies.values()) if (copy.list.path !== list.path) weight += copy.weight;
    return client.list(list.path, list.query, (raw) => {
      const row = project(raw, list.whole);
      if (row === undefined) throw new OperatorError('ServerError', `the list at ${list.path} holds something without a pk`);
      weight += weightOf(row);
      if (weight > maxWeight)
        throw new AuthentikError(
          'TooMuchData',
          `${client.base} holds more below ${list.path} than the operator keeps of one server (${Math.round(maxWeight / 1024 / 1024)} MiB)`,
        );
      return row;
    });
  }

  async #byKey(list: MirroredList, pk: string): Promise<ApiObject | undefined> {
    if (list.byKey === 'path') return this.#detail(list, pk);
    if (list.byKey === 'list') return (await this.#read(list)).find((row) => row.pk === pk);
    const rows = await this.#parts.client.list(list.path, { ...list.query, [list.byKey.filter]: pk }, (raw) => project(raw, list.whole));
    // The server ignores filters that it doesn't know.
    return rows.find((row) => row?.pk === pk);
  }

  async #detail(list: MirroredList, lookup: string): Promise<ApiObject | undefined> {
    const query = Object.fromEntries(Object.entries(list.query).filter(([name]) => name !== 'ordering'));
    try {
      const row = project(await this.#parts.client.get(`${list.path}${segment(lookup)}/`, query), list.whole);
      if (row === undefined) throw new OperatorError('ServerError', `Authentik answered for ${list.path} with something without a pk`);
      return row;
    } catch (error) {
      if (saysGone(error)) return undefined;
      throw error;
    }
  }
}

/** `/flows/instances/` and `sign-up` of `/flows/instances/sign-up/`. */
function parentOf(path: string): { readonly path: string; readonly key: string } | undefined {
  const match = /^(\/.+\/)([^/]+)\/$/.exec(path);
  return match === null ? undefined : { path: match[1] ?? '', key: decodeURIComponent(match[2] ?? '') };
}
