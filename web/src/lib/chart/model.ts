/** What a chart shows, apart from how it is painted. */

export type Values = (number | null)[];

/** One series; `paint` names a custom property, so that it follows the theme. */
export interface Line {
  label: string;
  values: Values;
  paint: string;
  unit?: string;
  width?: number;
  dash?: number[];
  /** Hold each value until the next time instead of sloping to it. */
  step?: boolean;
  /** Fill down to zero with this opacity. */
  fill?: number;
  /** Bars instead of a line. */
  bars?: boolean;
  points?: boolean;
  /** On the second, right-hand axis. */
  right?: boolean;
  /** Painted, but not in the legend nor the table. */
  silent?: boolean;
}

/** A filled region between two lines, by their places in the list of lines. */
export interface Band {
  upper: number;
  lower: number;
  paint: string;
  opacity: number;
}

export interface Stack {
  label: string;
  paint: string;
  values: Values;
}

/**
 * Stacks as lines and bands: what is drawn grows up from zero, what is fed in grows down.
 *
 * Each stack becomes two cumulative lines (its share above and its share below zero). The first
 * line is zero itself. A slot that is unknown in one stack counts as nothing there.
 */
export function stacked(stacks: readonly Stack[]): { lines: Line[]; bands: Band[] } {
  const length = Math.max(0, ...stacks.map((s) => s.values.length));
  const above = new Array<number>(length).fill(0);
  const below = new Array<number>(length).fill(0);
  const lines: Line[] = [hidden("", "--rule", [...above])];
  const bands: Band[] = [];
  let [top, bottom] = [0, 0];
  for (const stack of stacks) {
    for (let i = 0; i < length; i++) {
      const value = stack.values[i] ?? 0;
      if (value >= 0) above[i] = (above[i] as number) + value;
      else below[i] = (below[i] as number) + value;
    }
    lines.push(hidden(stack.label, stack.paint, [...above]), hidden(stack.label, stack.paint, [...below]));
    const at = lines.length - 2;
    bands.push({ upper: at, lower: top, paint: stack.paint, opacity: 0.78 });
    bands.push({ upper: bottom, lower: at + 1, paint: stack.paint, opacity: 0.78 });
    [top, bottom] = [at, at + 1];
  }
  return { lines, bands };
}

const hidden = (label: string, paint: string, values: Values): Line => ({
  label, paint, values, silent: true, width: 0, step: true,
});

/** Slot starts plus the last slot's end, and values with the last one held, for stepped lines. */
export function closed(times: readonly number[], hours: readonly number[]): number[] {
  const last = times.at(-1);
  return last === undefined ? [] : [...times, last + 3600 * (hours.at(-1) ?? 0.25)];
}

export const held = (values: Values): Values =>
  values.length === 0 ? values : [...values, values.at(-1) ?? null];

/** Several series on their own times, laid on the union of all times. */
export function aligned(series: readonly { times: readonly number[]; values: Values }[]): {
  times: number[];
  values: Values[];
} {
  const times = [...new Set(series.flatMap((s) => s.times))].sort((a, b) => a - b);
  const place = new Map(times.map((time, i) => [time, i]));
  const values = series.map((s) => {
    const row: Values = new Array<number | null>(times.length).fill(null);
    s.times.forEach((time, i) => (row[place.get(time) as number] = s.values[i] ?? null));
    return row;
  });
  return { times, values };
}
