import { describe, expect, it } from "vitest";
import { aligned, closed, held, stacked } from "./model.ts";

describe("stacks", () => {
  it("grow up with what is drawn and down with what is fed in", () => {
    const { lines, bands } = stacked([
      { label: "a", paint: "--a", values: [1, 2] },
      { label: "b", paint: "--b", values: [3, -4] },
      { label: "c", paint: "--c", values: [null, -1] },
    ]);
    expect(lines.map((line) => line.values)).toEqual([
      [0, 0], [1, 2], [0, 0], [4, 2], [0, -4], [4, 2], [0, -5],
    ]);
    // Every stack fills one region above and one below, each against the stack before it.
    expect(bands.map(({ upper, lower }) => [upper, lower])).toEqual([
      [1, 0], [0, 2], [3, 1], [2, 4], [5, 3], [4, 6],
    ]);
  });

  it("add up to the sum of their values", () => {
    const values = [[5, -1, 0.5], [-2, -3, 4], [1, 0, -6]];
    const { lines } = stacked(values.map((v, i) => ({ label: `${i}`, paint: "", values: v })));
    const [top, bottom] = [lines.at(-2)?.values ?? [], lines.at(-1)?.values ?? []];
    const sums = [0, 1, 2].map((t) => values.reduce((sum, v) => sum + (v[t] ?? 0), 0));
    expect(top.map((v, t) => (v ?? 0) + (bottom[t] ?? 0))).toEqual(sums);
  });
});

describe("times", () => {
  it("end where the last slot ends", () => {
    expect(closed([0, 900], [0.25, 1])).toEqual([0, 900, 4500]);
    expect(closed([], [])).toEqual([]);
    expect(held([1, null])).toEqual([1, null, null]);
  });

  it("are shared by series that know different ones", () => {
    const found = aligned([{ times: [0, 2], values: [1, 3] }, { times: [1, 2], values: [null, 5] }]);
    expect(found).toEqual({ times: [0, 1, 2], values: [[1, null, 3], [null, null, 5]] });
  });
});
