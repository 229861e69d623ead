"""The participation guarantee: nobody's bill rises by taking part."""

from __future__ import annotations

import numpy as np

from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.intervals import Window
from commonwatt.kernel.money import eur
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.kernel.units import I
from commonwatt.platform.settlement.bill import totals
from commonwatt.platform.settlement.journal import Entries, Item, Journal

_ENERGY = (Item.IMPORT, Item.EXPORT, Item.STANDING)


def given_up(taking_part: I, reference: I) -> I:
    """(C,) ticks by which taking part made each home's bill higher; 0 where it did not."""
    more: I = np.maximum(taking_part - reference, 0)
    return more


def guarantee(
    journal: Journal,
    connection: I,
    reference: I,
    *,
    pool: int,
    window: Window,
    warrant: Warrant,
) -> Journal:
    """The journal in which every home has back what it gave up, once, from the gain account.

    Paying the same twice posts nothing; after late reads the difference is reversed and paid anew.

    Args:
        journal: with the energy of those who take part settled.
        connection: (C,) the homes.
        reference: (C,) ticks each would have owed without taking part.
        pool: ticks on the gain account: what coordination has measurably saved.
        window: the settled time it is about; one payment per home and start of a window.
        warrant: for settling or a study.

    Raises:
        InvalidInput: the pool does not cover what was given up; nobody is paid.
    """
    warrant.require(Purpose.SETTLE, Purpose.STUDY)
    back = given_up(totals(journal, connection, _ENERGY, window), reference)
    needed = int(back.sum())
    if needed > max(pool, 0):
        msg = (
            f"the measured gain of {eur(pool)} € does not cover the {eur(needed)} € that "
            f"{np.count_nonzero(back)} homes gave up; nobody was paid, enlarge the gain account"
        )
        raise InvalidInput(msg)
    wanted = Entries.of(Item.GUARANTEE, np.array(window.start), connection, back, wh=back * 0)
    return journal.posted(wanted, ())
