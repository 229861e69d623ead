import { describe, expect, it } from "vitest";
import type { Certificate, Costs } from "../../lib/api/types.ts";
import { bound, broken, CREDITED, downTo, durations, PAID, parts } from "./plan.ts";

const breach = { limit: "transformer T1", at: "2016-06-13T12:00:00Z", excess: 4, share: 0.02 };
const held = (share: number | null) => ({ breach: { ...breach, share } }) as Certificate;

describe("a limit", () => {
  it("that is used to the full is told with the time it begins, and is not broken", () => {
    expect(bound({ binding: [null, "line 3", "T1"], times: ["a", "b", "c"] })).toEqual({ limit: "line 3", since: "b" });
    expect(bound({ binding: [null], times: ["a"] })).toBeNull();
    expect(broken({ breach: null } as Certificate)).toBeNull();
  });
  it("is broken where power flow finds it so, by more than rounding", () => {
    expect(broken(held(0.02))).toMatchObject({ limit: "transformer T1" });
    expect(broken(held(0.0009))).toBeNull();
    expect(broken(held(null))).not.toBeNull();
  });
  it("is not known to be broken where there is no fresh plan", () => {
    expect(broken(null)).toBeNull();
  });
});

describe("what a plan costs", () => {
  const costs = {
    paid_eur: 11.5, energy_eur: -3, carbon_eur: 0.004, peak_eur: 14, losses_eur: 0, wear_eur: 0.5, missed_eur: 0,
    moved_eur: 0, whole_eur: 0, breach_eur: 0, reserve_eur: 0, stored_eur: 20, before_eur: 18,
  } satisfies Costs;

  it("is told by parts that come to something, what is earned among them", () => {
    expect(parts(costs, PAID)).toEqual([
      { name: "energy", eur: -3 }, { name: "peak", eur: 14 }, { name: "wear", eur: 0.5 },
    ]);
    expect(parts(costs, CREDITED)).toEqual([{ name: "stored", eur: 20 }]);
  });
  it("leaves no part out", () => {
    const told = [...PAID, ...CREDITED].map((name) => `${name}_eur`);
    expect(["paid_eur", "before_eur", ...told].sort()).toEqual(Object.keys(costs).sort());
  });
});

describe("a call of reserve", () => {
  it("may last as long as the plan keeps it, among what is usual", () => {
    expect(durations(0.25)).toEqual([15, 30, 60, 120, 240]);
    expect(durations(0.75)).toEqual([15, 30, 45, 60, 120, 240]);
    expect(durations(100)).toContain(1440);
  });
  it("asks for no more than is kept unless somebody types more", () => {
    expect([2.19, 2.3, 0].map(downTo)).toEqual([2.1, 2.3, 0]);
  });
});
