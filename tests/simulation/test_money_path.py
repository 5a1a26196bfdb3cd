"""Pots against claims: renewal theory, exact sums over all sequences, a plain event simulation."""

from itertools import pairwise

import numpy as np
import pytest

from promo.simulation.draws import Chance, Means
from promo.simulation.money_path import ClaimRates, MoneyPath, spend

POLICIES = ("refuse", "part", "overspend")


def constant(rates, amounts, days):
    """Rates that depend neither on the day nor on the pots."""
    state = ClaimRates(
        rates=np.tile(np.asarray(rates, dtype=float), (days, 1)),
        amount=np.asarray(amounts, dtype=np.int64),
    )
    return lambda pots, instant: ClaimRates(
        state.rates, state.amount * np.isin(np.arange(state.amount.shape[1]), list(pots))
    )


def luck(number, name="pots"):
    return Chance.of(20221101, name, number)


# --- renewal theory ----------------------------------------------------------------------------

# Claims come as a Poisson process of rate `lam` a day, their amounts are independent with mean m,
# second moment m2 and span d. The first refusal is claim number nu = min{n: S_n > B}. For a pot B
# that is a multiple of d, renewal theory (Feller, An Introduction to Probability Theory I, XIII;
# Cox, Renewal Theory, 1962, chapter 4) gives
#     E nu   ~ B/m + m2/(2 m^2) + d/(2 m),      Var nu ~ B (m2 - m^2) / m^3,
# and the instant T of arrival nu has E T = E nu / lam, Var T = (E nu + Var nu) / lam^2.
LAM = 100.0
ONE = (np.array([3_000]), np.array([1.0]), 3_000)
THREE = (np.array([2_000, 3_000, 5_000]), np.array([0.5, 0.3, 0.2]), 1_000)
CLAIMS = 2_000
REPLICATIONS = 3_000


def renewal(amounts, chances, span):
    m, m2 = amounts @ chances, amounts**2 @ chances
    pot = CLAIMS * m
    count = pot / m + m2 / (2 * m**2) + span / (2 * m)
    spread = pot * (m2 - m**2) / m**3
    return int(pot), count / LAM, np.sqrt(count + spread) / LAM


def closings(amounts, chances, pot):
    rates = constant(LAM * chances, amounts[:, None], days=40)
    paths = (
        spend(rates, np.array([pot]), days=40, last_yuan="refuse", luck=luck(n))
        for n in range(REPLICATIONS)
    )
    return np.array([path.closing[0] for path in paths])


def within_law(found, mean, spread):
    """Mean within 1 % and standard deviation within 10 %, as the law is stated.

    Sampling error is well inside: T has a spread of 2.2 to 2.6 % of its mean, so the mean of 3,000
    is known to 0.05 %, the spread to 1/sqrt(6000) = 1.3 %.
    """
    return abs(found.mean() / mean - 1) < 0.01 and abs(found.std() / spread - 1) < 0.10


@pytest.mark.parametrize("claims", [ONE, THREE], ids=["one amount", "three amounts"])
def test_the_money_runs_out_when_renewal_theory_says(claims):
    amounts, chances, span = claims
    pot, mean, spread = renewal(amounts, chances, span)
    found = closings(amounts, chances, pot)
    assert within_law(found, mean, spread)
    # A wrong control: a closing known only to the end of its day must not pass for the law.
    assert not within_law(np.ceil(found), mean, spread)


# --- every sequence of claims -------------------------------------------------------------------


