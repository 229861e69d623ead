/** The city the page shows; its zone is the only place where UTC becomes local time. */

import type { City } from "../api/types.ts";

class Place {
  city = $state.raw<City | null>(null);

  get zone(): string {
    return this.city?.zone ?? "UTC";
  }
}

export const place = new Place();
