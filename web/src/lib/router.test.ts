import { describe, expect, it } from "vitest";
import { routeOf, to } from "./router.ts";

describe("addresses", () => {
  it("lead to their pages", () => {
    expect(routeOf("/")).toEqual({ page: "overview" });
    expect(routeOf("/overview/")).toEqual({ page: "overview" });
    expect(routeOf("/studies")).toEqual({ page: "studies" });
    expect(routeOf("/studies/abc")).toEqual({ page: "study", id: "abc" });
    expect(routeOf("/forecasts")).toEqual({ page: "forecasts" });
    expect(routeOf("/forecasts/city.net_kw")).toEqual({ page: "forecast", id: "city.net_kw" });
    expect(to.forecast("a.b_kw", "pv/1")).toBe("/forecasts/a.b_kw?series=pv%2F1");
    expect(routeOf("/home")).toEqual({ page: "homes" });
    expect(routeOf("/sector/homes")).toEqual({ page: "sector", id: "homes" });
  });
  it("carry ids with slashes, encoded or not", () => {
    expect(routeOf("/asset/pv/roof-1")).toEqual({ page: "asset", id: "pv/roof-1" });
    expect(routeOf(to.asset("pv/Straße 1"))).toEqual({ page: "asset", id: "pv/Straße 1" });
  });
  it("say so when there is no such page", () => {
    for (const path of ["/nowhere", "/sector", "/overview/more", "/asset/%E0%A4%A"]) {
      expect(routeOf(path)).toEqual({ page: "lost" });
    }
  });
});
