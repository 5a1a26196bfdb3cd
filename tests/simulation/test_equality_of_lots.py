"""Vouchers and lotteries: does the fast method have the law of households one by one?

The households are those of `test_equality_in_law.py`. A lottery is a till at which everybody may
file and lots are drawn after the last day; a voucher is won or lost before the household's day
comes, so all live as if sure of the money, and what the losers did for it is taken back. Bands and
R as there.
"""

import numpy as np
import pytest
from oracles.market import Campaign, Pot
from oracles.walk import Lottery, Till, live
from test_equality_in_law import (
    BANDS,
    BY_BAND,
    DAY,
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


def drawn(lapsed):
    """Parts of the file: vouchers of one face are drawn, and what becomes of those not used."""
    terms = f"{{must_match: true, lapsed: {lapsed}, lapsed_holder: locked_out}}"
    return {
        "allocation": f"  allocation: {{voucher: {terms}}}\n",
        "ordinary_more": f"    voucher_face: {FACE}\n",
    }


PLENTY, ALL_PAID = COUNT * FACE * 1_000, paid(*[FACE] * 6)
"""In the households' pots nobody is refused: the lot decides."""
VOUCHERS = {
    "one round": Case(
        {"pots": f"    - {{id: main, face: {FACE}, count: {COUNT}, pays: [base]}}"}
        | drawn("lost"),
        Campaign((Pot(PLENTY, ALL_PAID),)),
    ),
    "returned to a second round": Case(
        {
            "pots": f"    - {{id: main, face: {FACE}, count: {COUNT}, pays: [base], "
            "closes: 2022-11-15, unused: next_pot}\n"
            f"    - {{id: second, face: {FACE}, count: {COUNT}, pays: [base], "
            "opens: 2022-11-16}",
        }
        | drawn("to_pool"),
        Campaign((Pot(PLENTY, ALL_PAID, closes=DAY + 14), Pot(PLENTY, ALL_PAID, opens=DAY + 15))),
    ),
}
NO_TIME = {"closing of pot 0", "closing of pot 1"}
"""Who is drawn by lot closes no pot on a day of the window; vouchers do on the first or never."""


class Sure(Till):
    """Everybody is paid: who would buy if sure of the money, and on which day of the window."""

    def __init__(self, campaign, first):
        super().__init__(campaign, first)
        self.days = []

    def asks(self, household, bought, due, instant):
        self.days.append(int(instant))
        return super().asks(household, bought, due, instant)


def with_vouchers(compared, kind, draws, *, fulfilled, returned=True):
    """Draws in which applicants win by lot, and some of the winners never redeem.

    Each pot is a round: the vouchers that lapse in it are drawn again in the next.
    """
    first, campaign = compared.market.window[0], compared.campaign
    sure = []
    for number in range(draws):
        till = Sure(campaign, first)
        history = live(compared.market, till, households_of(compared, kind, number))
        rounds = [[] for _ in campaign.pots]
        for claim in zip(till.paid, till.days, strict=True):
            rounds[sum(first + claim[1] >= pot.opens for pot in campaign.pots[1:])].append(claim)
        sure.append((history, rounds))
    per_serious = (1 - fulfilled) / fulfilled
    idle = np.mean([[len(claims) for claims in rounds] for _, rounds in sure], 0) * per_serious
    stream = np.random.default_rng([20221101, 7])
    for history, rounds in sure:
        lapsed = 0
        for pot, claims in enumerate(rounds):
            others = stream.poisson(idle[pot])
            won = min(COUNT + lapsed * returned, len(claims) + others)
            winners = stream.hypergeometric(len(claims), others, won)
            for loser in stream.permutation(len(claims))[winners:].tolist():
                _as_without(history, claims[loser][0], first + claims[loser][1])
            history.spent[pot] = FACE * winners
            lapsed = COUNT - winners
    return [history for history, _ in sure]


def _as_without(history, bought, day):
    """Take back what one household did for the money."""
    history.parts[bought.part, bought.vehicle] -= 1
    history.sales[day, bought.vehicle] -= 1
    if bought.planned >= 0:
        history.sales[bought.planned, bought.instead] += 1


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


@pytest.fixture(scope="module", params=VOUCHERS)
def vouchers(request, tiny):
    compared = Compared(VOUCHERS[request.param], tiny)
    return compared, float(stated(compared.study, {}, 0, 1)["voucher_fulfilment"][0])


@pytest.fixture(scope="module")
def lottery(tiny):
    """Households weigh the money by the chance that the program has found: an input by design."""
    compared = Compared(LOTTERY, tiny)
    block = compared.study.stage.block(stated(compared.study, {}, 0, 1))._at_odds()
    weighed = float(block.behaviour.perceived[0])
    compared.market = market_of(compared.study, {}, perceived=weighed)
    return compared


@pytest.mark.parametrize("kind", ORACLES)
def test_vouchers_have_the_law_of_households_one_by_one(vouchers, kind):
    compared, fulfilled = vouchers
    found = with_vouchers(compared, kind, FEW, fulfilled=fulfilled)
    worst, table = least(laws(compared, compared.product(3 * FEW), found, kind))
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


def test_vouchers_that_are_lost_when_they_lapse_are_told_apart(vouchers):
    compared, fulfilled = vouchers
    if len(compared.campaign.pots) == 1:
        return  # nothing to return to
    wrong = with_vouchers(compared, "tables", FEW, fulfilled=fulfilled, returned=False)
    worst, table = least(laws(compared, compared.product(3 * FEW), wrong, "tables"))
    assert worst < FAILS, table


def test_a_lottery_that_is_first_come_is_told_apart(lottery):
    wrong = lottery.households("tables", FEW)
    worst, table = least(laws(lottery, lottery.product(3 * FEW), wrong, "tables"))
    assert worst < FAILS, table


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORACLES)
def test_many_draws_of_vouchers_agree_as_well(vouchers, kind):
    compared, fulfilled = vouchers
    found = with_vouchers(compared, kind, MANY_OF[kind], fulfilled=fulfilled)
    same_in_many(measures(compared, compared.product(5 * MANY), found, kind))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORACLES)
def test_many_draws_of_a_lottery_agree_as_well(lottery, kind):
    found = by_lot(lottery, kind, MANY_OF[kind])
    same_in_many(measures(lottery, lottery.product(5 * MANY), found, kind))
