/** What a plan says of itself, made ready to be shown. Pure: words and formats come from elsewhere. */

import type { Certificate, Costs, Dispatch } from "../../lib/api/types.ts";

type Breach = NonNullable<Certificate["breach"]>;

/** Up to this share of a limit power flow and rows may disagree; nobody need act on that. */
const AGREE = 0.001;

/** The limit that power flow finds broken; null where all hold. Only this is abnormal. */
export function broken(held: Certificate | null | undefined): Breach | null {
  const breach = held?.breach ?? null;
  return breach !== null && (breach.share ?? 1) > AGREE ? breach : null;
}

/** The limit that is used to the full first, and from when: normal, the wires earn their keep. */
export function bound(plan: Pick<Dispatch, "binding" | "times">): { limit: string; since: string } | null {
  const slot = plan.binding.findIndex((name) => name !== null);
  const [limit, since] = [plan.binding[slot], plan.times[slot]];
  return limit && since ? { limit, since } : null;
}

/** What is paid, in the order in which it is told. */
export const PAID = ["energy", "carbon", "peak", "losses", "wear", "missed", "moved", "whole", "breach"] as const;
/** What nobody pays, and a plan is credited for. */
export const CREDITED = ["stored", "reserve"] as const;
export type Part = (typeof PAID)[number] | (typeof CREDITED)[number];

/** Those of `names` that come to a cent or more. */
export function parts<P extends Part>(costs: Costs, names: readonly P[]): { name: P; eur: number }[] {
  return names.map((name) => ({ name, eur: costs[`${name}_eur`] })).filter(({ eur }) => Math.abs(eur) >= 0.005);
}

/** How long a call may last, in minutes: what is usual, and as long as the plan keeps it. */
export function durations(kept_h: number): number[] {
  const kept = Math.min(DAY_MIN, Math.max(1, Math.floor(60 * kept_h)));
  return [...new Set([...USUAL_MIN, kept])].sort((a, b) => a - b);
}

const DAY_MIN = 1440;
const USUAL_MIN = [15, 30, 60, 120, 240];

/** Kilowatts as a form holds them: never more than there are. */
export const downTo = (kw: number): number => Math.floor(10 * kw + 1e-6) / 10;
