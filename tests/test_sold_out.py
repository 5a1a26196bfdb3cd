"""Sold-out vehicles are states of the simulation: they take no orders for the money.

By hand where the numbers are small; elsewhere laws that hold whatever the numbers are, with yards
that are told when to be empty, and with the yards of a plant that builds too little.
"""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest

from promo.appraisal import appraise
from promo.crew import live_block
from promo.production.plants import project, worlds_of
from promo.production.stocks import PlantPath
from promo.production.waiting import not_handed_over, weeks_sold_out
from promo.pull_through import StudyYards, plant_case, yards_of
from promo.simulation.draws import Chance, Means, draw_parameters
from promo.simulation.money_path import ClaimRates, Shelves, Spell, money_path
from promo.simulation.streams import NEW, OUTSIDE, POOL
from promo.simulation.worlds import Outcome, Shortage, chance, means
from promo.study import load_study
from tests.production.test_waiting import UNMET, with_unmet
from tests.simulation.test_allocations import WAYS
from tests.simulation.test_worlds import central, largest_amounts, random_campaign

LOCAL_ONLY = {"who": "buyer_kind = 'individual' AND made_in = '本市'"}


def drawn(study, draws=32, seed=1):
    return draw_parameters(study.assumptions, seed=seed, draws=draws, shapes=study.shapes())


def same_bytes(one: Outcome, other: Outcome) -> bool:
    names = [each.name for each in fields(Outcome)]
    return all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in names)


# --- by hand ------------------------------------------------------------------------------------


def through(path, rates):
    """A money path whose rates depend on what is sold out."""
    states = []
    try:
        state = next(path)
        while True:
            states.append(state)
            state = path.send(rates(state))
    except StopIteration as ended:
        return states, ended.value


def test_one_pot_and_one_vehicle_that_is_sold_out_for_a_week_by_hand():
    """Five claims a day, three of them for a vehicle that is sold out from day 7 to day 13.

    10 fen a claim. Days 0 to 6 take 350, days 7 to 13 take 2 x 10 x 7 = 140, and of the 600 fen
    110 are left for days of 50: two whole days, 14 and 15, and the pot closes within day 16.
    Without the stock-out it closes with the end of day 11, 12 x 50 fen.
    """

    def rates(state):
        some = np.array([2.0, 0.0 if state.sold_out else 3.0])
        return ClaimRates(np.tile(some, (21, 1)), np.array([[10], [10]]))

    week = np.repeat(np.arange(3), 7)
    shelves = Shelves(week, (frozenset(), frozenset({4}), frozenset()))
    budget = np.array([600])
    states, path = through(
        money_path(budget, days=21, last_yuan="refuse", luck=Means(), shelves=shelves), rates
    )
    assert [(s.instant, s.sold_out) for s in states[:3]] == [
        (0.0, frozenset()),
        (7.0, frozenset({4})),
        (14.0, frozenset()),
    ]
    assert path.spent[:16, 0].tolist() == [50.0] * 7 + [20.0] * 7 + [50.0] * 2
    assert [s.claims[:, 1].sum() for s in path.spells[:2]] == [21.0, 0.0]
    assert 16 < path.closing[0] < 17
    # 10 of 50 fen fit into day 16, to the part of a claim that a slice of a day is.
    assert path.spent[16, 0] == pytest.approx(10, abs=50 / Means().slices)
    _, full = through(money_path(budget, days=21, last_yuan="refuse", luck=Means()), rates)
    assert full.spent[:12, 0].tolist() == [50.0] * 12
    assert full.closing[0] == pytest.approx(12, abs=0.01)


def test_purchases_before_a_stock_out_are_the_same_whether_it_comes_or_not():
    """Luck is told apart by weeks; 3.7 and 1.2 claims a day over 28 days, four closings open."""
    week = np.repeat(np.arange(4), 7)

    def rates(state):
        some = np.array([3.7, 0.0 if state.sold_out else 1.2])
        return ClaimRates(np.tile(some, (28, 1)), np.array([[7], [9]]))

    def spent(*sold_out):
        luck = Chance.of(5, "test", 1)
        shelves = Shelves(week, tuple(frozenset(each) for each in sold_out))
        path = money_path(
            np.array([100_000]), days=28, last_yuan="part", luck=luck, shelves=shelves
        )
        return through(path, rates)[1].spent

    never, later, last = spent((), (), (), ()), spent((), (), {1}, ()), spent((), (), {1}, {1})
    assert (never[:14] == later[:14]).all()
    assert (later[:21] == last[:21]).all()
    assert (never != later).any()
    assert (never[21:] == later[21:]).all()  # and after it, while no pot has closed


