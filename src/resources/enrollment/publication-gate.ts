import type { VisitMemory } from '../../authentik/visit-memory.ts';
import { allOf, type Sighting } from '../../authentik/sighting.ts';
import { OperatorError } from '../../runtime/errors.ts';
import type { EnrollmentVerifier } from './enrollment-verifier.ts';

/** Time alone mends nothing here; how soon it is asked again whether something has changed, in milliseconds. */
const LOOK_AGAIN_MS = 10 * 60_000;

/** The link is not there, because whoever followed it would come to a closed door. */
export class HeldBackError extends OperatorError {
  override readonly name = 'HeldBackError';
}

/** What the gate goes by. */
export interface GateParts {
  readonly verifier: Pick<EnrollmentVerifier, 'signUp' | 'preconditions'>;
  /** Whether a link that fails is taken back (`onFailure: Withdraw`). */
  readonly withdraws: boolean;
  /** That the link was taken back; `fingerprint` where what failed could be seen on the published link only. */
  readonly withdrawn: { readonly fingerprint?: string | undefined } | undefined;
  /** What was said then. */
  readonly said: string | undefined;
  readonly visits: Pick<VisitMemory, 'forgottenSinceNoted'>;
  readonly subject: string;
  readonly fingerprint: string;
}

/**
 * Decides whether the link may be published. What can be told beforehand is looked at beforehand. What failed only once the link was there
 * is tried again when something that it depends on has changed, or at the next full comparison: else the link would come and go.
 */
export class PublicationGate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Throws {@link HeldBackError} when it may not, and what keeps from telling. */
  async pass(): Promise<void> {
    const { withdraws, said } = this.#parts;
    if (withdraws && this.#stillTrue())
      throw new HeldBackError('VerificationFailed', said ?? 'the link was taken back', { retryAfterMs: LOOK_AGAIN_MS });
    const { verdict, message } = await this.#lookAhead();
    if (verdict === 'wrong') throw new HeldBackError('VerificationFailed', `the link is not published: ${message}`);
  }

  #stillTrue(): boolean {
    const { withdrawn, visits, subject, fingerprint } = this.#parts;
    return withdrawn?.fingerprint === fingerprint && !visits.forgottenSinceNoted(subject);
  }

  /** Sign-up without the market is still of use; whoever wants links withdrawn wants none that can't be verified. */
  async #lookAhead(): Promise<Sighting> {
    const { verifier, withdraws } = this.#parts;
    const signUp = await verifier.signUp();
    return withdraws ? allOf([signUp, await verifier.preconditions()]) : signUp;
  }
}
