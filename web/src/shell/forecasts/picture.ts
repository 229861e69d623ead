/** Forecasts as charts want them: quarter hours, lead times in words' numbers, skill as points. */

import type { Forecast, LeadScore, Maybe } from "../../lib/api/types.ts";
import { aligned, type Values } from "../../lib/chart/model.ts";
import { seconds } from "../../lib/format/format.ts";

const QUARTER_S = 900;

/** Slots of some hours as quarter hours, each holding its slot's value. */
export function quarters(times: number[], hours: number[], values: Values): { times: number[]; values: Values } {
  const out = { times: [] as number[], values: [] as Values };
  times.forEach((start, i) => {
    const count = Math.round((3600 * (hours[i] ?? 0.25)) / QUARTER_S);
    for (let k = 0; k < count; k++) {
      out.times.push(start + k * QUARTER_S);
      out.values.push(values[i] ?? null);
    }
  });
  return out;
}

/** Measured, high, low, expected and naive on one axis of time. */
export function curves(found: Forecast): { times: number[]; values: Values[] } {
  const starts = seconds(found.times);
  const ahead = (values: Values) => quarters(starts, found.hours, values);
  return aligned([
    { times: seconds(found.actual.times), values: found.actual.value },
    ahead(found.high), ahead(found.low), ahead(found.mid), ahead(found.naive),
  ]);
}

/** The score of the lead times that reach `hours`, or the nearest shorter ones. */
export function at(rows: readonly LeadScore[], hours: number): LeadScore | null {
  return rows.filter((row) => row.lead_h <= hours).at(-1) ?? null;
}

/** 0.25 → 15 minutes, 4 → 4 hours. */
export function lead(hours: number): { key: "forecast.minutes" | "forecast.hours"; n: number } {
  return hours < 1 ? { key: "forecast.minutes", n: Math.round(60 * hours) } : { key: "forecast.hours", n: hours };
}

/** A line through what is known, as the path of an SVG; it breaks where nothing is. */
export function path(values: readonly Maybe<number>[], x: (i: number) => number, y: (v: number) => number): string {
  let pen = "M";
  return values
    .map((value, i) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const step = `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
      return step;
    })
    .join("");
}

/** A few round values from 0 to at least `most`. */
export function ticks(most: number): number[] {
  if (!(most > 0)) return [0];
  const raw = most / 3;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= raw) ?? raw;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, k) => k * step);
}
