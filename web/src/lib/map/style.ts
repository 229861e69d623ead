/** The town's drawing: greys for what is normal, colour by feature-state for what is not. */

import type { StyleSpecification, LayerSpecification, ExpressionSpecification } from "maplibre-gl";
import inter from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { NEAR, OVER } from "../live/limits.ts";
import { colour } from "../theme.svelte.ts";

/** Voltage outside which a connection is coloured (EN 50160: ±10 %). */
export const VOLTS_LOW = 0.9;
export const VOLTS_HIGH = 1.1;

export const SOURCES = ["ground", "branches", "points"] as const;

interface Paints {
  ground: string;
  area: string;
  building: string;
  street: string;
  wire: string;
  mv: string;
  ink: string;
  halo: string;
  near: string;
  over: string;
  place: string;
}

const paints = (): Paints => ({
  ground: colour("--map-ground"), area: colour("--map-area"), building: colour("--map-building"),
  street: colour("--map-street"), wire: colour("--map-wire"), mv: colour("--map-mv"),
  ink: colour("--soft"), halo: colour("--map-ground"), near: colour("--p2"), over: colour("--p1"),
  place: colour("--map-place"),
});

export function style(): StyleSpecification {
  const p = paints();
  const empty = { type: "FeatureCollection" as const, features: [] };
  const source = { type: "geojson" as const, data: empty, promoteId: "id" };
  return {
    version: 8,
    // Labels are drawn from our own font file: there is no glyph server to ask.
    "font-faces": { Inter: inter },
    sources: { ground: source, branches: source, points: source },
    layers: [...ground(p), ...branches(p), ...points(p), ...labels(p)],
  } as StyleSpecification;
}

const is = (layer: string): ExpressionSpecification => ["==", ["get", "layer"], layer];

/** By loading: grey below `NEAR`, then two colours. Unknown is grey. */
function byLoading(p: Paints, calm: string | ExpressionSpecification): ExpressionSpecification {
  const loading: ExpressionSpecification = ["number", ["feature-state", "loading"], 0];
  return ["case", [">=", loading, OVER], p.over, [">=", loading, NEAR], p.near, calm];
}

const hot = (yes: number, no: number | ExpressionSpecification): ExpressionSpecification =>
  ["case", [">=", ["number", ["feature-state", "loading"], 0], NEAR], yes, no];

function ground(p: Paints): LayerSpecification[] {
  return [
    { id: "ground", type: "background", paint: { "background-color": p.ground } },
    {
      id: "neighbourhood", type: "fill", source: "ground", filter: is("neighbourhood"),
      paint: { "fill-color": p.area, "fill-outline-color": p.street },
    },
    {
      id: "street", type: "line", source: "ground", filter: is("street"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": p.street,
        "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 12, 1, 15, 4, 18, 20],
      },
    },
    {
      id: "building", type: "fill", source: "ground", minzoom: 13,
      filter: ["all", is("building"), ["==", ["geometry-type"], "Polygon"]],
      paint: { "fill-color": p.building },
    },
  ];
}

function branches(p: Paints): LayerSpecification[] {
  return [
    {
      id: "line", type: "line", source: "branches", filter: is("line"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": byLoading(p, ["case", ["==", ["get", "level"], "mv"], p.mv, p.wire]),
        "line-width": hot(4, ["case", ["==", ["get", "level"], "mv"], 2.2, 1.2]),
      },
    },
    {
      id: "line-touch", type: "line", source: "branches", filter: is("line"),
      paint: { "line-color": p.ink, "line-opacity": ["case", ["boolean", ["feature-state", "hover"], false], 0.35, 0], "line-width": 10 },
    },
  ];
}

function points(p: Paints): LayerSpecification[] {
  const out: ExpressionSpecification = ["boolean", ["feature-state", "abnormal"], false];
  return [
    {
      id: "lamp", type: "circle", source: "ground", filter: is("lamp"), minzoom: 15,
      paint: { "circle-radius": 1.6, "circle-color": p.wire },
    },
    {
      id: "connection", type: "circle", source: "points", filter: is("connection"), minzoom: 12.5,
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1, 16, 2.2, 18, 4.5],
        "circle-color": ["case", out, p.near, p.place],
        "circle-stroke-color": p.ink,
        "circle-stroke-width": ["case", ["boolean", ["feature-state", "hover"], false], 1.5, 0],
      },
    },
    {
      id: "charger", type: "circle", source: "points", filter: is("charger"), minzoom: 16,
      paint: { "circle-radius": 5, "circle-color": p.ground, "circle-stroke-color": p.mv, "circle-stroke-width": 1.2 },
    },
    {
      id: "transformer", type: "circle", source: "branches", filter: is("transformer"),
      paint: {
        "circle-radius": hot(8, 5),
        "circle-color": byLoading(p, p.ground),
        "circle-stroke-color": byLoading(p, p.mv),
        "circle-stroke-width": 2.4,
      },
    },
  ];
}

function labels(p: Paints): LayerSpecification[] {
  const text = { "text-font": ["Inter"], "text-size": 12 };
  const paint = { "text-color": p.ink, "text-halo-color": p.halo, "text-halo-width": 1.4 };
  return [
    {
      id: "street-name", type: "symbol", source: "ground", filter: is("street"), minzoom: 15,
      layout: { ...text, "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 11 },
      paint,
    },
    {
      id: "neighbourhood-name", type: "symbol", source: "ground", filter: is("neighbourhood"), maxzoom: 15.5,
      layout: { ...text, "text-field": ["get", "name"], "text-size": 13 },
      paint,
    },
  ];
}
