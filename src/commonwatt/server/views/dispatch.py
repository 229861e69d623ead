"""The newest plan: the day ahead as stacked offers, prices, what binds, who is asked what, why."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from commonwatt.city.live.present import number
from commonwatt.server.access import Operator
from commonwatt.server.live import Live, live_of

router = APIRouter(prefix="/api", tags=["dispatch"])


class Stack(BaseModel):
    """What one kind of device is planned to draw, and the level of its stores together."""

    sector: str
    kind: str
    kw: list[float | None]
    level_kwh: list[float | None] | None


class NodePrice(BaseModel):
    """The lowest and the highest marginal price of all connections."""

    low: list[float | None]
    high: list[float | None]


class AskedAsset(BaseModel):
    """A device that is asked something, and why."""

    asset: str
    sector: str
    kw_now: float | None
    wants_kw: float | None
    reason: str


class Breach(BaseModel):
    """The largest breach that power flow finds; `excess` in kW, kVA or pu, `share` of the limit."""

    limit: str
    at: str
    excess: float
    share: float | None


class Binding(BaseModel):
    """A limit that costs something: where it pushes hardest, a kWh is `eur_per_kwh` off."""

    limit: str
    slots: int
    since: str
    until: str
    eur_per_kwh: float


class Certificate(BaseModel):
    """What the plan can be held to."""

    gap: float = Field(description="Of its cost over a bound its own prices prove, as a share.")
    residual: float = Field(description="Most that a decision or a balance is off, relative.")
    tightenings: int = Field(description="Plans made again because power flow disagreed.")
    closures: int = Field(description="Times that slots were closed against wasting energy.")
    confidence: float | None = Field(
        default=None,
        description="Probability with which each side of each limit is to hold in each slot; null "
        "where the plan took what it expects for certain.",
    )
    breach: Breach | None
    binding: list[Binding]


class Costs(BaseModel):
    """What the plan costs until its end, part by part; below 0 is earned.

    Reserve and stores are not paid but credited: what is paid less them is the plan's `cost_eur`.
    """

    paid_eur: float = Field(description="All parts but the credits.")
    energy_eur: float = Field(description="At the substation, at wholesale prices.")
    carbon_eur: float
    peak_eur: float = Field(description="Of each day's highest power, today's so far included.")
    losses_eur: float = Field(description="Beside the energy lost.")
    wear_eur: float
    missed_eur: float = Field(description="Cold homes, cars that leave emptier than asked for.")
    moved_eur: float = Field(description="Roofs curtailed, lamps dimmed.")
    whole_eur: float = Field(description="Programmes left out, machines run and switched.")
    breach_eur: float = Field(description="Limits broken, as power flow finds them.")
    reserve_eur: float = Field(description="Worth of what is kept ready.")
    stored_eur: float = Field(description="Worth of what stores hold at the end.")
    before_eur: float = Field(description="Of what they held at the start; part of no sum.")


class Borne(BaseModel):
    """What a neighbourhood has borne in the days that are remembered."""

    area: str
    curtailed_kwh_per_kw: float | None
    cold_k_h_per_home: float | None


class Fairness(BaseModel):
    """What fairness costs in the plan beside one without it, and what neighbourhoods had borne."""

    cost_eur: float | None
    areas: list[Borne]


class Reserve(BaseModel):
    """What the plan keeps ready, slot by slot, and how long it lasts once called."""

    up_kw: list[float | None]
    down_kw: list[float | None]
    hours: float


class Node(BaseModel):
    """Connections that pay alike, and the marginal price of a kWh there, slot by slot."""

    connections: list[str]
    eur_per_kwh: list[float | None]


class NodePrices(BaseModel):
    """The marginal price at every connection over the slots of the newest plan."""

    times: list[str]
    hours: list[float]
    nodes: list[Node]


class Plan(BaseModel):
    """A plan over slots of `hours` length; `total` devices are asked, of which some are listed."""

    made_at: str
    status: str
    cause: str
    cost_eur: float | None = Field(description="What it was chosen by: paid less credits.")
    costs: Costs | None = Field(default=None, description="Of a fresh plan only.")
    times: list[str]
    hours: list[float]
    fixed_kw: list[float | None]
    stacks: list[Stack]
    alone_kw: list[float | None] = Field(
        description="Power if nobody were asked anything from now on."
    )
    limit_kw: list[float | None]
    price_eur_per_kwh: list[float | None]
    node_price: NodePrice
    binding: list[str | None]
    certificate: Certificate | None = Field(description="Of a fresh plan only.")
    fairness: Fairness | None = Field(description="Null where the city gives it no weight.")
    reserve: Reserve | None = Field(default=None, description="Null where none is asked for.")
    asked: list[AskedAsset]
    total: int


@router.get("/dispatch")
def read_dispatch(
    live: Annotated[Live, Depends(live_of)],
    who: Operator,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Plan:
    """Tell the newest plan."""
    plan = _newest(live)
    asked = plan["asked"][offset : offset + limit]
    assets = np.array([live.census.asset(one["asset"]) for one in asked], np.int64)
    power = live.newest_kw(assets, who.warrant)
    for one, kw in zip(asked, power.tolist(), strict=True):
        one["kw_now"] = number(kw)
    return Plan(**{**plan, "asked": asked, "total": len(plan["asked"])})


@router.get("/dispatch/prices")
def read_prices(live: Annotated[Live, Depends(live_of)], _who: Operator) -> NodePrices:
    """Tell what a kWh is worth where and when, by the newest plan."""
    plan = _newest(live)
    names, rows = live.census.city.connections.ids, plan["nodes"]["row"]
    behind: list[list[str]] = [[] for _ in plan["nodes"]["eur_per_kwh"]]
    for name, row in zip(names, rows, strict=True):
        behind[row].append(name)
    nodes = zip(behind, plan["nodes"]["eur_per_kwh"], strict=True)
    return NodePrices(
        times=plan["times"],
        hours=plan["hours"],
        nodes=[Node(connections=ids, eur_per_kwh=price) for ids, price in nodes],
    )


def _newest(live: Live) -> dict[str, Any]:
    plan = live.plan()
    if plan is None:
        raise HTTPException(503, "No plan was made yet; ask again in a second.")
    return {"certificate": None, "fairness": None, "nodes": {"row": [], "eur_per_kwh": []}, **plan}
