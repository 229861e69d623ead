import { describe, expect, it } from "vitest";
import * as format from "./format.ts";

describe("numbers", () => {
  it("use the reader's marks and a true minus sign", () => {
    expect(format.number(-1234.5, 1, "en")).toBe("−1,234.5");
    expect(format.number(-1234.5, 1, "de")).toBe("−1.234,5");
  });
  it("never show a minus before zero", () => {
    expect(format.number(-0.004, 1, "en")).toBe("0.0");
  });
  it("say nothing where nothing is known", () => {
    expect([null, undefined, NaN].map((v) => format.quantity(v, "kW", "en"))).toEqual(["–", "–", "–"]);
    expect(format.percent(null, "en")).toBe("–");
  });
  it("keep about three digits and move to MW", () => {
    expect([0.4213, 4.213, 42.13, 421.3, 4213].map((v) => format.quantity(v, "kW", "en"))).toEqual([
      "0.42 kW", "4.2 kW", "42 kW", "421 kW", "4.21 MW",
    ]);
    expect(format.quantity(-1500, "kWh", "en")).toBe("−1.50 MWh");
    expect(format.quantity(1500, "€", "en")).toBe("1,500 €");
  });
  it("write shares, money and prices", () => {
    expect(format.percent(1.043, "en")).toBe("104 %");
    expect(format.money(-3.4, "de")).toBe("−3,40 €");
    expect(format.price(0.335, "en")).toBe("33.5 ct/kWh");
  });
});

describe("times", () => {
  const june = "2016-06-13T22:15:00Z";
  it("are the city's, not the reader's", () => {
    expect(format.clock(june, "Europe/Berlin", "en")).toBe("00:15");
    expect(format.clock(june, "America/New_York", "en")).toBe("18:15");
  });
  it("name the day only when it is another one", () => {
    const now = "2016-06-13T20:00:00Z";
    expect(format.near("2016-06-13T21:00:00Z", now, "Europe/Berlin", "en")).toBe("23:00");
    expect(format.near(june, now, "Europe/Berlin", "en")).toBe("Tue 14 Jun, 00:15");
  });
  it("are skipped when missing or mad", () => {
    expect(format.clock(null, "UTC", "en")).toBe("–");
    expect(format.clock("soon", "UTC", "en")).toBe("–");
  });
  it("tell spans in one unit", () => {
    expect([45, 600, 7200].map((s) => format.span(s, "en"))).toEqual(["45 s", "10 min", "2.0 h"]);
    expect(format.minutesTo("2016-06-13T10:30:00Z", "2016-06-13T10:00:00Z")).toBe(30);
  });
});
