/** The audit log: one entry per object created, changed or deleted, as `/events/events/` shows it. */
import { randomUUID } from 'node:crypto';
import type { Request } from './http.ts';
import { asText, type Json, type JsonObject } from './json.ts';
import type { Row } from './model.ts';
import { brandContext, hex } from './represent.ts';
import type { World } from './world.ts';

const YEAR = 365 * 24 * 3600 * 1000;

export type Change = 'model_created' | 'model_updated' | 'model_deleted';

/** The request that leaves an entry. In a flow `user` is whom the flow is about, and `signedIn` who walks it. */
export type Cause = Pick<Request, 'id' | 'method' | 'path' | 'query' | 'headers' | 'user'> & { signedIn?: Row | null };

const person = ({ pk, values }: Row): JsonObject => ({ pk, email: values.email ?? '', username: values.username ?? '' });

function byWhom({ user, signedIn = user }: Cause): Json {
  if (user === null) return { pk: 1, email: '', username: 'AnonymousUser' };
  return { ...person(user), ...(signedIn === null || signedIn === user ? {} : { authenticated_as: person(signedIn) }) };
}

/** What the address asked for; behind a flow's page that is the page's own query. */
function argumentsOf(query: URLSearchParams): JsonObject {
  return Object.fromEntries(query.has('query') ? new URLSearchParams(query.get('query') ?? '') : query);
}

export class Audit {
  /** Oldest first. */
  readonly events: JsonObject[] = [];

  /** What was made, changed or deleted. */
  record(change: Change, row: Row, cause: Cause, world: World): void {
    const model = { pk: hex(row.pk), app: row.model.app, name: row.model.auditName(row, world.store), model_name: row.model.model };
    this.add(change, 'authentik.events.middleware', { model }, cause, world);
  }

  /** What somebody did, such as a login. */
  note(action: string, context: JsonObject, cause: Cause, world: World): void {
    this.add(action, 'authentik.events.signals', context, cause, world);
  }

  private add(action: string, app: string, context: JsonObject, cause: Cause, world: World): void {
    const now = new Date();
    this.events.push({
      pk: randomUUID(),
      user: byWhom(cause),
      action,
      app,
      context: {
        ...context,
        http_request: {
          args: argumentsOf(cause.query),
          path: `/api/v3${cause.path}`,
          method: cause.method,
          request_id: cause.id,
          user_agent: cause.headers['user-agent'] ?? '',
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
