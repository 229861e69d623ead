/** Who looks: the one-time token of the printed link becomes a cookie, then the role is known. */

import { api, ApiError } from "./api/client.ts";
import type { Me } from "./api/types.ts";
import { place } from "./format/place.svelte.ts";
import { live } from "./live/live.svelte.ts";

class Session {
  me = $state.raw<Me | null>(null);
  error = $state.raw<ApiError | null>(null);

  /** Enter and start what everyone sees. A used or missing token leaves `error` with status 401. */
  readonly start = async (): Promise<void> => {
    this.error = null;
    try {
      await this.enter();
      [this.me, place.city] = await Promise.all([api.me(), api.city()]);
      if (this.me.role === "operator") live.start();
    } catch (fault) {
      this.error = fault instanceof ApiError ? fault : new ApiError(0, String(fault));
    }
  };

  get resident(): boolean {
    return this.me?.role === "resident";
  }

  private async enter(): Promise<void> {
    const query = new URLSearchParams(location.search);
    const token = query.get("token");
    if (token === null) return;
    query.delete("token");
    // Out of the address at once: it is neither bookmarked nor sent on.
    history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : ""));
    try {
      await api.session(token);
    } catch (fault) {
      // A token is used once; a page that is reloaded has its cookie already.
      if (!(fault instanceof ApiError) || fault.status === 0) throw fault;
    }
  }
}

export const session = new Session();
