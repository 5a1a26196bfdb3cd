"""The oracles themselves: tastes have the stated shares, vouchers and lots keep their accounts.

Also what is prepared for the product's vouchers and lottery: with plenty for everybody, both have
the law of an open pot.
"""

from dataclasses import replace

import numpy as np
import pytest
from oracles.households_with_tables import TableHouseholds, Tables
from oracles.households_with_utilities import UtilityHouseholds, tastes
from oracles.market import MOVED, NEW, Campaign, Market, Pot
from oracles.vouchers import Holders, Terms, Vouchers
from oracles.walk import Lottery, Till, live
from scipy.stats import chisquare, norm

DAYS, WINDOW = 120, (0, 41)
SHARES = np.array([[0.35, 0.15, 0.3, 0.2], [0.1, 0.4, 0.2, 0.3]])
WEEK = np.arange(DAYS) // 7
MARKET = Market(
    daily=np.full((2, DAYS), 4.0),
    shares=SHARES,
    all_shares=SHARES.mean(axis=0),
    nests=(("a", "a", "b", "b"), ("1", "2", "3", "3")),
    scales=(0.6, 0.4),
    alpha=np.array([4e-5, 2e-5]),
    zeta=0.3,
    perceived=0.8,
    aware_dealer=0.95,
    aware_public=0.5,
    aware_days=10.0,
    cost_earlier=np.array([2_000.0, 3_000.0]),
    cost_later=np.array([4_000.0, 6_000.0]),
    cost_dispersion=0.9,
    landing_days=14.0,
    renewal_belief=0.0,
    outside_a_day=0.0,
    travel_cost=2_000.0,
    travel_dispersion=0.9,
    week=WEEK,
    week_start=np.arange(0, DAYS, 7),
    week_middle=np.arange(0, DAYS, 7) + 3.0,
    belief=np.ones(WEEK[-1] + 1),
    window=WINDOW,
    horizon=DAYS,
    local=np.array([False, False, True, True]),
)
PAYS = np.array([[3_000, 3_000, 5_000, 0]] * 3)
PLENTY = Campaign((Pot(10**9, PAYS),))


def in_errors(one, other):
    """Distance of two means in their standard errors."""
    one, other = np.array(one, dtype=float), np.array(other, dtype=float)
    error = np.sqrt(one.var(axis=0) / len(one) + other.var(axis=0) / len(other))
    return np.abs(one.mean(axis=0) - other.mean(axis=0)) / np.maximum(error, 1e-12)


def stream(*key):
    return np.random.default_rng([7, *key])


# --- tastes ----------------------------------------------------------------------------------


def test_households_take_vehicles_in_the_stated_shares():
    drawn = tastes(MARKET, SHARES[0], 200_000, stream(1))
    counts = np.bincount(drawn.argmax(axis=1), minlength=4)
    assert chisquare(counts, 200_000 * SHARES[0]).pvalue > 1e-3
    # The best of them is Gumbel at 0: mean 0.5772, variance pi^2 / 6.
    error = np.pi / np.sqrt(6 * 200_000)
    assert abs(drawn.max(axis=1).mean() - np.euler_gamma) < 4 * error


def test_tastes_inside_a_nest_are_correlated_by_one_minus_the_square_of_its_scale():
    drawn = tastes(MARKET, SHARES[0], 200_000, stream(2))
    found = np.corrcoef(drawn.T)
    # 1 - 0.6^2 in the outer nest, 1 - 0.4^2 in the inner one; errors below 1 / sqrt(200,000).
    assert found[0, 1] == pytest.approx(1 - 0.6**2, abs=0.01)
    assert found[2, 3] == pytest.approx(1 - 0.4**2, abs=0.01)
    assert found[0, 2] == pytest.approx(0.0, abs=0.01)


def test_who_buys_without_the_campaign_is_the_plan():
    """200 draws: 8 a day for 120 days, by vehicle, Poisson."""
    sold = sum(UtilityHouseholds(MARKET, PLENTY, stream(3, n)).sales_without() for n in range(200))
    expected = 200 * 4.0 * DAYS * SHARES.sum(axis=0)
    assert (np.abs(sold.sum(axis=0) - expected) < 4 * np.sqrt(expected)).all()


