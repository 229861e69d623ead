"""The newest plan: the day ahead as stacked offers, prices, what binds, who is asked what, why."""

from __future__ import annotations

from typing import Annotated

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


class Plan(BaseModel):
    """A plan over slots of `hours` length; `total` devices are asked, of which some are listed."""

    made_at: str
    status: str
    cause: str
    cost_eur: float | None
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
    plan = live.plan()
    if plan is None:
        raise HTTPException(503, "No plan was made yet; ask again in a second.")
    asked = plan["asked"][offset : offset + limit]
    assets = np.array([live.census.asset(one["asset"]) for one in asked], np.int64)
    power = live.newest_kw(assets, who.warrant)
    for one, kw in zip(asked, power.tolist(), strict=True):
        one["kw_now"] = number(kw)
    return Plan(**{**plan, "asked": asked, "total": len(plan["asked"])})
