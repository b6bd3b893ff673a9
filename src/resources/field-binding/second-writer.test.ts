import type { ManagedObject } from '../../runtime/object.ts';
import { refuseSecondWriter } from './second-writer.ts';

/** Of a kind that the operator doesn't have. */
function binding(name: string, made: string, status?: { readonly uuid: string; readonly connectionURL: string }): ManagedObject {
  const metadata = { namespace: 'market', name, uid: name, generation: 1, creationTimestamp: made };
  return { kind: 'RecoveryBinding', metadata, spec: {}, status } as unknown as ManagedObject;
}

const [EARLY, LATE] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
const HERE = { uuid: 't', connectionURL: 'https://a' };

function refusal(mine: ManagedObject, all: readonly ManagedObject[]): string | undefined {
  try {
    refuseSecondWriter(mine, { uuid: 't' }, all);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('one writer for a field of others', () => {
  it.each([
    { reason: 'nobody else has it', mine: binding('m', LATE), other: binding('o', EARLY), conflict: false },
    {
      reason: 'another one has it on record, though it is younger',
      mine: binding('m', EARLY),
      other: binding('o', LATE, HERE),
      conflict: true,
    },
    { reason: 'both have it, and the other is older', mine: binding('m', LATE, HERE), other: binding('o', EARLY, HERE), conflict: true },
    { reason: 'both have it, and this one is older', mine: binding('m', EARLY, HERE), other: binding('o', LATE, HERE), conflict: false },
    {
      reason: 'the other has it by another address of the same server',
      mine: binding('m', LATE),
      other: binding('o', EARLY, { ...HERE, connectionURL: 'https://b' }),
      conflict: true,
    },
    {
      reason: 'the other has another target',
      mine: binding('m', LATE),
      other: binding('o', EARLY, { ...HERE, uuid: 'u' }),
      conflict: false,
    },
  ])('$reason', ({ mine, other, conflict }) => {
    const told = 'RecoveryBinding market/o already publishes a flow there; delete one of the two';
    expect(refusal(mine, [mine, other])).toBe(conflict ? told : undefined);
  });
});
