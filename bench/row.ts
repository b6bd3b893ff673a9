/** One measured figure. */
export interface Row {
  /** The letter that issues and documents call it by; measurements are chosen by name (`--only many,hanging,shipped`). */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What it should at most be; undefined where it only informs. */
  readonly goal?: number;
}

/** Whether it is within its goal. */
export function isMet({ value, goal }: Row): boolean {
  return goal === undefined || value <= goal;
}

/** As a table for people. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.id,
    row.what,
    `${readable(row.value)} ${row.unit}`.trim(),
    row.goal === undefined ? '' : `≤ ${row.goal}`,
    row.goal === undefined ? '' : isMet(row) ? 'met' : 'MISSED',
  ]);
  const all = [['', 'figure', 'measured', 'goal', ''], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function readable(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
