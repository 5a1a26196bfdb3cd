"""Luck at one set of parameters: halved time against claims one by one, in law and exactly."""

import numpy as np
import pytest
from oracles.walk import ClosedEarly
from scipy.stats import gamma, kstest
from test_equality_in_law import (
    CASES,
    FAILS,
    FEW,
    PASSES,
    Compared,
    least,
    local_and_rest,
    p_of_means,
    p_values,
    stated,
)

from promo.simulation.luck_alone import TOGETHER, first_come, luck_alone

MANY = 2_000
RULES = ("refuse", "part", "overspend")


def stream(number):
    return np.random.default_rng([20221101, number])


# --- the pot alone -------------------------------------------------------------------------------

AMOUNT = np.array([2_000, 3_000, 5_000])
RATES = np.array([[3.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 4.0, 2.0], [2.5, 2.0, 0.0], [9, 1, 1]])
BUDGET = 40_000
"""Twelve claims on average: on days with few, none or many, of amounts that come and go."""


def one_by_one(number, rule):
    """Closing, claims by amount and money of a pot to which claims come one after the other."""
    chance = stream(number)
    arrivals = [
        (day + chance.random(), kind)
        for day, rates in enumerate(RATES)
        for kind, rate in enumerate(rates)
        for _ in range(chance.poisson(rate))
    ]
    left, paid = BUDGET, np.zeros(AMOUNT.size, dtype=int)
    for instant, kind in sorted(arrivals):
        if AMOUNT[kind] > left:
            if rule != "refuse" and left > 0:
                paid[kind] += 1
                left = 0 if rule == "part" else left - AMOUNT[kind]
            return instant, paid, BUDGET - left
        left -= AMOUNT[kind]
        paid[kind] += 1
    return np.inf, paid, BUDGET - left


def measures(closing, claims, spent):
    """What is compared of a pot."""
    by_amount = {
        f"claims of {a}": each for a, each in zip(AMOUNT, np.array(claims).T, strict=True)
    }
    capped = np.minimum(closing, len(RATES))
    return {"closing": capped, "spend": np.array(spent), **by_amount}


@pytest.mark.parametrize("rule", RULES)
def test_halving_time_has_the_law_of_claims_one_by_one(rule):
    closing, claims, spent = zip(*(one_by_one(n, rule) for n in range(MANY)), strict=True)
    found = first_come(RATES, AMOUNT, BUDGET, rule, stream(MANY), MANY)
    ours = measures(found.closing, found.claims, found.spent)
    worst, table = least(p_values(ours, measures(closing, claims, spent)))
    assert worst > PASSES, table


def test_equal_claims_close_the_pot_when_a_gamma_law_says():
    """101st arrival of a Poisson process of 7 a day; the pot pays 100 of them, exactly."""
    found = first_come(np.full((90, 1), 7.0), AMOUNT[:1], 200_999, "refuse", stream(1), MANY)
    assert (found.claims == 100).all()
    assert kstest(found.closing, gamma(101, scale=1 / 7).cdf).pvalue > PASSES


@pytest.mark.parametrize("rule", RULES)
def test_the_last_yuan_goes_by_the_rule(rule):
    found = first_come(RATES, AMOUNT, BUDGET, rule, stream(2), MANY)
    ended = np.isfinite(found.closing)
    due = found.claims @ AMOUNT
    assert 0 < ended.sum() < MANY
    assert (found.spent == (np.minimum(due, BUDGET) if rule == "part" else due)).all()
    assert rule == "overspend" or (found.spent <= BUDGET).all()
    assert (found.refused.sum(axis=1)[~ended] == 0).all()
    assert ((due + found.refused @ AMOUNT) > BUDGET)[ended].sum() >= (due != BUDGET)[ended].sum()
    if rule == "refuse":
        assert (found.refused.sum(axis=1) == ended).all()
    else:  # a claim that finds the pot empty gets nothing, whatever the rule
        assert (found.spent[ended] >= BUDGET).all()
        assert (due[found.refused.any(axis=1)] == BUDGET).all()


def test_a_pot_closes_only_where_claims_come():
    found = first_come(RATES, AMOUNT, BUDGET, "refuse", stream(3), MANY)
    day = found.closing[np.isfinite(found.closing)].astype(int)
    assert (day != 1).all()
    kind = found.refused.argmax(axis=1)[np.isfinite(found.closing)]
    assert (RATES[day, kind] > 0).all()


# --- a campaign ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared(tiny):
    return Compared(CASES["first come"], tiny)


@pytest.fixture(scope="module")
def alone(compared):
    block = compared.study.stage.block(stated(compared.study, {}, 0, 1))
    return luck_alone(block, MANY, full=True)


def of_campaign(closing, claims, yuan, sold, days):
    """What is compared of a campaign: `sold` (N, L + 1) within the horizon."""
    by_vehicle = {f"sold {n}": cars for n, cars in enumerate(np.array(sold).T)}
    ends = np.minimum(closing, days)
    return {"closing": ends, "claims": np.array(claims), "spend": np.array(yuan), **by_vehicle}


def of_alone(alone, compared):
    market, paths = compared.market, alone.paths
    sold = local_and_rest(alone.drawn_sales, market.local)
    days = market.window[1] - market.window[0] + 1
    return of_campaign(paths.closing, paths.claims.sum(axis=1), paths.spent / 100, sold, days)


