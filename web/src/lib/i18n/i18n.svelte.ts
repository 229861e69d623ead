/** Words in the reader's language. English is bundled; others come when they are asked for. */

import en from "./en.json";

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
export type Locale = "en" | "de";
export type Values = Record<string, string | number>;

export const LOCALES: Record<Locale, string> = { en: "English", de: "Deutsch" };
const OTHERS: Record<Exclude<Locale, "en">, () => Promise<{ default: Messages }>> = {
  de: () => import("./de.json"),
};
const KEPT = "commonwatt.locale";

class I18n {
  locale = $state<Locale>("en");
  private messages = $state.raw<Messages>(en);

  /** The language kept from last time, else the browser's, else English. */
  async start(): Promise<void> {
    const wanted = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
    if (wanted in LOCALES) await this.use(wanted as Locale);
  }

  async choose(locale: Locale): Promise<void> {
    localStorage.setItem(KEPT, locale);
    await this.use(locale);
  }

  /** The sentence for `key` with `{name}` replaced from `values`. */
  readonly say = (key: Key, values: Values = {}): string => fill(this.messages[key], values);

  private async use(locale: Locale): Promise<void> {
    this.messages = locale === "en" ? en : (await OTHERS[locale]()).default;
    this.locale = locale;
    document.documentElement.lang = locale;
  }
}

export function fill(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

export const i18n = new I18n();
export const t = i18n.say;

/** A sector's title in the reader's language; a stranger's sector keeps the one it brings. */
export function sectorTitle({ name, title }: { name: string; title: string }): string {
  const key = `kind.${name}`;
  return key in en ? t(key as Key) : title;
}

/** The word for something the server names: "heat_pump" → "Heat pump", translated where known. */
export function word(prefix: "kind" | "run" | "use" | "measure" | "model", name: string): string {
  const key = `${prefix}.${name}`;
  if (key in en) return t(key as Key);
  const plain = name.replaceAll("_", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