def path_of(**by_day) -> PlantPath:
    """A path of one vehicle in one draw, told of by its days; everything else is nothing."""
    days = len(next(iter(by_day.values())))
    nothing = np.zeros((1, days, 1), dtype=np.int32)
    start = np.zeros((1, 1), dtype=np.int32)
    listed = {name: np.array(cars, np.int32)[None, :, None] for name, cars in by_day.items()}
    names = {f.name for f in fields(PlantPath)} - {"plant_start", "dealer_start", "binding"}
    every = {name: listed.get(name, nothing) for name in names}
    return PlantPath(start, start, np.zeros((1, 2, 1), dtype=np.int64), **every)


def test_a_week_is_sold_out_if_all_its_cars_are_spoken_for_by_hand():
    """Two wait when week 1 begins and two arrive in it: sold out. One more arrives: not."""
    waiting = [0] * 6 + [2] * 8
    for arriving, sold_out in ((2, True), (3, False)):
        path = path_of(waiting=waiting, arrived=[0] * 9 + [arriving] + [0] * 4)
        assert weeks_sold_out(path, 2)[0, :, 0].tolist() == [False, sold_out]


def test_a_vehicle_for_which_nobody_waits_is_not_sold_out():
    assert not weeks_sold_out(path_of(waiting=[0] * 14), 2).any()


def test_who_is_served_comes_first_and_who_leaves_is_any_by_hand():
    """Orders 4, 4 and 2. The first day serves 2; of the 2 + 4 on the second 1 is served, the
    first of day 0; 1 + 4 are left and one of them leaves, out of the larger group, day 1. On the
    third day 2 are served: the last of day 0 and one of day 1. Without a car: 1 + 2 of day 1
    and both of day 2.
    """
    path = path_of(served=[2, 1, 2], gave_up=[0, 1, 0])
    sales = np.array([4, 4, 2])[None, :, None]
    assert not_handed_over(path, sales, 2)[0, :, 0].tolist() == [0, 3, 2]


def test_money_for_cars_that_never_came_comes_back_by_hand():
    """Of 4 cars paid 40 fen from one pot and 9 from another, 3 come back: 30 and 6."""
    cars = np.array([[4, 1]])
    spell = Spell(
        frozenset({0, 1}), 0.0, 1.0, cars, np.array([[[40, 9], [5, 5]]]), 0 * cars, np.ones(2)
    ).copy()
    assert spell.take_back(0, np.array([3, 0])).tolist() == [30, 6]
    assert spell.claims.tolist() == [[1, 1]]
    assert spell.unpaid.tolist() == [[3, 0]]
    assert spell.fen.tolist() == [[[10, 3], [5, 5]]]


# --- yards that are told when to be empty -------------------------------------------------------


class ToldYards:
    """Yards that are empty in these weeks, whatever is sold; nobody's car is late."""

    def __init__(self, sold_out):
        self.empty = np.array(sold_out, dtype=np.bool_)

    def short(self, rows, outcome):
        empty = np.broadcast_to(self.empty, (len(rows), *self.empty.shape))
        return Shortage(empty, np.zeros_like(outcome.with_campaign[..., :-1]))


def told(study, *weeks):
    """All local vehicles are sold out in these weeks of the plants."""
    last = study.stage.setting.window[1] // 7
    count = int(study.stage.setting.local.sum())
    return ToldYards([[n in weeks] * count for n in range(last + 1)])


@pytest.mark.parametrize("luck", [chance(4), means], ids=["chance", "means"])
def test_a_vehicle_that_is_sold_out_takes_no_orders_for_the_money(tiny, luck):
    """Only local cars are subsidised: days 4 to 33 of the horizon, weeks 1 and 2 sold out."""
    study = tiny(**LOCAL_ONLY, pots="    - {id: main, amount: 9000000, pays: [base]}")
    block = study.stage.block(drawn(study))
    outcome = block.live(luck, told(study, 1, 2))
    first = study.stage.setting.window[0]
    spent = outcome.spent.sum(axis=2)
    day = np.arange(first, first + spent.shape[1])
    assert not spent[:, (day >= 7) & (day < 21)].any()
    assert (spent[:, day < 7].sum(axis=1) > 0).all()
    assert (spent[:, day >= 21].sum(axis=1) > 0).all()


def test_money_lasts_longer_if_a_subsidised_vehicle_is_sold_out(tiny):
    """One amount for every car: who cannot have this one takes another's money, or none."""
    study = tiny(pots="    - {id: main, amount: 900000, pays: [base]}")
    block = study.stage.block(drawn(study))
    usual, later = block.live(means), block.live(means, told(study, 1, 2, 3, 4))
    assert np.isfinite(usual.closing).any()
    assert (later.closing >= usual.closing).all()
    assert (later.closing > usual.closing)[np.isfinite(usual.closing)].all()
    while_it_lasts = (
        np.arange(usual.spent.shape[1])[None, :, None] < np.floor(usual.closing)[:, None]
    )
    less = later.spent.cumsum(axis=1) <= usual.spent.cumsum(axis=1) + 1e-3  # sums of fen, rounded
    assert less[while_it_lasts].all()


