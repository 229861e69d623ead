/** From a study's long table to rows people compare: one per measure, one value per run. */

import type { StudyBill, StudyRow } from "../../lib/api/types.ts";

export const RUNS = ["today", "tuned", "coordinated", "bound"] as const;
export type Run = (typeof RUNS)[number];

/** The mean over seeds, with the lowest and the highest. */
export interface Spread {
  mean: number;
  low: number;
  high: number;
}

export interface Compared {
  measure: string;
  unit: string;
  runs: Partial<Record<Run, Spread>>;
  /** What the value is a share of, where it is one. */
  shareOf: number | null;
}

/** Areas of the town, the whole first. */
export function areas(rows: readonly StudyRow[]): string[] {
  const found = [...new Set(rows.map((row) => row.area))];
  return found.sort((a, b) => Number(b === "" || b === "all") - Number(a === "" || a === "all") || a.localeCompare(b));
}

export function compare(rows: readonly StudyRow[], area: string): Compared[] {
  const groups = new Map<string, StudyRow[]>();
  for (const row of rows) {
    if (row.area !== area || !RUNS.includes(row.run as Run)) continue;
    groups.set(row.measure, [...(groups.get(row.measure) ?? []), row]);
  }
  return [...groups].map(([measure, found]) => ({
    measure,
    unit: found[0]?.unit ?? "",
    runs: Object.fromEntries(RUNS.flatMap((run) => {
      const value = spread(found.filter((row) => row.run === run).map((row) => row.value));
      return value ? [[run, value]] : [];
    })),
    shareOf: found.find((row) => row.share_of !== null)?.share_of ?? null,
  }));
}

/** The questions a study answers, and the measures that answer them; as in its report. */
export const GROUPS = {
  wires: [
    "transformer_peak", "line_peak", "overload_energy", "overload_hours", "voltage_lowest",
    "voltage_highest", "voltage_hours", "losses",
  ],
  money: [
    "system_cost", "system_cost_without_breaches", "bill_mean", "bill_worst", "bill_rise_worst",
    "energy", "co2",
  ],
  people: ["ev_served", "comfort_lost", "self_consumption", "curtailment"],
} as const;
export type Group = keyof typeof GROUPS | "more";

/** The measures by question, in the order of the question; what answers none comes last. */
export function grouped(found: readonly Compared[]): [Group, Compared[]][] {
  const rest = new Map(found.map((line) => [line.measure, line]));
  const taken = Object.entries(GROUPS).map(([group, names]): [Group, Compared[]] => {
    const lines = names.flatMap((name) => rest.get(name) ?? []);
    for (const { measure } of lines) rest.delete(measure);
    return [group as Group, lines];
  });
  const all: [Group, Compared[]][] = [...taken, ["more", [...rest.values()]]];
  return all.filter(([, lines]) => lines.length > 0);
}

/** Decimals worth reading: a voltage moves in thousandths, a large number in whole ones. */
export function digitsOf(value: number, unit: string): number {
  if (unit === "pu") return 3;
  return Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
}

export function spread(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value): value is number => value !== null && !Number.isNaN(value));
  if (known.length === 0) return null;
  return {
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    low: Math.min(...known),
    high: Math.max(...known),
  };
}

/** What a home pays, by run: the mean over seeds. */
export interface HomeBills {
  connection: string;
  use: string;
  pays: Partial<Record<Run, number>>;
}

export function billsOf(bills: readonly StudyBill[]): HomeBills[] {
  const homes = new Map<string, { use: string; runs: Map<string, number[]> }>();
  for (const bill of bills) {
    const home = homes.get(bill.connection) ?? { use: bill.use, runs: new Map<string, number[]>() };
    home.runs.set(bill.run, [...(home.runs.get(bill.run) ?? []), bill.pays_eur]);
    homes.set(bill.connection, home);
  }
  return [...homes].map(([connection, { use, runs }]) => ({
    connection,
    use,
    pays: Object.fromEntries(RUNS.flatMap((run) => {
      const value = spread(runs.get(run) ?? []);
      return value ? [[run, value.mean]] : [];
    })),
  }));
}
