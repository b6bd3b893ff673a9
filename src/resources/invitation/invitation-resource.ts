import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ApiObject } from '../../authentik/api-object.ts';
import { AuthentikError } from '../../authentik/errors.ts';
import { segment } from '../../authentik/path.ts';
import type { Session } from '../../authentik/session.ts';
import { INVITATION } from '../../catalogue/invitation.ts';
import type { Judgement } from '../../runtime/conditions.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { Change, External, Observation, SettleResult } from '../../runtime/external.ts';
import type { Prints } from '../../runtime/ownership.ts';
import { printOf } from '../../runtime/print.ts';
import { parseObject } from '../entity/api-object.ts';
import { durationMs, expiryMs, timeOf } from './expiry.ts';

/** Node's timers take no more; in milliseconds. */
const MAX_TIMER_MS = 24 * 60 * 60_000;

/** What an invitation shall be. */
export interface DesiredInvitation {
  readonly flow: { readonly uuid: string; readonly slug: string };
  readonly expires: string | undefined;
  readonly singleUse: boolean | undefined;
  /** With whether it comes out of a Secret: then nothing is said of what differs. */
  readonly fixedData: { readonly value: unknown; readonly secret: boolean } | undefined;
  readonly renew: string;
}

/** What is on record of it. */
interface RecordedInvitation {
  /** A hash of its key. */
  readonly uuid: string | undefined;
  readonly issuedAt: string | undefined;
  readonly expires: string | undefined;
  readonly renewed: string | undefined;
  readonly singleUse: boolean;
  /** A create is on record whose answer nobody has seen. */
  readonly pending: boolean;
  /** It was already said that it can't be used any more. */
  readonly closed: boolean;
}

/** What an invitation works with. */
interface InvitationParts {
  readonly session: Session;
  readonly name: string;
  /** Undefined when only undoing. */
  readonly desired: DesiredInvitation | undefined;
  readonly recorded: RecordedInvitation;
  readonly now: () => number;
  /** Puts the link where it belongs, or takes it away; nobody else sees it. */
  readonly publish: (link: { readonly url: string; readonly token: string } | undefined) => Promise<Readonly<Record<string, unknown>>>;
  /** Keeps the key out of whatever is said. */
  readonly hide: (token: string) => void;
}

/**
 * One invitation. Its key in Authentik is the credential, so that what is on record is a hash of it, and it is found by that in the list. One
 * that is gone was used, has expired, or was revoked: it is not made again, unless it is asked for.
 */
export class InvitationResource implements External {
  readonly #parts: InvitationParts;
  #row: ApiObject | undefined;
  #issuedAt: string | undefined;

  constructor(parts: InvitationParts) {
    this.#parts = parts;
    this.#issuedAt = parts.recorded.issuedAt;
  }

