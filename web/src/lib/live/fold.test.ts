import { describe, expect, it } from "vitest";
import type { Alarm, Now, SectorNow } from "../api/types.ts";
import { byPriority, Town, untouched, withAlarm } from "./fold.ts";

const sector = (name: string, kw: number): SectorNow => ({
  name, title: name, kw, up_kw: null, down_kw: null, forecast_low_kw: null, forecast_kw: null,
  forecast_high_kw: null, state: "normal", note: "", assets: 1,
});

const snapshot = (changes: Partial<Now> = {}): Now => ({
  event: 10, time: "2016-06-13T10:00:00Z", mode: "twin", speed: 60, speed_now: 60, lag_s: 0,
  behind: false, plan_status: "optimal", plan_cause: "", source_kw: 1, losses_kw: 0,
  voltage_low_pu: 1, voltage_high_pu: 1, sectors: [sector("homes", 1), sector("grid", 2)], limits: [],
  corrections: { every_s: 10, held: 0, kw: 0, most: [] },
  branches: { ids: ["line/1", "line/2"], loading: [0.1, null] },
  connections: { ids: ["connection/1"], kw: [1.5], volts_pu: [0.99] },
  assets: { ids: ["pv/1", "battery/1"], kw: [-2, 0] }, alarms: [], ...changes,
});

const alarm = (key: string, changes: Partial<Alarm> = {}): Alarm => ({
  key, priority: 1, cause: "c", consequence: "", action: "", raised_at: "2016-06-13T10:00:00Z",
  acknowledged_at: null, acknowledged_by: null, cleared_at: null, count: 1, ...changes,
});

/** All numbers of a town as plain objects, so that two towns can be compared. */
const numbers = (town: Town) => ({
  head: town.head,
  columns: [town.branches, town.connections, town.volts, town.assets].map((column) =>
    Object.fromEntries(column.ids.map((id) => [id, column.get(id)])),
  ),
});

describe("a town", () => {
  it("holds what a snapshot says, with NaN for what is unknown", () => {
    const town = new Town();
    town.snapshot(snapshot(), untouched());
    expect(town.assets.get("pv/1")).toBe(-2);
    expect(town.branches.get("line/2")).toBeNaN();
    expect(town.branches.get("line/none")).toBeNaN();
  });

  it("ends in the same state by deltas as by the snapshot of that state", () => {
    const folded = new Town();
    folded.snapshot(snapshot(), untouched());
    const steps = [
      { event: 11, assets: { ids: ["pv/1"], kw: [-3] } },
      { event: 12, source_kw: 7, sectors: [sector("grid", 5)] },
      { event: 13, branches: { ids: ["line/2", "line/3"], loading: [0.5, 0.2] } },
      { event: 14, connections: { ids: ["connection/1"], kw: [null], volts_pu: [1.01] } },
    ];
    for (const step of steps) expect(folded.delta(step, untouched())).toBe(true);
    const whole = new Town();
    whole.snapshot(
      snapshot({
        event: 14, source_kw: 7, sectors: [sector("homes", 1), sector("grid", 5)],
        assets: { ids: ["pv/1", "battery/1"], kw: [-3, 0] },
        branches: { ids: ["line/1", "line/2", "line/3"], loading: [0.1, 0.5, 0.2] },
        connections: { ids: ["connection/1"], kw: [null], volts_pu: [1.01] },
      }),
      untouched(),
    );
    expect(numbers(folded)).toEqual(numbers(whole));
  });

  it("drops a delta that it has seen, and one before any snapshot", () => {
    const town = new Town();
    expect(town.delta({ event: 3, source_kw: 9 }, untouched())).toBe(false);
    town.snapshot(snapshot(), untouched());
    expect(town.delta({ event: 10, source_kw: 9 }, untouched())).toBe(false);
    expect(town.head?.source_kw).toBe(1);
  });

  it("names only what changed", () => {
    const town = new Town();
    town.snapshot(snapshot(), untouched());
    const touched = untouched();
    town.delta({ event: 11, assets: { ids: ["pv/1", "battery/1"], kw: [-2, 4] } }, touched);
    expect([...touched.assets]).toEqual(["battery/1"]);
    expect(touched.branches.size).toBe(0);
  });

  it("forgets what a new snapshot no longer names", () => {
    const town = new Town();
    town.snapshot(snapshot(), untouched());
    town.snapshot(snapshot({ assets: { ids: ["pv/1"], kw: [0] } }), untouched());
    expect(town.assets.get("battery/1")).toBeNaN();
  });

  it("grows past its first columns without losing a number", () => {
    const town = new Town();
    const ids = Array.from({ length: 5000 }, (_, i) => `asset/${i}`);
    town.snapshot(snapshot({ assets: { ids, kw: ids.map((_, i) => i) } }), untouched());
    expect(ids.every((id, i) => town.assets.get(id) === i)).toBe(true);
  });
});

describe("alarms", () => {
  it("stay until they are both cleared and acknowledged", () => {
    const raised = withAlarm([], alarm("a"));
    const cleared = withAlarm(raised, alarm("a", { cleared_at: "2016-06-13T11:00:00Z" }));
    expect(cleared.map((a) => a.cleared_at)).toEqual(["2016-06-13T11:00:00Z"]);
    const over = alarm("a", { cleared_at: "2016-06-13T11:00:00Z", acknowledged_at: "2016-06-13T11:05:00Z" });
    expect(withAlarm(cleared, over)).toEqual([]);
  });

  it("stand by urgency, then by age", () => {
    const list = [
      alarm("young", { raised_at: "2016-06-13T12:00:00Z" }), alarm("old"), alarm("urgent", { priority: 3 }),
    ];
    expect(list.sort(byPriority).map((a) => a.key)).toEqual(["urgent", "old", "young"]);
  });
});
