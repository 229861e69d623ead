/** The one store of live values: the stream is folded once per frame, however fast it speaks. */

import type { Study } from "../api/types.ts";
import { Town, untouched, type Head, type Touched } from "./fold.ts";
import { Stream, type Heard } from "./stream.ts";

type Painter = (touched: Touched) => void;

/** Told to whoever measures: when a message came and when the frame that shows it was painted. */
export const PAINTED = "commonwatt:painted";

class Live {
  /** Everything but the columns; a new object per frame that changed it. */
  head = $state.raw<Head | null>(null);
  /** Grows with every frame in which a column changed; read it to follow `town`. */
  tick = $state(0);
  /** Studies that said something since the page was opened, by id. */
  studies = $state.raw<Record<string, Study>>({});
  up = $state(true);
  /** performance.now() of the last event, pings included. */
  heardAt = $state.raw(0);

  town = new Town();

  private queue: Heard[] = [];
  private due = false;
  private readonly painters = new Set<Painter>();
  private readonly stream = new Stream({
    heard: (event) => this.hear(event),
    link: (up) => (this.up = up),
  });

  start(): void {
    this.stream.open();
  }

  stop(): void {
    this.stream.close();
  }

  /** Be called in every frame that changed a column, with what changed; returns the way out. */
  onPaint(painter: Painter): () => void {
    this.painters.add(painter);
    return () => this.painters.delete(painter);
  }

  private hear(event: Heard): void {
    this.queue.push(event);
    if (this.due) return;
    this.due = true;
    // A hidden tab gets no frames; it keeps up once a second.
    if (document.hidden) setTimeout(() => this.frame(), 1000);
    else requestAnimationFrame(() => this.frame());
  }

  private frame(): void {
    this.due = false;
    const events = this.queue;
    this.queue = [];
    const touched = untouched();
    for (const event of events) this.fold(event, touched);
    this.heardAt = events.at(-1)?.at ?? this.heardAt;
    this.head = this.town.head;
    if (touched.assets.size + touched.branches.size + touched.connections.size > 0) {
      this.tick++;
      for (const paint of this.painters) paint(touched);
    }
    painted(events);
  }

  private fold(event: Heard, touched: Touched): void {
    if (event.kind === "snapshot") this.town.snapshot(event.data, touched);
    else if (event.kind === "delta") this.town.delta(event.data, touched);
    else if (event.kind === "alarm") this.town.alarm(event.data);
    else if (event.kind === "study") this.studies = { ...this.studies, [event.data.id]: event.data };
  }
}

/** A message posted from a frame runs after that frame was painted. */
function painted(events: Heard[]): void {
  const first = events.find((e) => e.kind === "delta");
  if (first === undefined) return;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    const detail = { heard: first.at, painted: performance.now() };
    window.dispatchEvent(new CustomEvent(PAINTED, { detail }));
  };
  requestAnimationFrame(() => port2.postMessage(null));
}

export const live = new Live();
