/** What a study covers, in words. */

import type { Study } from "../../lib/api/types.ts";
import { fmt } from "../../lib/format/fmt.svelte.ts";
import { t } from "../../lib/i18n/i18n.svelte.ts";

export function scope(study: Study): string {
  const parts = [
    study.start === null ? t("study.stressed") : fmt.longDay(`${study.start}T12:00:00Z`),
    t(study.days === 1 ? "study.days.one" : "study.days.many", { n: study.days }),
    t(study.seeds === 1 ? "study.seeds.one" : "study.seeds.many", { n: study.seeds }),
  ];
  return [...parts, study.overlay].filter(Boolean).join(" · ");
}
