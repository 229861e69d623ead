from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from commonwatt.kernel.errors import InvalidInput, NotPermitted, StorageFailed
from commonwatt.kernel.intervals import DAY_S, SLOT_S, Window
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant, system
from commonwatt.kernel.readings import Quality
from commonwatt.platform.settlement import (
    Band,
    Item,
    Journal,
    Reads,
    Tariff,
    bill,
    export_reads,
    given_up,
    guarantee,
    import_reads,
    owed,
    recompute,
    settle,
)

SETTLE = system("settle", Purpose.SETTLE)
START = 1_458_950_400  # 2016-03-26 00:00 UTC, the day before clocks go forward
HOMES = np.array([0, 3, 4])
DEARER = Tariff(
    name="flat",
    bands=(Band(name="flat", import_ct_per_kwh=Decimal("40.01")),),
    standing_ct_per_day=Decimal("12.34"),
)


def reads_of(imported, exported, start=START):
    return Reads(
        window=Window.uniform(start, imported.shape[1]),
        connection=HOMES[: imported.shape[0]],
        import_wh=imported,
        export_wh=exported,
        quality=np.full(imported.shape, int(Quality.VALIDATED), np.int64),
    )


energy = arrays(np.int64, (3, 60), elements=st.one_of(st.just(0), st.integers(0, 10**7)))
reads = st.builds(reads_of, energy, energy)
tariffs = st.sampled_from([Tariff(), DEARER])


def amounts(journal):
    """What stands in the end: by key the net ticks and Wh."""
    net = {}
    e = journal.entries
    for t, c, i, ticks, wh in zip(e.time, e.connection, e.item, e.ticks, e.wh, strict=True):
        old = net.get((t, c, i), (0, 0))
        net[t, c, i] = (old[0] + ticks, old[1] + wh)
    return {key: value for key, value in net.items() if value != (0, 0)}


@settings(max_examples=20, deadline=None)
@given(reads, tariffs)
def test_every_line_sums_to_zero_and_energy_is_settled_to_the_wh(measured, tariff):
    journal = settle(Journal(), measured, tariff, SETTLE)
    drawn = fed = 0
    balance = {}
    for line in journal.lines():
        assert sum(line.postings().values()) == 0
        for party, ticks in line.postings().items():
            balance[party] = balance.get(party, 0) + ticks
        drawn += line.wh * ("drawn" in line.text)
        fed += line.wh * ("fed in" in line.text)
    assert sum(balance.values()) == 0
    assert (drawn, fed) == (measured.import_wh.sum(), measured.export_wh.sum())
    debts = owed(journal, HOMES, SETTLE)
    assert [-balance.get(f"connection/{home}", 0) for home in HOMES] == debts.tolist()
    assert [bill(journal, int(home), SETTLE).ticks for home in HOMES] == debts.tolist()


@settings(max_examples=15, deadline=None)
@given(reads, tariffs)
def test_bills_equal_a_plain_sum(measured, tariff):
    journal = settle(Journal(), measured, tariff, SETTLE)
    for row, home in enumerate(HOMES):
        total = Decimal(0)
        for slot, start in enumerate(measured.window.starts):
            band = tariff.bands[int(tariff.band(np.array([start]))[0])]
            total += int(measured.import_wh[row, slot]) * band.import_ct_per_kwh / 1000
            total -= int(measured.export_wh[row, slot]) * tariff.export_ct_per_kwh / 1000
            noon = int(tariff.local(np.array([start]))[0]) % DAY_S == DAY_S // 2
            total += tariff.standing_ct_per_day * noon
        assert bill(journal, int(home), SETTLE).ticks == total * 100_000


@settings(max_examples=15, deadline=None)
@given(reads, reads, tariffs, tariffs)
def test_changed_reads_post_reversals_that_net_to_the_new_amount(early, late, first, second):
    before = settle(Journal(), early, first, SETTLE)
    after = settle(before, late, second, SETTLE)
    assert amounts(after) == amounts(settle(Journal(), late, second, SETTLE))
    assert list(after.lines())[: len(before)] == list(before.lines())
    assert sum("reversal" in line.text for line in after.lines()) <= len(before)
    assert len(settle(after, late, second, SETTLE)) == len(after)
    back = settle(after, early, first, SETTLE)
    assert owed(back, HOMES, SETTLE).tolist() == owed(before, HOMES, SETTLE).tolist()
    for home in HOMES.tolist():
        assert bill(back, home, SETTLE) == bill(before, home, SETTLE)


def test_days_settled_apart_equal_days_settled_together():
    slots = 4 * 96
    luck = np.random.default_rng(1)
    imported, exported = luck.integers(0, 2000, (2, 3, slots))
    whole = settle(Journal(), reads_of(imported, exported), Tariff(), SETTLE)
    parts = Journal()
    for first in range(0, slots, 96):
        part = slice(first, first + 96)
        some = reads_of(imported[:, part], exported[:, part], START + first * SLOT_S)
        parts = settle(parts, some, Tariff(), SETTLE)
    assert amounts(parts) == amounts(whole)
    standing = [line for line in whole.lines() if "standing" in line.text]
    assert len(standing) == 4 * len(HOMES)


