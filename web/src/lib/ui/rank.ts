/** An alarm's rank as operators count it: 1 is the most urgent. The wire counts up, 3 is. */

import type { Priority } from "../api/types.ts";

export const rank = (priority: Priority): Priority => (4 - priority) as Priority;
