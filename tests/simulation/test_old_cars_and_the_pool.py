"""Old cars that are given up, and owners who would have kept them or bought a used car.

Expected numbers are the closed forms of the lognormal, and identities between two studies.
"""

import numpy as np
import pytest
from scipy.stats import norm

from promo.demand.nested_logit import Nests
from promo.results import Worlds, totals
from promo.simulation.draws import ParameterDraws
from promo.simulation.ledger import PARTS
from promo.simulation.offers import better_of
from promo.simulation.pool import Asked, drawn_from_pool
from promo.simulation.streams import ANYWAY, MOVED, NEW, OUTSIDE, POOL, SWITCHED
from promo.simulation.worlds import chance, means

HOME = "buyer_kind: individual, residence: 本市, registered_in: 本市"
GIVES = f"facts: {{{HOME}, trade_in: scrapped}}"
KEEPS = f"facts: {{{HOME}, trade_in: none}}"
OLD = "old_car: {value: {assumed: %s, range: [%s, %s], why: made up}, dispersion: %s}"
POOL_OF = "replacement_pool: {cars_per_month: {assumed: %s, range: [%s, %s], why: made up}}"
SCRAPPING = {
    "who": "trade_in = 'scrapped'",
    "benefits": "  base: {pay: 3000}",
    "pots": "    - {id: main, amount: 900000000, pays: [base]}",
    "ordinary_more": "    trade_in: scrapped\n",
}


def owners(*more: str) -> str:
    """Half of the buyers have an old car to scrap, of whom more is said; the others none."""
    said = "".join(f", {each}" for each in more)
    return (
        f"  - {{id: owner, share: 50%, income_monthly: 6000, {GIVES}{said}}}\n"
        f"  - {{id: other, share: 50%, income_monthly: 6000, {KEEPS}}}\n"
    )


def old_car(value: float, dispersion: float = 0.0) -> str:
    return OLD % (value, value, value, dispersion)


def pool(a_month: float) -> str:
    return POOL_OF % (a_month, a_month, a_month)


def stated(study, draws=1):
    """Draws in which every assumption has its stated value."""
    values = {a.name: np.full(draws, float(a.value)) for a in study.assumptions}
    return ParameterDraws(seed=1, number=np.arange(draws), values=values)


def on_average(study):
    return study.stage.block(stated(study)).live(means)


def by_chance(study, draws=4):
    return study.stage.block(stated(study, draws)).live(chance(3))


# --- the old car ------------------------------------------------------------------------------


def test_the_old_car_is_given_up_only_where_that_pays_more():
    """Giving it up pays 4,000 instead of 1,000; that is worth it below a value of 3,000 yuan."""
    giving = np.full((3, 1, 1, 1, 1), 400_000)
    keeping = np.full((3, 1, 1, 1, 1), 100_000)
    value = np.array([[2_999.0], [3_000.0], [3_001.0]])
    paid = better_of(giving, keeping, value, np.array([True]))
    assert paid.fen.ravel().tolist() == [400_000, 100_000, 100_000]
    assert paid.old_car.ravel().tolist() == [2_999.0, 0.0, 0.0]


def test_who_has_no_old_car_gives_none_up():
    paid = better_of(
        np.full((1, 1, 1, 1, 1), 5),
        np.full((1, 1, 1, 1, 1), 7),
        np.zeros((1, 1)),
        np.array([False]),
    )
    assert paid.fen.item() == 5
    assert paid.old_car.item() == 0.0


def test_nobody_scraps_a_car_that_is_worth_more_than_the_money(tiny):
    outcome = by_chance(tiny(**SCRAPPING, buyers=owners(old_car(3_000))))
    assert outcome.parts.sum() == 0
    np.testing.assert_array_equal(outcome.with_campaign, outcome.without_campaign)


def test_an_old_car_worth_nothing_changes_nothing(tiny):
    """The owners stand in three rows then, and in one without it; on average that is the same."""
    plain = on_average(tiny(**SCRAPPING, buyers=owners()))
    parts = on_average(tiny(**SCRAPPING, buyers=owners(old_car(0))))
    assert plain.parts.sum() > 0
    np.testing.assert_allclose(parts.parts, plain.parts, rtol=1e-6, atol=1e-9)


