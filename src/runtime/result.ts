import type { OperatorError } from './errors.ts';

/** How one pass over one object ended. */
export type Outcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'paused' }
  /** The object is gone, or has nothing left to do before it goes. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly step: string; readonly error: OperatorError };
