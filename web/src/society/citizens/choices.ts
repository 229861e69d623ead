/** What a resident may want of a device, as envelopes: few words, not kilowatts. */

import type { Key } from "../../lib/i18n/i18n.svelte.ts";

export interface Choice {
  words: Key;
  /** Between which powers the device shall stay, as shares of its rating, drawn positive. */
  low: number;
  high: number;
}

const NOW = (words: Key): Choice => ({ words, low: 1, high: 1 });
const OFF = (words: Key): Choice => ({ words, low: 0, high: 0 });

const CHOICES: Record<string, Choice[]> = {
  heat_pump: [NOW("choice.warm"), OFF("choice.rest")],
  hot_water: [NOW("choice.water"), OFF("choice.rest")],
  charger: [NOW("choice.charge"), OFF("choice.pause")],
  battery: [NOW("choice.fill"), OFF("choice.keep")],
};

/** Nothing can be chosen for what nobody steers, such as the sun. */
export const choices = (kind: string): Choice[] => CHOICES[kind] ?? [];