def paid_by_every_sequence(amounts, chances, pot, last_yuan):
    """Expected claims paid by kind and expected fen, summed over all sequences of claims.

    `visits[s]` is the chance that s fen are spent at some time; a claim that finds s of B spent is
    paid if it fits, or, unless the rule is to refuse, if anything is left for it.
    """
    visits = np.zeros(pot + 1)
    visits[0] = 1.0
    for s in range(1, pot + 1):
        visits[s] = sum(p * visits[s - a] for a, p in zip(amounts, chances, strict=True) if s >= a)
    paid, fen = np.zeros(len(amounts)), 0.0
    for s, chance in enumerate(visits):
        for kind, (a, p) in enumerate(zip(amounts, chances, strict=True)):
            fits, something_left = s + a <= pot, s < pot
            if fits or (last_yuan != "refuse" and something_left):
                paid[kind] += chance * p
                fen += chance * p * (min(a, pot - s) if last_yuan == "part" else a)
    return paid, fen


@pytest.mark.parametrize("last_yuan", POLICIES)
@pytest.mark.parametrize("a_day", [60.0, 4.0], ids=["closing day first", "closing day later"])
def test_who_is_paid_on_the_closing_day_is_as_random_as_the_order_of_claims(last_yuan, a_day):
    """Two amounts, 1 and 3, one claim in three the larger; a pot of 10."""
    amounts, chances, pot, days = (1, 3), (2 / 3, 1 / 3), 10, 40
    rates = constant(a_day * np.array(chances), np.array(amounts)[:, None], days)
    replications = 6_000
    paths = [
        spend(rates, np.array([pot]), days=days, last_yuan=last_yuan, luck=luck(n, "order"))
        for n in range(replications)
    ]
    paid = np.array([sum(s.claims.sum(axis=0) for s in path.spells) for path in paths])
    fen = np.array([path.spent.sum() for path in paths])
    expected, expected_fen = paid_by_every_sequence(amounts, chances, pot, last_yuan)
    four_sigma = 4 * paid.std(axis=0) / np.sqrt(replications)
    assert (np.abs(paid.mean(axis=0) - expected) < four_sigma).all()
    # Never-varying totals (part: always the pot) have no sampling error, only that of the sum.
    assert abs(fen.mean() - expected_fen) <= 4 * fen.std() / np.sqrt(replications) + 1e-9
    # A wrong control: small claims first would pay all ten of them and no large one.
    if a_day == 60.0 and last_yuan == "refuse":
        assert abs(10.0 - expected[0]) > 4 * four_sigma[0]


def test_claims_paid_on_the_closing_day_come_before_the_instant_of_closing():
    """Given the closing instant x of the day, paid claims grow in proportion to x."""
    rates = constant([300.0], [[1]], days=1)
    paths = [
        spend(rates, np.array([150]), days=1, last_yuan="refuse", luck=luck(n, "instant"))
        for n in range(4_000)
    ]
    closing = np.array([path.closing[0] for path in paths])
    assert np.isfinite(closing).all()  # 300 expected, spread 17: never fewer than 151
    # Arrival number 151 of a Poisson process of 300 a day: Gamma(151, 300).
    assert abs(closing.mean() - 151 / 300) < 4 * np.sqrt(151) / 300 / np.sqrt(4_000)
    # The spread of a sample of n has a relative error of 1/sqrt(2 n).
    assert abs(closing.std() / (np.sqrt(151) / 300) - 1) < 4 / np.sqrt(8_000)


# --- laws that hold in every draw ----------------------------------------------------------------


def random_pots(seed):
    """Random claims against one or two pots that differ with the pots that are open."""
    stream = np.random.default_rng(seed)
    days, columns, pots = stream.integers(1, 30), stream.integers(1, 6), stream.integers(1, 3)
    amounts = stream.integers(1, 8, size=(columns, pots)) * 500_00
    amounts[stream.random((columns, pots)) < 0.3] = 0
    rates = stream.gamma(1.0, 12.0, size=(days, columns))
    expected = np.maximum((rates @ amounts).sum(axis=0), 1_000_00)
    # Multiples of the unit, so that pots are often emptied exactly.
    budget = (expected * stream.uniform(0, 1.3, size=pots)).astype(np.int64) // 500_00 * 500_00

    def rates_in(open_pots, instant):
        open_now = np.isin(np.arange(pots), list(open_pots))
        return ClaimRates(rates * (1.0 if open_now.all() else 0.6), amounts * open_now)

    return rates_in, budget, int(days), amounts


