"""Money that is not taken at the purchase: claims filed later, vouchers, lots drawn."""

import numpy as np
import pytest

from promo.pull_through import additional_by_vehicle
from promo.simulation.draws import Chance, Means, ParameterDraws, draw_parameters
from promo.simulation.money_path import AT_ONCE, Carry, ClaimRates, Filing, spend
from promo.simulation.vouchers import voucher_path
from promo.simulation.worlds import chance, means

# --- claims filed after the purchase, by hand ---------------------------------------------------


def steady(rates, amounts, days):
    """The same purchases every day, paid by whatever pot is open."""
    amount = np.asarray(amounts, dtype=np.int64)

    def rates_in(pots, instant):
        del instant
        still = np.isin(np.arange(amount.shape[1]), list(pots))
        return ClaimRates(np.tile(np.asarray(rates, dtype=float), (days, 1)), amount * still)

    return rates_in


def filed(late, *, room=0, opens=0.0):
    days = np.asarray(late, dtype=np.int64)
    return Filing(days, np.full(days.size, 1 / days.size), room or int(days.max()), opens)


def path_of(pot, *, filing, luck=None, days=10, last_yuan="refuse"):
    return spend(
        steady([10.0], [[100]], days),
        np.array([pot]),
        days=days,
        last_yuan=last_yuan,
        luck=luck or Means(),
        filing=filing,
    )


def test_cars_bought_while_the_pot_was_being_claimed_empty_go_unpaid():
    """Ten purchases a day, claimed three days later; fifty are paid for. The fiftieth claim comes
    after five days of claims, at instant 8; by then eighty cars were bought."""
    path = path_of(5_000, filing=filed([3]))
    spell = path.spells[0]
    assert path.closing[0] == pytest.approx(8.0, abs=0.01)  # means go in 200 slices a day
    assert spell.claims.sum() == pytest.approx(50, abs=0.1)
    assert spell.unpaid.sum() == pytest.approx(30, abs=0.1)
    assert spell.end == pytest.approx(8.0, abs=0.01)
    assert path.spent.sum() == pytest.approx(5_000, abs=10)


def test_the_last_claims_of_a_generous_pot_come_after_the_window():
    path = path_of(10**6, filing=filed([3]))
    assert path.spells[0].claims.sum() == pytest.approx(100)
    assert path.spells[0].unpaid.sum() == 0
    assert path.spent[:, 0] == pytest.approx([0] * 3 + [1_000] * 10)


def test_claims_wait_for_the_counter_to_open():
    """The counter opens at noon of the sixth day, when fifty-odd cars wait: the forty paid for are
    as likely any of the sixty bought by the end of that day."""
    path = path_of(4_000, filing=filed([0], opens=5.5, room=0))
    spell = path.spells[0]
    closing = 5.5 + 0.5 * 40 / 60
    bought = 10 * closing
    assert path.closing[0] == pytest.approx(closing, abs=0.01)
    assert spell.claims.sum() == pytest.approx(40, abs=0.4)
    assert spell.claims.sum() + spell.unpaid.sum() == pytest.approx(bought, abs=3.4)
    assert path.spent[:5].sum() == 0