def test_a_bill_names_its_bands_and_rounds_only_its_lines():
    imported = np.zeros((1, 96), np.int64)
    imported[0, [0, 40]] = 1001
    exported = imported * 0 + 1
    journal = settle(Journal(), reads_of(imported, exported), Tariff(), SETTLE)
    items = {item.text: item for item in bill(journal, 0, SETTLE).items}
    assert items["energy drawn, normal"].wh == items["energy drawn, cheap"].wh == 1001
    assert items["energy drawn, normal"].ticks == 1001 * 3300
    assert str(items["energy drawn, cheap"].eur) == "0.25"
    assert items["energy fed in"].ticks == -96 * 800
    assert items["standing charge"].ticks == 3_500_000
    assert bill(journal, 0, SETTLE).eur == Decimal("0.33") + Decimal("0.25") + Decimal(
        "-0.01"
    ) + Decimal("0.35")
    morning = Window.uniform(START, 1)
    assert bill(journal, 0, SETTLE, morning).ticks == 1001 * 2500 - 800


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(reads, tariffs)
def test_bills_recomputed_from_exported_reads_match_to_the_last_unit(tmp_path, measured, tariff):
    path = tmp_path / "reads.csv"
    export_reads(measured, path)
    again = recompute(path, tariff)
    journal = settle(Journal(), measured, tariff, SETTLE)
    for home in HOMES.tolist():
        assert bill(again, home, SETTLE) == bill(journal, home, SETTLE)
    back = import_reads(path)
    np.testing.assert_array_equal(back.import_wh, measured.import_wh)
    np.testing.assert_array_equal(back.window.edges, measured.window.edges)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2016-03-26T00:15:00Z", "yesterday", "row 2, field 'start': 'yesterday'"),
        (",7,", ",7.5,", "row 1, field 'import_wh'"),
        ("import_wh", "wh", "no column 'import_wh'"),
        ("2016-03-26T00:15:00Z", "2016-03-26T00:00:00Z", "one row for each quarter hour"),
        ("0,2016-03-26T00:15:00Z,7,7,1\n", "", "one row for each quarter hour"),
    ],
)
def test_a_broken_file_is_named_with_row_and_field(tmp_path, old, new, says):
    path = tmp_path / "reads.csv"
    seven = np.full((2, 2), 7, np.int64)
    export_reads(reads_of(seven, seven), path)
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InvalidInput, match=says) as error:
        recompute(path, Tariff())
    assert str(path) in str(error.value)


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path):
    seven = np.full((1, 1), 7, np.int64)
    with pytest.raises(InvalidInput, match=r"none\.csv"):
        recompute(tmp_path / "none.csv", Tariff())
    with pytest.raises(StorageFailed, match=r"reads\.csv"):
        export_reads(reads_of(seven, seven), tmp_path / "nowhere" / "reads.csv")


def test_unvalidated_reads_are_not_settled():
    seven = np.full((1, 3), 7, np.int64)
    raw = reads_of(seven, seven)
    raw.quality[0, 1] = Quality.MEASURED
    with pytest.raises(InvalidInput, match=r"connection 0 at 2016-03-26 00:15 UTC"):
        settle(Journal(), raw, Tariff(), SETTLE)


def test_reads_that_are_none_are_refused():
    seven = np.full((1, 3), 7, np.int64)
    with pytest.raises(InvalidInput, match="negative"):
        reads_of(-seven, seven)
    with pytest.raises(InvalidInput, match="integers"):
        reads_of(seven.astype(float), seven)
    with pytest.raises(InvalidInput, match="quarter hours"):
        replace(reads_of(seven, seven), window=Window.uniform(START, 3, 1800))


@settings(max_examples=20, deadline=None)
@given(reads, reads, st.integers(-3_000_000, 3_000_000))
def test_after_the_guarantee_nobody_pays_more_or_the_pool_says_no(part, alone, spare):
    journal = settle(Journal(), part, Tariff(), SETTLE)
    reference = owed(settle(Journal(), alone, Tariff(), SETTLE), HOMES, SETTLE)
    before = owed(journal, HOMES, SETTLE)
    needed = int(given_up(before, reference).sum())
    call = {"pool": needed + spare, "window": part.window, "warrant": SETTLE}
    if needed > max(needed + spare, 0):
        with pytest.raises(InvalidInput, match="does not cover"):
            guarantee(journal, HOMES, reference, **call)
        return
    paid = guarantee(journal, HOMES, reference, **call)
    after = owed(paid, HOMES, SETTLE)
    assert (after <= reference).all()
    assert (after == np.minimum(before, reference)).all()
    assert len(guarantee(paid, HOMES, reference, **call)) == len(paid)
    gain = sum(line.postings().get("gain", 0) for line in paid.lines())
    assert gain == -needed
    corrected = settle(paid, alone, Tariff(), SETTLE)
    undone = guarantee(corrected, HOMES, reference, **call)
    assert owed(undone, HOMES, SETTLE).tolist() == reference.tolist()


ADA = Warrant(Principal("ada", Role.RESIDENT, frozenset({3})), Purpose.OWN)


def test_residents_see_their_own_bill_alone_and_settle_nothing():
    seven = np.full((3, 3), 7, np.int64)
    journal = settle(Journal(), reads_of(seven, seven), Tariff(), SETTLE)
    assert bill(journal, 3, ADA).ticks == bill(journal, 3, SETTLE).ticks
    wrong = Warrant(ADA.principal, Purpose.SETTLE)
    asks = (
        lambda: bill(journal, 0, ADA),
        lambda: bill(journal, 3, wrong),
        lambda: owed(journal, HOMES, ADA),
        lambda: settle(journal, reads_of(seven, seven), Tariff(), ADA),
        lambda: settle(journal, reads_of(seven, seven), Tariff(), wrong),
        lambda: guarantee(
            journal, HOMES, HOMES, pool=0, window=Window.uniform(START, 3), warrant=ADA
        ),
    )
    for ask in asks:
        with pytest.raises(NotPermitted):
            ask()


def test_items_say_who_pays_whom():
    assert Item.IMPORT.accounts(3) == ("connection/3", "supplier")
    assert Item.EXPORT.accounts(3) == ("supplier", "connection/3")
    assert Item.GUARANTEE.accounts(3) == ("gain", "connection/3")
