/** Values of fields by Authentik's own names. Never secrets. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * A short hash of a value for each field: tells whether the server still holds it, and takes less room than a second copy of it. Never of
 * anything that comes out of a Secret: a hash of something short can be guessed.
 */
export type Prints = Readonly<Record<string, string>>;

/** A create that is on record before it is sent. */
export interface PendingCreate {
  readonly name: string;
  /** RFC 3339. */
  readonly at: string;
  /** RFC 3339: from then on the request can't arrive any more; known once it has failed. */
  readonly expires?: string | undefined;
  readonly connectionURL?: string | undefined;
  /** What is sent. Marks of 0.1.0 don't say, and prove nothing. */
  readonly sent?: Prints | undefined;
}

/**
 * Parts that are about to be made of which Authentik would keep two, such as the bindings of groups and people: on record before they are
 * sent, so that one that nobody answered is waited for and not sent again.
 */
export interface PendingParts {
  /** As the spec names them. */
  readonly parts: readonly string[];
  /** RFC 3339: from then on none of the requests can arrive any more; known once one has failed. */
  readonly expires?: string | undefined;
  readonly connectionURL?: string | undefined;
}

/** How much longer than its time-out a request is believed to be under way, in milliseconds: clocks, and proxies in between. */
export const PATIENCE_MARGIN_MS = 5_000;

