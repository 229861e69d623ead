import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoff, Stream, type Heard } from "./stream.ts";

/** A server end that tests speak through. */
class FakeSource {
  static opened: FakeSource[] = [];
  onerror: (() => void) | null = null;
  closed = false;
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(readonly url: string) {
    FakeSource.opened.push(this);
  }
  addEventListener(kind: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(kind, listener);
  }
  close(): void {
    this.closed = true;
  }
  say(kind: string, data: unknown, lastEventId = ""): void {
    this.listeners.get(kind)?.({ data: JSON.stringify(data), lastEventId } as MessageEvent<string>);
  }
}

const newest = () => FakeSource.opened.at(-1) as FakeSource;

describe("the stream", () => {
  const heard: Heard[] = [];
  const links: boolean[] = [];
  const stream = new Stream({ heard: (event) => heard.push(event), link: (up) => links.push(up) });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", FakeSource);
    heard.length = links.length = FakeSource.opened.length = 0;
    stream.open();
  });
  afterEach(() => {
    stream.close();
    vi.useRealTimers();
  });

  it("comes back from the last event it heard", () => {
    newest().say("snapshot", { event: 41 }, "41");
    newest().say("delta", { event: 42 }, "42");
    const first = newest();
    first.onerror?.();
    vi.advanceTimersByTime(backoff(0));
    expect(first.closed).toBe(true);
    expect(newest().url).toBe("/api/stream?after=42");
    expect(heard.map((event) => event.kind)).toEqual(["snapshot", "delta"]);
    expect(links.at(-1)).toBe(false);
  });

  it("keeps its place over events that carry none", () => {
    newest().say("delta", { event: 50 }, "50");
    newest().say("study", { id: "s" });
    newest().onerror?.();
    vi.advanceTimersByTime(backoff(0));
    expect(newest().url).toBe("/api/stream?after=50");
  });

  it("takes silence for a dead connection, and a ping for a living one", () => {
    vi.advanceTimersByTime(30_000);
    newest().say("ping", null);
    vi.advanceTimersByTime(30_000);
    expect(FakeSource.opened).toHaveLength(1);
    vi.advanceTimersByTime(6_000);
    expect(FakeSource.opened).toHaveLength(2);
  });

  it("waits longer with each failure, but never very long", () => {
    expect([0, 1, 2, 3].map(backoff)).toEqual([500, 1000, 2000, 4000]);
    expect(backoff(20)).toBe(10_000);
  });
});
