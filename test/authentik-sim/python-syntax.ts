const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** The source without strings and comments, so that brackets inside them don't count. */
function bare(source: string): string {
  return source.replaceAll(/("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g, '');
}

/**
 * What is wrong with a Python expression policy, in the words of the interpreter where they are simple; null when nothing is seen. No
 * parser: it finds brackets that don't match and strings that don't end, which is what the recorded server was asked about.
 */
export function syntaxError(source: string): string | null {
  const open: string[] = [];
  const rest = bare(source);
  if (/["']/.test(rest)) return 'unterminated string literal';
  for (const character of rest) {
    if (character in CLOSING) open.push(character);
    else if (Object.values(CLOSING).includes(character)) {
      const opened = open.pop();
      if (opened === undefined) return `unmatched '${character}'`;
      if (CLOSING[opened] !== character) return `closing parenthesis '${character}' does not match opening parenthesis '${opened}'`;
    }
  }
  const left = open.pop();
  return left === undefined ? null : `'${left}' was never closed`;
}
