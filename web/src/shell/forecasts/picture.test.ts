import { describe, expect, it } from "vitest";
import type { LeadScore } from "../../lib/api/types.ts";
import { at, lead, path, quarters, ticks } from "./picture.ts";

const score = (lead_h: number) => ({ lead_h }) as LeadScore;

describe("forecasts", () => {
  it("are laid out on quarter hours, whatever the width of their slots", () => {
    expect(quarters([0, 900, 2700], [0.25, 0.5, 0.25], [1, 2, null])).toEqual({
      times: [0, 900, 1800, 2700], values: [1, 2, 2, null],
    });
  });
  it("are judged at the lead time asked for, or the nearest shorter one", () => {
    const rows = [score(0.25), score(1), score(8)];
    expect(at(rows, 1)?.lead_h).toBe(1);
    expect(at(rows, 24)?.lead_h).toBe(8);
    expect(at([], 1)).toBeNull();
  });
  it("have lead times in the unit people say", () => {
    expect(lead(0.25)).toEqual({ key: "forecast.minutes", n: 15 });
    expect(lead(36)).toEqual({ key: "forecast.hours", n: 36 });
  });
});

describe("a drawn line", () => {
  it("breaks where nothing is known", () => {
    expect(path([1, null, 2, 3], (i) => i, (v) => v)).toBe("M0.0 1.0M2.0 2.0L3.0 3.0");
  });
  it("has a round scale from zero", () => {
    expect(ticks(0.11).map((tick) => +tick.toFixed(6))).toEqual([0, 0.05, 0.1, 0.15]);
    expect(ticks(25)).toEqual([0, 10, 20, 30]);
    expect(ticks(0)).toEqual([0]);
  });
});
