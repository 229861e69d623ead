"""Who lives where, and who owns what, hang together as they do in life."""

import numpy as np
import pytest

from commonwatt.city.generate import Shares, grown
from commonwatt.city.generate.households import settled
from commonwatt.kernel.errors import InvalidInput
from commonwatt.kernel.rng import Rng

HOMES = 6000


def correlation(a, b, weight):
    return np.cov(a, b, aweights=weight)[0, 1] / np.sqrt(
        np.cov(a, aweights=weight) * np.cov(b, aweights=weight)
    )


@pytest.fixture(scope="module")
def quarters(city):
    """By neighbourhood: what its table says, and the share of homes that own each thing."""
    grown_city = city(HOMES, 3)
    table = grown_city.table("neighbourhood")
    names = table.text("name")
    row = {name: k for k, name in enumerate(names)}
    area = np.array([row.get(n, -1) for n in grown_city.connections.text("neighbourhood")])
    home = np.array(grown_city.connections.text("use")) == "home"
    homes = np.bincount(area[home], minlength=len(names))

    def share(kind):
        at = grown_city.table(kind).connection
        at = at[home[at]]
        return np.bincount(area[at], minlength=len(names)) / homes

    return table, homes, share


def test_the_table_counts_the_homes_and_people_that_are_there(city, quarters):
    table, homes, _ = quarters
    assert table.i("homes").tolist() == homes.tolist()
    assert homes.sum() == HOMES
    assert 1.6 < table.i("people").sum() / HOMES < 2.6
    assert set(city(HOMES, 3).connections.text("neighbourhood")) >= set(table.text("name"))


def test_neighbourhoods_of_owners_are_well_off_and_old_ones_have_few_children(quarters):
    table, homes, _ = quarters
    assert correlation(table.f("owned_share"), table.f("income_eur"), homes) > 0.4
    assert correlation(table.f("young_share"), table.f("old_share"), homes) < -0.3
    total = (table.f("owned_share") * homes).sum() / HOMES
    assert 0.35 < total < 0.65
    large = homes > 30
    assert table.f("income_eur")[large].min() > 10_000
    assert table.f("income_eur")[large].max() < 60_000


def test_households_hang_together(town):
    people = settled(town(HOMES, 3), Rng(3))
    owner, house = people.owner, people.house
    assert people.income_eur[owner].mean() > 1.1 * people.income_eur[~owner].mean()
    assert (people.elderly[owner] > 0).mean() > 1.3 * (people.elderly[~owner] > 0).mean()
    assert people.people[house].mean() > people.people[~house].mean() + 0.3
    assert owner[house].mean() > 2 * owner[~house].mean()
    assert np.median(people.income_eur) == pytest.approx(26_000, rel=0.01)
    use = [people.mwh[people.people == size].mean() for size in (1, 2, 3, 4)]
    assert use == sorted(use)
    assert (people.children + people.elderly <= people.people).all()
    young = people.children.sum() / people.people.sum()
    old = people.elderly.sum() / people.people.sum()
    assert 0.1 < young < 0.3
    assert 0.12 < old < 0.35


@pytest.mark.parametrize("kind", ["pv", "charger", "heat_pump"])
def test_roofs_cars_and_heat_pumps_go_where_income_and_ownership_are(quarters, kind):
    table, homes, share = quarters
    assert correlation(share(kind), table.f("owned_share"), homes) > 0.4
    assert correlation(share(kind), table.f("income_eur"), homes) > 0.2


def test_shares_are_met_and_larger_ones_keep_every_home_of_smaller_ones():
    few = grown(400, 5, Shares(pv=0.1, battery=0.5, ev=0.2, heat_pump=0.05))
    many = grown(400, 5, Shares(pv=0.2, battery=0.5, ev=0.6, heat_pump=0.1))
    for kind, share in (("pv", 0.1), ("heat_pump", 0.05)):
        assert len(few.table(kind)) == round(400 * share)
        assert set(few.table(kind).ids) <= set(many.table(kind).ids)
    public = few.connections.text("use").count("charge_point")
    assert len(few.table("charger")) == 80 + public
    assert set(few.table("charger").ids) <= set(many.table("charger").ids)
    assert len(few.table("battery")) == 20
    roofs = set(few.table("pv").connection.tolist())
    assert set(few.table("battery").connection.tolist()) <= roofs
    assert few.table("hot_water").connection.tolist() == few.table("heat_pump").connection.tolist()


def test_none_of_it_leaves_no_empty_tables():
    bare = grown(60, 5, Shares(pv=0, battery=0, ev=0, heat_pump=0))
    assert not {"pv", "battery", "heat_pump", "hot_water"} & set(bare.tables)
    assert len(bare.table("charger")) == bare.connections.text("use").count("charge_point")


def test_roofs_face_the_sun_and_fit_their_house(city):
    roof = city(HOMES, 3).table("pv")
    assert roof.f("azimuth_deg").min() >= 90
    assert roof.f("azimuth_deg").max() <= 270
    assert 5.0 < np.median(roof.f("rated_kw")) < 11.0


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(InvalidInput, match="goes from 0 to 1"):
        Shares(ev=share)
