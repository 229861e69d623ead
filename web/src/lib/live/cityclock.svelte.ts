/** City time between slots: values hold for a slot, the clock goes on at the speed of the town. */

import { live } from "./live.svelte.ts";

const SLOT_S = 900;

class CityClock {
  /** Epoch seconds of city time, or null before the first values. */
  now = $state<number | null>(null);
  private base = 0;
  private since = 0;

  constructor() {
    setInterval(() => this.turn(), 500);
  }

  private turn(): void {
    const head = live.head;
    if (head === null) return;
    const base = Date.parse(head.time) / 1000;
    if (base !== this.base) [this.base, this.since] = [base, performance.now()];
    const gone = ((performance.now() - this.since) / 1000) * head.speed_now;
    // Never past the slot's end: what comes after it has not been decided yet.
    this.now = base + Math.min(SLOT_S - 1, gone);
  }
}

export const cityClock = new CityClock();
