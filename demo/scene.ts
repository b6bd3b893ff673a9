import type { ControlPlane } from '../test/bed/control-plane.ts';
import type { AuthentikState } from '../test/e2e/environment/authentik-state.ts';
import type { AuthentikTarget } from '../test/e2e/environment/authentik-target.ts';
import type { MailTarget } from '../test/e2e/environment/mail-target.ts';
import type { MarketApplication } from '../test/e2e/environment/market-application.ts';
import type { OperatorProcess } from '../test/e2e/environment/operator-process.ts';
import type { Market } from '../test/market/market.ts';
import type { MarketVisitor } from '../test/visitor/market-visitor.ts';
import type { Interruption } from './interruption.ts';
import type { Names } from './names.ts';
import type { Output } from './output.ts';

/** What steps make and later steps use. */
export interface Parts {
  controlPlane: ControlPlane;
  authentik: AuthentikTarget;
  mail: MailTarget;
  names: Names;
  market: Market;
  /** The market's application in Authentik. */
  application: MarketApplication;
  /** What Authentik held when we came. */
  before: AuthentikState;
  operator: OperatorProcess;
  /** Where people sign up. */
  signUpURL: string;
  /** The first person, with the browser that signed up. */
  visitor: MarketVisitor;
  /** The link of the first person's confirmation mail. */
  link: string;
}

interface Undo {
  readonly what: string;
  readonly task: () => Promise<unknown>;
}

/** All that the demo has set up so far, and how to take it down again. */
export class Scene {
  readonly output: Output;
  readonly interruption: Interruption;
  readonly #parts: Partial<Parts> = {};
  readonly #undos: Undo[] = [];

  constructor(output: Output, interruption: Interruption) {
    this.output = output;
    this.interruption = interruption;
  }

  put<K extends keyof Parts>(name: K, part: Parts[K]): void {
    this.#parts[name] = part;
  }

  /** @throws when no step has made it: the steps are in the wrong order. */
  get<K extends keyof Parts>(name: K): Parts[K] {
    const part = this.find(name);
    if (part === undefined) throw new Error(`no step has made this yet: ${name}`);
    return part;
  }

  find<K extends keyof Parts>(name: K): Partial<Parts>[K] {
    return this.#parts[name];
  }

  /** Remembers how to take something down; `what` completes "could not …". */
  undoLater(what: string, task: () => Promise<unknown>): void {
    this.#undos.push({ what, task });
  }

  /** Takes one thing down now, as a step of the demo. @throws what the task throws, or when there is no such thing. */
  async undo(what: string): Promise<void> {
    const index = this.#undos.findIndex((undo) => undo.what === what);
    const [undo] = index < 0 ? [] : this.#undos.splice(index, 1);
    if (undo === undefined) throw new Error(`nothing to undo: ${what}`);
    await undo.task();
  }

  /** Takes down what is left, last things first. What fails is told and holds up nothing; answers whether all went well. */
  async undoAll(): Promise<boolean> {
    let well = true;
    for (const { what, task } of this.#undos.splice(0).reverse()) {
      try {
        await task();
      } catch (error) {
        well = false;
        this.output.line(`could not ${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return well;
  }
}
