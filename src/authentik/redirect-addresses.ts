import { runInNewContext } from 'node:vm';

/** A redirect address that a provider allows. */
export interface AllowedAddress {
  /** `strict` compares the text; `regex` must match all of it, in Python's syntax (Authentik's `fullmatch`). */
  readonly matching_mode: string;
  readonly url: string;
}

/** For one expression, in milliseconds: some take for ever on some texts. */
const PATIENCE_MS = 50;

/** Whether one of them allows `address`; undefined when that can't be told here, since an expression is beyond us. */
export function allows(allowed: readonly AllowedAddress[], address: string): boolean | undefined {
  const verdicts = allowed.map(({ matching_mode: mode, url }) => {
    if (mode === 'strict') return url === address;
    return mode === 'regex' ? matches(url, address) : undefined;
  });
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}

function matches(expression: string, text: string): boolean | undefined {
  try {
    const matched: unknown = runInNewContext(
      'new RegExp(expression, "u").test(text)',
      { expression: `^(?:${expression})$`, text },
      { timeout: PATIENCE_MS },
    );
    return matched === true;
  } catch {
    return undefined;
  }
}
