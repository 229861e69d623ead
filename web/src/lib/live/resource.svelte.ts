/** What is fetched rather than streamed: loading, ready, failed, and fresh again. */

import { ApiError } from "../api/client.ts";

/** One fetched thing. While it is refreshed, or when a refresh fails, the last value stays. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(true);
  private turn = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  readonly load = async (): Promise<void> => {
    const turn = ++this.turn;
    this.loading = true;
    try {
      const value = await this.fetch();
      if (turn !== this.turn) return;
      this.value = value;
      this.error = null;
    } catch (fault) {
      if (turn !== this.turn) return;
      this.error = fault instanceof ApiError ? fault : new ApiError(0, String(fault));
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  };
}

/** Fetch at once and again every `seconds`; to be called while a component is being set up. */
export function fresh<T>(fetch: () => Promise<T>, seconds: number): Resource<T> {
  const resource = new Resource(fetch);
  $effect(() => {
    void resource.load();
    const timer = setInterval(() => {
      if (!document.hidden) void resource.load();
    }, seconds * 1000);
    return () => clearInterval(timer);
  });
  return resource;
}
