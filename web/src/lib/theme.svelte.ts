/** Light, dark, or as the system says. Every colour follows `color-scheme` by light-dark(). */

export type Theme = "auto" | "light" | "dark";
const KEPT = "commonwatt.theme";

class Look {
  theme = $state<Theme>("auto");
  /** Grows whenever colours may have changed; what paints on a canvas reads it. */
  turn = $state(0);
  private readonly system = matchMedia("(prefers-color-scheme: dark)");

  start(): void {
    const kept = localStorage.getItem(KEPT);
    this.set(kept === "light" || kept === "dark" ? kept : "auto");
    this.system.addEventListener("change", () => this.turn++);
  }

  choose(theme: Theme): void {
    localStorage.setItem(KEPT, theme);
    this.set(theme);
  }

  get dark(): boolean {
    void this.turn;
    return this.theme === "auto" ? this.system.matches : this.theme === "dark";
  }

  private set(theme: Theme): void {
    this.theme = theme;
    document.documentElement.style.colorScheme = theme === "auto" ? "light dark" : theme;
    this.turn++;
  }
}

export const look = new Look();

/** What a custom property is worth now, as a colour a canvas understands. */
export function colour(property: string): string {
  const probe = document.createElement("i");
  probe.style.cssText = `position:absolute;visibility:hidden;color:var(${property})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