def test_to_be_followed_week_by_week_changes_nothing_by_itself(tiny):
    """Sold out before the window opens only: other luck, the same law.

    Means agree to what the last slice of the closing day is cut into; the luck of 256 draws of the
    stated assumptions gives the same mean of every row of the ledger within four standard errors.
    """
    study = tiny(announced="2022-10-20")
    block = study.stage.block(central(study))
    usual, followed = block.live(means), block.live(means, told(study, 0))
    assert followed.sold_out.any()
    np.testing.assert_allclose(followed.spent, usual.spent, rtol=0.01)
    np.testing.assert_allclose(followed.parts.sum(axis=2), usual.parts.sum(axis=2), rtol=0.01)
    block = study.stage.block(central(study, draws=256))
    usual, followed = block.live(chance(3)), block.live(chance(3), told(study, 0))
    for name in ("parts", "with_campaign", "without_campaign", "closing"):
        one, other = (getattr(each, name).reshape(256, -1) for each in (usual, followed))
        if name == "parts":
            one, other = (cars.reshape(256, 6, -1).sum(axis=2) for cars in (one, other))
        if name.endswith("campaign"):
            one, other = (cars.sum(axis=1, keepdims=True) for cars in (one, other))
        error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 256)
        assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) <= 4 * error + 1e-9).all(), name


def test_people_foresee_the_end_of_the_money_as_if_nothing_were_sold_out(tiny):
    study = tiny(**LOCAL_ONLY)
    block = study.stage.block(drawn(study))
    empty = np.ones(
        (len(block.draws), block.weeks, study.stage.setting.local.size), dtype=np.bool_
    )
    usual, short = block.with_hurry(), replace(block, sold_out=empty).with_hurry()
    assert (usual.belief < 1).any()
    assert (short.belief == usual.belief).all()
    assert usual.fen.any()
    assert not short.fen.any()


def test_no_week_knows_of_a_later_one(tiny):
    """Sales up to a stock-out are the same cars, whatever is sold out from then on."""
    study = tiny(announced="2022-11-01", pots="    - {id: main, amount: 9000000, pays: [base]}")
    block = study.stage.block(drawn(study))
    early, late = (block.live(chance(4), told(study, *weeks)) for weeks in ((1, 3), (1, 2)))
    local = np.s_[:, :, :-1]
    assert (early.with_campaign[local][:, :14] == late.with_campaign[local][:, :14]).all()
    assert (early.spent[:, :14] == late.spent[:, :14]).all()
    assert (early.with_campaign[local] != late.with_campaign[local]).any()


# --- the yards of a plant -----------------------------------------------------------------------


@pytest.fixture(scope="module", params=range(18), ids=lambda n: f"campaign {n}")
def short(request, tiny):
    """A random campaign whose local cars are scarce, and what happened in 32 draws of it.

    The last six take their money at the claim, some days after the purchase.
    """
    late = {"commit_on": "claim"} if request.param >= 12 else {}
    study = with_unmet(tiny, UNMET, rate_per_hour=0, **random_campaign(request.param), **late)
    return study, live_block(study, drawn(study), "chance")


def test_random_campaigns_do_sell_out(short):
    """A guard: laws about nothing hold for nothing."""
    _, outcome = short
    assert outcome.sold_out.any()
    assert outcome.unpaid.any()


def test_a_pot_gets_back_whole_fen_and_no_more_than_it_paid(short):
    study, outcome = short
    running, budget = outcome.spent.cumsum(axis=1), outcome.budget[:, None]
    assert outcome.spent.dtype.kind == "i"
    over = largest_amounts(study) if study.campaign.money.last_yuan == "overspend" else 0
    assert (running <= budget + over).all()
    assert (running[:, -1] >= 0).all()
    assert (outcome.spent[:, :-1] >= 0).all()


def test_the_identity_of_the_horizon_holds_to_the_car_where_cars_are_scarce(short):
    _, outcome = short
    parts = outcome.bought.sum(axis=2)
    with_, without = (
        cars.sum(axis=(1, 2)) for cars in (outcome.with_campaign, outcome.without_campaign)
    )
    came = parts[:, NEW] + parts[:, OUTSIDE] + parts[:, POOL] + outcome.from_beyond
    assert (with_ == without + came).all()
    for cars in (outcome.parts, outcome.unpaid, outcome.with_campaign, outcome.without_campaign):
        assert (cars >= 0).all()


