/** The town in one sentence: what is wrong first, else what is coming. */

import { fmt } from "../../lib/format/fmt.svelte.ts";
import { sectorTitle, t } from "../../lib/i18n/i18n.svelte.ts";
import type { Head } from "../../lib/live/fold.ts";
import { OVER } from "../../lib/live/limits.ts";

/** From which planned share of a limit it is said to be reached: plans hold limits, barely. */
const COMING = 0.985;

export function sentence(head: Head): string {
  const odd = head.sectors.filter((s) => s.state !== "normal").map(sectorTitle);
  const first = odd.length > 0
    ? t("overview.abnormal", { sectors: odd.join(", ") })
    : t("overview.normal", { n: head.sectors.length });
  const worst = worstAhead(head);
  if (!worst) return first;
  const held = worstAlone(head);
  if (held && (worst.worst_ahead ?? 0) <= OVER) {
    return `${first} ${t("overview.held", {
      name: held.name, share: fmt.percent(held.alone_ahead), time: fmt.near(held.alone_at),
      planned: fmt.percent(held.worst_ahead),
    })}`;
  }
  const key = (worst.worst_ahead ?? 0) >= COMING ? "overview.coming" : "overview.ahead";
  return `${first} ${t(key, {
    name: worst.name, share: fmt.percent(worst.worst_ahead), time: fmt.near(worst.at),
  })}`;
}

function worstAhead(head: Head): Head["limits"][number] | undefined {
  return head.limits
    .filter((limit) => limit.worst_ahead !== null)
    .toSorted((a, b) => (b.worst_ahead ?? 0) - (a.worst_ahead ?? 0))[0];
}

/** The limit that would break worst if nobody were asked anything. */
function worstAlone(head: Head): Head["limits"][number] | undefined {
  return head.limits
    .filter((limit) => (limit.alone_ahead ?? 0) > OVER)
    .toSorted((a, b) => (b.alone_ahead ?? 0) - (a.alone_ahead ?? 0))[0];
}
