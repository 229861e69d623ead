/** What flows where in a home, kind by kind. */

import type { Home } from "../../lib/api/types.ts";

export interface Flowing {
  kind: string;
  /** Into the thing positive, out of it negative. */
  kw: number;
  count: number;
}

/** The kinds of a home's devices with their summed power, in the order they are drawn. */
const ORDER = ["pv", "battery", "charger", "heat_pump", "hot_water", "consumer"];

export function flows(home: Home): Flowing[] {
  const found = new Map<string, Flowing>();
  for (const asset of home.assets) {
    const sum = found.get(asset.kind) ?? { kind: asset.kind, kw: 0, count: 0 };
    found.set(asset.kind, { ...sum, kw: sum.kw + (asset.kw ?? 0), count: sum.count + 1 });
  }
  return [...found.values()].sort((a, b) => rank(a.kind) - rank(b.kind));
}

const rank = (kind: string): number => {
  const at = ORDER.indexOf(kind);
  return at < 0 ? ORDER.length : at;
};
