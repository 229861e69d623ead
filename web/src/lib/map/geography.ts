/** The town's features sorted by how they are drawn, and where it lies. */

import type { Layer, TownMap } from "../api/types.ts";

const SOURCE_OF: Record<Layer, "ground" | "branches" | "points"> = {
  street: "ground", building: "ground", neighbourhood: "ground", lamp: "ground",
  line: "branches", transformer: "branches", connection: "points", charger: "points",
};

export type Parts = Record<"ground" | "branches" | "points", TownMap>;

/** One source for what never changes, one for what carries loading, one for what carries power. */
export function split(town: TownMap): Parts {
  const none = (): TownMap => ({ type: "FeatureCollection", features: [] });
  const parts: Parts = { ground: none(), branches: none(), points: none() };
  for (const feature of town.features) {
    parts[SOURCE_OF[feature.properties.layer] ?? "ground"].features.push(feature);
  }
  return parts;
}

type Box = [number, number, number, number];

/** West, south, east, north of everything; a place of a few hundred metres when there is nothing. */
export function bounds(town: TownMap): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { geometry } of town.features) {
    if ("coordinates" in geometry) widen(box, geometry.coordinates);
  }
  return box.every(Number.isFinite) ? box : [-0.005, -0.005, 0.005, 0.005];
}

type Nested = number[] | Nested[];

function widen(box: Box, at: Nested): void {
  const [x, y] = at;
  if (typeof x === "number" && typeof y === "number") {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  } else for (const part of at as Nested[]) widen(box, part);
}
