import type { Controller } from './controller.ts';
import type { Logger } from './logger.ts';

/**
 * Answers in any case. A spec may be of a type that this operator doesn't know, after a step back to an older one, or was stored under an
 * older schema; then it names nothing that could be indexed. The object is looked at all the same, and its condition says why.
 */
export function orElse<A extends readonly unknown[], T>(
  ask: (...args: A) => T,
  otherwise: T,
  log: Pick<Logger, 'debug'>,
): (...args: A) => T {
  return (...args) => {
    try {
      return ask(...args);
    } catch (error) {
      log.debug({ err: error }, 'a spec cannot be indexed');
      return otherwise;
    }
  };
}

/** The same controller, of which listeners may ask about an object that nobody has looked at yet. */
export function total<Session>(controller: Controller<Session>, log: Pick<Logger, 'debug'>): Controller<Session> {
  return {
    ...controller,
    dependencies: orElse((object) => controller.dependencies(object), [], log),
    links: orElse((object) => controller.links?.(object) ?? [], [], log),
    sources: orElse((object) => controller.sources(object), [], log),
    claim: orElse((object) => controller.claim(object), undefined, log),
    server: orElse((object) => controller.server(object), undefined, log),
  };
}
