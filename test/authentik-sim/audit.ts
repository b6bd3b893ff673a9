/** The audit log: one entry per object created, changed or deleted, as `/events/events/` shows it. */
import { randomUUID } from 'node:crypto';
import type { Request } from './http.ts';
import { asText, type Json, type JsonObject } from './json.ts';
import type { Row } from './model.ts';
import { brandContext, hex } from './represent.ts';
import type { World } from './world.ts';

const YEAR = 365 * 24 * 3600 * 1000;

export type Change = 'model_created' | 'model_updated' | 'model_deleted';

export class Audit {
  /** Oldest first. */
  readonly events: JsonObject[] = [];

  record(change: Change, row: Row, request: Request, world: World): void {
    const model = { pk: hex(row.pk), app: row.model.app, name: row.model.auditName(row, world.store), model_name: row.model.model };
    this.add(change, { model }, request, world);
  }

  add(action: string, context: JsonObject, request: Request, world: World): void {
    const now = new Date();
    const user: Json =
      request.user === null
        ? { pk: 1, email: '', username: 'AnonymousUser' }
        : { pk: request.user.pk, email: request.user.values.email ?? '', username: request.user.values.username ?? '' };
    this.events.push({
      pk: randomUUID(),
      user,
      action,
      app: 'authentik.events.middleware',
      context: {
        ...context,
        http_request: {
          args: Object.fromEntries(request.query),
          path: `/api/v3${request.path}`,
          method: request.method,
          request_id: randomUUID().replaceAll('-', ''),
          user_agent: request.headers['user-agent'] ?? '',
        },
      },
      client_ip: '127.0.0.1',
      created: now.toISOString(),
      expires: new Date(now.getTime() + YEAR).toISOString(),
      brand: brandContext(world),
    });
  }

  /** The entries that the query asks for, in its order. */
  select(query: URLSearchParams): JsonObject[] {
    const actions = [...query.getAll('actions'), ...query.getAll('action')].filter(Boolean);
    const model = (event: JsonObject, key: string): Json => ((event.context as JsonObject).model as JsonObject | undefined)?.[key] ?? null;
    const equals =
      (parameter: string, read: (event: JsonObject) => Json) =>
      (event: JsonObject): boolean =>
        !query.get(parameter) || asText(read(event)) === query.get(parameter);
    const tests = [
      (event: JsonObject): boolean => actions.length === 0 || actions.includes(asText(event.action)),
      equals('username', (event) => (event.user as JsonObject).username ?? null),
      equals('client_ip', (event) => event.client_ip ?? null),
      equals('context_model_app', (event) => model(event, 'app')),
      equals('context_model_name', (event) => model(event, 'model_name')),
      equals('context_model_pk', (event) => model(event, 'pk')),
    ];
    const found = this.events.filter((event) => tests.every((test) => test(event)));
    return query.get('ordering') === 'created' ? found : found.toReversed();
  }
}
