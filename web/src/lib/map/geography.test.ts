import { describe, expect, it } from "vitest";
import type { Layer, TownMap } from "../api/types.ts";
import { bounds, split } from "./geography.ts";

const town: TownMap = {
  type: "FeatureCollection",
  features: (["street", "line", "connection"] as Layer[]).map((layer, i) => ({
    type: "Feature", properties: { layer, id: `${layer}/1` },
    geometry: { type: "LineString", coordinates: [[10 + i, 51], [11, 50 - i]] },
  })),
};

describe("the map", () => {
  it("keeps what lives apart from what stands still", () => {
    const parts = split(town);
    expect(Object.values(parts).map((p) => p.features.map((f) => f.properties.layer))).toEqual([
      ["street"], ["line"], ["connection"],
    ]);
  });
  it("knows where the town lies, and has a place for none", () => {
    expect(bounds(town)).toEqual([10, 48, 12, 51]);
    expect(bounds({ type: "FeatureCollection", features: [] }).every(Number.isFinite)).toBe(true);
  });
});