/** What somebody else had made, and what became of it under us. */
export interface Adoption {
  /** RFC 3339. */
  readonly at: string;
  /** What the declared fields held before us. */
  readonly before?: Values | undefined;
  /** What we made of them. Absent in records of 0.1.0 until their next pass. */
  readonly applied?: Prints | undefined;
  /** What is being written this moment: after a crash the server holds this or `applied`, and both are ours. */
  readonly applying?: Prints | undefined;
  /** The keys of what was bound before us, by the key of what it is bound to, from the moment that is declared. */
  readonly bound?: Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * What is ours, what was there before, and what is under way. The functions of this module are its only transitions, and nothing else
 * decides about ownership. All are pure. Their laws, held by `ownership.property.test.ts`: no transition loses `before` of a field that is
 * still declared, and nothing is ours that neither our own create answered for nor a policy let us adopt.
 */
export interface OwnershipRecord {
  readonly uuid?: string | undefined;
  readonly connectionURL?: string | undefined;
  readonly pendingCreate?: PendingCreate | undefined;
  readonly adopted?: Adoption | undefined;
}

/** Something that was found in Authentik by its recorded key or by its name. */
export interface Found {
  readonly uuid: string;
  /** Where. */
  readonly url: string | undefined;
  /** What it holds in a field. */
  readonly print: (field: string) => string | undefined;
}

/** Whose it is: ours on record, ours since it is what an unanswered create of ours sent, or somebody else's. */
export function standingOf(record: OwnershipRecord, found: Found): 'recorded' | 'made' | 'foreign' {
  if (record.uuid === found.uuid) return 'recorded';
  const { pendingCreate } = record;
  if (pendingCreate === undefined || pendingCreate.connectionURL !== found.url) return 'foreign';
  const sent = Object.entries(pendingCreate.sent ?? {});
  return sent.length > 0 && sent.every(([field, print]) => found.print(field) === print) ? 'made' : 'foreign';
}

/** Before a create is sent. What was on record stays until something new stands in its place. */
export function beginCreate(record: OwnershipRecord, pendingCreate: PendingCreate): OwnershipRecord {
  return { ...record, pendingCreate };
}

/** The create certainly made nothing and can't arrive any more. */
export function endCreate(record: OwnershipRecord): OwnershipRecord {
  return { ...record, pendingCreate: undefined };
}

/** The create failed without an answer that says whether it took place; from `expires` on (RFC 3339) it can't arrive any more. */
export function doubtCreate(record: OwnershipRecord, expires: string): OwnershipRecord {
  return record.pendingCreate === undefined ? record : { ...record, pendingCreate: { ...record.pendingCreate, expires } };
}

/**
 * How long a create on record may still arrive, in milliseconds; 0 when it can't any more. One whose failure nobody saw was sent before
 * `sinceMs`, when we began to work; a request takes `patienceMs` at most.
 */
export function mayArriveFor(
  pending: Pick<PendingCreate, 'expires' | 'connectionURL'> | undefined,
  at: { readonly url: string | undefined; readonly nowMs: number; readonly sinceMs: number; readonly patienceMs: number },
): number {
  if (pending === undefined || pending.connectionURL !== at.url) return 0;
  const { expires } = pending;
  return Math.max(0, (expires === undefined ? at.sinceMs + at.patienceMs : Date.parse(expires)) - at.nowMs);
}

/** Before parts are sent; undefined where there are none that Authentik would keep twice. */
export function beginParts(parts: readonly string[], connectionURL: string | undefined): PendingParts | undefined {
  return parts.length === 0 ? undefined : { parts, connectionURL };
}

/** Sending parts failed: undefined when that was answered, else it may take place until `expires` (RFC 3339). They are sent one by one. */
export function doubtParts(pending: PendingParts | undefined, settled: boolean, expires: string): PendingParts | undefined {
  return pending === undefined || settled ? undefined : { ...pending, expires };
}

/** Our own create was answered, or is found to have taken place: whatever was on record before is replaced. */
export function made(found: Pick<Found, 'uuid' | 'url'>): OwnershipRecord {
  return { uuid: found.uuid, connectionURL: found.url };
}

/** The policy let us take it. */
export function adopt(found: Pick<Found, 'uuid' | 'url'>, adoption: Adoption): OwnershipRecord {
  return { uuid: found.uuid, connectionURL: found.url, adopted: adoption };
}

/** The recorded thing was found again, maybe at another address of the same server: its key is unique in the world. */
export function foundAgain(record: OwnershipRecord, found: Pick<Found, 'uuid' | 'url'>): OwnershipRecord {
  return { ...record, uuid: found.uuid, connectionURL: found.url, pendingCreate: undefined };
}

/** What is on record is on another server: it stays behind there. */
export function leaveBehind(record: OwnershipRecord): OwnershipRecord {
  return { pendingCreate: record.pendingCreate };
}

/** What a pass over something adopted declares, and what it found there. */
export interface Declaration {
  /** What the declared fields hold this moment. */
  readonly held: Values;
  /** What they shall hold; without those whose values come out of Secrets. */
  readonly declared: Prints;
  readonly print: (field: string) => string | undefined;
  /** The keys of what is bound and was there before us, by the key of what it is bound to, as far as that is declared. */
  readonly bound?: Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * Before anything adopted is written: what newly declared fields held is kept, and what the spec has let go of is let go. Where the server
 * holds what is declared already, that counts as applied; the rest is about to be.
 */
export function declare(record: OwnershipRecord, { held, declared, print, bound }: Declaration): OwnershipRecord {
  const { adopted } = record;
  if (adopted === undefined) return record;
  const before = { ...held, ...pick(adopted.before ?? {}, (field) => field in held) };
  const applied = {
    ...pick(adopted.applied ?? {}, (field) => field in declared),
    // A write that nobody answered, and that took effect.
    ...pick(adopted.applying ?? {}, (field, value) => field in declared && print(field) === value),
    ...pick(declared, (field, value) => print(field) === value),
  };
  const applying = pick(declared, (field, value) => print(field) !== value);
  const allBound = { ...bound, ...adopted.bound };
  return {
    ...record,
    adopted: {
      at: adopted.at,
      before,
      applied,
      ...(Object.keys(applying).length === 0 ? {} : { applying }),
      ...(Object.keys(allBound).length === 0 ? {} : { bound: allBound }),
    },
  };
}

/** What was being written has been accepted. */
export function wrote(record: OwnershipRecord): OwnershipRecord {
  if (record.adopted?.applying === undefined) return record;
  const { applying, ...adopted } = record.adopted;
  return { ...record, adopted: { ...adopted, applied: { ...adopted.applied, ...applying } } };
}

/**
 * What to put back into something adopted: the fields that still hold what we made of them. A field that somebody has changed since is
 * theirs. Of a field out of a Secret, and in records of 0.1.0, nothing says what we made of it: it is put back.
 */
export function restorable(
  { adopted }: { readonly adopted?: Omit<Adoption, 'at'> | undefined },
  print: (field: string) => string | undefined,
): Values {
  const ours = [adopted?.applied ?? {}, adopted?.applying ?? {}];
  return pick(adopted?.before ?? {}, (field) => {
    const known = ours.flatMap((prints) => prints[field] ?? []);
    return known.length === 0 || known.includes(print(field) ?? '');
  });
}

function pick<V>(values: Readonly<Record<string, V>>, accept: (field: string, value: V) => boolean): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(values).filter(([field, value]) => accept(field, value)));
}