def of_lives(compared):
    market, lived = compared.market, compared.product(6 * FEW)
    return of_campaign(
        np.concatenate([each.closing[:, 0] for each in lived]),
        np.concatenate([each.parts.sum(axis=(1, 2)) for each in lived]),
        np.concatenate([each.spent.sum(axis=(1, 2)) for each in lived]) / 100,
        np.concatenate([each.with_campaign.sum(axis=1) for each in lived]),
        market.window[1] - market.window[0] + 1,
    )


def of_households(histories, compared):
    market = compared.market
    return of_campaign(
        np.array([h.closing[0] for h in histories]),
        [h.parts.sum() for h in histories],
        [h.spent[0] for h in histories],
        [local_and_rest(h.sales[: market.horizon].sum(axis=0), market.local) for h in histories],
        market.window[1] - market.window[0] + 1,
    )


def test_it_has_the_law_of_draws_lived_one_by_one(compared, alone):
    worst, table = least(p_values(of_alone(alone, compared), of_lives(compared)))
    assert worst > PASSES, table


def test_it_has_the_law_of_households_one_by_one(compared, alone):
    found = of_households(compared.households("tables", FEW), compared)
    worst, table = least(p_values(of_alone(alone, compared), found))
    assert worst > PASSES, table


def test_a_pot_that_closes_at_the_start_of_its_last_day_is_told_apart(compared, alone):
    wrong = of_households(compared.households("tables", FEW, till=ClosedEarly), compared)
    worst, table = least(p_values(of_alone(alone, compared), wrong))
    assert worst < FAILS, table


def test_mean_sales_are_the_mean_of_drawn_sales(alone):
    error = alone.drawn_sales.std(axis=0) / np.sqrt(MANY)
    z = (alone.drawn_sales.mean(axis=0) - alone.sales_with) / error
    assert abs(z).max() < 3.9  # two-sided p of 1e-4, six vehicles


def test_mean_sales_without_are_those_of_draws_lived_one_by_one(compared, alone):
    lived = compared.product(6 * FEW)
    planned = np.concatenate([each.planned.sum(axis=1) for each in lived])
    ours = local_and_rest(alone.sales_without, compared.market.local)
    assert planned[0] == pytest.approx(ours, rel=1e-12)
    drawn = np.concatenate([each.without_campaign.sum(axis=1) for each in lived]).sum(axis=1)
    # Who is refused is in neither world there: one car at most.
    assert abs(drawn.mean() - ours.sum()) < 1 + 4 * drawn.std() / np.sqrt(drawn.size)


def test_the_campaign_adds_who_would_not_have_bought_here(compared, alone):
    """With less without, by conditional means and lived one by one with the same people."""
    lived = compared.product(6 * FEW)
    difference = np.concatenate(
        [(each.with_campaign - each.without_campaign).sum(axis=(1, 2)) for each in lived]
    )
    extra = alone.drawn_sales.sum(axis=1) - alone.sales_without.sum()
    assert p_of_means(difference, extra) > PASSES


def test_money_without_end_lasts(tiny):
    study = tiny(pots="    - {id: main, amount: 90000000000, pays: [base]}")
    found = luck_alone(study.stage.block(stated(study, {}, 0, 1)), TOGETHER)
    assert not np.isfinite(found.paths.closing).any()
    assert not found.paths.refused.any()


NULL = {
    "no car on sale qualifies": {"who": "price > 900000", "ordinary_price": 950_000},
    "an empty pot": {"pots": "    - {id: main, amount: 0, pays: [base]}"},
}


@pytest.mark.parametrize("kind", NULL)
def test_a_campaign_that_pays_nobody_changes_nothing(tiny, kind):
    study = tiny(**NULL[kind])
    found = luck_alone(study.stage.block(stated(study, {}, 0, 1)), TOGETHER, full=True)
    assert not found.paths.claims.any()
    assert not found.paths.spent.any()
    assert (found.sales_with == found.sales_without).all()
    z = (found.drawn_sales.mean(axis=0) - found.sales_without) / np.sqrt(found.sales_without)
    assert abs(z).max() < 4 / np.sqrt(TOGETHER)


def test_more_replicates_begin_with_the_same(compared, alone):
    """Streams belong to groups of a fixed size: what is asked for elsewhere changes no byte."""
    block = compared.study.stage.block(stated(compared.study, {}, 0, 3))
    some = TOGETHER + 7
    found = luck_alone(block, some, full=True)
    for ours, first in zip(alone.paths, found.paths, strict=True):
        assert first.tobytes() == ours[:some].tobytes()
    assert found.drawn_sales.tobytes() == alone.drawn_sales[:some].tobytes()


@pytest.mark.parametrize("case", ["two pots", "tranches", "step down"])
def test_several_pots_are_not_answered(tiny, case):
    study = Compared(CASES[case], tiny).study
    assert luck_alone(study.stage.block(stated(study, {}, 0, 1)), 1) is None


def test_a_lottery_is_not_answered(tiny):
    lots = "  allocation: {lottery: {seed: 公布的种子, draw_on: 2022-12-12}}\n"
    study = tiny(allocation=lots)
    assert luck_alone(study.stage.block(stated(study, {}, 0, 1)), 1) is None


def test_money_taken_by_the_claim_is_not_answered(tiny):
    study = tiny(
        commit_on="claim",
        claims="  claim: {from: 2022-11-01, to: 2023-01-31}\n",
        ordinary_more="    claim_date: 2022-11-10\n",
    )
    assert luck_alone(study.stage.block(stated(study, {}, 0, 1)), 1) is None
