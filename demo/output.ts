import { styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red';

/** Below the titles of the steps: a mark, a time, a text. */
const INDENT = ' '.repeat(11);

/** Writes what the demo says, in plain lines. Colours only where somebody looks at a terminal and didn't ask for none. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #colours: boolean;

  constructor(stream: NodeJS.WriteStream = process.stdout, env: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    this.#colours = stream.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(`\n${this.#paint('bold', text)}`);
  }

  succeeded(milliseconds: number, text: string): void {
    this.line(`${this.#paint('green', '✓')} ${seconds(milliseconds)}  ${text}`);
  }

  failed(milliseconds: number, text: string): void {
    this.line(`${this.#paint('red', '✗')} ${seconds(milliseconds)}  ${text}`);
  }

  progress(text: string): void {
    this.line(this.#paint('dim', `${INDENT}… ${text}`));
  }

  /** Text of somebody else's, such as a mail, under the step that it belongs to. Empty lines at its ends are left out. */
  quote(text: string): void {
    const lines = text
      .replace(/^\s*\n/, '')
      .trimEnd()
      .split(/\r?\n/);
    for (const line of lines) this.line(this.#paint('dim', line.trim() === '' ? '' : `    ${line.trimEnd()}`));
  }

  #paint(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(5)} s`;
}
