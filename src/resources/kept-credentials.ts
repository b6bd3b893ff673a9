import type { AuthentikConnectionSpec } from '../api/v1alpha1/authentik-connection.ts';
import type { SecretKeyRef } from '../api/v1alpha1/common.ts';
import { OperatorError, toOperatorError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { CredentialKeeper } from '../runtime/store.ts';
import type { SecretReader } from './secret-reader.ts';

type Bundle = NonNullable<AuthentikConnectionSpec['caBundleRef']>;

/** A connection's token and certificates. */
type Credentials = Pick<SecretReader, 'text' | 'bundle'>;

/** Reads what a connection names, and keeps it for the day when the Secret goes before the objects that need it to be undone. */
export class KeepingCredentials {
  readonly #read: Credentials;
  readonly #keeper: CredentialKeeper;
  readonly #log: Logger;

  constructor(read: Credentials, keeper: CredentialKeeper, log: Logger) {
    this.#read = read;
    this.#keeper = keeper;
    this.#log = log;
  }

  async text(connection: ManagedObject, reference: SecretKeyRef): Promise<{ readonly value: string }> {
    const text = await this.#read.text(connection, reference);
    await this.#keep(connection, 'token', text.value);
    return text;
  }

  async bundle(connection: ManagedObject, reference: Bundle): Promise<string> {
    const pem = await this.#read.bundle(connection, reference);
    await this.#keep(connection, 'ca', pem);
    return pem;
  }

  /** What can't be kept is a worse day later, and no reason to do nothing today. */
  async #keep(connection: ManagedObject, key: string, value: string): Promise<void> {
    try {
      await this.#keeper.keep(connection.metadata.uid, key, value);
    } catch (thrown) {
      const { namespace, name } = connection.metadata;
      this.#log.warn(
        { connection: `${namespace}/${name}`, detail: toOperatorError(thrown).message },
        'the credentials are not kept: should the Secret go first, what hangs on it is left behind in Authentik',
      );
    }
  }
}

/** Reads what a connection names, or used to name, for undoing what was done with it. */
export class RecalledCredentials {
  readonly #read: Credentials & Pick<SecretReader, 'recall'>;
  readonly #keeper: CredentialKeeper;

  constructor(read: Credentials & Pick<SecretReader, 'recall'>, keeper: CredentialKeeper) {
    this.#read = read;
    this.#keeper = keeper;
  }

  async text(connection: ManagedObject, reference: SecretKeyRef): Promise<{ readonly value: string }> {
    return this.#orRecall(
      connection,
      'token',
      async () => this.#read.text(connection, reference),
      (value) => {
        this.#read.recall(connection, reference, value);
        return { value };
      },
    );
  }

  async bundle(connection: ManagedObject, reference: Bundle): Promise<string> {
    return this.#orRecall(
      connection,
      'ca',
      async () => this.#read.bundle(connection, reference),
      (value) => value,
    );
  }

  async #orRecall<T>(connection: ManagedObject, key: string, read: () => Promise<T>, made: (value: string) => T): Promise<T> {
    try {
      return await read();
    } catch (error) {
      const gone = error instanceof OperatorError && (error.reason === 'SecretNotFound' || error.reason === 'SecretKeyMissing');
      const kept = gone ? await this.#keeper.recall(connection.metadata.uid, key) : undefined;
      if (kept === undefined) throw error;
      return made(kept);
    }
  }
}