  async observe(): Promise<Observation> {
    const { recorded, desired } = this.#parts;
    const row = await this.#find();
    this.#row = row;
    if (row !== undefined) return this.#observationOf(row);
    if (recorded.uuid !== undefined && (desired === undefined || !this.#isRenewed())) return this.#gone(recorded.uuid);
    if (desired?.expires !== undefined && expiryMs(desired.expires, this.#parts.now()) <= this.#parts.now())
      throw new OperatorError('InvalidSpec', `expires is ${desired.expires}, which is over: write a later time`);
    return { exists: false, differences: [], status: {}, before: {} };
  }

  /** Without what comes out of a Secret. */
  intent(): Prints {
    const { name, desired } = this.#parts;
    return { name: printOf(name), flow: printOf(desired?.flow.uuid ?? null), single_use: printOf(desired?.singleUse ?? false) };
  }

  async create(): Promise<Observation> {
    const { session, now } = this.#parts;
    const issued = now();
    this.#issuedAt = timeOf(issued);
    try {
      return this.#accept(await session.client.post(INVITATION.path, this.#body(issued)));
    } catch (error) {
      if (error instanceof AuthentikError && error.ambiguous) session.cache.invalidate(INVITATION.path);
      throw error;
    }
  }

  /** The link stays what it is; with `renew` it ends, and the next pass makes another one. */
  async update(observed: Observation): Promise<Observation> {
    const { session } = this.#parts;
    const row = this.#row;
    if (row === undefined) return observed;
    if (this.#isRenewed()) {
      await this.delete();
      return { ...observed, differences: [], conditions: [closed('Progressing', 'a new one is being made')] };
    }
    const body = this.#body(this.#issuedMs(row));
    return this.#accept(await this.#hiding(row.pk, async () => session.client.patch(pathOf(row), body)));
  }

  async refresh(observed: Observation): Promise<Observation> {
    return Promise.resolve(observed);
  }

  async blockers(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async delete(): Promise<void> {
    const { session } = this.#parts;
    const row = this.#row;
    if (row === undefined) return;
    await this.#hiding(row.pk, async () => session.client.delete(pathOf(row)));
    session.cache.remove(INVITATION.path, row.pk);
    this.#row = undefined;
  }

  /** Nothing is ever adopted. */
  async restore(): Promise<void> {
    await this.delete();
  }

  async settle(): Promise<SettleResult> {
    const { session, desired, publish, now } = this.#parts;
    const row = this.#row;
    if (row === undefined || desired === undefined || this.#isExpired(row)) {
      const status = await publish(undefined);
      return this.#isRenewed() ? { status, lookAgainMs: 1 } : { status };
    }
    const url = `${session.publicURL}/if/flow/${encodeURIComponent(desired.flow.slug)}/?itoken=${row.pk}`;
    const status = await publish({ url, token: row.pk });
    const left = Date.parse(String(row['expires'])) - now();
    return Number.isNaN(left) ? { status } : { status, lookAgainMs: Math.min(Math.max(left, 0) + 1000, MAX_TIMER_MS) };
  }

  /** On record, or what a create that nobody saw answered has made; anybody else's may have the same name. */
  async #find(): Promise<ApiObject | undefined> {
    const { recorded } = this.#parts;
    const { cache } = this.#parts.session;
    const mine = async (): Promise<ApiObject | undefined> => {
      const rows = await cache.list(INVITATION.path);
      const known = rows.find((row) => hashOf(row.pk) === recorded.uuid);
      if (known !== undefined || !recorded.pending) return known;
      const intent = Object.entries(this.intent());
      return rows.find((row) => intent.every(([field, print]) => printOf(row[field]) === print));
    };
    const found = await mine();
    // A list may be older than what it is asked about; what was said to be over is not asked for again.
    if (found !== undefined || (recorded.uuid === undefined && !recorded.pending) || recorded.closed) return this.#hidden(found);
    cache.invalidate(INVITATION.path);
    return this.#hidden(await mine());
  }

  #hidden(row: ApiObject | undefined): ApiObject | undefined {
    if (row !== undefined) this.#parts.hide(row.pk);
    return row;
  }

  #observationOf(row: ApiObject): Observation {
    const { desired } = this.#parts;
    this.#issuedAt ??= timeOf(this.#issuedMs(row));
    const expires = Date.parse(String(row['expires']));
    return {
      exists: true,
      uuid: hashOf(row.pk),
      differences: desired === undefined ? [] : this.#differences(row, desired),
      before: {},
      print: (field) => printOf(row[field]),
      conditions: [
        this.#isExpired(row)
          ? closed('Expired', 'it has expired; its link is void')
          : { type: 'Open', status: 'True', reason: 'Reconciled', message: 'its link may be used' },
      ],
      status: {
        flowSlug: desired?.flow.slug,
        issuedAt: this.#issuedAt,
        expires: Number.isNaN(expires) ? undefined : timeOf(expires),
        ...(this.#isRenewed() ? {} : { renewed: desired?.renew === '' ? undefined : desired?.renew }),
      },
    };
  }

  #differences(row: ApiObject, desired: DesiredInvitation): readonly Change[] {
    if (this.#isRenewed()) return [{ field: 'renew' }];
    const body = this.#body(this.#issuedMs(row));
    return Object.entries(body).flatMap(([api, want]): readonly Change[] => {
      const have = row[api];
      if (api === 'expires') {
        const wanted = Date.parse(String(want));
        // Authentik keeps microseconds, and we send seconds.
        return Math.abs(Date.parse(String(have)) - wanted) < 2000 ? [] : [{ field: 'expires', from: have, to: want }];
      }
      if (isDeepStrictEqual(have, want)) return [];
      if (api === 'fixed_data') return [{ field: desired.fixedData?.secret === true ? 'fixedDataSecretRef' : 'fixedData' }];
      return [{ field: NAMES[api] ?? api, from: have, to: want }];
    });
  }

  /** What is declared, as Authentik takes it. */
  #body(issuedMs: number): Readonly<Record<string, unknown>> {
    const { name, desired } = this.#parts;
    if (desired === undefined) return {};
    const { flow, expires, singleUse, fixedData } = desired;
    return {
      name,
      flow: flow.uuid,
      single_use: singleUse ?? false,
      ...(fixedData === undefined ? {} : { fixed_data: fixedData.value }),
      ...(expires === undefined ? {} : { expires: timeOf(expiryMs(expires, issuedMs)) }),
    };
  }

  /** One that was found after a crash was made that long before it expires. */
  #issuedMs(row: ApiObject): number {
    if (this.#issuedAt !== undefined) return Date.parse(this.#issuedAt);
    const { desired, now } = this.#parts;
    const length = desired?.expires === undefined ? undefined : durationMs(desired.expires);
    return length === undefined ? now() : Date.parse(String(row['expires'])) - length;
  }

  #isRenewed(): boolean {
    const { desired, recorded } = this.#parts;
    return desired !== undefined && recorded.uuid !== undefined && this.#made !== true && desired.renew !== (recorded.renewed ?? '');
  }

  /** It is the one that `renew` has asked for. */
  #made?: true;

  #isExpired(row: ApiObject): boolean {
    return Date.parse(String(row['expires'])) <= this.#parts.now();
  }

