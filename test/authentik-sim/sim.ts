/**
 * A stand-in for a freshly installed Authentik: its REST API as far as flows go, and the flow executor. Held to the recorded answers of live
 * servers by `replay.test.ts`, and to the official schema on every exchange.
 */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { ROLE, TOKEN, USER } from './catalogue/core.ts';
import type { FlowToken } from './executor/plan.ts';
import type { MailFailure } from './executor/mail.ts';
import { Faults, type FaultRule } from './faults.ts';
import { type JsonObject, without } from './json.ts';
import { addPerson } from './people.ts';
import { count, type Counts, type RequestLog } from './request-log.ts';
import { SchemaCheck, type SchemaViolation } from './schema-check.ts';
import { ADMIN, seed } from './seed.ts';
import { createSimServer } from './server.ts';
import { snapshot, type Snapshot } from './snapshot.ts';
import { type GlobalSmtp, type SimVersion, World } from './world.ts';

export interface AuthentikSimOptions {
  version: SimVersion;
  /** Of the server's own mail settings; by default nothing listens there. */
  smtp?: GlobalSmtp;
  /** 0 or absent for any free one. Always on 127.0.0.1. */
  port?: number;
  /** The administrator's API token; by default a random one. */
  token?: string;
  /** What `/admin/version/` reports instead of the recorded version. */
  reportedVersion?: string;
  /** Called after every write took effect, before it is answered: for looking at what there is at that moment. */
  afterWrite?: (request: { readonly method: string; readonly path: string }) => Promise<void>;
  /** Has a licence for what only Enterprise may do. */
  licensed?: true;
  /** Password of `akadmin`; by default a random one. */
  adminPassword?: string;
}

export interface AuthentikSim {
  readonly url: string;
  /** API token of the administrator. */
  readonly token: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly RequestLog[];
  readonly faults: Faults;
  /** Where an accepted exchange contradicts the official schema. Should stay empty. */
  readonly schemaViolations: readonly SchemaViolation[];
  /** Mails that couldn't be handed over. */
  readonly mailFailures: readonly MailFailure[];
  /** Puts a mail template of one's own into the server's folder. */
  addMailTemplate(name: string): void;
  /** A token of a new service account that holds these permissions (`app.codename`), or of the administrator. */
  createToken(permissions: string[] | 'superuser', options?: { expired?: boolean }): string;
  /** From now on nobody gets in with it. */
  revokeToken(token: string): void;
  /** Puts an object there that the API can't make, such as a make of authenticators; gives its key. */
  plant(model: string, values: JsonObject, pk?: string): string;
  /** Configuration as sorted data without UUIDs: equal snapshots mean equal states. */
  snapshot(): Snapshot;
  resetRequests(): void;
  counts(): Counts;
  /** All users, with every stored field but the password. */
  users(): JsonObject[];
  /** The audit log, oldest first. */
  events(): JsonObject[];
  /** As after an upgrade, as far as that shows. */
  reportVersion(version: string): void;
  /** Empties the audit log, as if what happened had left no entry. */
  forgetEvents(): void;
  /** Links that were mailed and not confirmed yet, oldest first. */
  flowTokens(): FlowToken[];
  /** Waits until every mail that was under way is handed over or has failed. */
  mailsSettled(): Promise<void>;
  /** While down, every connection is cut before anything is read from it. */
  setDown(down: boolean): void;
  /** Waits for mails under way and closes all connections. */
  stop(): Promise<void>;
}

export type { FaultRule, FlowToken, MailFailure, RequestLog, SchemaViolation, SimVersion, Snapshot };

function createToken(world: World, permissions: string[] | 'superuser', expired: boolean): string {
  const { store } = world;
  const key = randomBytes(30).toString('hex');
  const identifier = `sim-${key.slice(0, 8)}`;
  const expires = new Date(Date.now() + (expired ? -1 : 1) * 86_400_000).toISOString();
  let user = ADMIN;
  if (permissions !== 'superuser') {
    const unknown = permissions.find((wanted) => !world.access.permissions.some(({ app, codename }) => `${app}.${codename}` === wanted));
    if (unknown !== undefined) throw new Error(`Authentik has no permission ${unknown}`);
    const role = store.add(store.spec(ROLE), { name: identifier, permissions });
    user = Number(addPerson(store, { username: identifier, name: identifier, type: 'service_account', roles: [role.pk] }).pk);
  }
  store.add(store.spec(TOKEN), { identifier, intent: 'api', user, key, expiring: expired, expires, managed: null, description: '' });
  return key;
}

function reportVersion(world: World, version: string): void {
  world.fixed.set('/admin/version/', { ...(world.fixed.get('/admin/version/') as JsonObject), version_current: version });
}

function users(world: World): JsonObject[] {
  return world.store.all(USER).map((row) => ({ pk: row.pk, ...structuredClone(without(row.values, 'password')) }));
}

/** Starts a stand-in on 127.0.0.1, with the state of a fresh installation. */
export async function startAuthentikSim(options: AuthentikSimOptions): Promise<AuthentikSim> {
  const world = new World(options.version, options.smtp ?? { globalHost: '127.0.0.1', globalPort: 9 });
  const token = options.token ?? randomBytes(30).toString('hex');
  seed(world, token);
  world.store.isLicensed = options.licensed === true;
  const admin = world.store.get(USER, ADMIN);
  if (admin !== null && options.adminPassword !== undefined) admin.values.password = options.adminPassword;
  const reported = options.reportedVersion ?? (options.version === world.version ? undefined : `${options.version}.0`);
  if (reported !== undefined) reportVersion(world, reported);

  const faults = new Faults();
  const schemaCheck = new SchemaCheck(world.api);
  const log: RequestLog[] = [];
  let down = false;
  const server = createSimServer({ world, faults, schemaCheck, log, isDown: () => down, afterWrite: options.afterWrite });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    requests: log,
    faults,
    schemaViolations: schemaCheck.violations,
    mailFailures: world.mailFailures,
    addMailTemplate: (name) => {
      world.store.mailTemplates.add(name);
      const [template = {}] = world.fixed.get('/stages/email/templates/') as JsonObject[];
      world.fixed.set('/stages/email/templates/', [
        ...(world.fixed.get('/stages/email/templates/') as JsonObject[]),
        { ...template, name, description: 'Custom template' },
      ]);
    },
    createToken: (permissions, { expired = false } = {}) => createToken(world, permissions, expired),
    revokeToken: (key) => {
      for (const row of world.store.all(TOKEN)) if (row.values.key === key) world.store.remove(row);
    },
    plant: (model, values, pk) => {
      const spec = world.store.spec(model);
      return String(world.store.add(spec, { ...structuredClone(spec.defaults), ...values }, pk === undefined ? {} : { pk }).pk);
    },
    snapshot: () => snapshot(world.store),
    resetRequests: () => void log.splice(0),
    counts: () => count(log),
    users: () => users(world),
    events: () => structuredClone(world.audit.events),
    reportVersion: (version) => reportVersion(world, version),
    forgetEvents: () => void world.audit.events.splice(0),
    flowTokens: () => [...world.flowTokens.values()],
    mailsSettled: async () => {
      await Promise.all(world.mailsUnderWay);
    },
    setDown: (value) => {
      down = value;
    },
    stop: async () => {
      await Promise.all(world.mailsUnderWay);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
