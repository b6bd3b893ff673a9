/** Requests and answers as plain values, and the answers that every endpoint shares. */
import type { Json, JsonObject } from './json.ts';
import type { Row } from './model.ts';

export interface Request {
  /** Named in the answer's header `X-authentik-id`, and in what the request leaves in the audit log. */
  id: string;
  method: string;
  /** Below `/api/v3`, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: Json | undefined;
  /** Who calls; null for nobody. */
  user: Row | null;
}

export interface Answer {
  status: number;
  /** `null` is an empty body. */
  body: Json;
  contentType: string | null;
  headers: Record<string, string | string[]>;
  /** False when the answer carries no `Allow`. */
  allow: boolean;
  /** Answered through Django REST framework, which up to 2025.12 names the charset; some views answer through Django itself. */
  rest: boolean;
}

export function answer(status: number, body: Json, extra: Partial<Answer> = {}): Answer {
  return { status, body, contentType: body === null ? null : 'application/json', headers: {}, allow: true, rest: true, ...extra };
}

/** An error with a `detail`. */
export function detail(status: number, message: string): Answer {
  return answer(status, { detail: message });
}

export const FORBIDDEN = 'You do not have permission to perform this action.';

const PAGE =
  '\n\n\n\n\n<!DOCTYPE html>\n<html\n    lang="en"\n    data-theme="light"\n    data-theme-choice="auto"\n>\n    <head>\n        <meta charset="UTF-8">\n        <title>authentik</title>\n    </head>\n    <body></body>\n</html>\n';

/** An HTML page instead of JSON: unknown path, unhandled error of a read. */
export function htmlPage(status: number): Answer {
  return { status, body: PAGE, contentType: 'text/html; charset=utf-8', headers: {}, allow: false, rest: false };
}

/** On to another page, without a word. */
export function redirect(location: string): Answer {
  return { status: 302, body: null, contentType: 'text/html; charset=utf-8', headers: { location }, allow: false, rest: false };
}

/** How the real server answers an unhandled error: its error page knows only GET. */
export function crashed(method: string): Answer {
  if (method === 'GET' || method === 'HEAD') return htmlPage(500);
  return {
    status: 405,
    body: null,
    contentType: 'text/html; charset=utf-8',
    headers: { allow: 'GET, HEAD, OPTIONS' },
    allow: false,
    rest: false,
  };
}

/** An answer thrown through the layers by a check that ends the request. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(refused: Answer) {
    super(`refused with ${refused.status}`);
    this.answer = refused;
  }
}

export function refuse(status: number, body: JsonObject): never {
  throw new Refusal(answer(status, body));
}
