import { AuthentikError } from '../../authentik/errors.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import { segment } from '../../authentik/path.ts';
import type { Session } from '../../authentik/session.ts';
import { ownModels, type EntityType } from '../../catalogue/entity.ts';
import { isKnownTo, specName } from '../../catalogue/field.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { Change, External, Observation, SettleResult } from '../../runtime/external.ts';
import type { Prints } from '../../runtime/ownership.ts';
import { parseObject } from './api-object.ts';
import { companions, current, differences } from './comparison.ts';
import type { Body, PendingLink } from './desired.ts';
import { explained } from './explained.ts';
import { sendable, settleWaiting, waitingDifferences, waitingJudgements, type Sendable } from './pending-links.ts';
import { printOfField, printsOf } from './prints.ts';
import { sameText } from '../kept-text.ts';
import { NO_SECRETS, type SecretValues } from '../secret-values.ts';
import { typeOf } from './type-of.ts';
import { countOfModel, foreignUsers, unlinkedUsers } from './used-by.ts';
import { withoutDeadReferences } from './dead-references.ts';

/** How soon an object is looked at again that somebody else created a moment ago, in milliseconds. */
const LOOK_AGAIN_MS = 1000;

/** What counts as nothing where one of several fields is needed. */
const EMPTY: ReadonlySet<unknown> = new Set([undefined, null, '', false]);

/** What an entity resource works with. */
export interface EntityParts {
  readonly session: Session;
  readonly entity: EntityType;
  /** The natural key: slug or name. */
  readonly name: string;
  /** The primary key on record, if there is one. */
  readonly recorded: string | undefined;
  readonly desired: Body;
  /** Weak links in it that can't be set yet. */
  readonly pending?: readonly PendingLink[];
  readonly secrets?: SecretValues;
  /** Only what is on record matters, and nothing will be created. */
  readonly deleting?: true;
  /** What the kind wants in its status. */
  readonly statusOf?: (row: ApiObject) => Readonly<Record<string, unknown>>;
  /** What the kind looks at in the end. */
  readonly settle?: () => Promise<SettleResult>;
}

/** Users of an object that may be ours although their model belongs to others as well. */
export interface SparedUsers {
  readonly model: string;
  readonly areOurs: (count: number) => Promise<boolean>;
}

/** One object in Authentik that has an endpoint of its own: flow, stage, prompt, policy or group. All that differs between them is in the table. */
export class EntityResource implements External {
  readonly #parts: EntityParts;
  readonly #secrets: SecretValues;
  /** What the last look found to be waited for. */
  #waiting: readonly PendingLink[] = [];
  #unlinked: readonly string[] = [];

  constructor(parts: EntityParts) {
    this.#parts = parts;
    this.#secrets = parts.secrets ?? NO_SECRETS;
  }

