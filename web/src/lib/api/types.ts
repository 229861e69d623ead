/** What the server says, by short names. Times are UTC ISO-8601; drawn is positive. */

// `schema.d.ts` is made by `make web-types` from the server's OpenAPI document; never committed.
import type { FeatureCollection, Geometry } from "geojson";
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Maybe<T> = T | null;
export type Alarm = Schemas["Alarm"];
export type AlarmStats = Schemas["AlarmStats"];
export type Asset = Schemas["AssetPage"];
export type AssetSeries = Schemas["AssetSeries"];
export type Asked = Schemas["Asked"];
export type AskedAsset = Schemas["AskedAsset"];
export type Assets = Schemas["Assets"];
export type Branches = Schemas["Branches"];
export type Certificate = Schemas["Certificate"];
export type City = Schemas["CityFacts"];
export type Command = Schemas["Told"];
export type Connections = Schemas["Connections"];
export type Costs = Schemas["Costs"];
export type Dispatch = Schemas["Plan"];
export type DispatchStack = Schemas["Stack"];
export type Forecast = Schemas["SaidForecast"];
export type ForecastList = Schemas["ForecastList"];
export type ForecastQuantity = Schemas["ForecastQuantity"];
export type ForecastSeriesList = Schemas["ForecastSeriesList"];
export type ForecastSkill = Schemas["ForecastSkill"];
export type Fairness = Schemas["Fairness"];
export type Home = Schemas["HomePage"];
export type HomeAsset = Schemas["OwnAsset"];
export type HomeRef = Schemas["Home"];
export type LimitNow = Schemas["Limit"];
export type Me = Schemas["Me"];
export type Measure = Schemas["Measure"];
export type Now = Schemas["Now"];
export type Override = Schemas["Override"];
export type ReserveCall = Schemas["Calling"];
export type ReserveNow = Schemas["ReserveNow"];
export type LeadScore = Schemas["LeadScore"];
export type PlanStatus = Now["plan_status"];
export type DataCause = Schemas["DataCause"];
export type Sector = Schemas["SectorPage"];
export type SectorAsset = Schemas["AssetLine"];
export type SectorNow = Schemas["SectorNow"];
export type SectorSeries = Schemas["SectorSeries"];
export type Study = Schemas["StudyState"];
export type StudyBill = Schemas["StudyBill"];
export type StudyDone = Schemas["StudyFound"];
export type StudyOrder = Schemas["Order"];
export type StudyRow = Schemas["StudyRow"];
export type Wish = Schemas["Wanted"];

/** What changed since the last event: parts of a snapshot, columns with their changed rows only. */
export type Delta = Partial<Now>;

/** How soon somebody must act, as the wire counts it: 3 is the most urgent. */
export type Priority = Alarm["priority"];

export type Layer =
  | "street" | "building" | "line" | "transformer" | "connection" | "lamp" | "charger" | "neighbourhood";

export interface TownProperties {
  layer: Layer;
  id?: string;
  name?: string;
  kind?: string;
  level?: "mv" | "lv";
  use?: string;
  connection?: Maybe<string>;
  neighbourhood?: Maybe<string>;
  income?: number;
}

/** The document says only "GeoJSON"; these are the properties the page reads. */
export type TownMap = FeatureCollection<Geometry, TownProperties>;
