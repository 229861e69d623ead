/** Folding snapshots and deltas into columns: pure, no DOM, no reactivity. */

import type { Alarm, Delta, Maybe, Now, SectorNow } from "../api/types.ts";

/** One number per id. New ids may join with any delta; null is kept as NaN. */
export class Column {
  readonly index = new Map<string, number>();
  readonly ids: string[] = [];
  values = new Float64Array(0);

  /** Write `values[i]` for `ids[i]` and add the ids whose number changed to `touched`. */
  write(ids: readonly string[], values: readonly Maybe<number>[], touched: Set<string>): void {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as string;
      const value = values[i] ?? NaN;
      let at = this.index.get(id);
      if (at === undefined) at = this.join(id);
      if (Object.is(this.values[at], value)) continue;
      this.values[at] = value;
      touched.add(id);
    }
  }

  get(id: string): number {
    const at = this.index.get(id);
    return at === undefined ? NaN : (this.values[at] as number);
  }

  private join(id: string): number {
    const at = this.ids.push(id) - 1;
    this.index.set(id, at);
    if (at >= this.values.length) {
      const wider = new Float64Array(Math.max(64, 2 * this.values.length)).fill(NaN);
      wider.set(this.values);
      this.values = wider;
    }
    return at;
  }
}

/** Everything in a snapshot that is not a column. */
export type Head = Omit<Now, "branches" | "connections" | "assets">;

/** Which ids changed since the last frame, by column. */
export interface Touched {
  branches: Set<string>;
  connections: Set<string>;
  assets: Set<string>;
}

export const untouched = (): Touched => ({
  branches: new Set(), connections: new Set(), assets: new Set(),
});

export class Town {
  head: Head | null = null;
  branches = new Column();
  connections = new Column();
  volts = new Column();
  assets = new Column();

  /** A full picture replaces all: what is no longer named is gone. */
  snapshot(now: Now, touched: Touched): void {
    this.branches = new Column();
    this.connections = new Column();
    this.volts = new Column();
    this.assets = new Column();
    this.columns(now, touched);
    const { branches: _b, connections: _c, assets: _a, ...head } = now;
    this.head = head;
  }

  /** What changed since; a delta before any snapshot, or one already folded in, is dropped. */
  delta(change: Delta, touched: Touched): boolean {
    if (this.head === null) return false;
    if (change.event !== undefined && change.event <= this.head.event) return false;
    this.columns(change, touched);
    const { branches: _b, connections: _c, assets: _a, sectors, ...rest } = change;
    this.head = {
      ...this.head, ...rest,
      sectors: sectors ? merged(this.head.sectors, sectors) : this.head.sectors,
    };
    return true;
  }

  alarm(alarm: Alarm): void {
    if (this.head === null) return;
    this.head = { ...this.head, alarms: withAlarm(this.head.alarms, alarm) };
  }

  private columns(change: Delta, touched: Touched): void {
    const { branches, connections, assets } = change;
    if (branches) this.branches.write(branches.ids, branches.loading, touched.branches);
    if (assets) this.assets.write(assets.ids, assets.kw, touched.assets);
    if (connections) {
      this.connections.write(connections.ids, connections.kw, touched.connections);
      this.volts.write(connections.ids, connections.volts_pu, touched.connections);
    }
  }
}

function merged(old: SectorNow[], changed: SectorNow[]): SectorNow[] {
  const fresh = new Map(changed.map((s) => [s.name, s]));
  const kept = old.map((s) => fresh.get(s.name) ?? s);
  const known = new Set(old.map((s) => s.name));
  return [...kept, ...changed.filter((s) => !known.has(s.name))];
}

/** Standing alarms with `alarm` put in or replaced; out once it is both cleared and acknowledged. */
export function withAlarm(alarms: Alarm[], alarm: Alarm): Alarm[] {
  const others = alarms.filter((a) => a.key !== alarm.key);
  const over = alarm.cleared_at !== null && alarm.acknowledged_at !== null;
  const next = over ? others : [...others, alarm];
  return next.sort(byPriority);
}

/** The most urgent first, then the oldest. */
export function byPriority(a: Alarm, b: Alarm): number {
  return b.priority - a.priority || a.raised_at.localeCompare(b.raised_at);
}
