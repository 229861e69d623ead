/** Names of things as people read them. */

/** An id without its class: "battery/LV1.101-Storage-1" → "LV1.101-Storage-1". */
export function plain(id: string): string {
  const cut = id.indexOf("/");
  return cut < 0 ? id : id.slice(cut + 1);
}

/** A list split where a filter matches, case ignored. */
export const matches = (text: string, filter: string): boolean =>
  text.toLowerCase().includes(filter.trim().toLowerCase());
