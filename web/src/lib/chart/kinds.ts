/** One colour per kind of asset, the same on every page and in the reports. */

const PAINTS: Record<string, string> = {
  consumer: "--s-grey", pv: "--s-orange", battery: "--s-green", charger: "--s-blue",
  heat_pump: "--s-vermilion", hot_water: "--s-purple", lamp: "--s-yellow", building: "--s-sky",
};
const SPARE = ["--s-sky", "--s-yellow", "--s-ink"];

export function kindPaint(kind: string): string {
  const known = PAINTS[kind];
  if (known) return known;
  // A stranger's kind gets a colour of its own, the same one every time.
  const sum = [...kind].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return SPARE[sum % SPARE.length] as string;
}
