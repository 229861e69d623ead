"""From validated reads and a tariff to journal lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from commonwatt.kernel.intervals import DAY_S
from commonwatt.kernel.principal import Purpose, Warrant
from commonwatt.platform.settlement.journal import Entries, Item, Journal
from commonwatt.platform.settlement.reads import Reads, import_reads
from commonwatt.platform.settlement.tariff import Tariff

_NOON_S = DAY_S // 2


def settle(journal: Journal, reads: Reads, tariff: Tariff, warrant: Warrant) -> Journal:
    """The journal in which `reads` are settled: one line per connection, slot and direction.

    Settling the same reads twice posts nothing. Where reads or prices have changed, the old line is
    reversed and a new one posted. The standing charge of a local day falls due in the quarter hour
    that begins at its noon, so that consecutive windows charge each day once.

    Raises:
        NotPermitted: the warrant is not for settling or a study.
        InvalidInput: a read that was not validated.
    """
    warrant.require(Purpose.SETTLE, Purpose.STUDY)
    return _settled(journal, reads, tariff)


def recompute(path: Path, tariff: Tariff) -> Journal:
    """The journal of exported reads alone: whoever holds the file can check the bill.

    Raises:
        InvalidInput: names file, row and field of what is wrong.
    """
    return _settled(Journal(), import_reads(path), tariff)


def _settled(journal: Journal, reads: Reads, tariff: Tariff) -> Journal:
    reads.require_settleable()
    starts, connection = reads.window.starts, reads.connection[:, None]
    price = tariff.import_ticks(starts)
    noon = starts[tariff.local(starts) % DAY_S == _NOON_S]
    standing = np.full((connection.size, noon.size), tariff.standing_ticks, dtype=np.int64)
    wanted = Entries.gathered(
        [
            Entries.of(
                Item.IMPORT,
                starts,
                connection,
                reads.import_wh * price,
                wh=reads.import_wh,
                band=tariff.band(starts),
            ),
            Entries.of(
                Item.EXPORT,
                starts,
                connection,
                reads.export_wh * tariff.export_ticks,
                wh=reads.export_wh,
            ),
            Entries.of(Item.STANDING, noon, connection, standing, wh=standing * 0),
        ]
    )
    return journal.posted(wanted, tuple(band.name for band in tariff.bands))
