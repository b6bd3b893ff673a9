import type { RecordedBinding } from '../../api/v1alpha1/authentik-flow.ts';
import type { ApiObject } from '../../authentik/api-object.ts';
import type { Session } from '../../authentik/session.ts';
import { STAGES_ON_FLOW } from './bound-kinds.ts';
import { BoundSet } from './bound-set.ts';

/** A server with the bindings of one flow, that notes what it holds after every write: `ident@10 login@30`. */
function server(bindings: Readonly<Record<string, number>>): { session: Session; rows: () => ApiObject[]; seen: string[] } {
  let rows: ApiObject[] = Object.entries(bindings).map(([stage, order]) => ({
    pk: `pk-${stage}`,
    target: 'flow',
    stage,
    order,
    evaluate_on_plan: false,
    re_evaluate_policies: true,
  }));
  const seen: string[] = [];
  const written = <T>(answer: T): Promise<T> => {
    seen.push(
      [...rows]
        .sort((a, b) => Number(a['order']) - Number(b['order']))
        .map((row) => `${String(row['stage'])}@${String(row['order'])}`)
        .join(' '),
    );
    return Promise.resolve(answer);
  };
  const pkIn = (path: string): string => path.split('/').at(-2) ?? '';
  const client = {
    post: (_path: string, body: Record<string, unknown>) => {
      const row: ApiObject = { evaluate_on_plan: false, re_evaluate_policies: true, ...body, pk: `new-${String(body['stage'])}` };
      rows.push(row);
      return written(row);
    },
    patch: (path: string, body: Record<string, unknown>) => {
      rows = rows.map((row) => (row.pk === pkIn(path) ? { ...row, ...body } : row));
      return written(rows.find((row) => row.pk === pkIn(path)));
    },
    delete: (path: string) => {
      rows = rows.filter((row) => row.pk !== pkIn(path));
      return written(undefined);
    },
  };
  const cache = { upsert: () => undefined, remove: () => undefined };
  return { session: { client, cache } as unknown as Session, rows: () => rows, seen };
}

function setOf(
  at: ReturnType<typeof server>,
  stages: Readonly<Record<string, number>>,
  recorded: readonly RecordedBinding[] = [],
  created = true,
): BoundSet {
  const desired = Object.entries(stages).map(([stage, order]) => ({
    order,
    subject: stage,
    detail: { label: `stages[${order}]`, body: {}, subjectBody: { stage } },
  }));
  return new BoundSet({
    session: at.session,
    kind: STAGES_ON_FLOW,
    target: 'flow',
    desired,
    rows: at.rows(),
    recorded: new Map(recorded.map((record) => [record.uuid, record])),
    wasThere: () => !created,
    prune: false,
  });
}

const ours = (...stages: readonly string[]): readonly RecordedBinding[] => stages.map((stage) => ({ uuid: `pk-${stage}` }));

describe('BoundSet', () => {
  it.each([
    {
      reason: 'a shift upwards never lets login pass the password',
      from: { ident: 10, password: 20, login: 30 },
      to: { ident: 25, password: 35, login: 45 },
    },
    { reason: 'nor a shift downwards', from: { ident: 25, password: 35, login: 45 }, to: { ident: 10, password: 20, login: 30 } },
    { reason: 'nor a new guard below', from: { ident: 10, old: 20, login: 30 }, to: { ident: 10, guard: 12, login: 14 } },
    {
      reason: 'nor a new login above a guard that moves',
      from: { ident: 10, prompt: 20, guard: 30, login: 40 },
      to: { ident: 10, guard: 15, newLogin: 20 },
    },
  ])('$reason', async ({ from, to }) => {
    const at = server(from);
    const set = setOf(at, to, ours(...Object.keys(from)));
    await set.arrange(() => undefined);
    await set.removeStale();
    const guard = 'guard' in to ? 'guard' : 'password';
    for (const state of at.seen) {
      const order = state.split(' ').map((binding) => binding.split('@')[0] ?? '');
      const login = order.findIndex((stage) => stage.toLowerCase().endsWith('login'));
      const guards = order.flatMap((stage, index) => (stage === guard || stage === 'old' ? [index] : []));
      expect([state, login < 0 || guards.some((index) => index < login)]).toEqual([state, true]);
    }
    expect(at.seen.at(-1)).toBe(
      Object.entries(to)
        .sort(([, a], [, b]) => a - b)
        .map(([stage, order]) => `${stage}@${order}`)
        .join(' '),
    );
  });

  it('gives back what was there before, in an order that is safe, and takes its own away', async () => {
    const at = server({ ident: 10, password: 20, login: 30 });
    const first = setOf(at, { ident: 10, password: 12, login: 14 }, [], false);
    const records = [...first.records, { uuid: 'new-extra' }];
    // Adopted by subject once they are on record.
    const again = setOf(
      at,
      { ident: 10, password: 12, login: 14, extra: 16 },
      [
        ...records,
        ...['password', 'login'].map((stage) => ({
          uuid: `pk-${stage}`,
          adopted: true,
          before: { stage, order: stage === 'login' ? 30 : 20 },
        })),
      ],
      false,
    );
    await again.arrange(() => undefined);
    at.seen.length = 0;
    await setOf(
      at,
      {},
      [
        { uuid: 'new-extra' },
        ...['password', 'login'].map((stage) => ({
          uuid: `pk-${stage}`,
          adopted: true,
          before: { stage, order: stage === 'login' ? 30 : 20 },
        })),
      ],
      false,
    ).undo(() => true);
    expect(at.seen).toEqual([
      'ident@10 password@12 extra@16 login@30',
      'ident@10 extra@16 password@20 login@30',
      'ident@10 password@20 login@30',
    ]);
  });

  it('leaves alone what it would have to give back to a stage that is gone', async () => {
    const at = server({ mine: 10 });
    await setOf(at, {}, [{ uuid: 'pk-mine', adopted: true, before: { stage: 'gone', order: 20 } }], false).undo(
      (subject) => subject !== 'gone',
    );
    expect(at.seen).toEqual([]);
  });

  it('takes nothing on a flow of ours for adopted, though its record was lost', () => {
    expect(setOf(server({ ident: 10 }), { ident: 10 }, [], true).records).toEqual([{ uuid: 'pk-ident' }]);
  });

  it('remembers order and stage of what was there before us', () => {
    expect(setOf(server({ ident: 10 }), { ident: 10 }, [], false).records).toMatchObject([
      { uuid: 'pk-ident', adopted: true, before: { order: 10, stage: 'ident' } },
    ]);
  });
});
