import { formatKey, type ObjectKey } from './object.ts';

/** Shorter values stand in ordinary words, and whoever asked for texts with them would learn which they are. */
const SHORTEST = 8;

const REDACTED = '[redacted]';
/** A Secret that has just changed may still be in use as it was. */
const VERSIONS_KEPT = 2;

/** One way in which a value may be written, and the Secrets that it is from. */
interface Form {
  readonly text: string;
  /** Namespaces by Secret and version. */
  readonly holders: Map<string, string>;
}

interface Version {
  readonly resourceVersion: string;
  readonly forms: Set<string>;
}

/**
 * Knows the secret values that the operator has read, and takes them out of texts. It is the net and not the mechanism: messages are
 * made without secrets, and clients take their own out of what they quote.
 *
 * What is shown to a tenant is searched for that tenant's values only: otherwise a text of one's own choice would tell whether anybody in
 * the cluster has it for a password.
 */
export class Redaction {
  /** By Secret, the newest version last. */
  readonly #secrets = new Map<string, readonly Version[]>();
  /** By their first characters, the longest first: of two that begin alike, all of the longer one goes. */
  readonly #forms = new Map<string, Form[]>();
  readonly #byText = new Map<string, Form>();

  /** Remembers values out of a Secret, until it is forgotten or has changed twice. */
  learn(secret: ObjectKey, resourceVersion: string, values: readonly string[]): void {
    const id = formatKey(secret);
    const known = this.#secrets.get(id) ?? [];
    let current = known.at(-1);
    if (current?.resourceVersion !== resourceVersion) {
      current = { resourceVersion, forms: new Set() };
      const kept = [...known, current].slice(-VERSIONS_KEPT);
      for (const version of known) if (!kept.includes(version)) this.#drop(id, version);
      this.#secrets.set(id, kept);
    }
    for (const form of values.flatMap(formsOf)) {
      if (current.forms.has(form)) continue;
      current.forms.add(form);
      this.#hold(form, holderOf(id, current), secret.namespace);
    }
  }

  /** The Secret is gone, or nobody refers to it any more. */
  forget(secret: ObjectKey): void {
    const id = formatKey(secret);
    for (const version of this.#secrets.get(id) ?? []) this.#drop(id, version);
    this.#secrets.delete(id);
  }

  /** Takes out the values of every Secret, or of those in `namespaces`. */
  scrub(text: string, namespaces?: readonly string[]): string {
    if (this.#forms.size === 0) return text;
    let clean = '';
    let from = 0;
    for (let at = 0; at + SHORTEST <= text.length;) {
      const found = this.#forms
        .get(text.slice(at, at + SHORTEST))
        ?.find((form) => text.startsWith(form.text, at) && isVisible(form, namespaces));
      if (found === undefined) {
        at += 1;
        continue;
      }
      clean += text.slice(from, at) + REDACTED;
      at += found.text.length;
      from = at;
    }
    return clean + text.slice(from);
  }

  #hold(text: string, holder: string, namespace: string): void {
    const start = text.slice(0, SHORTEST);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      known.holders.set(holder, namespace);
      return;
    }
    const form = { text, holders: new Map([[holder, namespace]]) };
    this.#byText.set(text, form);
    const alike = this.#forms.get(start) ?? [];
    const shorter = alike.findIndex((other) => other.text.length < text.length);
    alike.splice(shorter < 0 ? alike.length : shorter, 0, form);
    this.#forms.set(start, alike);
  }

  #drop(id: string, version: Version): void {
    for (const text of version.forms) {
      const form = this.#byText.get(text);
      form?.holders.delete(holderOf(id, version));
      if (form === undefined || form.holders.size > 0) continue;
      this.#byText.delete(text);
      const start = text.slice(0, SHORTEST);
      const left = (this.#forms.get(start) ?? []).filter((other) => other !== form);
      if (left.length === 0) this.#forms.delete(start);
      else this.#forms.set(start, left);
    }
  }
}

/** As it is, and as it would appear inside a URL, a JSON text or a Basic header. */
function formsOf(value: string): readonly string[] {
  if (value.length < SHORTEST) return [];
  return [...new Set([value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64')])];
}

function holderOf(id: string, { resourceVersion }: Version): string {
  return `${id}@${resourceVersion}`;
}

function isVisible({ holders }: Form, namespaces: readonly string[] | undefined): boolean {
  if (namespaces === undefined) return true;
  for (const namespace of holders.values()) if (namespaces.includes(namespace)) return true;
  return false;
}
