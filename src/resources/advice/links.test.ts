import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import type { ManagedObject } from '../../runtime/object.ts';
import { MemoryStore } from '../../runtime/testing/memory-store.ts';
import { Referrers } from '../referrers.ts';
import { linksTo } from './links.ts';

const UUID = 'the-flow';
const ALL = [
  'authentik_stages_identification.view_identificationstage',
  'authentik_core.view_source',
  'authentik_stages_redirect.view_redirectstage',
];

/** A server that holds these rows at one path, and what it was asked for. */
function server(permissions: readonly string[] | 'superuser' | 'unknown', rows: Readonly<Record<string, readonly ApiObject[]>> = {}) {
  const asked: string[] = [];
  const info = {
    isSuperuser: permissions === 'superuser',
    permissions: typeof permissions === 'string' ? undefined : new Set(permissions),
  };
  const lately = async (path: string): Promise<readonly ApiObject[]> => {
    asked.push(path);
    return Promise.resolve(rows[path] ?? []);
  };
  return { asked, session: { info, cache: { lately } } as unknown as Session };
}

function here(kind?: string, spec: object = {}): { store: MemoryStore; flow: ManagedObject } {
  const store = new MemoryStore();
  if (kind !== undefined) store.apply(kind, 'other', spec);
  return { store, flow: store.apply('AuthentikFlow', 'sign-up', { slug: 'sign-up', designation: 'enrollment' }) };
}

const LINK = { pk: 'x', name: 'theirs', enrollment_flow: UUID };

it.each([
  { reason: 'nothing at all', permissions: ALL, rows: {}, linked: [], asks: true },
  { reason: 'an administrator sees everything', permissions: 'superuser', rows: {}, linked: [], asks: true },
  { reason: 'a server that doesn’t tell our rights may hide some', permissions: 'unknown', rows: {}, linked: undefined, asks: false },
  {
    reason: 'we have no right to see sources',
    permissions: ALL.filter((name) => !name.includes('source')),
    rows: {},
    linked: undefined,
    asks: false,
  },
  { reason: 'an identification stage', permissions: ALL, rows: { '/stages/identification/': [LINK] }, linked: ['theirs'], asks: true },
  { reason: 'a source', permissions: ALL, rows: { '/sources/all/': [LINK] }, linked: ['theirs'], asks: true },
  {
    reason: 'a redirect to somewhere else',
    permissions: ALL,
    rows: { '/stages/redirect/': [{ ...LINK, enrollment_flow: 'other' }] },
    linked: [],
    asks: true,
  },
] as const)('in Authentik: $reason', async ({ permissions, rows, linked, asks }) => {
  const { asked, session } = server(permissions, rows);
  const { store, flow } = here();
  expect(
    await linksTo({ session, store, referrers: new Referrers(store) }, { object: flow, uuid: UUID, connection: 'market/default' }),
  ).toEqual(linked);
  expect(asked.length > 0).toBe(asks);
});

it.each([
  { reason: 'a binding, in force or not', kind: 'EnrollmentBinding', spec: { flowRef: { name: 'sign-up' } }, links: true },
  { reason: 'a binding by slug', kind: 'EnrollmentBinding', spec: { flowRef: { external: 'sign-up' } }, links: true },
  { reason: 'a binding of another flow', kind: 'EnrollmentBinding', spec: { flowRef: { name: 'other' } }, links: false },
  {
    reason: 'a redirect',
    kind: 'AuthentikStage',
    spec: { type: 'Redirect', redirect: { mode: 'flow', targetFlow: { name: 'sign-up' } } },
    links: true,
  },
  {
    reason: 'a stage that says there shall be none',
    kind: 'AuthentikStage',
    spec: { type: 'Redirect', redirect: { targetFlow: { none: true } } },
    links: false,
  },
])('declared here: $reason', async ({ kind, spec, links }) => {
  const { asked, session } = server('superuser');
  const { store, flow } = here(kind, spec);
  const linkedBy = await linksTo(
    { session, store, referrers: new Referrers(store) },
    { object: flow, uuid: UUID, connection: 'market/default' },
  );
  expect(linkedBy?.length ?? 0).toBe(links ? 1 : 0);
  // What is declared here costs no request.
  expect(asked.length === 0).toBe(links);
});

it('doesn’t say of flows that brands may link to, which nobody gave us the right to see', async () => {
  const { session } = server('superuser');
  const { store } = here();
  const flow = store.apply('AuthentikFlow', 'recovery', { slug: 'recovery', designation: 'recovery' });
  expect(
    await linksTo({ session, store, referrers: new Referrers(store) }, { object: flow, uuid: UUID, connection: 'market/default' }),
  ).toBeUndefined();
});
