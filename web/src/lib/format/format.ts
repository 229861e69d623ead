/** Numbers, units and times as people read them. Pure: the locale and the zone are arguments. */

export const NONE = "–";

type Number = number | null | undefined;

const known = (value: Number): value is number => typeof value === "number" && !Number.isNaN(value);

/** Formatters are costly to make and few. */
const made = new Map<string, Intl.NumberFormat>();

function formatter(locale: string, low: number, high: number): Intl.NumberFormat {
  const key = `${locale} ${low} ${high}`;
  let found = made.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale, {
      minimumFractionDigits: low, maximumFractionDigits: high, signDisplay: "negative",
    });
    made.set(key, found);
  }
  return found;
}

/** A number with exactly `digits` decimals and a true minus sign. */
export function number(value: Number, digits: number, locale: string): string {
  if (!known(value)) return NONE;
  return formatter(locale, digits, digits).format(value).replace("-", "−");
}

/** Decimals that keep about three digits worth reading: 0.42, 4.2, 42, 420. */
export function digitsFor(value: number): number {
  const size = Math.abs(value);
  if (size < 0.005) return 0;
  if (size < 1) return 2;
  return size < 20 ? 1 : 0;
}

/** A quantity with its unit: kW and kWh move to MW and MWh above a thousand. */
export function quantity(value: Number, unit: string, locale: string): string {
  if (!known(value)) return NONE;
  if ((unit === "kW" || unit === "kWh") && Math.abs(value) >= 1000) {
    return `${number(value / 1000, 2, locale)} ${unit.replace("k", "M")}`;
  }
  return spaced(number(value, digitsFor(value), locale), unit);
}

/** A share (1 = all) in whole percent, or with `digits`. */
export function percent(share: Number, locale: string, digits = 0): string {
  return known(share) ? `${number(100 * share, digits, locale)} %` : NONE;
}

/** Money; negative is a credit. */
export function money(eur: Number, locale: string): string {
  return known(eur) ? `${number(eur, 2, locale)} €` : NONE;
}

/** A price in cents a kilowatt-hour. */
export function price(eurPerKwh: Number, locale: string): string {
  return known(eurPerKwh) ? `${number(100 * eurPerKwh, 1, locale)} ct/kWh` : NONE;
}

function spaced(text: string, unit: string): string {
  return unit === "" || unit === "1" ? text : `${text} ${unit}`;
}

export type Stamp = string | number | null | undefined;

function date(stamp: Stamp): Date | null {
  if (stamp === null || stamp === undefined || stamp === "") return null;
  const found = new Date(typeof stamp === "number" ? 1000 * stamp : stamp);
  return Number.isNaN(found.getTime()) ? null : found;
}

const zoned = new Map<string, Intl.DateTimeFormat>();

function timed(stamp: Stamp, locale: string, options: Intl.DateTimeFormatOptions): string {
  const when = date(stamp);
  if (when === null) return NONE;
  const key = locale + JSON.stringify(options);
  let found = zoned.get(key);
  if (!found) zoned.set(key, (found = new Intl.DateTimeFormat(british(locale), options)));
  return found.format(when);
}

/** Plain "en" would write 6/13/2016 and PM; a control room writes 13 Jun and 18:15. */
const british = (locale: string): string => (locale === "en" ? "en-GB" : locale);

/** 18:15, in the city's zone. */
export const clock = (stamp: Stamp, zone: string, locale: string): string =>
  timed(stamp, locale, { hour: "2-digit", minute: "2-digit", timeZone: zone });

/** Mon 13 Jun, in the city's zone. */
export const day = (stamp: Stamp, zone: string, locale: string): string =>
  timed(stamp, locale, { weekday: "short", day: "numeric", month: "short", timeZone: zone });

/** Mon 13 Jun 2016. */
export const longDay = (stamp: Stamp, zone: string, locale: string): string =>
  timed(stamp, locale, {
    weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: zone,
  });

/** Mon 13 Jun, 18:15. */
export function moment(stamp: Stamp, zone: string, locale: string): string {
  const when = day(stamp, zone, locale);
  return when === NONE ? NONE : `${when}, ${clock(stamp, zone, locale)}`;
}

/** Time of day when it is `now`'s day, else with the day. */
export function near(stamp: Stamp, now: Stamp, zone: string, locale: string): string {
  const same = day(stamp, zone, locale) === day(now, zone, locale);
  return same ? clock(stamp, zone, locale) : moment(stamp, zone, locale);
}

/** Minutes from `now` to `stamp`, never below zero. */
export function minutesTo(stamp: Stamp, now: Stamp): number {
  const [then, start] = [date(stamp), date(now)];
  if (then === null || start === null) return 0;
  return Math.max(0, Math.round((then.getTime() - start.getTime()) / 60_000));
}

/** 45 s, 12 min, 3 h: how long, in one unit. */
export function span(seconds: number, locale: string): string {
  if (seconds < 90) return `${number(seconds, 0, locale)} s`;
  if (seconds < 5400) return `${number(seconds / 60, 0, locale)} min`;
  return `${number(seconds / 3600, 1, locale)} h`;
}

/** ISO times to epoch seconds, as charts want them. */
export const seconds = (times: readonly string[]): number[] =>
  times.map((time) => Date.parse(time) / 1000);
