import { describeApiError } from './api-error.ts';

/** A list or watch may fail this long before it is trouble, in milliseconds: an API server that restarts is back by then. */
const FAILING_MS = 2 * 60_000;
/** The API server sends a bookmark each minute on a watch that has any; nothing for this long is trouble, in milliseconds. */
const SILENT_MS = 5 * 60_000;

/**
 * How one collection's list and watch get on, by when they last gave a sign. It knows two ways to be in a bad way: cut off from the API
 * server, which nobody here can mend, and standing still altogether, which only a new process can.
 */
export class WatchPulse {
  readonly #now: () => number;
  #stirredAt: number;
  #heardAt: number;
  #failing: { readonly since: number; readonly error: unknown } | undefined;
  /** Not every API server sends bookmarks; without them a quiet watch and a dead one look the same until the next list. */
  #hasBookmarks = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#stirredAt = now();
    this.#heardAt = this.#stirredAt;
  }

  /** A change or a bookmark came. */
  heard(bookmark: boolean): void {
    this.#stir();
    this.#heardAt = this.#stirredAt;
    this.#failing = undefined;
    this.#hasBookmarks ||= bookmark;
  }

  /** Something else ended well: a list, or a watch that the server closed. It proves nothing of a watch that keeps failing. */
  wentWell(): void {
    this.#stir();
  }

  /** A list or watch has failed. */
  failed(error: unknown): void {
    this.#stir();
    this.#failing = { since: this.#failing?.since ?? this.#stirredAt, error };
  }

  /** A watch that lived for a while does, whatever failed before it. */
  recovered(): void {
    this.#stir();
    this.#failing = undefined;
  }

  /** For how long nothing has happened at all, in milliseconds: no answer, no refusal, no end of a watch. */
  get stillMs(): number {
    return this.#now() - this.#stirredAt;
  }

  /** Why changes don't reach us; undefined when they do. */
  get trouble(): string | undefined {
    const now = this.#now();
    if (this.#failing !== undefined && now - this.#failing.since >= FAILING_MS)
      return `the watch has been failing for ${seconds(now - this.#failing.since)}: ${describeApiError(this.#failing.error)}`;
    if (this.#hasBookmarks && now - this.#heardAt >= SILENT_MS)
      return `the watch has been silent for ${seconds(now - this.#heardAt)}, without the bookmarks that came before`;
    return undefined;
  }

  #stir(): void {
    this.#stirredAt = this.#now();
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
