"""What streets, numbers and neighbourhoods are called: German, made up, each only once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

import numpy as np

from commonwatt.city.generate.buildings import Buildings
from commonwatt.city.generate.plan import Plan
from commonwatt.kernel.rng import Rng
from commonwatt.kernel.units import I

_TOWNS = (
    "Berliner", "Kasseler", "Erfurter", "Göttinger", "Leipziger", "Bremer", "Kölner", "Dresdner",
    "Weimarer", "Eisenacher", "Fuldaer", "Hamburger", "Lübecker", "Mainzer", "Ulmer", "Jenaer",
)  # fmt: skip
_PEOPLE = (
    "Goethe", "Schiller", "Lessing", "Humboldt", "Kepler", "Noether", "Curie", "Einstein", "Bach",
    "Händel", "Droste", "Heine", "Dürer", "Meitner", "Planck", "Herschel", "Merian", "Lenz",
)  # fmt: skip
_NATURE = (
    "Linden", "Ahorn", "Birken", "Eichen", "Buchen", "Erlen", "Eschen", "Ulmen", "Kiefern",
    "Tannen", "Weiden", "Pappel", "Kastanien", "Holunder", "Flieder", "Rosen", "Veilchen", "Mohn",
    "Ginster", "Amsel", "Drossel", "Finken", "Meisen", "Lerchen", "Schwalben", "Kiebitz", "Reiher",
    "Falken", "Hasen", "Fuchs", "Reh", "Dachs", "Igel", "Kirsch", "Apfel", "Schlehen",
)  # fmt: skip
_CRAFTS = (
    "Schmied", "Bäcker", "Töpfer", "Weber", "Gerber", "Färber", "Sattler", "Küfer", "Seiler",
    "Müller", "Fischer", "Kloster", "Kirch", "Markt", "Rathaus", "Brunnen", "Mauer", "Salz",
)  # fmt: skip
_LIE = ("", "hof", "berg", "tal", "bach", "grund", "feld", "wiesen", "kamp", "moor")
_WORDS = {
    "main": (_TOWNS, ("",), (" Straße", " Allee", " Chaussee")),
    "collector": (_PEOPLE, ("",), ("straße", "allee", "ring")),
    "residential": (_NATURE, _LIE, ("weg", "straße", "stieg")),
    "lane": (_CRAFTS, ("", "hof", "tor"), ("gasse", "straße", "winkel")),
    "edge": (_NATURE, _LIE[1:], ("rain", "rand", "pfad")),
}
_QUARTERS = ("feld", "berg", "tal", "hof", "grund", "au", "rode", "hausen")
_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def plain(name: str) -> str:
    """A name with the letters and signs that an id may have.

    >>> plain("Göttinger Straße")
    'Goettinger-Strasse'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.translate(_PLAIN))


def streets(plan: Plan, rng: Rng) -> list[str]:
    """(R,) the name of every road."""
    names = [""] * plan.road_kind.size
    taken: set[str] = set()
    for kind, words in _WORDS.items():
        roads = np.flatnonzero(plan.road_kind == kind)
        pool = ["".join(parts) for parts in product(*words)]
        for road, name in zip(roads, _dealt(pool, roads.size, f"streets.{kind}", rng), strict=True):
            names[road] = _once(name, taken)
    return names


def quarters(character: Iterable[str], rng: Rng) -> list[str]:
    """(Q,) the name of every neighbourhood; old towns and village cores say what they are."""
    given = list(character)
    pool = ["".join(parts) for parts in product(_NATURE, _QUARTERS)]
    taken: set[str] = set()
    plainly = {"old town": "Altstadt", "core": "Dorfkern"}
    dealt = _dealt(pool, len(given), "quarters", rng)
    return [_once(plainly.get(what, name), taken) for what, name in zip(given, dealt, strict=True)]


def house_numbers(buildings: Buildings) -> I:
    """(M,) odd on the left, even on the right, rising along the road."""
    order = np.lexsort((buildings.share, buildings.right, buildings.road))
    side = 2 * buildings.road[order] + buildings.right[order]
    first = np.searchsorted(side, side, side="left")
    number = np.zeros(len(buildings), dtype=np.int64)
    number[order] = 2 * (np.arange(side.size) - first) + 1 + buildings.right[order]
    return number


def _dealt(pool: list[str], count: int, stream: str, rng: Rng) -> list[str]:
    """`count` names in the order luck puts them; from the start again when they run out."""
    order = np.argsort(rng.uniform(f"generate.{stream}", np.arange(len(pool)), 0))
    return [pool[order[k % len(pool)]] for k in range(count)]


def _once(name: str, taken: set[str]) -> str:
    """The name itself, or with the first free number behind it."""
    final, number = name, 1
    while final in taken:
        number += 1
        final = f"{name} {number}"
    taken.add(final)
    return final
