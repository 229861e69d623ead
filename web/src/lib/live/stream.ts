/** The stream of events: reopened by us after every break, from the last event that was heard. */

import type { Alarm, Delta, Now, Study } from "../api/types.ts";

export type Heard =
  | { kind: "snapshot"; data: Now; at: number }
  | { kind: "delta"; data: Delta; at: number }
  | { kind: "alarm"; data: Alarm; at: number }
  | { kind: "study"; data: Study; at: number }
  | { kind: "ping"; data: null; at: number };

export interface Listener {
  heard(event: Heard): void;
  link(up: boolean): void;
}

/** The server pings every 15 s; silence for longer than this means a dead connection. */
const SILENCE_MS = 35_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** How long to wait before the n-th attempt in a row. */
export const backoff = (attempt: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);

export class Stream {
  private source: EventSource | null = null;
  private last = "";
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly listener: Listener) {}

  open(): void {
    this.close();
    const after = this.last ? `?after=${encodeURIComponent(this.last)}` : "";
    const source = new EventSource(`/api/stream${after}`);
    this.source = source;
    for (const kind of ["snapshot", "delta", "alarm", "study", "ping"] as const) {
      source.addEventListener(kind, (event) => this.take(kind, event as MessageEvent<string>));
    }
    // The browser's own reconnect keeps the first URL and gives up on some errors, so ours does it.
    source.onerror = () => this.again();
    this.watch();
  }

  close(): void {
    this.source?.close();
    this.source = null;
    clearTimeout(this.retry);
    clearTimeout(this.watchdog);
  }

  private take(kind: Heard["kind"], event: MessageEvent<string>): void {
    if (event.lastEventId) this.last = event.lastEventId;
    this.attempt = 0;
    this.watch();
    this.listener.link(true);
    const data: unknown = kind === "ping" ? null : JSON.parse(event.data);
    this.listener.heard({ kind, data, at: performance.now() } as Heard);
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.again(), SILENCE_MS);
  }

  private again(): void {
    this.close();
    this.listener.link(false);
    this.retry = setTimeout(() => this.open(), backoff(this.attempt++));
  }
}
