import type { ApiObject } from '../authentik/api-object.ts';
import { RowTable } from './row-table.ts';

const ROWS = 10_000;

describe('a table of many rows', () => {
  let reads: number;
  let table: RowTable;

  /** A row that counts how often anybody looks at it. */
  const row = (index: number): ApiObject =>
    new Proxy<ApiObject>(
      { pk: `pk-${index}`, target: `t-${index % (ROWS / 10)}` },
      {
        get: (of, field): unknown => {
          reads += 1;
          return Reflect.get(of, field) as unknown;
        },
      },
    );

  beforeEach(() => {
    table = new RowTable(Array.from({ length: ROWS }, (_, index) => row(index)));
    table.where('target', 't-0');
    reads = 0;
  });

  it('finds what is bound to one target without a look at the others', () => {
    expect(table.where('target', 't-7')).toHaveLength(10);
    expect(reads).toBe(0);
  });

  it('takes a new row, a changed one and the loss of one without a look at the others', () => {
    table.set(row(ROWS));
    table.set(row(7));
    table.delete('pk-8');
    expect(reads).toBeLessThan(20);
    expect(table.size).toBe(ROWS);
    expect(table.where('target', 't-0')).toHaveLength(11);
    expect(table.where('target', 't-8')).toHaveLength(9);
  });
});
