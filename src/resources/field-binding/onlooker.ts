import type { SettleResult } from '../../runtime/external.ts';
import type { CarrierRow } from './carrier-row.ts';

/** Looks at a field that is set as those see it whom it is for. */
export interface Onlooker {
  /** Before it is set. @throws OperatorError what speaks against that. */
  admit(): Promise<void>;
  /** Once it is set. */
  settle(found: CarrierRow): Promise<SettleResult>;
}
