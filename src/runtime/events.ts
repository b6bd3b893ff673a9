import type { ManagedObject } from './object.ts';
import type { EventReason } from './reasons.ts';

/** Tells users what happened to an object, as `kubectl describe` shows it. Never throws: an event that can't be written is logged. */
export interface EventRecorder {
  record(object: ManagedObject, type: 'Normal' | 'Warning', reason: EventReason, message: string): void;
}
