import { createHmac, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../runtime/external.ts';

/** What a status keeps of a Secret whose values were sent. */
export interface SecretRecord {
  readonly name: string;
  readonly resourceVersion: string;
  readonly hash: string;
}

/** The write-only values that come out of one Secret, by Authentik's field names. */
export interface SecretPart {
  /** The name of the Secret. */
  readonly name: string;
  readonly resourceVersion: string;
  readonly writeOnly: Readonly<Record<string, string>>;
  /** Names in the spec of everything that came out of it, for telling rotation from drift. */
  readonly fields: readonly string[];
}

/**
 * The values that one object takes from Secrets, and whether Authentik has them. Authentik never shows write-only values, so what
 * was sent is remembered as a salted hash; a value is sent again only when the hash says that it changed.
 */
export class SecretValues {
  readonly #parts: readonly SecretPart[];
  readonly #recorded: ReadonlyMap<string, SecretRecord>;
  #sent = false;

  constructor(parts: readonly SecretPart[], recorded: readonly SecretRecord[]) {
    this.#parts = parts;
    this.#recorded = new Map(recorded.map((record) => [record.name, record]));
  }

  /** Names in the spec of everything that comes out of Secrets. */
  get fields(): ReadonlySet<string> {
    return new Set(this.#parts.flatMap((part) => part.fields));
  }

  get writeOnly(): Readonly<Record<string, string>> {
    return Object.assign({}, ...this.#parts.map((part) => part.writeOnly)) as Record<string, string>;
  }

  /** Whether Authentik holds other write-only values than the Secrets do. */
  get changed(): boolean {
    return this.differences.length > 0;
  }

  get differences(): readonly Difference[] {
    if (this.#sent) return [];
    return this.#parts
      .filter((part) => Object.keys(part.writeOnly).length > 0 && !this.#knows(part))
      .flatMap((part) =>
        Object.keys(part.writeOnly).map((field): Difference => ({ field: `${field} (from Secret ${part.name})`, cause: 'Secret' })),
      );
  }

  /** Marks a difference as rotation when its field comes out of a Secret that has changed since. */
  explain(difference: Difference): Difference {
    const part = this.#parts.find((candidate) => candidate.fields.includes(difference.field));
    const record = part === undefined ? undefined : this.#recorded.get(part.name);
    return part === undefined || record?.resourceVersion === part.resourceVersion ? difference : { ...difference, cause: 'Secret' };
  }

  /** The same values as if nothing was on record, unless they have just been sent. */
  unlessSent(): SecretValues {
    return this.#sent ? this : new SecretValues(this.#parts, []);
  }

  /** Authentik has accepted the values. */
  sent(): void {
    this.#sent = true;
  }

  /** What to remember; undefined when there is nothing. */
  records(): readonly SecretRecord[] | undefined {
    if (this.#parts.length === 0) return undefined;
    return this.#parts.map((part) => {
      const record = this.#recorded.get(part.name);
      if (Object.keys(part.writeOnly).length === 0) return { name: part.name, resourceVersion: part.resourceVersion, hash: '' };
      if (record !== undefined && this.#knows(part)) return { ...record, resourceVersion: part.resourceVersion };
      if (!this.#sent && record !== undefined) return record;
      return {
        name: part.name,
        resourceVersion: part.resourceVersion,
        hash: this.#sent ? hash(part.writeOnly, randomBytes(8).toString('hex')) : '',
      };
    });
  }

  #knows(part: SecretPart): boolean {
    const record = this.#recorded.get(part.name);
    const [salt] = record?.hash.split(':') ?? [];
    return record !== undefined && salt !== undefined && isDeepStrictEqual(record.hash, hash(part.writeOnly, salt));
  }
}

function hash(values: Readonly<Record<string, string>>, salt: string): string {
  return `${salt}:${createHmac('sha256', salt)
    .update(JSON.stringify(Object.entries(values).sort()))
    .digest('hex')}`;
}

/** For objects that take nothing from Secrets. */
export const NO_SECRETS = new SecretValues([], []);
