/**
 * Not now, and not the object's trouble: the pass ends without a word in status or events. Whoever throws it sees to it that the object is
 * looked at again.
 */
export class DeferredError extends Error {
  override readonly name = 'DeferredError';
}