def test_what_is_sold_out_is_what_the_sales_leave_sold_out(short):
    """The rounds end where sales and yards agree, in every draw that was followed in step.

    Where the window opens in the middle of a week of the plants, its weeks of claims are others:
    planned days of a week from which households are drawn in are then known to a week only, and a
    fraction of a car may tip the scales.
    """
    study, outcome = short
    yards = StudyYards(study, drawn(study))
    followed = np.flatnonzero(outcome.sold_out.any(axis=(1, 2)))
    seen = yards.short(followed, outcome.take(followed)).sold_out
    agree = (seen == outcome.sold_out[followed]).all(axis=(1, 2))
    alike = study.stage.setting.window[0] % 7 == 0
    assert agree.mean() >= (1.0 if alike else 0.9), f"{(~agree).sum()} of {agree.size} draws"


def handed_over(study, months):
    """Cars (R, H) handed over by each day with this opening stock at the dealers."""
    stocked = drawn(study).holding("bing.stock.dealers_months", months)
    outcome = live_block(study, stocked, "means")
    case = plant_case(study, study.manufacturers[0], stocked, outcome)
    path = project(case.parameters, worlds_of(case.lines, case.demand)[1])
    return (path.served + path.substituted).sum(axis=2).cumsum(axis=1)


@pytest.mark.parametrize("changes", [{}, random_campaign(0), random_campaign(2)])
def test_more_opening_stock_never_lowers_what_is_delivered_by_any_day(tiny, changes):
    """The window opens with a week of the plants, see above."""
    study = with_unmet(tiny, UNMET, rate_per_hour=0, **{**changes, "announced": "2022-11-01"})
    by_stock = [handed_over(study, months) for months in (0.0, 0.2, 0.5, 1.0, 3.0)]
    for less, more in itertools.pairwise(by_stock):
        assert (more >= less).all()
    assert (by_stock[-1] > by_stock[0]).any()


def test_where_every_subsidised_car_pays_the_same_spend_is_cars_times_that(tiny):
    study = with_unmet(tiny, UNMET, rate_per_hour=0)
    outcome = live_block(study, drawn(study), "chance")
    assert outcome.unpaid.any()
    assert (outcome.spent.sum(axis=(1, 2)) == outcome.parts.sum(axis=(1, 2)) * 300_000).all()


def test_stock_that_is_never_short_changes_not_a_byte(tiny):
    study = with_unmet(tiny, UNMET, rate_per_hour=2)
    rich = drawn(study).holding("bing.stock.dealers_months", 24.0)
    block = study.stage.block(rich)
    assert yards_of(study, rich) is not None
    assert same_bytes(live_block(study, rich, "chance"), block.live(chance(1)))
    assert same_bytes(live_block(study, rich, "means"), block.live(means))


def test_without_a_word_about_patience_nothing_changes_in_kaifeng():
    study = load_study("campaigns/kaifeng/2022-q4.yaml")
    some = drawn(study, draws=16)
    assert yards_of(study, some) is None
    assert same_bytes(live_block(study, some, "chance"), study.stage.block(some).live(chance(1)))


@pytest.mark.parametrize("way", ["vouchers", "a lottery"])
def test_where_nobody_is_first_come_nothing_is_followed(tiny, way):
    pots = WAYS[way].get("pots", "    - {id: main, amount: 180000, pays: [base]}")
    study = with_unmet(tiny, UNMET, rate_per_hour=0, **{**WAYS[way], "pots": pots})
    some = drawn(study)
    assert same_bytes(live_block(study, some, "chance"), study.stage.block(some).live(chance(1)))


def test_a_campaign_that_pays_nothing_changes_nothing_though_cars_are_sold_out(tiny):
    study = with_unmet(tiny, UNMET, rate_per_hour=0, **random_campaign(4))
    none = drawn(study).holding("benefits.base.amount", 0.0)
    outcome = live_block(study, none, "chance")
    assert (outcome.with_campaign == outcome.without_campaign).all()
    assert not outcome.spent.any()


def test_workers_change_no_byte(tiny):
    study = with_unmet(tiny, UNMET, rate_per_hour=0)
    one, two = (appraise(study, seed=1, draws=64, workers=n) for n in (1, 2))
    assert one.draws.equals(two.draws)
    assert one.sensitivity.equals(two.sensitivity)
    assert any("sold out" in each.en for each in one.warnings)
    cars = dict(zip(one.identity["term"], one.identity["cars"], strict=True))
    came = cars["new"] + cars["outside"] + cars["beyond"] - cars["given_up"]
    assert cars["total"] == pytest.approx(cars["baseline"] + came)
    assert cars["given_up"] != 0