def test_both_oracles_agree_where_no_pot_ends():
    tables = Tables(MARKET, PLENTY)
    people = [
        [live(MARKET, Till(PLENTY, 0), make(n)).parts.ravel() for n in range(80)]
        for make in (
            lambda n: UtilityHouseholds(MARKET, PLENTY, stream(4, n)),
            lambda n: TableHouseholds(tables, stream(5, n)),
        )
    ]
    # 20 cells: 4 standard errors are passed once in 800 runs.
    assert in_errors(*people).max() < 4.0
    # A control: without the response of the market nobody is new.
    none = [
        live(
            MARKET,
            Till(PLENTY, 0),
            UtilityHouseholds(replace(MARKET, zeta=0.0), PLENTY, stream(6, n)),
        )
        for n in range(20)
    ]
    assert not any(each.parts[NEW].any() for each in none)
    assert np.array(people[0]).reshape(80, 5, 4)[:, NEW].any()


# --- a lot after the purchase ----------------------------------------------------------------


def test_a_lottery_pays_no_more_than_there_is_and_no_later_claim_than_the_first_refused():
    campaign = Campaign((Pot(300_000, PAYS),))
    for number in range(20):
        till = Lottery(campaign, 0, stream(8, number))
        history = live(MARKET, till, UtilityHouseholds(MARKET, campaign, stream(9, number)))
        assert history.spent[0] <= 300_000
        assert history.spent[0] + PAYS.max() > 300_000
        assert history.parts.sum() == len(till.paid) < len(till.filed)


def test_a_lottery_with_money_for_all_is_an_open_pot():
    def parts(number, till):
        people = UtilityHouseholds(MARKET, PLENTY, stream(10, number))
        return live(MARKET, till, people).parts

    for number in range(5):
        drawn = parts(number, Lottery(PLENTY, 0, stream(11, number)))
        assert (drawn == parts(number, Till(PLENTY, 0))).all()


# --- vouchers before it ----------------------------------------------------------------------


def with_vouchers(campaign, terms, number):
    people = Holders(MARKET, campaign, stream(12, number))
    till = Vouchers(campaign, terms, people, stream(13, number))
    return till, live(MARKET, till, people)


FACES = Campaign(
    (
        Pot(60_000, np.array([[3_000, 3_000, 0, 0]] * 3)),
        Pot(100_000, np.array([[0, 0, 5_000, 0]] * 3)),
    )
)
JINAN = Terms(rounds=((0, 7), (10, 17), (30, 41)), uses=0.6)
"""Rounds as in Jinan 2022: a week to use it, unused ones in the next round to other people."""


@pytest.mark.parametrize("returns", [True, False])
@pytest.mark.parametrize("number", range(6))
def test_every_voucher_is_redeemed_live_returned_or_lost(number, returns):
    till, history = with_vouchers(FACES, replace(JINAN, returns=returns), number)
    states = ("redeemed", "live", "returned", "lost")
    counted = [till.count(state) for state in states]
    assert sum(counted) == len(till.issued)
    assert counted[2 if not returns else 3] == 0
    assert history.parts.sum() == till.count("redeemed") > 0
    worth = np.zeros((2, 4))
    for voucher in till.issued:
        worth[voucher.pot, states.index(voucher.state)] += voucher.face
    assert (history.spent == worth[:, 0]).all()
    held = np.array([60_000, 100_000])
    # What is not in the pot is redeemed, live or lost; what was returned is there again.
    assert (till.left + worth[:, [0, 1, 3]].sum(axis=1) == held).all()
    assert (till.left >= 0).all()


def test_a_later_round_serves_more_where_unused_vouchers_return():
    # The first round's stock is gone on its first day, so only returned ones can be drawn later.
    served = [
        [with_vouchers(FACES, replace(JINAN, returns=r), n)[1].parts.sum() for n in range(20)]
        for r in (True, False)
    ]
    assert np.sum(served[0]) > 1.2 * np.sum(served[1])


def test_vouchers_for_everybody_on_every_day_are_an_open_pot():
    """Who learns of them can have one at once, valid to the end: the law of first come.

    Only people at home apply, so that in the showroom too those are told who know at home.
    """
    market = replace(MARKET, aware_dealer=MARKET.aware_public, aware_days=1e-9)
    every_day = Terms(
        tuple((day, WINDOW[1]) for day in range(WINDOW[1] + 1)), relative=1.0, locked_out=False
    )

    def voucher_parts(number):
        people = Holders(market, PLENTY, stream(14, number))
        till = Vouchers(PLENTY, every_day, people, stream(15, number))
        return live(market, till, people).parts.sum(axis=1)

    def open_parts(number):
        people = UtilityHouseholds(market, PLENTY, stream(16, number))
        return live(market, Till(PLENTY, 0), people).parts.sum(axis=1)

    found = in_errors([voucher_parts(n) for n in range(30)], [open_parts(n) for n in range(30)])
    assert found[[0, 1, MOVED, NEW]].max() < norm.isf(1e-4)