def test_claims_in_flight_are_paid_by_the_pot_that_is_still_open():
    """Two pots pay every claim; one closes, and later claims take what the other pays."""
    amount = np.array([[100, 50]])
    path = spend(
        steady([10.0], amount, 10),
        np.array([3_000, 10**6]),
        days=10,
        last_yuan="refuse",
        luck=Means(),
        filing=filed([2]),
    )
    assert path.closing[0] == pytest.approx(5.0, abs=0.01)
    assert not np.isfinite(path.closing[1])
    assert sum(s.unpaid.sum() for s in path.spells) == pytest.approx(0, abs=0.06)
    assert path.spent[:, 1].sum() == pytest.approx(50 * 100, rel=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_a_pot_that_is_claimed_late_is_never_overdrawn(seed):
    """A plain event simulation of the same purchases agrees on what can be known without luck."""
    path = path_of(
        5_000, filing=filed([0, 2, 5]), luck=Chance.of(seed, "late", 1), last_yuan="refuse"
    )
    spent, spell = int(path.spent.sum()), path.spells[0]
    assert spent <= 5_000
    assert spent == 100 * spell.claims.sum()
    assert spent + 100 > 5_000 or not np.isfinite(path.closing[0])
    assert (spell.claims >= 0).all()
    assert (spell.unpaid >= 0).all()


def event_by_event(stream, pot, late, days):
    """One claim after the other: instants of purchases, their claims in order, the pot."""
    bought = np.sort(stream.random(stream.poisson(10.0 * days)) * days)
    delay = stream.choice(late, bought.size)
    # Claims of one day are in random order.
    claimed = np.floor(bought) + delay
    order = np.lexsort([np.where(delay == 0, bought % 1, stream.random(bought.size)), claimed])
    paid, unpaid, closing = 0, 0, np.inf
    for car in order:
        instant = claimed[car] + (bought[car] % 1 if delay[car] == 0 else stream.random())
        if closing < np.inf:
            unpaid += bought[car] < closing
        elif paid + 1 > pot:
            closing = instant
            unpaid += delay[car] > 0
        else:
            paid += 1
    return paid, unpaid


def test_the_unpaid_tail_is_as_long_as_event_by_event():
    """Means of 400 runs; the instant inside the closing day is random in both, so one day's cars
    bound what remains of the comparison beyond three standard errors."""
    found = [
        path_of(5_000, filing=filed([1, 4]), luck=Chance.of(n, "tail", 1)).spells[0].unpaid.sum()
        for n in range(400)
    ]
    stream = np.random.default_rng(20221101)
    expected = [event_by_event(stream, 50, np.array([1, 4]), 10)[1] for _ in range(400)]
    error = np.sqrt(np.var(found) / 400 + np.var(expected) / 400)
    assert abs(np.mean(found) - np.mean(expected)) < 3 * error + 1.0
    assert np.mean(found) > 20  # about 25 days-and-a-half of cars: the tail is there


def test_money_taken_at_the_purchase_leaves_no_tail():
    assert path_of(5_000, filing=AT_ONCE).spells[0].unpaid.sum() == 0


@pytest.mark.parametrize(("late", "closing"), [(0, 6.0), (1, 7.0), (3, 9.0)])
def test_twelve_cars_and_six_payments(late, closing):
    """A car a day, six payments: the event that takes the money is so many days after the sale,
    the sixth payment falls on the day after the sixth such event, and so many cars go unpaid."""
    one_a_day = steady([1.0], [[100]], 12)
    filing = filed([late]) if late else AT_ONCE
    path = spend(
        one_a_day, np.array([600]), days=12, last_yuan="refuse", luck=Means(), filing=filing
    )
    assert path.closing[0] == pytest.approx(closing, abs=0.01)
    assert path.spells[0].claims.sum() == pytest.approx(6, abs=0.01)
    assert path.spells[0].unpaid.sum() == pytest.approx(late, abs=0.01)


@pytest.mark.parametrize(("left", "closing", "unpaid"), [(0, 18.0, 80.0), (5_000, 13.625, 36.25)])
def test_an_announced_shortage_brings_a_run(left, closing, unpaid):
    """Ten purchases a day, claimed eight days later, a hundred paid for: without a word the pot
    lasts to instant 18. If it is announced that half is gone, on the evening of day 12, the
    eighty cars bought on days 5 to 12 are claimed on day 13: fifty of them find money."""
    late, share, shortage = np.array([8]), np.ones(1), np.array([left])
    filing = Filing(late, share, 8, shortage=shortage, rush=1)
    path = path_of(10_000, filing=filing, days=20)
    assert path.closing[0] == pytest.approx(closing, abs=0.01)
    assert path.spells[0].claims.sum() == pytest.approx(100, abs=0.5)
    assert path.spells[0].unpaid.sum() == pytest.approx(unpaid, abs=0.5)


# --- vouchers, by hand --------------------------------------------------------------------------


def vouchers(budget, rates, amount, *, carries=(), fulfilled=0.8, luck=None):
    path = voucher_path(
        np.array(budget), carries, fulfilled, days=len(rates), luck=luck or Means()
    )
    next(path)
    with pytest.raises(StopIteration) as ended:
        path.send(ClaimRates(np.asarray(rates, dtype=float), np.asarray(amount)))
    return ended.value.value


def test_winners_buy_in_proportion_and_some_never_do():
    """Hundred would buy, 125 apply, 50 vouchers: 40 are redeemed and 10 lapse."""
    path = vouchers([50_00], [[4.0, 6.0]] * 10, [[100], [100]])
    assert path.issued[0] == pytest.approx(50)
    assert path.redeemed[0] == pytest.approx(40)
    assert path.spells[0].claims.sum(axis=0) == pytest.approx([16, 24])
    assert path.spent.sum() == pytest.approx(4_000)
    assert path.closing[0] == 0.0


def test_with_vouchers_for_all_everybody_buys_who_would():
    path = vouchers([10**6], [[4.0, 6.0]] * 10, [[100], [100]])
    assert path.redeemed[0] == pytest.approx(100)
    assert path.issued[0] == pytest.approx(125)
    assert not np.isfinite(path.closing[0])


def test_lapsed_vouchers_serve_the_next_round():
    """The first round issues 50 and 10 lapse; the second has nothing of its own."""
    rates = [[10.0, 0.0]] * 5 + [[0.0, 10.0]] * 5
    amount = [[100, 0], [0, 100]]
    path = vouchers([50_00, 0], rates, amount, carries=(Carry(5, 0, 1),), fulfilled=0.8)
    assert path.issued == pytest.approx([50, 10])
    assert path.redeemed == pytest.approx([40, 8])
    assert vouchers([50_00, 0], rates, amount).issued == pytest.approx([50, 0])


@pytest.mark.parametrize("seed", range(20))
def test_vouchers_are_issued_redeemed_or_lapsed_and_never_more_than_there_are(seed):
    path = vouchers(
        [50_00], [[4.0, 6.0]] * 10, [[100], [100]], luck=Chance.of(seed, "vouchers", 1)
    )
    assert path.issued[0] == 50  # 125 apply on average, a dozen spreads above 50
    assert path.redeemed[0] <= path.issued[0]
    assert path.spent.sum() == 100 * path.redeemed[0]


def test_whoever_wins_redeems_as_often_as_one_by_one():
    """A thousand rounds against applicants taken one by one: binomial by hand, 50 x 0.8 = 40 with
    variance 50 x 0.8 x 0.2 = 8."""
    found = np.array(
        [
            vouchers(
                [50_00], [[4.0, 6.0]] * 10, [[100], [100]], luck=Chance.of(n, "binomial", 1)
            ).redeemed[0]
            for n in range(1_000)
        ]
    )
    assert abs(found.mean() - 40) < 4 * np.sqrt(8 / 1_000)
    assert abs(found.var() / 8 - 1) < 4 * np.sqrt(2 / 1_000)


# --- whole studies ------------------------------------------------------------------------------

VOUCHERS = "  allocation: {voucher: {must_match: true, lapsed: lost, lapsed_holder: locked_out}}\n"
LOTTERY = "  allocation: {lottery: {seed: 公布的种子, draw_on: 2022-12-05}}\n"
POT = "    - {id: main, %s, pays: [base]}"
WAYS = {
    "claims": {"commit_on": "claim"},
    "a counter": {
        "commit_on": "claim",
        "claims": "  claim: {from: 2022-11-20T09:00, to: 2023-03-31}\n",
        "ordinary_more": "    claim_time: 2022-11-20T10:00\n",
    },
    "vouchers": {
        "allocation": VOUCHERS,
        "pots": POT % "face: 3000, count: 60",
        "ordinary_more": "    voucher_face: 3000\n",
    },
    "a lottery": {"allocation": LOTTERY},
}


def central(study, *, draws=1):
    values = {a.name: np.full(draws, float(a.value)) for a in study.assumptions}
    return ParameterDraws(seed=1, number=np.arange(draws), values=values)


@pytest.fixture(scope="module", params=WAYS)
def lived(request, tiny):
    """A study with each allocation, short of money, and both worlds in 32 draws."""
    study = tiny(**{"pots": POT % "amount: 180000", **WAYS[request.param]})
    drawn = draw_parameters(study.assumptions, seed=1, draws=32, shapes=study.shapes())
    return request.param, study.stage.block(drawn).live(chance(1))


def test_money_runs_short_and_is_never_overdrawn(lived):
    way, outcome = lived
    spent = outcome.spent.sum(axis=(1, 2))
    assert (spent <= outcome.budget[:, 0]).all()
    assert (spent == 300_000 * outcome.parts.sum(axis=(1, 2))).all()
    if way == "vouchers":
        assert (outcome.issued <= 60).all()
        assert (outcome.redeemed <= outcome.issued).all()
        assert (outcome.redeemed[:, 0] == outcome.parts.sum(axis=(1, 2))).all()
        assert not outcome.unpaid.any()
    else:
        ran_out = np.isfinite(outcome.closing[:, 0])
        assert ran_out.any()
        assert (outcome.budget[:, 0] - spent < 300_000)[ran_out].all()
        assert (outcome.unpaid.sum(axis=(1, 2)) > 0)[ran_out].any()


def test_every_car_of_both_worlds_is_accounted_for(lived):
    _, outcome = lived
    extra = (outcome.with_campaign - outcome.without_campaign).sum(axis=(1, 2))
    bought = outcome.bought.sum(axis=2)
    assert (extra == bought[:, 3] + bought[:, 4] + bought[:, 5] + outcome.from_beyond).all()
    assert additional_by_vehicle(outcome).sum(axis=1) == pytest.approx(extra)


def test_chance_agrees_with_the_means(lived, tiny):
    way, _ = lived
    study = tiny(**{"pots": POT % "amount: 180000", **WAYS[way]})
    many = study.stage.block(central(study, draws=256)).live(chance(3))
    mean = study.stage.block(central(study)).live(means)
    for name in ("parts", "unpaid"):
        cars = getattr(many, name).sum(axis=(1, 2))
        expected = getattr(mean, name).sum()
        # Three standard errors, and one claim: means stop where the pot is spent exactly.
        assert abs(cars.mean() - expected) < 3 * cars.std() / 16 + 1.0


def test_every_round_of_vouchers_issues_its_own_and_what_lapsed_before(tiny):
    """Two rounds of one face, wanted by far more than there are: 40, then 20 and those of the 40
    that lapsed. Nine in ten are redeemed, in means exactly: 36, then 0.9 x (20 + 4)."""
    first = (
        "{id: first, face: 3000, count: 40, pays: [base], closes: 2022-11-15, unused: next_pot}"
    )
    second = "{id: second, face: 3000, count: 20, pays: [base], opens: 2022-11-16}"
    study = tiny(
        **{
            **WAYS["vouchers"],
            "allocation": VOUCHERS.replace("lost", "to_pool"),
            "pots": f"    - {first}\n    - {second}",
        }
    )
    lived = study.stage.block(central(study)).live(means)
    assert lived.issued[0] == pytest.approx([40, 24])
    assert lived.redeemed[0] == pytest.approx([36, 21.6])
    assert not lived.spent[0, 15:, 0].any()
    assert not lived.spent[0, :15, 1].any()


def test_the_chance_that_is_weighed_is_the_chance_there_is(tiny):
    """Money over applications at the chance found. One in twenty is ln 20 = 3 from a sure payment,
    of which nine halvings leave 0.6 %."""
    study = tiny(pots=POT % "amount: 60000", allocation=LOTTERY)
    block = study.stage.block(central(study))
    found = block._at_odds()
    weighed = found.behaviour.perceived[0] / block.behaviour.perceived[0]
    believed = weighed ** (1 / block.weight_of_chance[0])
    lived = found.live(means)
    there = lived.budget[0, 0] / (300_000 * lived.bought.sum())
    assert believed == pytest.approx(there, rel=0.01)


@pytest.mark.parametrize("way", ["vouchers", "a lottery"])
def test_with_money_for_all_nobody_is_drawn_against(tiny, way):
    """Where there is enough for everybody, every allocation pays whom first come pays."""
    plenty = POT % ("face: 3000, count: 300000" if way == "vouchers" else "amount: 900000000")
    study, first = tiny(**{**WAYS[way], "pots": plenty}), tiny(pots=POT % "amount: 900000000")
    found, usual = (each.stage.block(central(each)).live(means) for each in (study, first))
    assert found.parts.sum(axis=2) == pytest.approx(usual.parts.sum(axis=2), rel=1e-9)
    assert not found.unpaid.any()


def test_a_poor_chance_brings_fewer_buyers_than_a_sure_payment(tiny):
    few = POT % "amount: 60000"
    study, sure = tiny(pots=few, allocation=LOTTERY), tiny(pots=POT % "amount: 900000000")
    drawn, paid = (each.stage.block(central(each)).live(means) for each in (study, sure))
    new = slice(2, 6)  # moved, from outside, new: those who come for the money
    assert 0 < drawn.bought[:, new].sum() < 0.6 * paid.bought[:, new].sum()
    assert drawn.parts.sum() == pytest.approx(20, abs=0.1)
