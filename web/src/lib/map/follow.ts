/** Live values onto the map: only what changed, once a frame. */

import type { Map } from "maplibre-gl";
import { live } from "../live/live.svelte.ts";
import type { Touched } from "../live/fold.ts";
import type { Parts } from "./geography.ts";
import { VOLTS_HIGH, VOLTS_LOW } from "./style.ts";

/** Keep `map` up to date until the returned function is called. */
export function follow(map: Map, parts: Parts): () => void {
  const drawn = new Set(parts.branches.features.map((f) => f.properties.id));
  const placed = new Set(parts.points.features.map((f) => f.properties.id));

  const paint = ({ branches, connections }: Touched): void => {
    for (const id of branches) {
      if (!drawn.has(id)) continue;
      const loading = live.town.branches.get(id);
      map.setFeatureState({ source: "branches", id }, { loading: Number.isNaN(loading) ? 0 : loading });
    }
    for (const id of connections) {
      if (!placed.has(id)) continue;
      const volts = live.town.volts.get(id);
      const abnormal = volts < VOLTS_LOW || volts > VOLTS_HIGH;
      map.setFeatureState({ source: "points", id }, { abnormal });
    }
  };
  const { branches, connections } = live.town;
  paint({ branches: new Set(branches.ids), connections: new Set(connections.ids), assets: new Set() });
  return live.onPaint(paint);
}