def test_the_money_paid_stays_whole_and_the_benefit_is_net(tiny):
    """An old car worth 1,200 of 3,000 yuan: paid 3,000 a car, and wanted as 1,800 would be."""
    net = on_average(tiny(**SCRAPPING, buyers=owners(old_car(1_200))))
    smaller = SCRAPPING | {"benefits": "  base: {pay: 1800}"}
    bare = on_average(tiny(**smaller, buyers=owners()))
    assert net.spent.sum() / net.parts.sum() == pytest.approx(300_000)
    np.testing.assert_allclose(net.parts, bare.parts, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(net.gain, bare.gain, rtol=1e-6)
    np.testing.assert_allclose(net.unnoticed, bare.unnoticed, rtol=1e-6)


def test_money_that_asks_for_no_old_car_is_not_lowered_by_it(tiny):
    campaign = {**SCRAPPING, "who": "buyer_kind = 'individual'", "ordinary_more": ""}
    plain = on_average(tiny(**campaign, buyers=owners()))
    owning = on_average(tiny(**campaign, buyers=owners(old_car(2_000, 0.5))))
    np.testing.assert_allclose(owning.parts, plain.parts, rtol=1e-6, atol=1e-9)


def test_a_larger_spread_of_values_leaves_out_those_with_good_cars(tiny):
    """Parts of a lognormal of median 2,500: 2,500 x exp(-0.967), 1, exp(0.967) = 951, 2,500 and
    6,576 yuan; the last third keeps its cars, so a third fewer would have bought anyway."""
    alike = on_average(tiny(**SCRAPPING, buyers=owners(old_car(951))))
    spread = on_average(tiny(**SCRAPPING, buyers=owners(old_car(2_500, 1.0))))
    anyway = [o.parts[0, [ANYWAY, SWITCHED]].sum() for o in (spread, alike)]
    assert anyway[0] / anyway[1] == pytest.approx(2 / 3, abs=0.02)


# --- the replacement pool ---------------------------------------------------------------------


class _Pool:
    """Two draws, one type: 304 owners a month, thresholds of a third and of half of the price."""

    alpha = np.full((2, 1), 5e-5)
    correlations = np.full((2, 1), 0.3)
    pool_per_day = np.full((2, 1), 10.0)
    pool_threshold = np.array([1 / 3, 1 / 2])
    pool_dispersion = np.array([1.0, 0.5])


def test_a_uniform_benefit_draws_in_the_share_of_the_lognormal():
    nests = Nests.from_labels([["A", "B", "B"]])
    shares = np.broadcast_to([0.5, 0.2, 0.3], (2, 1, 1, 3))
    asked = Asked(shares, np.full((2, 1, 1, 3), 20_000.0), np.array([100_000.0]))
    always = np.ones((2, 4))
    drawn = drawn_from_pool(
        nests, _Pool, asked, aware=always, hazard=always, period=np.zeros(4, dtype=np.int64)
    )
    share = norm.cdf([np.log(0.2 * 3) / 1.0, np.log(0.2 * 2) / 0.5])
    # Thirty bins of the threshold: the part of the last bin that is in reach is counted by halves.
    np.testing.assert_allclose(drawn.daily[:, 0, 0], 10 * share, rtol=1e-9)
    np.testing.assert_allclose(drawn.vehicles[:, 0, 0], shares[:, 0, 0], rtol=1e-9)


def test_an_empty_pool_changes_nothing_exactly(tiny):
    """The same buyers, the same luck: a pool of no owners beside none at all."""
    plain = by_chance(tiny(**SCRAPPING, buyers=owners()))
    empty = by_chance(tiny(**SCRAPPING, buyers=owners(pool(0))))
    for name in ("parts", "spent", "with_campaign", "without_campaign", "instead", "gain"):
        np.testing.assert_array_equal(getattr(empty, name), getattr(plain, name))


def test_the_pool_is_apart_from_the_response_of_the_market(tiny):
    plain = on_average(tiny(**SCRAPPING, buyers=owners()))
    study = tiny(**SCRAPPING, buyers=owners(pool(400)))
    pooled = on_average(study)
    others = [ANYWAY, SWITCHED, MOVED, OUTSIDE, NEW]
    np.testing.assert_allclose(pooled.parts[:, others], plain.parts[:, others], rtol=1e-9)
    assert pooled.parts[:, POOL].sum() > 0
    assert plain.parts[:, POOL].sum() == 0


def test_the_cars_of_the_pool_are_flow_times_threshold_times_landing(tiny):
    """30 days, 60 days to buy on average, raised on the last days to certainty on the last.

    Of one willing and knowing owner a day `landed` buy in the window, day by day; the benefit is
    the same on every eligible car, so the share that is willing is that of the mean price.
    """
    study = tiny(**SCRAPPING, buyers=owners(pool(400)))
    outcome = on_average(study)
    value = {a.name: a.value for a in study.assumptions}
    days = study.stage.window.days
    known = value["aware_public"] * (1 - np.exp(-(days + 1) / value["aware_days"]))
    waiting = landed = 0.0
    for day in range(30):
        waiting += known[day]
        buys = waiting * max(1 / 60, 1 / (30 - day))
        landed, waiting = landed + buys, waiting - buys
    price = study.stage.setting.mean_price_by_type()[0]
    benefit = 3_000 * value["pass_through"] * value["salience"]
    willing = norm.cdf(np.log(benefit / (0.35 * price)))
    expected = 400 / 30.4 * willing * landed
    assert outcome.parts[0, POOL].sum() == pytest.approx(expected, rel=1e-6)


def test_the_parts_and_the_identity_hold_with_a_pool(tiny):
    study = tiny(**SCRAPPING, buyers=owners(old_car(800, 0.6), pool(900)))
    outcome = by_chance(study, draws=8)
    rows = outcome.parts.sum(axis=2)
    change = (outcome.with_campaign - outcome.without_campaign).sum(axis=(1, 2))
    extra = rows[:, NEW] + rows[:, POOL] + rows[:, OUTSIDE] + outcome.from_beyond
    np.testing.assert_array_equal(change, extra)
    assert (rows[:, POOL] > 0).any()
    measured = totals(Worlds(study, outcome, pull_of(study, outcome)))
    np.testing.assert_array_equal(
        sum(measured[name] for name in PARTS), measured["subsidised_cars"]
    )


def pull_of(study, outcome):
    from promo.pull_through import pull_through

    return pull_through(study, stated(study, len(outcome.gain)), outcome)


def test_a_market_without_a_pool_says_so(tiny):
    assert tiny(**SCRAPPING, buyers=owners()).limits()
    assert not tiny(**SCRAPPING, buyers=owners(pool(10))).limits()
