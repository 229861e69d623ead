/** The formats bound to the reader's locale and the city's zone. */

import { i18n } from "../i18n/i18n.svelte.ts";
import { live } from "../live/live.svelte.ts";
import { place } from "./place.svelte.ts";
import * as plain from "./format.ts";

type Number = number | null | undefined;

export const fmt = {
  number: (value: Number, digits = 1) => plain.number(value, digits, i18n.locale),
  quantity: (value: Number, unit: string) => plain.quantity(value, unit, i18n.locale),
  kw: (value: Number) => plain.quantity(value, "kW", i18n.locale),
  percent: (share: Number, digits = 0) => plain.percent(share, i18n.locale, digits),
  money: (eur: Number) => plain.money(eur, i18n.locale),
  price: (eur: Number) => plain.price(eur, i18n.locale),
  clock: (stamp: plain.Stamp) => plain.clock(stamp, place.zone, i18n.locale),
  day: (stamp: plain.Stamp) => plain.day(stamp, place.zone, i18n.locale),
  longDay: (stamp: plain.Stamp) => plain.longDay(stamp, place.zone, i18n.locale),
  moment: (stamp: plain.Stamp) => plain.moment(stamp, place.zone, i18n.locale),
  near: (stamp: plain.Stamp) => plain.near(stamp, live.head?.time, place.zone, i18n.locale),
  minutesTo: (stamp: plain.Stamp) => plain.minutesTo(stamp, live.head?.time),
  span: (s: number) => plain.span(s, i18n.locale),
};
