import { describe, expect, it } from "vitest";
import type { StudyRow } from "../../lib/api/types.ts";
import { areas, compare, grouped, spread } from "./compare.ts";

const row = (run: string, seed: number, value: number | null, area = "all"): StudyRow => ({
  run, seed, area, measure: "losses", unit: "kWh", value, share_of: area === "all" ? 10 : null,
});

describe("a comparison", () => {
  it("has a line per measure with the mean and the range over seeds", () => {
    const [line] = compare([row("today", 0, 2), row("today", 1, 4), row("coordinated", 0, 1), row("no margin", 0, 9)], "all");
    expect(line).toEqual({
      measure: "losses", unit: "kWh", shareOf: 10,
      runs: { today: { mean: 3, low: 2, high: 4 }, coordinated: { mean: 1, low: 1, high: 1 } },
    });
  });
  it("leaves out what was not measured", () => {
    expect(spread([null, NaN])).toBeNull();
    expect(compare([row("today", 0, null)], "all")[0]?.runs).toEqual({});
  });
  it("puts the whole town first", () => {
    expect(areas([row("today", 0, 1, "West"), row("today", 0, 1, "East"), row("today", 0, 1)])).toEqual([
      "all", "East", "West",
    ]);
  });
});

describe("the questions", () => {
  it("take their measures in order and leave the rest for last", () => {
    const named = (measure: string): StudyRow => ({ ...row("today", 0, 1), measure });
    const found = compare(["cost_wear", "losses", "transformer_peak", "co2"].map(named), "all");
    expect(grouped(found).map(([group, lines]) => [group, lines.map((line) => line.measure)])).toEqual([
      ["wires", ["transformer_peak", "losses"]], ["money", ["co2"]], ["more", ["cost_wear"]],
    ]);
  });
});
