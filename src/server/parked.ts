import { formatKey, type ObjectKey } from '../runtime/object.ts';

/** Objects that wait for their connection's server, by connection. */
export class Parked {
  readonly #byConnection = new Map<string, Map<string, ObjectKey>>();

  add(object: ObjectKey, connection: ObjectKey): void {
    const id = formatKey(connection);
    const waiting = this.#byConnection.get(id) ?? new Map<string, ObjectKey>();
    this.#byConnection.set(id, waiting.set(formatKey(object), object));
  }

  /** Those who wait for the connection; they wait no longer. */
  release(connection: string): readonly ObjectKey[] {
    const waiting = [...(this.#byConnection.get(connection)?.values() ?? [])];
    this.#byConnection.delete(connection);
    return waiting;
  }
}
