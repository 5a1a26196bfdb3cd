"""Who moves ahead, when they land, who stays: closed forms, and 200,000 households one by one."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from promo.demand.nested_logit import Nests
from promo.simulation.behaviour import Behaviour
from promo.simulation.landing import DISTANCES, Between, Willing, land
from promo.simulation.offers import Paid
from promo.simulation.setting import Setting, planned_bins, shares_of_days
from promo.simulation.uptake import Entry, Window, offer, uptake
from promo.simulation.without import Planned, landing_hazard, planned_purchases

MONTH = 30.4
"""Days a month, as the design writes the cost of moving: C = c |tau - t| / 30.4."""

SHARES = np.array([0.5, 0.3, 0.2])
PRICE = np.array([80_000.0, 100_000.0, 150_000.0])


def setting(*, window, days, a_day):
    """One type of buyer, three vehicles, the same number of cars planned on every day."""
    first, last = window
    period = np.zeros(days, dtype=np.int64)
    period[first:] += first > 0
    period[last + 1 :] += 1
    bins = planned_bins(days, [first, last + 1], last + 210)
    daily = np.full((days, 3), a_day) * SHARES
    return Setting(
        week_days=shares_of_days(bins, daily),
        days=tuple(date(2022, 11, 1) + timedelta(days=n) for n in range(days)),
        window=window,
        horizon=min(last + 240, days),
        period=period,
        period_days=np.flatnonzero(np.diff(period, prepend=-1)),
        bins=bins,
        daily=daily,
        type_of_vehicle=np.ones((1, 3)),
        share_of_type=SHARES[None],
        income=np.array([6_000.0]),
        price=PRICE,
        local=np.array([False, False, True]),
        vehicles=pl.DataFrame({"vehicle": ["a", "b", "c"]}),
        types=pl.DataFrame({"type": ["all"]}),
        outside=None,
        nests=Nests.from_labels([["s", "s", "t"]]),
    )


def behaviour(stage, **changes):
    """Everybody knows from the first day; a yuan is a yuan; moving a month costs 2,000 median."""
    usual = {
        "alpha": np.full((1, 1), 3.5e-5),
        "zeta": np.full(1, 0.2),
        "correlations": np.full((1, 1), 0.5),
        "perceived": np.ones(1),
        "passed_on": np.ones(1),
        "aware_dealer": np.ones(1),
        "aware_public": np.ones(1),
        "aware_days": np.full(1, 1e-3),
        "cost_earlier": np.full((1, 1), 2_000.0),
        "cost_later": np.full((1, 1), 4_000.0),
        "cost_dispersion": np.full(1, 0.9),
        "landing_days": np.full(1, 14.0),
        "renewal_belief": np.zeros(1),
        "travel_cost": np.ones(1),
        "travel_dispersion": np.ones(1),
        "outside_per_day": np.zeros(1),
        "old_car": np.zeros((1, 1)),
        "pool_per_day": np.zeros((1, 1)),
        "pool_threshold": np.ones(1),
        "pool_dispersion": np.ones(1),
        "pool_days": np.ones(1),
        "level": np.ones((1, len(stage.days))),
    }
    return Behaviour(**{**usual, **changes})


def state(stage, people, yuan, belief=1.0, memory=None):
    """Rates of claims where each vehicle is paid `yuan` and the pot never ends."""
    window = Window.of(stage)
    periods = len(stage.period_days)
    planned = Planned(
        daily=stage.planned_by_type()[None],
        unmoved=stage.planned_by_type()[None],
        shares=np.broadcast_to(SHARES, (1, periods, 1, 3)),
        policy_gain=np.zeros((1, periods, 1, 3)),
        already=np.zeros((1, periods, 1, stage.bins.start.size)),
    )
    fen = np.zeros((1, window.periods, 1, 3, 1), dtype=np.int64)
    fen[..., 0] = np.asarray(yuan) * 100
    paid = Paid(fen, np.zeros(fen.shape[:-1]))
    made = offer(stage, window, people, planned, paid)
    entry = Entry(np.full((1, stage.bins.start.size), belief), memory)
    return uptake(stage, window, people, planned, made, entry)


# --- the closed form --------------------------------------------------------------------------


@pytest.mark.parametrize("window", [(0, 0), (0, 29)], ids=["one day", "thirty days"])
@pytest.mark.parametrize("yuan", [1_000, 3_000])
def test_a_uniform_offer_moves_flow_times_benefit_over_median_cost(window, yuan):
    """All who would come to the last day have landed by then: flow x (b/median) exp(s^2/2).

    The share moved from x months ahead is P(c < b/x); its integral over x is E[b/c] months. Days
    are whole: the sum over days 1, 2, ... lacks half a day of the integral, in which all move.
    Weekly middles are the midpoint rule (error h^2/24 [g'] = 0 at both ends). Between tabulated
    distances D apart a chord is off by at most D^2/8 |g''|: 0.125 months below 2 gives 0.1 %,
    a fifth of the distance beyond gives 0.2 %. What is planned later than 900 days adds 0.2 %.
    """
    stage = setting(window=window, days=window[1] + 901, a_day=10.0)
    landed = state(stage, behaviour(stage), yuan).movers.landing.total.sum()
    months = yuan / 2_000 * np.exp(0.9**2 / 2)
    assert landed == pytest.approx(10.0 * (MONTH * months - 0.5), rel=0.005)


def test_nobody_moves_for_what_the_day_after_pays_too():
    """A pot that will certainly be there on the planned day hurries nobody inside the window."""
    stage = setting(window=(0, 29), days=30, a_day=10.0)
    certain = state(stage, behaviour(stage), 3_000)
    assert certain.movers.landing.total.sum() == 0.0
    assert certain.stayers.sum() == pytest.approx(300.0, rel=1e-12)
    doubtful = state(stage, behaviour(stage), 3_000, belief=0.5)
    assert doubtful.movers.landing.total.sum() > 10.0
    # Whoever moved is no longer there on the planned day: nobody is lost, nobody counted twice.
    both = doubtful.movers.landing.total.sum() + doubtful.stayers.sum()
    assert both == pytest.approx(300.0, rel=1e-9)


@pytest.mark.parametrize("yuan", [(3_000, 0, 0), (0, 1_500, 4_000), (500, 1_000, 2_000)])
def test_every_mover_takes_a_car_that_is_paid_for(yuan):
    stage = setting(window=(0, 29), days=400, a_day=10.0)
    movers = state(stage, behaviour(stage), yuan).movers
    taken = movers.vehicles[0, 0, 0, 1]
    assert movers.landing.total.sum() > 100
    assert not taken[np.array(yuan) == 0].any()
    assert taken.sum() == pytest.approx(1.0, rel=1e-12)


def test_more_money_never_moves_fewer():
    stage = setting(window=(0, 29), days=400, a_day=10.0)
    people = behaviour(stage)
    offers = [(0, 0, 1_000), (0, 500, 1_000), (500, 500, 1_000), (500, 500, 3_000)]
    moved = [state(stage, people, yuan).movers.landing.total.sum() for yuan in offers]
    assert (np.diff(moved) > 0).all()


def test_a_mover_gains_less_than_the_money():
    """Integral of F over the benefit: with c = 2,000 for all but a hair, 3,000 - 2,000 x."""
    stage = setting(window=(0, 0), days=300, a_day=10.0)
    people = behaviour(stage, cost_dispersion=np.full(1, 1e-3))
    movers = state(stage, people, 3_000).movers
    # Planned up to 1.5 months ahead, evenly: the mean cost of those who come is half of 3,000.
    assert movers.landing.total.sum() == pytest.approx(10 * 1.5 * MONTH, rel=0.05)  # week's steps
    assert movers.gain[0, 0, 0, 1] == pytest.approx(1_500, rel=0.05)


def test_cars_land_by_the_hazard_and_all_by_the_last_day():
    """Costs of next to nothing: everybody within 400 days is willing at once.

    Then the share not landed after day t is prod(1 - max(1/14, 1/(days left + 1))).
    """
    stage = setting(window=(0, 29), days=430, a_day=10.0)
    people = behaviour(stage, cost_earlier=np.full((1, 1), 1e-6))
    daily = state(stage, people, 3_000).movers.landing.daily.sum(axis=(0, 2, 3))
    left, expected = 4_000.0, []
    for day in range(30):
        hazard = max(1 / 14, 1 / (30 - day))
        expected.append(left * hazard)
        left *= 1 - hazard
    assert daily == pytest.approx(expected, rel=1e-6)
    assert left == 0.0


def test_no_more_than_all_the_willing_land_on_a_day():
    """A mean of half a day means today, not twice today."""
    stage = setting(window=(0, 29), days=430, a_day=10.0)
    people = behaviour(stage, landing_days=np.full(1, 0.5))
    assert (landing_hazard(people, np.arange(30)) <= 1.0).all()
    landing = state(stage, people, 3_000).movers.landing
    assert (landing.daily >= 0).all()
    assert all((evening.pool >= 0).all() for evening in landing.evenings)


# --- who has landed, person by person ---------------------------------------------------------

SPAN, FALLS, LATER = 20, 10, np.array([45.0])
"""Days of landing, the day on which the offer falls to half, and the middle of a planned week."""
KNOWS = np.linspace(0.1, 0.6, SPAN)
SIGNS = np.append(np.full(SPAN - 1, 0.12), 1.0)


def willing_by_day(between, table):
    """(W,) share of people willing on each day."""
    period = (np.arange(SPAN) >= FALLS).astype(np.int64)
    return np.concatenate(
        [between.read(table[:, p], np.flatnonzero(period == p))[:, 0, 0, 0] for p in (0, 1)]
    )


def people_landing(share):
    """(W, W) landed by day and by the day on which they learn, of people in order of willingness.

    Each is willing on the days whose share is above its place in that order, and signs by chance.
    """
    place = (np.arange(20_000) + 0.5) / 20_000
    landed = np.zeros((SPAN, SPAN))
    for learns, more in enumerate(np.diff(KNOWS, prepend=0.0)):
        shopping = np.full(place.size, more / place.size)
        for day in range(learns, SPAN):
            signing = shopping * SIGNS[day] * (place < share[day])
            landed[day, learns] = signing.sum()
            shopping -= signing
    return landed


@pytest.fixture
def fallen():
    """People who land while an offer rises, falls to half and rises again, and how they are."""
    between = Between.of(np.arange(SPAN), LATER, (LATER - 3).astype(np.int64))
    near = np.exp(-DISTANCES)
    table = np.stack([0.8 * near, 0.4 * near])[None, :, None, None]
    landing = land(
        np.ones((1, 1, 1)),
        Willing(table, np.zeros((1, 2, 1, 1))),
        between,
        aware=KNOWS[None],
        hazard=SIGNS[None],
        period=(np.arange(SPAN) >= FALLS).astype(np.int64),
    )
    return between, landing, people_landing(willing_by_day(between, table)).sum(axis=1)


def test_people_one_by_one_land_before_and_after_an_offer_falls(fallen):
    """Exactly before the fall, but for 20,000 people; within one in a hundred after it."""
    _, landing, people = fallen
    daily = landing.daily[0, :, 0, 0]
    assert daily[:FALLS] == pytest.approx(people[:FALLS], rel=1e-3)
    assert daily[FALLS:] == pytest.approx(people[FALLS:], rel=0.01)


def test_the_last_chance_dates_all_who_land(fallen):
    """Chances of one half, one willing on the first day and two on the second: a half lands on the
    first and three quarters on the second; a quarter has its last chance on the first, one on the
    second."""
    between, landing, _ = fallen
    lived = (np.arange(SPAN) < FALLS).astype(float)[None]
    dated = landing.by_last_chance(between, SIGNS[None], lived)
    assert dated.sum() == pytest.approx(landing.daily[:, :FALLS].sum(), rel=1e-12)
    two = replace(landing, willing=np.array([1.0, 2.0]).reshape(2, 1, 1, 1))
    assert two.by_last_chance(between, np.full((1, 2), 0.5), np.ones((1, 2))).ravel().tolist() == [
        0.25,
        1.0,
    ]


# --- from one state of the pots to the next ---------------------------------------------------


@pytest.mark.parametrize("day", [0, 1, 7, 12, 29])
def test_a_closing_that_changes_no_offer_changes_no_purchase(day):
    """Who had moved has moved, who shops goes on shopping; the rest of the window is the same."""
    stage = setting(window=(0, 29), days=400, a_day=10.0)
    people = behaviour(stage)
    whole = state(stage, people, 3_000, belief=1 / 3)
    memory = whole.movers.landing.memory(day, 0)
    later = state(stage, people, 3_000, belief=1 / 3, memory=memory)
    # The same recursion entered in the middle: equal but for the rounding of sums.
    assert np.allclose(later.movers.landing.daily[:, day:], whole.movers.landing.daily[:, day:])
    assert not later.movers.landing.daily[:, :day].any()
    assert np.allclose(later.movers.landing.total, whole.movers.landing.total)
    assert np.allclose(later.stayers[:, day:], whole.stayers[:, day:])


def test_a_smaller_offer_later_on_lets_some_of_the_shoppers_go():
    """3,000 yuan until day 10, 1,000 from then on: who shopped and would not come for 1,000 stops.

    By the last day all have landed whom 3,000 brought by day 10 or 1,000 by day 29:
    more than 1,000 alone would have moved, fewer than 3,000 all along.
    """
    stage = setting(window=(0, 29), days=400, a_day=10.0)
    people = behaviour(stage)
    much, little = (state(stage, people, yuan) for yuan in (3_000, 1_000))
    fell = state(stage, people, 1_000, memory=much.movers.landing.memory(10, 0))
    total = fell.movers.landing.total.sum()
    landed_before = much.movers.landing.daily[:, :10].sum()
    assert little.movers.landing.total.sum() < total < much.movers.landing.total.sum()
    assert fell.movers.landing.before.sum() == pytest.approx(landed_before, rel=1e-12)


def test_a_household_moves_once_however_often_the_offer_changes():
    """Landed and still shopping together never exceed the planned, week by week."""
    stage = setting(window=(0, 29), days=400, a_day=10.0)
    people = behaviour(stage, cost_earlier=np.full((1, 1), 500.0))
    planned = stage.bins.gather(stage.planned_by_type())[None]
    memory, landed = None, 0.0
    for day, yuan in ((5, 3_000), (12, 500), (20, 4_000), (29, 4_000)):
        now = state(stage, people, yuan, memory=memory)
        memory = now.movers.landing.memory(day, 0)
        assert (
            memory.landed + memory.stand.pool + memory.stand.dormant <= planned * (1 + 1e-12)
        ).all()
        assert memory.landed.sum() >= landed
        landed = memory.landed.sum()
    assert (now.movers.landing.total <= planned * (1 + 1e-12)).all()


# --- new buyers, and policies that end --------------------------------------------------------


@pytest.mark.parametrize("aware", [1.0, 0.4])
def test_new_buyers_are_the_growth_of_the_market_among_those_at_home_who_know(aware):
    """A uniform 3,000 yuan: R = exp(alpha b), purchases grow by R^zeta - 1 = exp(0.021) - 1."""
    stage = setting(window=(0, 29), days=30, a_day=10.0)
    found = state(stage, behaviour(stage, aware_public=np.full(1, aware)), 3_000)
    grown = np.expm1(0.2 * 3.5e-5 * 3_000)
    assert found.response.new[0, 0, 0] == pytest.approx(grown * SHARES, rel=1e-9)
    assert found.joiners.sum() == pytest.approx(aware * 300.0, rel=1e-9)


def test_a_policy_that_ends_moves_purchases_and_loses_none():
    """2,000 yuan end after day 29: more before, fewer after, the same in all; by hand at home.

    Whoever is moved by the policy is planned somewhere on the calendar, so what is added up to the
    last day is taken away later, to the rounding of sums.
    """
    stage = setting(window=(0, 29), days=400, a_day=10.0)
    gain = np.zeros((1, 2, 1, 3))
    gain[:, 1] = -2_000.0
    planned = planned_purchases(stage, behaviour(stage), gain)
    # Later purchases are fewer by R^zeta, R = exp(-alpha 2,000).
    assert planned.unmoved[0, 0, 40:] == pytest.approx(10.0 * np.exp(-0.2 * 3.5e-5 * 2_000))
    before, after = planned.daily[0, 0, :30], planned.daily[0, 0, 30:]
    # The closed form above, b/median = 1 month, times the flow after the end; tolerance as there,
    # and 1 % for what is planned later than a year after the end (share 0.003 of a month's 1.5).
    moved = (before - planned.unmoved[0, 0, :30]).sum()
    flow = planned.unmoved[0, 0, 40]
    assert moved == pytest.approx(flow * (MONTH * np.exp(0.9**2 / 2) - 0.5), rel=0.015)
    assert (planned.unmoved[0, 0, 30:] - after).sum() == pytest.approx(moved, rel=1e-9)
    assert (after >= 0).all()


# --- households one by one --------------------------------------------------------------------

HOUSEHOLDS, DAYS, LAST, YUAN = 200_000, 730, 29, 3_000.0


def households(*, belief, seed):
    """Week of planning and week of purchase of each household that moves to an earlier week.

    A household has one planned day and one cost a month. From the first day on which the money,
    less what it believes it would get on its own day, is worth more than the cost of coming so
    much earlier, it shops; each day it signs with probability 1/14, or 1/(days left) if that is
    more. It comes to its senses on its planned day.
    """
    stream = np.random.default_rng(seed)
    planned = stream.integers(0, DAYS, HOUSEHOLDS)
    cost = 2_000.0 * np.exp(0.9 * stream.standard_normal(HOUSEHOLDS))
    lost = np.where(planned > LAST, YUAN, YUAN * (1.0 - belief))
    bought = planned.copy()
    still = np.ones(HOUSEHOLDS, dtype=bool)
    for day in range(LAST + 1):
        worth = lost > cost * (planned - day) / MONTH
        signs = stream.random(HOUSEHOLDS) < max(1 / 14, 1 / (LAST - day + 1))
        moves = still & (planned > day) & worth & signs
        bought[moves] = day
        still &= ~moves
    return planned, bought


def week_of(day):
    """Weeks from the first day; the window's last one is two days, the count goes on after it."""
    inside = day // 7
    beyond = (LAST + 7) // 7 + (day - LAST - 1) // 7
    return np.where(day <= LAST, inside, beyond)


def close(found, expected):
    """Four spreads of a Poisson count, and 2 % for weeks taken at their middle."""
    return np.abs(found - expected) <= 4 * np.sqrt(np.maximum(expected, 1)) + 0.02 * expected


@pytest.mark.parametrize("belief", [1.0, 1 / 3], ids=["sure of the pot", "in doubt"])
def test_the_fast_path_moves_the_households_that_move_one_by_one(belief):
    planned, bought = households(belief=belief, seed=3)
    stage = setting(window=(0, LAST), days=DAYS, a_day=HOUSEHOLDS / DAYS)
    fast = state(stage, behaviour(stage), YUAN, belief=belief)
    daily = fast.movers.landing.daily[0, :, 0]

    moved = week_of(bought) < week_of(planned)
    weeks = int(week_of(np.array(LAST))) + 1
    landing = np.bincount(week_of(bought)[moved], minlength=weeks)
    by_week = np.add.reduceat(daily.sum(axis=1), np.arange(0, LAST + 1, 7))
    assert landing.size == by_week.size == 5
    assert close(landing, by_week).all()

    # From which weeks they come, followed week by week for half a year after the window.
    came = np.bincount(week_of(planned)[moved], minlength=200)[:30]
    from_week = daily.sum(axis=0)[:30]
    assert close(came, from_week).all()
    assert abs(moved.sum() / daily.sum() - 1) < 4 / np.sqrt(moved.sum()) + 0.005

    # Who stays: planned in the window, and did not go to an earlier week of it.
    stays = np.bincount(week_of(planned)[(planned <= LAST) & ~moved])
    stayers = np.add.reduceat(fast.stayers[0, :, 0], np.arange(0, LAST + 1, 7))
    assert close(stays, stayers).all()


def test_the_oracle_tells_a_wrong_cost_from_the_right_one():
    """A control: costs 5 % higher move the total by more than the test above allows."""
    planned, bought = households(belief=1.0, seed=3)
    stage = setting(window=(0, LAST), days=DAYS, a_day=HOUSEHOLDS / DAYS)
    dearer = behaviour(stage, cost_earlier=np.full((1, 1), 2_100.0))
    wrong = state(stage, dearer, YUAN).movers.landing.total.sum()
    moved = (bought < planned).sum()
    assert abs(moved / wrong - 1) > 4 / np.sqrt(moved) + 0.005
