/** Names of things as people read them. */

/** An id without its class: "battery/LV1.101-Storage-1" → "LV1.101-Storage-1". */
export function plain(id: string): string {
  const cut = id.indexOf("/");
  return cut < 0 ? id : id.slice(cut + 1);
}

const UNITS: [RegExp, string][] = [
  [/_kwh$/, "kWh"], [/_k_h$/, "K·h"], [/_kw$/, "kW"], [/_c$/, "°C"], [/_pu$/, "pu"], [/_l$/, "l"],
  [/_h$/, "h"], [/_deg$/, "°"],
];

/** The unit a quantity's name ends in, as every name of a quantity does: "air_c" → "°C". */
export const unitOf = (name: string): string => UNITS.find(([end]) => end.test(name))?.[1] ?? "";

/** Whether a reader who types `filter` would want to see `text`. */
export const matches = (text: string, filter: string): boolean =>
  text.toLowerCase().includes(filter.trim().toLowerCase());