  /** It stays on record, so that nothing makes it again. */
  #gone(uuid: string): Observation {
    const { recorded, now } = this.#parts;
    const over = recorded.expires !== undefined && Date.parse(recorded.expires) <= now();
    const condition = over
      ? closed('Expired', 'it has expired; write another `renew` for a new one')
      : recorded.singleUse
        ? closed('Used', 'somebody has used it; write another `renew` for a new one')
        : closed('Revoked', 'somebody has deleted it in Authentik; write another `renew` for a new one');
    return { exists: true, uuid, differences: [], before: {}, status: {}, conditions: [condition] };
  }

  #accept(answer: unknown): Observation {
    const { session } = this.#parts;
    const row = parseObject(answer);
    this.#parts.hide(row.pk);
    session.cache.upsert(INVITATION.path, row);
    this.#row = row;
    this.#made = true;
    return this.#observationOf(row);
  }

  /** Paths are quoted in errors, and this one ends with the credential. */
  async #hiding<T>(token: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Error) error.message = error.message.replaceAll(token, '…');
      throw error;
    }
  }
}

const NAMES: Readonly<Record<string, string>> = { flow: 'flowRef', single_use: 'singleUse' };

function closed(reason: Judgement['reason'], message: string): Judgement {
  return { type: 'Open', status: 'False', reason, message };
}

function pathOf(row: ApiObject): string {
  return `${INVITATION.path}${segment(row.pk)}/`;
}

/** Tells an invitation without giving away its key, which is random enough to withstand guessing. */
function hashOf(pk: string): string {
  return createHash('sha256').update(pk).digest('hex').slice(0, 32);
}
