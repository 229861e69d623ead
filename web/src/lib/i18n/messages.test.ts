import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import de from "./de.json";
import en from "./en.json";

const holes = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
const SRC = join(import.meta.dirname, "../..");
const code = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(svelte|ts)$/.test(name) && !name.endsWith(".test.ts"))
  .map((name) => readFileSync(join(SRC, name), "utf8"))
  .join("\n");

describe("messages", () => {
  it("exist in both languages, none left empty", () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
    expect(Object.values({ ...en, ...de }).filter((sentence) => sentence.trim() === "")).toEqual([]);
  });

  it("have the same holes in both languages", () => {
    const other: Record<string, string> = de;
    const uneven = Object.entries(en).filter(([key, words]) => `${holes(words)}` !== `${holes(other[key] ?? "")}`);
    expect(uneven).toEqual([]);
  });

  it("are all said somewhere", () => {
    // Keys that are put together at run time begin with one of these.
    const made = /^(kind|run|use|measure|state|plan|nav|theme|layer|mode|model|problem|study|compare|part)\./;
    const unused = Object.keys(en).filter((key) => !made.test(key) && !code.includes(`"${key}"`));
    expect(unused).toEqual([]);
  });
});
