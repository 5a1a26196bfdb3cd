"""Vouchers and lotteries: does the fast method have the law of households one by one?

The households are those of `test_equality_in_law.py`. A lottery is a till at which everybody may
file and lots are drawn after the last day; a voucher is won or lost before the household's day
comes, so the same households live twice: once to see who would buy if sure of the money, and once
as winners and losers. Bands and R as there.
"""

import numpy as np
import pytest
from oracles.market import Campaign, Pot
from oracles.walk import Lottery, Till, live
from test_equality_in_law import (
    BANDS,
    BY_BAND,
    FAILS,
    FEW,
    MANY,
    MANY_OF,
    ORACLES,
    PASSES,
    Case,
    Compared,
    households_of,
    least,
    market_of,
    p_values,
    paid,
    same_in_many,
    stated,
)

SCARCE = 300_000
LOTTERY = Case(
    {
        "benefits": BANDS,
        "pots": f"    - {{id: main, amount: {SCARCE}, pays: [base]}}",
        "allocation": "  allocation: {lottery: {seed: 公布的种子, draw_on: 2022-12-12}}\n",
    },
    Campaign((Pot(SCARCE, BY_BAND),)),
)
COUNT, FACE = 100, 3_000
VOUCHERS = Case(
    {
        "pots": f"    - {{id: main, face: {FACE}, count: {COUNT}, pays: [base]}}",
        "allocation": "  allocation: {voucher: {must_match: true, lapsed: lost, "
        "lapsed_holder: locked_out}}\n",
        "ordinary_more": f"    voucher_face: {FACE}\n",
    },
    Campaign((Pot(COUNT * FACE * 1_000, paid(*[FACE] * 6)),)),
)
NO_TIME = {"closing of pot 0"}
"""Who is drawn by lot closes no pot on a day of the window; vouchers do on the first or never."""


class Sure(Till):
    """Everybody is paid: who would buy if sure of the money, in order of their first claims."""

    def __init__(self, campaign, first):
        super().__init__(campaign, first)
        self.asked = {}

    def number(self, household):
        """Its place among those who ask; who has no planned day comes only once."""
        try:
            return self.asked.setdefault(household, len(self.asked))
        except TypeError:  # tastes instead of a number
            return self.asked.setdefault(object(), len(self.asked))

    def asks(self, household, bought, due, instant):
        self.number(household)
        return super().asks(household, bought, due, instant)


class Won(Sure):
    """Only some of them are paid: the winners, by the same order. Losers do as without."""

    def __init__(self, campaign, first, winners):
        super().__init__(campaign, first)
        self.winners = winners

    def asks(self, household, bought, due, instant):
        won = self.number(household) in self.winners
        return won and Till.asks(self, household, bought, due, instant)


def with_vouchers(compared, kind, draws, *, fulfilled, vouchers=COUNT):
    """Draws in which applicants win by lot, and some of the winners never redeem."""
    first, campaign = compared.market.window[0], compared.campaign
    sure = []
    for number in range(draws):
        till = Sure(campaign, first)
        live(compared.market, till, households_of(compared, kind, number))
        sure.append(len(till.asked))
    idle = np.mean(sure) * (1 - fulfilled) / fulfilled
    stream = np.random.default_rng([20221101, 7])
    histories = []
    for number, serious in enumerate(sure):
        others = stream.poisson(idle)
        won = min(vouchers, serious + others)
        winners = stream.hypergeometric(serious, others, won)
        chosen = set(stream.permutation(serious)[:winners].tolist())
        till = Won(campaign, first, chosen)
        histories.append(live(compared.market, till, households_of(compared, kind, number)))
    return histories


def by_lot(compared, kind, draws):
    """Draws in which everybody files, and lots decide after the last day."""
    first, campaign = compared.market.window[0], compared.campaign
    return [
        live(
            compared.market,
            Lottery(campaign, first, np.random.default_rng([20221101, 9, number])),
            households_of(compared, kind, number),
        )
        for number in range(draws)
    ]


def measures(compared, lived, histories, kind):
    """All measures of the product and of the oracle but the instant of closing."""
    both = compared.measures(lived, kind, histories)
    return tuple({n: each[n] for n in each if n not in NO_TIME} for each in both)


def laws(compared, lived, histories, kind):
    """p values of these measures."""
    return p_values(*measures(compared, lived, histories, kind))


@pytest.fixture(scope="module")
def vouchers(tiny):
    compared = Compared(VOUCHERS, tiny)
    return compared, float(stated(compared.study, {}, 0, 1)["voucher_fulfilment"][0])


@pytest.fixture(scope="module")
def lottery(tiny):
    """Households weigh the money by the chance that the program has found: an input by design."""
    compared = Compared(LOTTERY, tiny)
    block = compared.study.stage.block(stated(compared.study, {}, 0, 1))._at_odds()
    weighed = float(block.behaviour.perceived[0])
    compared.market = market_of(compared.study, {}, perceived=weighed)
    return compared


def test_vouchers_have_the_law_of_households_one_by_one(vouchers):
    """Of households with utilities; those with tables have no names by which to win twice."""
    compared, fulfilled = vouchers
    found = with_vouchers(compared, "utilities", FEW, fulfilled=fulfilled)
    worst, table = least(laws(compared, compared.product(3 * FEW), found, "utilities"))
    assert worst > PASSES, table


@pytest.mark.parametrize("kind", ORACLES)
def test_a_lottery_has_the_law_of_households_one_by_one(lottery, kind):
    worst, table = least(laws(lottery, lottery.product(3 * FEW), by_lot(lottery, kind, FEW), kind))
    assert worst > PASSES, table


def test_vouchers_that_are_all_redeemed_are_told_apart(vouchers):
    compared, _ = vouchers
    wrong = with_vouchers(compared, "utilities", FEW, fulfilled=1.0)
    worst, table = least(laws(compared, compared.product(3 * FEW), wrong, "utilities"))
    assert worst < FAILS, table


def test_a_lottery_that_is_first_come_is_told_apart(lottery):
    wrong = lottery.households("tables", FEW)
    worst, table = least(laws(lottery, lottery.product(3 * FEW), wrong, "tables"))
    assert worst < FAILS, table


@pytest.mark.slow
def test_many_draws_of_vouchers_agree_as_well(vouchers):
    compared, fulfilled = vouchers
    found = with_vouchers(compared, "utilities", MANY, fulfilled=fulfilled)
    same_in_many(measures(compared, compared.product(5 * MANY), found, "utilities"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORACLES)
def test_many_draws_of_a_lottery_agree_as_well(lottery, kind):
    drawn = by_lot(lottery, kind, MANY_OF[kind])
    same_in_many(measures(lottery, lottery.product(5 * MANY), drawn, kind))
