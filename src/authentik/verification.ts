import type { MarketSettings } from './market-settings.ts';
import type { Sighting } from './sighting.ts';

/** What the looks at a sign-up link came to. */
export interface Verification {
  readonly sighting: Sighting;
  /** Where visitors find the link. */
  readonly loginFlowSlug: string | undefined;
  /** What a market has to know, with an application of its own. */
  readonly market: MarketSettings | undefined;
}
