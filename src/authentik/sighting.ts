/** What a look from outside came to. Only what is certainly not as it should be is `wrong`; what can't be told is `unclear`. */
export interface Sighting {
  readonly verdict: 'seen' | 'unclear' | 'wrong';
  /** What was seen, as a clause. Quotes what a visitor got; holds no markup. */
  readonly message: string;
}

export function seen(message: string): Sighting {
  return { verdict: 'seen', message };
}

export function unclear(message: string): Sighting {
  return { verdict: 'unclear', message };
}

export function wrong(message: string): Sighting {
  return { verdict: 'wrong', message };
}

/** Several looks as one: what is wrong counts first, then what is unclear. */
export function allOf(sightings: readonly Sighting[]): Sighting {
  const verdict = (['wrong', 'unclear', 'seen'] as const).find((candidate) => sightings.some((sighting) => sighting.verdict === candidate));
  const chosen = sightings.filter((sighting) => sighting.verdict === verdict);
  return { verdict: verdict ?? 'unclear', message: chosen.map(({ message }) => message).join('; ') };
}