def paid_by_spell(path, rates_in):
    """Fen of all accepted claims at their full amounts (K,)."""
    return sum(
        spell.claims.sum(axis=0) @ rates_in(spell.open_pots, spell.start).amount
        for spell in path.spells
    )


@pytest.mark.parametrize("last_yuan", POLICIES)
@pytest.mark.parametrize("seed", range(60))
def test_a_pot_never_pays_more_than_its_rule_allows(seed, last_yuan):
    rates_in, budget, days, amounts = random_pots(seed)
    for number in range(5):
        path = spend(rates_in, budget, days=days, last_yuan=last_yuan, luck=luck(number, "laws"))
        spent, ran_out = path.spent.sum(axis=0), np.isfinite(path.closing)
        full = paid_by_spell(path, rates_in)
        assert path.spent.dtype.kind == "i"  # whole fen
        assert (path.spent >= 0).all()
        if last_yuan == "overspend":
            assert (spent <= budget + amounts.max(axis=0)).all()
            assert (spent == full).all()
        else:
            assert (spent <= budget).all()
        if last_yuan == "refuse":
            assert (spent == full).all()
            # What is left would not have paid the largest claim.
            assert (budget - spent < amounts.max(axis=0))[ran_out].all()
        if last_yuan == "part":
            assert (spent == budget)[ran_out].all()
            assert (full - spent <= amounts.max(axis=0)).all()


@pytest.mark.parametrize("last_yuan", POLICIES)
@pytest.mark.parametrize("seed", range(20))
def test_spells_follow_each_other_without_a_gap(seed, last_yuan):
    rates_in, budget, days, _ = random_pots(seed)
    path = spend(rates_in, budget, days=days, last_yuan=last_yuan, luck=luck(seed, "spells"))
    assert path.spells[0].start == 0.0
    for one, next_ in pairwise(path.spells):
        assert one.end == next_.start
        assert next_.open_pots < one.open_pots
    for spell in path.spells:
        alive = np.arange(days)
        assert not spell.claims[alive + 1 <= spell.start].any()
        assert not spell.claims[alive > spell.end].any()


@pytest.mark.parametrize("last_yuan", POLICIES)
def test_a_claim_that_finds_the_pot_empty_is_refused_under_every_rule(last_yuan):
    """Ten claims of 100 empty a pot of 1,000 to the fen; the eleventh closes it, unpaid."""
    rates = constant([50.0], [[100]], days=3)
    path = spend(rates, np.array([1_000]), days=3, last_yuan=last_yuan, luck=luck(1, "empty"))
    assert sum(int(spell.claims.sum()) for spell in path.spells) == 10
    assert int(path.spent.sum()) == 1_000
    assert np.isfinite(path.closing[0])


@pytest.mark.parametrize("last_yuan", POLICIES)
def test_an_empty_pot_pays_nobody(last_yuan):
    rates = constant([50.0], [[100]], days=3)
    path = spend(rates, np.array([0]), days=3, last_yuan=last_yuan, luck=luck(2, "empty"))
    assert sum(int(spell.claims.sum()) for spell in path.spells) == 0
    assert int(path.spent.sum()) == 0


def test_a_pot_that_is_only_just_enough_never_closes():
    rates = constant([50.0], [[100]], days=3)
    calm = spend(rates, np.array([10**9]), days=3, last_yuan="refuse", luck=luck(3, "enough"))
    again = spend(
        rates, calm.spent.sum(axis=0), days=3, last_yuan="refuse", luck=luck(3, "enough")
    )
    assert np.isinf(again.closing).all()
    assert (again.spent == calm.spent).all()


