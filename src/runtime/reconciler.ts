import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import { conclude } from './conclude.ts';
import type { Controller } from './controller.ts';
import type { EventRecorder } from './events.ts';
import { LastingTrouble } from './lasting-trouble.ts';
import { finalize } from './deletion.ts';
import { DeferredError } from './deferred.ts';
import type { Environment } from './environment.ts';
import { LaterEvents } from './later-events.ts';
import { toOperatorError, type OperatorError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { ObjectKey } from './object.ts';
import { beginPass, judge, type Pass } from './pass.ts';
import { scrubbed } from './quoted.ts';
import type { Outcome } from './result.ts';
import { applySteps, type Step } from './steps.ts';
import { StoreConflictError } from './store.ts';

/**
 * When to look at the object again. Waiting for another object needs no time: its change wakes us. `again`: nothing went wrong, and somebody
 * may be waiting.
 */
export type Next = { readonly kind: 'done' } | { readonly kind: 'after' | 'again'; readonly ms: number } | { readonly kind: 'backoff' };

/**
 * The one reconcile engine: runs the steps of a pass for any kind, and writes the status in one place, however the steps ended.
 */
export class Reconciler<Session> {
  readonly #controllers: ReadonlyMap<string, Controller<Session>>;
  readonly #environment: Environment;
  readonly #log: Logger;
  readonly #steps: readonly Step<Session>[] = applySteps<Session>();
  readonly #lasting = new LastingTrouble();

  constructor(controllers: Iterable<Controller<Session>>, environment: Omit<Environment, 'flush'>, log: Logger) {
    this.#controllers = new Map([...controllers].map((controller) => [controller.kind, controller]));
    this.#environment = { ...environment, flush: async (pass) => this.#flush(pass as Pass<Session>) };
    this.#log = log;
  }

  /** One pass over one object. Never throws: what went wrong is in the object's status, the log and the answer. */
  async reconcile(key: ObjectKey, signal?: AbortSignal): Promise<Next> {
    const controller = this.#controllers.get(key.kind);
    const object = this.#environment.store.get(key);
    const { patience } = this.#environment;
    if (controller === undefined || object === undefined) {
      patience?.forget(key);
      this.#lasting.forget(key);
      return { kind: 'done' };
    }
    const log = this.#log.child({ ...key, reconcileID: randomUUID() });
    const started = performance.now();
    const pass = beginPass(key, object, controller, log, () => this.#environment.now());
    let outcome: Outcome;
    let next: Next;
    try {
      outcome = await this.#run(pass, signal);
      const held = patience?.holdsBack(pass, outcome, object) ?? 0;
      if (held > 0) {
        this.#count(key, outcome, started);
        // What is kept to itself is tried again no later for that.
        const retryMs = outcome.kind === 'failed' ? outcome.error.retryAfterMs : undefined;
        return { kind: 'after', ms: Math.min(held, retryMs ?? held) };
      }
      // What is said of a status is said once it is stored; a conflict says nothing, and the next pass all of it.
      const events = new LaterEvents(this.#environment.events);
      next = this.#warnOfLasting(pass, outcome, events, conclude(pass, outcome, object, events));
      if (outcome.kind !== 'gone') await this.#writeAtLast(pass);
      events.tell();
    } catch (thrown) {
      if (thrown instanceof DeferredError) return { kind: 'done' };
      // Only writes to the store end up here.
      if (thrown instanceof StoreConflictError) {
        this.#environment.metrics.reconciled(key.kind, 'conflict', (performance.now() - started) / 1000);
        return { kind: 'again', ms: CONFLICT_PAUSE_MS };
      }
      const error = toOperatorError(thrown);
      log.error({ err: error, cause: error.cause }, 'could not write the status');
      outcome = { kind: 'failed', step: 'status', error };
      next = { kind: 'backoff' };
    }
    this.#count(key, outcome, started);
    return next;
  }

  /** What waits for something else may have nobody to wake it when that has lasted too long. */
  #warnOfLasting(pass: Pass<Session>, outcome: Outcome, events: EventRecorder, next: Next): Next {
    const warning = this.#lasting.noted(pass.key, outcome, Date.parse(this.#environment.now()));
    if (warning === 'now' && outcome.kind === 'failed') events.record(pass.object, 'Warning', outcome.error.reason, outcome.error.message);
    if (typeof warning !== 'number' || next.kind === 'backoff' || next.kind === 'again') return next;
    return { kind: 'after', ms: next.kind === 'after' ? Math.min(next.ms, warning) : warning };
  }

  #count(key: ObjectKey, outcome: Outcome, started: number): void {
    const how = outcome.kind === 'failed' ? outcome.error.class : outcome.kind;
    this.#environment.metrics.reconciled(key.kind, how, (performance.now() - started) / 1000);
  }

  async #run(pass: Pass<Session>, signal: AbortSignal | undefined): Promise<Outcome> {
    const deleting = pass.object.metadata.deletionTimestamp !== undefined;
    if (deleting && !pass.object.metadata.finalizers?.includes(this.#environment.finalizer)) return { kind: 'gone' };
    if (pass.object.metadata.annotations?.[this.#environment.annotations.paused] === 'true') return { kind: 'paused' };
    if (deleting) return this.#attempt(pass, { name: 'delete', run: finalize }, { kind: 'gone' });
    for (const step of this.#steps) {
      if (signal?.aborted === true) throw new StoreConflictError('the operator stops');
      const outcome = await this.#attempt(pass, step, undefined);
      if (outcome !== undefined) return outcome;
    }
    return { kind: 'ready' };
  }

  /** Runs one step; answers how the pass ended, or `otherwise` when it may go on. */
  async #attempt<T>(pass: Pass<Session>, step: Step<Session>, otherwise: T): Promise<Outcome | T> {
    try {
      await step.run(pass, this.#environment);
      if (step.condition !== undefined && step.satisfied !== undefined && pass.controller.manages !== 'nothing')
        pass.conditions.mark(judge(step.condition, 'True', 'Reconciled', step.satisfied));
      return otherwise;
    } catch (thrown) {
      if (thrown instanceof StoreConflictError || thrown instanceof DeferredError) throw thrown;
      const error = toOperatorError(thrown);
      this.#logFailure(pass, step.name, error);
      const concerned = pass.controller.conditionsFor?.(error) ?? [];
      for (const type of concerned.length > 0 ? concerned : step.condition === undefined ? [] : [step.condition])
        pass.conditions.mark(judge(type, 'False', error.reason, error.message));
      return { kind: 'failed', step: step.name, error };
    }
  }

  /** The transition is logged where it is concluded; this is for whoever looks closer, and for what nobody expected. */
  #logFailure(pass: Pass<Session>, step: string, error: OperatorError): void {
    const fields = { step, reason: error.reason, detail: error.message, ...error.context };
    if (error.reason === 'InternalError') pass.log.error({ ...fields, err: error }, 'pass failed unexpectedly');
    else pass.log.debug(fields, 'pass ended early');
  }

  /** In the middle of a pass. A verdict on an earlier generation must not pass for one on this: nothing has been written outside yet. */
  async #flush(pass: Pass<Session>): Promise<void> {
    if (pass.conditions.get('Ready')?.observedGeneration !== pass.generation) {
      pass.conditions.mark(judge('Ready', 'Unknown', 'Progressing', 'the spec changed and is being carried out'));
      pass.conditions.mark(judge('Reconciling', 'True', 'Progressing', 'the spec changed and is being carried out'));
      pass.conditions.remove('Stalled');
    }
    await this.#write(pass);
  }

  /**
   * What was done outside must be on record, even when somebody has changed the object meanwhile: then it is written to the newer one,
   * as the judgement of the generation that was looked at.
   */
  async #writeAtLast(pass: Pass<Session>): Promise<void> {
    for (const pause of CONFLICT_PAUSES_MS) {
      try {
        await this.#write(pass);
        return;
      } catch (thrown) {
        if (!(thrown instanceof StoreConflictError)) throw thrown;
        await setTimeout(pause);
        const fresh = this.#environment.store.get(pass.key);
        if (fresh?.metadata.uid !== pass.object.metadata.uid) return;
        pass.object = fresh;
      }
    }
    await this.#write(pass);
  }

  /** Writes the status unless it is what the store has already. */
  async #write(pass: Pass<Session>): Promise<void> {
    const conditions = pass.conditions.toArray().map((condition) => ({
      ...condition,
      message: scrubbed({ ...pass.object, status: pass.status }, condition.reason, condition.message, this.#environment),
    }));
    const status = prune({ ...pass.status, observedGeneration: pass.generation, conditions });
    if (isDeepStrictEqual(status, prune(pass.object.status ?? {}))) return;
    pass.object = await this.#environment.store.writeStatus(pass.object, status);
    pass.conditions.written();
  }
}

/** How soon an object is looked at again that somebody else has written, in milliseconds: the newer state is on its way. */
const CONFLICT_PAUSE_MS = 200;

/** How long the watch may take to bring what somebody else has written, in milliseconds, try by try. */
const CONFLICT_PAUSES_MS = [20, 100, 400];

/** Without undefined values, which JSON has not. */
function prune(status: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(status)) as Record<string, unknown>;
}
