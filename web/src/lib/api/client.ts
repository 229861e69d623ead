/** The one way to the server: same origin, cookie session, errors as one sentence. */

import type {
  Alarm, AlarmStats, Asset, AssetSeries, City, Dispatch, Forecast, ForecastList, ForecastSeriesList,
  ForecastSkill, Home, HomeRef, Me, Now, Override, ReserveCall, ReserveNow, Sector, SectorSeries, Study, StudyDone,
  StudyOrder, TownMap, Wish,
} from "./types.ts";

/** The server said no; `message` is the sentence it gave. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Method = "GET" | "POST" | "DELETE";

async function ask<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  // A foreign page cannot set this header, which is what makes it proof against forged requests.
  if (method !== "GET") headers["X-Commonwatt"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method, headers, credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, "");
  }
  if (!response.ok) throw new ApiError(response.status, await sentence(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function sentence(response: Response): Promise<string> {
  try {
    const { detail } = (await response.json()) as { detail?: unknown };
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((d: { msg?: string }) => d.msg ?? "").join("; ");
  } catch {
    // Not ours: a proxy or a server that is just going down.
  }
  return response.statusText;
}

/** Ids hold slashes, and stay one segment. */
const seg = encodeURIComponent;

function query(values: Record<string, string | null>): string {
  const known = Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== null);
  return known.length > 0 ? `?${new URLSearchParams(known)}` : "";
}

export const api = {
  session: (token: string) => ask<void>("POST", "/session", { token }),
  me: () => ask<Me>("GET", "/me"),
  city: () => ask<City>("GET", "/city"),
  map: () => ask<TownMap>("GET", "/map"),
  now: () => ask<Now>("GET", "/now"),
  sector: (name: string, offset: number, limit: number) =>
    ask<Sector>("GET", `/sectors/${seg(name)}?offset=${offset}&limit=${limit}`),
  sectorSeries: (name: string, hours = 24) =>
    ask<SectorSeries>("GET", `/sectors/${seg(name)}/series?hours=${hours}`),
  dispatch: (offset = 0, limit = 50) =>
    ask<Dispatch>("GET", `/dispatch?offset=${offset}&limit=${limit}`),
  reserve: () => ask<ReserveNow>("GET", "/dispatch/reserve"),
  callReserve: (wanted: ReserveCall) => ask<ReserveNow>("POST", "/dispatch/reserve/call", wanted),
  endReserve: () => ask<void>("DELETE", "/dispatch/reserve/call"),
  asset: (id: string) => ask<Asset>("GET", `/assets/${seg(id)}`),
  assetSeries: (id: string, quantity?: string, hours = 48) =>
    ask<AssetSeries>(
      "GET", `/assets/${seg(id)}/series?hours=${hours}${quantity ? `&quantity=${seg(quantity)}` : ""}`,
    ),
  override: (id: string, wish: Wish) =>
    ask<Override>("POST", `/assets/${seg(id)}/override`, wish),
  release: (id: string) => ask<void>("DELETE", `/assets/${seg(id)}/override`),
  forecasts: () => ask<ForecastList>("GET", "/forecasts"),
  forecastSeries: (quantity: string, limit = 1000) =>
    ask<ForecastSeriesList>("GET", `/forecasts/${seg(quantity)}?limit=${limit}`),
  forecast: (quantity: string, series: string | null, issuedAt: string | null) =>
    ask<Forecast>("GET", `/forecasts/${seg(quantity)}/series${query({ series, issued_at: issuedAt })}`),
  forecastSkill: (quantity: string, series: string | null) =>
    ask<ForecastSkill>("GET", `/forecasts/${seg(quantity)}/skill${query({ series })}`),
  alarms: (which: "standing" | "all", limit = 200) =>
    ask<Alarm[]>("GET", `/alarms?state=${which}&limit=${limit}`),
  alarmStats: () => ask<AlarmStats>("GET", "/alarms/stats"),
  acknowledge: (key: string) => ask<Alarm>("POST", "/alarms/ack", { key }),
  speed: (factor: number) => ask<{ factor: number }>("POST", "/speed", { factor }),
  studies: () => ask<Study[]>("GET", "/studies"),
  study: (id: string) => ask<StudyDone>("GET", `/studies/${seg(id)}`),
  startStudy: (order: StudyOrder) => ask<Study>("POST", "/studies", order),
  cancelStudy: (id: string) => ask<void>("DELETE", `/studies/${seg(id)}`),
  home: (connection: string) => ask<Home>("GET", `/home/${seg(connection)}`),
  homes: () => ask<HomeRef[]>("GET", "/homes"),
  homeLink: (connection: string) =>
    ask<{ path: string }>("POST", `/home/${seg(connection)}/link`),
};
