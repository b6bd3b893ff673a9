/** Codes and access tokens that are out. */
import { randomBytes } from 'node:crypto';

/** What somebody let a client have. */
export interface Grant {
  provider: string | number;
  user: number;
  redirectURI: string;
  scopes: string[];
  nonce: string | null;
  challenge: { value: string; method: 'plain' | 'S256' } | null;
  /** When and in which session the person logged in. */
  login: { at: number; sid: string };
}

export class Grants {
  private readonly codes = new Map<string, { grant: Grant; until: number }>();
  private readonly tokens = new Map<string, { grant: Grant; until: number }>();

  issueCode(grant: Grant, lifetime: number): string {
    const code = randomBytes(16).toString('hex');
    this.codes.set(code, { grant, until: Date.now() + lifetime });
    return code;
  }

  /** What the code stands for, as long as it is good. */
  lookUp(code: string): Grant | null {
    const found = this.codes.get(code);
    return found === undefined || found.until < Date.now() ? null : found.grant;
  }

  /** A code is good once. */
  redeem(code: string): void {
    this.codes.delete(code);
  }

  keepToken(token: string, grant: Grant, lifetime: number): void {
    this.tokens.set(token, { grant, until: Date.now() + lifetime });
  }

  byToken(token: string): Grant | null {
    const found = this.tokens.get(token);
    return found === undefined || found.until < Date.now() ? null : found.grant;
  }
}
