/** From a chart's model to uPlot's options. */

import uPlot from "uplot";
import { colour } from "../theme.svelte.ts";
import type { Band, Line } from "./model.ts";

export interface Picture {
  lines: Line[];
  bands: Band[];
  width: number;
  height: number;
  zone: string;
  clock: (stamp: number) => string;
  day: (stamp: number) => string;
  number: (value: number) => string;
  /** A vertical mark, epoch seconds: now. */
  mark: number | null;
  /** The place under the pointer, or null. */
  point: (index: number | null) => void;
  /** Keep these values of the left axis in view. */
  include: number[];
}

const FONT = "12px Inter, system-ui, sans-serif";

export function options(picture: Picture): uPlot.Options {
  const ink = colour("--soft");
  const hair = colour("--hair");
  const right = picture.lines.some((line) => line.right);
  const axis = { stroke: ink, font: FONT, grid: { stroke: hair, width: 1 }, ticks: { show: false } };
  return {
    width: picture.width,
    height: picture.height,
    padding: [8, right ? 2 : 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 6 } },
    tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), picture.zone),
    scales: {
      x: { time: true },
      y: { range: (_u, low, high) => reach(low, high, picture.include) },
      ...(right ? { right: { range: (_u, low, high) => reach(low, high, [0]) } } : {}),
    },
    axes: [
      { ...axis, size: 26, space: 56, values: (_u, splits) => hours(splits, picture), grid: { show: false } },
      { ...axis, size: 44, space: 32, values: (_u, splits) => splits.map(picture.number) },
      ...(right
        ? [{ ...axis, scale: "right", side: 1 as const, size: 40, space: 32, grid: { show: false },
             values: (_u: uPlot, splits: number[]) => splits.map(picture.number) }]
        : []),
    ],
    series: [{}, ...picture.lines.map(series)],
    bands: picture.bands.map((band) => ({
      series: [band.upper + 1, band.lower + 1] as [number, number],
      fill: faded(band.paint, band.opacity),
    })),
    hooks: {
      draw: [(u) => zero(u, hair), (u) => mark(u, picture.mark, ink)],
      setCursor: [(u) => picture.point(u.cursor.idx ?? null)],
    },
  };
}

function series(line: Line): uPlot.Series {
  const paths = line.bars
    ? uPlot.paths.bars?.({ size: [0.86, 28], align: 1 })
    : line.step
      ? uPlot.paths.stepped?.({ align: 1 })
      : uPlot.paths.linear?.();
  return {
    label: line.label,
    stroke: line.width === 0 ? "transparent" : colour(line.paint),
    width: line.bars ? 0 : (line.width ?? 1.75),
    dash: line.dash ?? [],
    scale: line.right ? "right" : "y",
    points: { show: line.points ?? false, size: 5 },
    ...(paths ? { paths } : {}),
    ...(line.fill ? { fill: faded(line.paint, line.fill), fillTo: 0 } : {}),
  };
}

/** A colour with some of it taken away. */
function faded(paint: string, opacity: number): string {
  const solid = colour(paint).match(/[\d.]+/g) ?? ["128", "128", "128"];
  return `rgba(${solid.slice(0, 3).join(",")},${opacity})`;
}

/** The range of an axis: what is there and what must be seen, with a little air. */
export function reach(low: number | null, high: number | null, include: number[]): [number, number] {
  const bottom = Math.min(low ?? 0, ...include);
  const top = Math.max(high ?? 1, ...include);
  const air = 0.06 * (top - bottom || Math.abs(top) || 1);
  return [bottom === 0 ? 0 : bottom - air, top === 0 ? 0 : top + air];
}

/** 06:00, 12:00, and at midnight the day. */
function hours(splits: number[], picture: Picture): string[] {
  return splits.map((stamp) => {
    const time = picture.clock(stamp);
    return time === "00:00" ? picture.day(stamp) : time;
  });
}

function zero(u: uPlot, hair: string): void {
  const y = u.valToPos(0, "y", true);
  if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
  stroke(u, hair, [], u.bbox.left, y, u.bbox.left + u.bbox.width, y);
}

function mark(u: uPlot, at: number | null, ink: string): void {
  if (at === null) return;
  const x = u.valToPos(at, "x", true);
  if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
  stroke(u, ink, [2, 4], x, u.bbox.top, x, u.bbox.top + u.bbox.height);
}

function stroke(u: uPlot, ink: string, dash: number[], x0: number, y0: number, x1: number, y1: number): void {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.restore();
}