def test_mean_spending_ends_at_the_instant_the_pot_is_spent():
    """2.5 claims a day of 100 fen: a pot of 1,000 lasts four days, up to one two-hundredth."""
    rates = constant([2.5], [[100]], days=10)
    path = spend(rates, np.array([1_000]), days=10, last_yuan="refuse", luck=Means())
    assert abs(path.closing[0] - 4.0) <= 1.5 / 200
    assert abs(path.spent.sum() - 1_000) <= 1.5 * 2.5 * 100 / 200


# --- two pots, one claim at a time ---------------------------------------------------------------


def two_pots_one_by_one(stream, budget, days):
    """Closing instants of two pots, claim by claim in continuous time.

    Kind 0 (9 a day) is paid 2 by pot 0. Kind 1 (6 a day) is paid 1 by pot 0 and 2 by pot 1 while
    pot 0 is open; afterwards 4 a day come, paid 3 by pot 1.
    """
    instant, spent, closing = 0.0, np.zeros(2), np.full(2, np.inf)
    while instant < days and np.isinf(closing).any():
        both = np.isinf(closing[0])
        rates = np.array([9.0, 6.0 if both else 4.0]) * ([1, 1] if both else [0, 1])
        instant += stream.exponential(1 / rates.sum())
        kind = int(stream.random() * rates.sum() >= rates[0])
        due = np.array([2.0, 0.0]) if kind == 0 else np.array([1.0, 2.0] if both else [0.0, 3.0])
        due[~np.isinf(closing)] = 0.0
        if instant >= days:
            break
        short = spent + due > budget
        if short.any():
            closing[short & np.isinf(closing)] = instant
        else:
            spent += due
    return closing


def two_pots(open_pots, instant):
    pots = np.isin([0, 1], list(open_pots))
    rates = np.array([9.0, 6.0]) if pots[0] else np.array([0.0, 4.0])
    amounts = np.array([[2, 0], [1, 2]]) if pots[0] else np.array([[0, 0], [0, 3]])
    return ClaimRates(np.tile(rates, (30, 1)), (amounts * pots).astype(np.int64))


def test_two_pots_close_when_claims_taken_one_by_one_close_them():
    budget, days, replications = np.array([60, 150]), 30, 2_000
    fast = np.array(
        [
            spend(two_pots, budget, days=days, last_yuan="refuse", luck=luck(n, "two")).closing
            for n in range(replications)
        ]
    )
    stream = np.random.default_rng(5)
    slow = np.array([two_pots_one_by_one(stream, budget, days) for _ in range(replications)])
    assert np.isfinite(fast).all()
    assert np.isfinite(slow).all()
    error = np.sqrt((fast.var(axis=0) + slow.var(axis=0)) / replications)
    assert (np.abs(fast.mean(axis=0) - slow.mean(axis=0)) < 4 * error).all()
    # Spreads of two samples of n: each with a relative error of about 1/sqrt(2 n).
    assert (np.abs(fast.std(axis=0) / slow.std(axis=0) - 1) < 4 / np.sqrt(replications)).all()


def test_a_day_that_two_pots_share_is_lived_once():
    """Both pots close on the one day there is; no claim lives through it twice."""
    total = []
    for number in range(3_000):
        path: MoneyPath = spend(
            lambda pots, instant: ClaimRates(
                np.array([[40.0, 40.0]]),
                np.array([[1, 0], [0, 1]]) * np.isin([0, 1], list(pots)),
            ),
            np.array([10, 20]),
            days=1,
            last_yuan="refuse",
            luck=luck(number, "once"),
        )
        total.append(path.closing)
    closing = np.array(total)
    # Claims for the two pots are independent: arrival 11 and arrival 21 at 40 a day.
    for pot, arrival in enumerate((11, 21)):
        mean, spread = arrival / 40, np.sqrt(arrival) / 40
        happened = np.minimum(closing[:, pot], 1.0)  # later than the window: about 1 in 5,000
        assert abs(happened.mean() - mean) < 4 * spread / np.sqrt(3_000)