  async observe(): Promise<Observation> {
    const row = await this.find();
    if (row !== undefined) return this.observationOf(row);
    if (this.#parts.deleting !== true) await this.#refuseOtherType();
    return { exists: false, differences: [], status: {}, before: {} };
  }

  /** What a create sends, without what comes out of Secrets. */
  intent(): Prints {
    const { entity, name } = this.#parts;
    return printsOf(entity, { [entity.naturalKey]: name, ...this.#initial(), ...this.#declared(this.#sendable(undefined).body) });
  }

  /** The object by its recorded key, else by its exact name: the server ignores filters that it doesn't know. */
  async find(): Promise<ApiObject | undefined> {
    const { session, entity, recorded, name } = this.#parts;
    const { cache } = session;
    const known = recorded === undefined ? undefined : ((await cache.get(entity.path, recorded)) ?? (await this.#byKey(recorded)));
    if (known !== undefined) return known;
    return (
      (await cache.named(entity.path, entity.naturalKey, name)) ?? cache.find(entity.path, (row) => sameText(row[entity.naturalKey], name))
    );
  }

  /**
   * What is on record, asked for by its key: a list proves nothing by lacking it, since pages shift while they are read and rights to
   * single objects shorten them. Flows are asked for by slug, and are the one on record only if their key is.
   */
  async #byKey(recorded: string): Promise<ApiObject | undefined> {
    const { session, entity, name } = this.#parts;
    return session.cache.fetch(entity.path, recorded, entity.lookup === 'pk' ? recorded : name);
  }

  async create(): Promise<Observation> {
    const { session, entity, name } = this.#parts;
    this.#requireFields();
    const { body } = this.#sendable(undefined);
    try {
      return this.#accept(
        await session.client.post(
          entity.path,
          { [entity.naturalKey]: name, ...this.#initial(), ...body, ...this.#secrets.writeOnly },
          entity.query,
        ),
      );
    } catch (error) {
      // It may have happened all the same: the next pass looks at the server and not at what we remember.
      if (error instanceof AuthentikError && error.ambiguous) session.cache.invalidate(entity.path);
      throw (await this.#nameTaken(error)) ?? (await explained(error, entity, body, session));
    }
  }

  async update(observed: Observation): Promise<Observation> {
    const { session, entity, name } = this.#parts;
    const body = (row: ApiObject): Body => {
      const secrets = this.#secretsFor(row);
      return { [entity.naturalKey]: name, ...this.#sendable(row).body, ...(secrets.changed ? secrets.writeOnly : {}) };
    };
    return this.#patch(observed, body, session);
  }

  async refresh(observed: Observation): Promise<Observation> {
    const { session, entity } = this.#parts;
    const row = parseObject(await session.client.get(this.#path(await this.#row(observed)), entity.query));
    if (row.pk !== observed.uuid) return observed;
    session.cache.upsert(entity.path, row);
    return this.observationOf(row);
  }

  async restore(observed: Observation, before: Body): Promise<void> {
    const { entity, session } = this.#parts;
    const values = await withoutDeadReferences(entity.fields, before, session);
    const row = await session.cache.get(entity.path, String(observed.uuid));
    if (row !== undefined && differences(entity.fields, values, row).length > 0) await this.#patch(observed, () => values, session);
  }

  /** With `spared`, users of that model don't count when all of them, so many as it is told, turn out to be ours. */
  async blockers(observed: Observation, spared?: SparedUsers): Promise<readonly string[]> {
    const { session, entity } = this.#parts;
    const users = await session.client.get(`${this.#path(await this.#row(observed))}used_by/`);
    this.#unlinked = unlinkedUsers(users);
    const count = spared === undefined ? 0 : countOfModel(users, spared.model);
    const ours = spared !== undefined && count > 0 && (await spared.areOurs(count)) ? [spared.model] : [];
    return foreignUsers(users, [...ownModels(entity), ...ours], entity.heldBy);
  }

  consequences(): readonly string[] {
    return this.#unlinked;
  }

  async delete(observed: Observation): Promise<void> {
    const { session, entity } = this.#parts;
    const row = await this.#row(observed);
    // A slug may name another flow by now.
    const current = entity.lookup === 'pk' ? row : await session.cache.confirm(entity.path, row.pk, String(row[entity.lookup]));
    if (current !== undefined) await session.client.delete(this.#path(current));
  }

  async settle(): Promise<SettleResult> {
    return settleWaiting(this.#waiting, (await this.#parts.settle?.()) ?? {});
  }

  observationOf(row: ApiObject): Observation {
    const { entity, name, desired, statusOf } = this.#parts;
    const renamed: readonly Change[] = sameText(row[entity.naturalKey], name)
      ? []
      : [{ field: entity.naturalKey, from: row[entity.naturalKey], to: name }];
    const secrets = this.#secretsFor(row);
    const { body, waiting } = this.#sendable(row);
    this.#waiting = waiting;
    const found = differences(entity.fields, body, row).map((difference) => secrets.explain(difference));
    return {
      exists: true,
      uuid: row.pk,
      differences: [...renamed, ...found, ...secrets.differences, ...waitingDifferences(waiting)],
      conditions: waitingJudgements(waiting),
      before: current(entity.fields, desired, row),
      declared: printsOf(entity, this.#declared(desired)),
      print: (field) => (field in row ? printOfField(entity, field, row[field]) : undefined),
      status: { secrets: secrets.records(), ...statusOf?.(row) },
    };
  }

  #initial(): Body {
    const { entity, session } = this.#parts;
    return Object.fromEntries(
      entity.fields.flatMap((field) =>
        field.initial === undefined || !isKnownTo(session.version, field) ? [] : [[field.api, field.initial]],
      ),
    );
  }

  #sendable(row: ApiObject | undefined): Sendable {
    return sendable(this.#parts.desired, this.#parts.pending ?? [], row);
  }

  #declared(desired: Body): Body {
    const fromSecrets = this.#secrets.fields;
    const { entity } = this.#parts;
    const secret = new Set(entity.fields.filter((field) => fromSecrets.has(specName(field))).map((field) => field.api));
    return Object.fromEntries(Object.entries(desired).filter(([field]) => !secret.has(field)));
  }

  /** What is on record about write-only values was sent to one object; another one of the same name doesn't have them. */
  #secretsFor(row: ApiObject): SecretValues {
    const { entity, recorded } = this.#parts;
    const values = row.pk === recorded ? this.#secrets : this.#secrets.unlessSent();
    const shown = entity.fields.filter((field) => field.type === 'secret' && field.readable !== undefined && field.api in row);
    return values.beside(Object.fromEntries(shown.map(({ api }) => [api, row[api]])));
  }

  /** Names are unique among all types of a family, but a typed list shows one type only. */
  async #refuseOtherType(): Promise<void> {
    const { session, entity, name } = this.#parts;
    if (entity.family === undefined) return;
    const other = await session.cache.find(entity.family, (row) => row['name'] === name && row['meta_model_name'] !== entity.model);
    if (other === undefined) return;
    throw new OperatorError(
      'AdoptionConflict',
      `"${name}" is already in Authentik as another type, ${typeOf(String(other['meta_model_name']))}: choose another name`,
    );
  }

  /** One writer at a time: another object of ours may be changing other fields of the same row. */
  async #patch(observed: Observation, body: (row: ApiObject) => Body, session: Session): Promise<Observation> {
    const { entity } = this.#parts;
    return session.locks.run(`${entity.model}/${observed.uuid ?? ''}`, async () => {
      const row = await this.#fresh(await this.#row(observed));
      const sent = { ...companions(entity.fields, row), ...body(row) };
      try {
        return this.#accept(await session.client.patch(this.#path(row), sent, entity.query));
      } catch (error) {
        throw await explained(error, entity, sent, session);
      }
    });
  }

  async #row(observed: Observation): Promise<ApiObject> {
    const { session, entity, name } = this.#parts;
    const row = await session.cache.get(entity.path, String(observed.uuid));
    if (row === undefined) throw new OperatorError('ServerError', `"${name}" was deleted in Authentik while it was being changed`);
    return row;
  }

  /**
   * The object as it is this moment, where an old one would do harm: fields that go along with an update would undo what others
   * have just set, and a slug may name another flow by now, where nobody tells.
   */
  async #fresh(row: ApiObject): Promise<ApiObject> {
    const { session, entity, name } = this.#parts;
    const isKnown = entity.lookup === 'pk' || session.cache.follows;
    if (isKnown && !entity.fields.some((field) => field.resend === true)) return row;
    const fresh = parseObject(await session.client.get(this.#path(row), entity.query));
    if (fresh.pk === row.pk) return fresh;
    session.cache.invalidate(entity.path);
    throw new OperatorError('ServerError', `"${name}" names another object by now; looking again`);
  }

  #path(row: ApiObject): string {
    const { entity } = this.#parts;
    return `${entity.path}${segment(String(row[entity.lookup]))}/`;
  }

  #accept(answer: unknown): Observation {
    const { session, entity } = this.#parts;
    const row = parseObject(answer);
    session.cache.upsert(entity.path, row);
    this.#secrets.sent();
    return this.observationOf(row);
  }

  /** Authentik has words of its own for this, but a spec can be told before anything is sent. */
  #requireFields(): void {
    const { entity, desired, name, session } = this.#parts;
    const absent = entity.fields.filter(
      (field) => field.required === true && !(field.api in desired) && !(field.api in this.#secrets.writeOnly),
    );
    if (absent.length > 0)
      throw new OperatorError(
        'InvalidSpec',
        `"${name}" is not in Authentik yet, and creating it needs ${absent.map(specName).join(', ')}: add to the spec`,
      );
    const oneOf = entity.fields.filter((field) => entity.needsOneOf?.includes(field.api) === true && isKnownTo(session.version, field));
    if (oneOf.length === 0 || oneOf.some(({ api }) => !EMPTY.has(desired[api]))) return;
    throw new OperatorError(
      'InvalidSpec',
      `"${name}" is not in Authentik yet, and creating it needs one of ${oneOf.map(specName).join(', ')}: add to the spec`,
    );
  }

  /** Somebody created the same name since we looked: look again, and let the adoption policy decide. Any other fault of the name is a fault. */
  async #nameTaken(error: unknown): Promise<OperatorError | undefined> {
    const { session, entity, name } = this.#parts;
    if (!(error instanceof AuthentikError) || error.status !== 400 || !(entity.naturalKey in error.fields)) return undefined;
    session.cache.invalidate(entity.path);
    if (entity.family !== undefined) session.cache.invalidate(entity.family);
    const there =
      (await this.find()) ??
      (entity.family === undefined ? undefined : await session.cache.find(entity.family, (row) => row['name'] === name));
    if (there === undefined) return undefined;
    return new OperatorError('Progressing', `"${name}" has appeared in Authentik meanwhile; looking again`, {
      refused: true,
      retryAfterMs: LOOK_AGAIN_MS,
      cause: error,
    });
  }
}
