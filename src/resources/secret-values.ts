import { createHash, createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../runtime/external.ts';
import { sameText } from './kept-text.ts';
import { SentSecrets } from './sent-secrets.ts';

/** What a status keeps of a Secret whose values were sent. */
export interface SecretRecord {
  readonly name: string;
  readonly resourceVersion: string;
  /** Of what was sent, without the values: see {@link print}. Empty when nothing was. */
  readonly hash: string;
}

/** The write-only values that come out of one Secret, by Authentik's field names. */
export interface SecretPart {
  /** The name of the Secret. */
  readonly name: string;
  readonly resourceVersion: string;
  readonly writeOnly: Readonly<Record<string, unknown>>;
  /** Where in the Secret each of {@link writeOnly} stands, so that another key is noticed as another value is. */
  readonly keys: Readonly<Record<string, string>>;
  /** Names in the spec of everything that came out of it, for telling rotation from drift. */
  readonly fields: readonly string[];
}

/** Which object the values are for, and what is known of those that were sent. */
export interface SecretMemory {
  readonly owner: string;
  readonly recorded: readonly SecretRecord[];
  readonly sent: SentSecrets;
}

/**
 * The values that one object takes from Secrets, and whether Authentik has them. What the server shows is compared by value, and appears
 * nowhere all the same. Most of it Authentik never shows, so it is on record which version of which Secret was sent, and which keys of it. A status is read by more people than a Secret, so it holds nothing
 * that is made of the values; a version that changed without them is told by {@link SentSecrets} while the process lives.
 */
export class SecretValues {
  readonly #parts: readonly SecretPart[];
  readonly #memory: SecretMemory;
  readonly #recorded: ReadonlyMap<string, SecretRecord>;
  readonly #shown: Readonly<Record<string, unknown>>;
  #sent = false;

  constructor(parts: readonly SecretPart[], memory: SecretMemory, shown: Readonly<Record<string, unknown>> = {}) {
    this.#parts = parts;
    this.#memory = memory;
    this.#shown = shown;
    this.#recorded = new Map(memory.recorded.map((record) => [record.name, record]));
  }

  /** Names in the spec of everything that comes out of Secrets. */
  get fields(): ReadonlySet<string> {
    return new Set(this.#parts.flatMap((part) => part.fields));
  }

  get writeOnly(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.#parts.map((part) => part.writeOnly)) as Record<string, unknown>;
  }

  /** Whether Authentik holds other write-only values than the Secrets do. */
  get changed(): boolean {
    return this.differences.length > 0;
  }

  get differences(): readonly Change[] {
    if (this.#sent) return [];
    return this.#parts.flatMap((part) => [
      ...this.#unsent(part).map((field): Change => ({ field: `${field} (from Secret ${part.name})`, cause: 'Secret' })),
      ...this.#otherwise(part).map((field): Change => {
        const record = this.#recorded.get(part.name);
        const rotated = record !== undefined && record.resourceVersion !== part.resourceVersion;
        return { field: `${field} (from Secret ${part.name})`, ...(rotated ? { cause: 'Secret' as const } : {}) };
      }),
    ]);
  }

  /** Marks a change as rotation when its field comes out of a Secret that has changed since. Its values stay unsaid in any case. */
  explain(change: Change): Change {
    const part = this.#parts.find((candidate) => candidate.fields.includes(change.field));
    if (part === undefined) return change;
    const { field } = change;
    return this.#recorded.get(part.name)?.resourceVersion === part.resourceVersion ? { field } : { field, cause: 'Secret' };
  }

  /** The same values beside what the server shows of them. */
  beside(shown: Readonly<Record<string, unknown>>): SecretValues {
    return this.#sent || Object.keys(shown).length === 0 ? this : new SecretValues(this.#parts, this.#memory, shown);
  }

  /** The same values as if nothing was on record, unless they have just been sent. */
  unlessSent(): SecretValues {
    return this.#sent ? this : new SecretValues(this.#parts, { ...this.#memory, recorded: [] });
  }

  /** Authentik has accepted the values. */
  sent(): void {
    this.#sent = true;
  }

  /** What to remember; undefined when there is nothing. */
  records(): readonly SecretRecord[] | undefined {
    if (this.#parts.length === 0) return undefined;
    return this.#parts.map((part) => this.#recordOf(part));
  }

  #recordOf(part: SecretPart): SecretRecord {
    const { name, resourceVersion, writeOnly } = part;
    if (Object.keys(writeOnly).length === 0) return { name, resourceVersion, hash: '' };
    if (this.#sent || this.#unsent(part).length + this.#otherwise(part).length === 0) {
      this.#memory.sent.remember(this.#id(part), writeOnly);
      return { name, resourceVersion, hash: print(part) };
    }
    return this.#recorded.get(name) ?? { name, resourceVersion, hash: '' };
  }

  /** What the server doesn't show, and hasn't got as far as is known. */
  #unsent(part: SecretPart): readonly string[] {
    const hidden = Object.keys(part.writeOnly).filter((field) => !(field in this.#shown));
    return hidden.length === 0 || this.#knows(part) ? [] : hidden;
  }

  /** What the server shows, and has another value of. */
  #otherwise({ writeOnly }: SecretPart): readonly string[] {
    return Object.keys(writeOnly).filter((field) => field in this.#shown && !isSame(writeOnly[field], this.#shown[field]));
  }

  #knows(part: SecretPart): boolean {
    const record = this.#recorded.get(part.name);
    if (record === undefined || record.hash === '') return false;
    return (
      record.hash === print(part) || this.#memory.sent.knows(this.#id(part), part.writeOnly) || isOldPrint(record.hash, part.writeOnly)
    );
  }

  #id(part: SecretPart): string {
    return `${this.#memory.owner}/${part.name}`;
  }
}

/** Tells what was sent by where it came from. Nothing in it is secret. */
function print({ name, resourceVersion, keys }: SecretPart): string {
  return createHash('sha256')
    .update(JSON.stringify([name, resourceVersion, Object.entries(keys).sort()]))
    .digest('hex');
}

/** As version 0.1.0 wrote it: `salt:HMAC of the values`. It is understood once, and replaced: whoever reads it can try out passwords. */
function isOldPrint(hash: string, values: Readonly<Record<string, unknown>>): boolean {
  const [salt, digest] = hash.split(':');
  if (salt === undefined || digest === undefined) return false;
  const again = createHmac('sha256', salt).update(JSON.stringify(Object.entries(values).sort()));
  return again.digest('hex') === digest;
}

function isSame(want: unknown, have: unknown): boolean {
  return sameText(want, have) || isDeepStrictEqual(want, have);
}

/** For objects that take nothing from Secrets. */
export const NO_SECRETS = new SecretValues([], { owner: '', recorded: [], sent: new SentSecrets() });
