import type { SecretKeyRef } from '../api/v1alpha1/common.ts';
import { ALLOW_USE_LABEL } from '../api/v1alpha1/group.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { Redaction } from '../runtime/redaction.ts';
import type { SourceData, SourceKey, SourceStore } from '../runtime/store.ts';
import { SentSecrets } from './sent-secrets.ts';

/** A value out of a Secret, ready for use. */
export interface SecretText {
  readonly value: string;
  readonly resourceVersion: string;
}

/** How Secrets are read. */
export interface SecretReaderOptions {
  /** Whether a Secret must say by its label that the operator may use it. */
  readonly requireLabel?: boolean | undefined;
}

/** The one place that reads Secrets. Whatever comes out of it is known to the redaction before anybody can log it. */
export class SecretReader {
  readonly #sources: Pick<SourceStore, 'read'>;
  readonly #redaction: Redaction;
  readonly #events: EventRecorder;
  readonly #requireLabel: boolean;
  /** What was sent of what was read. */
  readonly sent = new SentSecrets();
  /** What has been said already. */
  readonly #told = new Set<string>();

  constructor(sources: Pick<SourceStore, 'read'>, redaction: Redaction, events: EventRecorder, options: SecretReaderOptions = {}) {
    this.#sources = sources;
    this.#redaction = redaction;
    this.#events = events;
    this.#requireLabel = options.requireLabel === true;
  }

  /**
   * All values of a Secret in the object's namespace; `secretKey` tells which keys hold secrets. Throws `SecretNotFound` or
   * `SecretNotAllowed`, naming it.
   */
  async all(object: ManagedObject, name: string, secretKey: (key: string) => boolean): Promise<SourceData> {
    const secret = await this.#read(this.#key(object, name));
    const secrets = Object.entries(secret.data).flatMap(([key, value]) => (secretKey(key) ? [withoutNewline(value)] : []));
    this.#redaction.learn(this.#key(object, name), secret.resourceVersion, secrets);
    const data = Object.fromEntries(Object.entries(secret.data).map(([key, value]) => [key, this.#trim(object, name, key, value)]));
    return { ...secret, data };
  }

  /** One value; `inner` finds secrets inside it. Throws `SecretNotFound`, `SecretNotAllowed` or `SecretKeyMissing`, naming what is missing. */
  async text(object: ManagedObject, reference: SecretKeyRef, inner: (value: string) => readonly string[] = () => []): Promise<SecretText> {
    const secret = await this.#read(this.#key(object, reference.name));
    const raw = secret.data[reference.key];
    if (raw === undefined || withoutNewline(raw) === '') {
      throw new OperatorError('SecretKeyMissing', `Secret "${reference.name}" has no key "${reference.key}", or nothing in it`);
    }
    this.#redaction.learn(this.#key(object, reference.name), secret.resourceVersion, [withoutNewline(raw), ...inner(raw)]);
    return { value: this.#trim(object, reference.name, reference.key, raw), resourceVersion: secret.resourceVersion };
  }

  /** Certificates out of a Secret or ConfigMap; no secret in themselves. */
  async bundle(
    object: ManagedObject,
    reference: { readonly kind: 'Secret' | 'ConfigMap'; readonly name: string; readonly key: string },
  ): Promise<string> {
    const source = await this.#read({ kind: reference.kind, namespace: object.metadata.namespace, name: reference.name });
    const pem = source.data[reference.key];
    if (pem === undefined || pem === '')
      throw new OperatorError('SecretKeyMissing', `${reference.kind} "${reference.name}" has no key "${reference.key}", or nothing in it`);
    return pem;
  }

  /** A value that was kept from when the Secret was still there. */
  recall(object: ManagedObject, reference: SecretKeyRef, value: string): void {
    this.#redaction.learn(this.#key(object, reference.name), 'kept', [value]);
  }

  #key({ metadata: { namespace } }: ManagedObject, name: string): SourceKey {
    return { kind: 'Secret', namespace, name };
  }

  async #read(key: SourceKey): Promise<SourceData> {
    const source = await this.#sources.read(key);
    if (source !== undefined) return this.#allowed(key, source);
    this.#redaction.forget(key);
    throw new OperatorError('SecretNotFound', `there is no ${key.kind} "${key.name}" in namespace "${key.namespace}"`);
  }

  /** Whoever may write our kinds, and not read Secrets, names Secrets all the same: that they may be sent away is for their owner to say. */
  #allowed(key: SourceKey, source: SourceData): SourceData {
    if (!this.#requireLabel || key.kind !== 'Secret' || source.labels[ALLOW_USE_LABEL] === 'true') return source;
    const label = `${ALLOW_USE_LABEL}=true`;
    throw new OperatorError(
      'SecretNotAllowed',
      `Secret "${key.name}" doesn't have the label that this operator asks for: kubectl label secret ${key.name} --namespace ${key.namespace} ${label}`,
    );
  }

  /** `kubectl create secret --from-file` and `echo | base64` both leave a newline that nobody meant. */
  #trim(object: ManagedObject, name: string, key: string, raw: string): string {
    const value = withoutNewline(raw);
    const told = `${object.metadata.uid}/${name}/${key}`;
    if (value === raw) this.#told.delete(told);
    else if (!this.#told.has(told)) this.#tell(object, name, key, told);
    return value;
  }

  #tell(object: ManagedObject, name: string, key: string, told: string): void {
    this.#told.add(told);
    this.#events.record(object, 'Normal', 'Trimmed', `key "${key}" of Secret "${name}" ends in a newline, which is not used`);
  }
}

function withoutNewline(value: string): string {
  return value.replace(/[\r\n]+$/, '');
}
