import { OperatorError } from './errors.ts';
import type { DependencyIndex } from './dependency-index.ts';
import { formatKey, type ObjectKey } from './object.ts';

/**
 * Throws `InvalidSpec`, naming the loop, for an object that needs itself by way of others: each would wait for the next for ever. Weak
 * links are no needs, so the loops that Authentik allows pass.
 */
export function refuseLoop(key: ObjectKey, index: DependencyIndex): void {
  const loop = loopThrough(key, (from) => index.needs(from));
  if (loop === undefined) return;
  const [first = '', ...rest] = [...loop, key].map(({ kind, name }) => `${kind} ${name}`);
  throw new OperatorError('InvalidSpec', `${first} needs ${rest.join(', which needs ')}: take one of these references out`);
}

/** The shortest way from `key` back to itself, `key` first; undefined when there is none. */
export function loopThrough(key: ObjectKey, next: (from: ObjectKey) => readonly ObjectKey[]): readonly ObjectKey[] | undefined {
  return wayTo(key, key, next);
}

/** Whether `next`, step by step, leads from one to the other. */
export function reaches(from: ObjectKey, to: ObjectKey, next: (from: ObjectKey) => readonly ObjectKey[]): boolean {
  return wayTo(from, to, next) !== undefined;
}

function wayTo(from: ObjectKey, to: ObjectKey, next: (from: ObjectKey) => readonly ObjectKey[]): readonly ObjectKey[] | undefined {
  const goal = formatKey(to);
  const seen = new Set<string>();
  let ways: readonly (readonly [...ObjectKey[], ObjectKey])[] = [[from]];
  while (ways.length > 0) {
    const longer: [...ObjectKey[], ObjectKey][] = [];
    for (const way of ways) {
      for (const step of next(way.at(-1) ?? from)) {
        if (formatKey(step) === goal) return way;
        if (seen.has(formatKey(step))) continue;
        seen.add(formatKey(step));
        longer.push([...way, step]);
      }
    }
    ways = longer;
  }
  return undefined;
}
