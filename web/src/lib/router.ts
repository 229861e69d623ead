/** Which page an address names. */

export type Route =
  | { page: "overview" | "dispatch" | "forecasts" | "alarms" | "studies" | "homes" | "lost" }
  | { page: "sector" | "asset" | "study" | "home" | "forecast"; id: string };

const PLAIN = ["overview", "dispatch", "forecasts", "alarms", "studies"] as const;
const NAMED = { sector: "sector", asset: "asset", studies: "study", home: "home", forecasts: "forecast" } as const;

/** The route of a path; ids may hold slashes, encoded or not. */
export function routeOf(path: string): Route {
  const [head = "", ...rest] = path.replace(/^\/+|\/+$/g, "").split("/");
  const id = decoded(rest.join("/"));
  if (head === "") return { page: "overview" };
  if (id === null) return { page: "lost" };
  if (head in NAMED && id !== "") return { page: NAMED[head as keyof typeof NAMED], id };
  const plain = PLAIN.find((name) => name === head);
  if (plain && id === "") return { page: plain };
  return { page: head === "home" && id === "" ? "homes" : "lost" };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export const to = {
  sector: (name: string) => `/sector/${encodeURIComponent(name)}`,
  asset: (id: string) => `/asset/${encodeURIComponent(id)}`,
  study: (id: string) => `/studies/${encodeURIComponent(id)}`,
  forecast: (quantity: string, series?: string) =>
    `/forecasts/${encodeURIComponent(quantity)}${series ? `?series=${encodeURIComponent(series)}` : ""}`,
  home: (connection: string) => `/home/${encodeURIComponent(connection)}`,
};
