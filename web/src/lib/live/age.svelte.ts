/** How old what is shown is, in seconds of the wall clock, looked at once a second. */

import { live } from "./live.svelte.ts";

/** Two missed pings. */
const STALE_S = 32;
/** A link that is down this long is worth a word; shorter breaks mend themselves. */
const DOWN_S = 4;

class Age {
  seconds = $state(0);

  constructor() {
    setInterval(() => {
      this.seconds = live.heardAt === 0 ? 0 : (performance.now() - live.heardAt) / 1000;
    }, 1000);
  }

  /** Whether the values on the page must be shown as old. */
  get stale(): boolean {
    return live.head !== null && this.seconds > (live.up ? STALE_S : DOWN_S);
  }
}

export const age = new Age();
