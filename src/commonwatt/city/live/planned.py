"""The newest plan as people read it: stacked offers, prices, what binds, who is asked what, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from commonwatt.city.fairness import COLD, CURTAILED, Burden
from commonwatt.city.live.census import Census
from commonwatt.city.live.outlook import Outlook
from commonwatt.city.live.present import Document, moment_text, moment_texts, number, numbers
from commonwatt.city.reserve import Release
from commonwatt.kernel.commands import Commands
from commonwatt.kernel.flexibility import Kept
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.units import F
from commonwatt.platform.dispatch import Certificate, Costs


def plan_document(
    census: Census,
    ahead: Outlook,
    made_at: int,
    commands: Commands,
    *,
    why: Sequence[str],
    price_eur_per_kwh: F,
    certificate: Certificate | None,
    fairness: Document | None = None,
    release: Release | None = None,
) -> Document:
    """Everything the dispatch page shows.

    Args:
        census: what there is.
        ahead: the plan and what it means.
        made_at: city time of deciding.
        commands: what devices are told.
        why: one sentence per asset of the schedule, about its first slot.
        price_eur_per_kwh: (T,) wholesale.
        certificate: what a fresh plan can be held to.
        fairness: what it cost, and what neighbourhoods had borne; None without a weight.
        release: what is given of a call of reserve beside it.
    """
    plan, window = ahead.schedule, ahead.window
    known = np.isfinite(plan.node_price).all()
    return {
        "made_at": moment_text(made_at),
        "status": plan.status,
        "cause": plan.cause,
        "cost_eur": number(plan.cost_eur, 2),
        "times": moment_texts(window.starts),
        "hours": numbers(window.hours),
        "fixed_kw": numbers(ahead.offers.fixed_kw.sum(axis=0)),
        "stacks": _stacks(census, ahead),
        "alone_kw": numbers(ahead.alone_kw.sum(axis=0)),
        "limit_kw": _limit(census, window),
        "price_eur_per_kwh": numbers(price_eur_per_kwh, 5),
        "node_price": {
            "low": numbers(plan.node_price.min(axis=0), 5) if known else [None] * len(window),
            "high": numbers(plan.node_price.max(axis=0), 5) if known else [None] * len(window),
        },
        "nodes": _nodes(plan.node_price),
        "costs": None if certificate is None else _costs(certificate.costs),
        "certificate": None if certificate is None else _certificate(certificate),
        "fairness": fairness,
        "reserve": None if plan.reserve is None else _reserve(plan.reserve),
        "binding": [plan.limits[row] if row >= 0 else None for row in plan.binding.tolist()],
        "asked": _asked(census, ahead, commands, why=why, release=release),
        "sectors": {
            name: {
                "low": numbers(sector.low_kw),
                "mid": numbers(sector.mid_kw),
                "high": numbers(sector.high_kw),
            }
            for name, sector in ahead.sectors.items()
        },
        "assets": {
            "ids": [census.assets[ix] for ix in plan.asset.tolist()],
            "kw": [numbers(row) for row in plan.power_kw],
            "level_kwh": [
                numbers(row) if np.isfinite(row).any() else None for row in plan.level_kwh
            ],
        },
    }


def _nodes(price: F) -> Document:
    """Prices (C,T) with each distinct row once: neighbours on one bus mostly pay alike."""
    rounded = np.round(price, 5)
    rows, back = np.unique(rounded, axis=0, return_inverse=True, equal_nan=True)
    return {"row": back.ravel().tolist(), "eur_per_kwh": [numbers(row, 5) for row in rows]}


def fairness_document(burdens: Mapping[str, Burden], cost_eur: float) -> Document | None:
    """What fairness cost in a plan, and what neighbourhoods had borne before it."""
    if not burdens:
        return None
    solar, cold = burdens.get(CURTAILED.name), burdens.get(COLD.name)
    known = next(iter(burdens.values()))
    return {
        "cost_eur": number(cost_eur, 4),
        "areas": [
            {
                "area": area,
                "curtailed_kwh_per_kw": None if solar is None else number(solar.borne[k], 4),
                "cold_k_h_per_home": None if cold is None else number(cold.borne[k], 4),
            }
            for k, area in enumerate(known.areas)
        ],
    }


def _costs(costs: Costs) -> Document:
    """Every part to the cent, and what is paid together."""
    parts = {name: number(eur, 2) for name, eur in asdict(costs).items()}
    return {**parts, "paid_eur": number(costs.paid_eur, 2)}


def _certificate(held: Certificate) -> Document:
    breach = held.breach
    return {
        "gap": held.gap,
        "residual": max(held.bounds_off, held.rows_off),
        "tightenings": held.tightenings,
        "closures": held.closures,
        "confidence": held.confidence,
        "breach": None
        if breach is None
        else {
            "limit": breach.limit,
            "at": moment_text(breach.at),
            "excess": number(breach.excess, 4),
            "share": number(breach.share, 5),
        },
        "binding": [
            {
                "limit": one.limit,
                "slots": one.slots,
                "since": moment_text(one.since),
                "until": moment_text(one.until),
                "eur_per_kwh": number(one.price, 5),
            }
            for one in held.binding
        ],
    }


def _reserve(kept: Kept) -> Document:
    return {
        "up_kw": numbers(kept.up_kw),
        "down_kw": numbers(kept.down_kw),
        "hours": number(kept.hours, 4),
    }


def _stacks(census: Census, ahead: Outlook) -> list[Document]:
    plan = ahead.schedule
    kinds = np.array([census.kinds[ix] for ix in plan.asset.tolist()], dtype=np.str_)
    found = []
    for kind in np.unique(kinds).tolist():
        rows = kinds == kind
        level = plan.level_kwh[rows]
        stored = np.isfinite(level).any()
        found.append(
            {
                "sector": census.sector_of_kind[kind],
                "kind": kind,
                "kw": numbers(plan.power_kw[rows].sum(axis=0)),
                "level_kwh": numbers(np.nansum(level, axis=0)) if stored else None,
            }
        )
    return found


def _limit(census: Census, window: Window) -> list[float | None]:
    """What the transformers at the source may carry together; null without one there."""
    table = census.city.table("transformer")
    fed = np.isin(table.i("high_bus"), census.city.table("source").i("bus"))
    rated = table.f("rated_kva") * table.f("derating") * table.f("parallel")
    return [number(float(rated[fed].sum())) if fed.any() else None] * len(window)


def release_document(release: Release, made_at: int) -> Document:
    """What a slot gives of a call."""
    return {
        "time": moment_text(made_at),
        "call": release.called.call,
        "called_kw": number(release.called.kw),
        "given_kw": number(release.kw),
        "why": release.words,
    }


def _asked(
    census: Census,
    ahead: Outlook,
    commands: Commands,
    *,
    why: Sequence[str],
    release: Release | None,
) -> list[dict[str, Any]]:
    plan = ahead.schedule
    sentence = dict(zip(plan.asset.tolist(), why, strict=True)) if why else {}
    planned = dict(zip(plan.asset.tolist(), plan.power_kw[:, 0].tolist(), strict=True))
    if release is not None:
        for ix, kw in zip(release.asset.tolist(), release.moved_kw.tolist(), strict=True):
            planned[ix] += kw
    return [
        {
            "asset": census.assets[ix],
            "sector": census.sector_of_asset(ix),
            "kw_now": None,
            "wants_kw": number(planned[ix]) if ix in planned else None,
            "reason": sentence.get(ix, reason),
        }
        for ix, reason in zip(commands.asset.tolist(), commands.reason, strict=True)
    ]
