"""Money in tranches: pots open and close by the calendar, and what is left is carried over."""

import numpy as np
import pytest

from promo.policy.rules import compile_rules, fact_frame
from promo.schema import FACTS
from promo.simulation.draws import Means, ParameterDraws, draw_parameters
from promo.simulation.money_path import Carry, ClaimRates, spend
from promo.simulation.streams import MOVED
from promo.simulation.worlds import chance, means

DAYS = 10


def two_pots(pots, instant):
    """A claim of 100 fen a day: on the first pot for five days, on the second for five days."""
    rates = np.zeros((DAYS, 2))
    rates[:5, 0] = rates[5:, 1] = 1.0
    amount = np.array([[100, 0], [0, 100]])
    return ClaimRates(rates, amount * np.isin([0, 1], list(pots)))


def paid(budget, *carries):
    path = spend(
        two_pots,
        np.array(budget),
        days=DAYS,
        last_yuan="part",
        luck=Means(),
        carries=carries,
    )
    return path.spent.sum(axis=0).tolist(), np.floor(path.closing).tolist()


def test_without_a_carry_each_pot_has_its_own():
    assert paid([800, 200]) == ([500.0, 200.0], [np.inf, 7.0])


def test_what_the_first_tranche_leaves_serves_the_second():
    # 800 - 5 x 100 = 300 go over: 200 + 300 pay all five claims of 100.
    assert paid([800, 200], Carry(5, 0, 1)) == ([500.0, 500.0], [np.inf, np.inf])
    # 600 - 500 = 100 go over: 200 + 100 last until three days of the second tranche are paid.
    assert paid([600, 200], Carry(5, 0, 1)) == ([500.0, 300.0], [np.inf, 8.0])


def test_nothing_is_carried_from_a_tranche_that_ran_out():
    assert paid([300, 200], Carry(5, 0, 1)) == ([300.0, 200.0], [3.0, 7.0])


FIRST, SECOND = 15, 30  # days of November


def tranches(first, second, *, unused="next_pot", reopens="2022-11-16"):
    closes = f"closes: 2022-11-15, unused: {unused}"
    return (
        f"    - {{id: first, amount: {first}, pays: [base], {closes}}}\n"
        f"    - {{id: second, amount: {second}, pays: [base], opens: {reopens}}}"
    )


@pytest.fixture(scope="module", params=["next_pot", "lost"])
def lived(request, tiny):
    """Tranches of which the first is ample, and both worlds in 32 draws."""
    study = tiny(pots=tranches(900_000, 100_000, unused=request.param))
    drawn = draw_parameters(study.assumptions, seed=1, draws=32, shapes=study.shapes())
    return request.param, study.stage.block(drawn).live(chance(1))


def test_a_tranche_pays_only_on_its_days(lived):
    _, outcome = lived
    assert not outcome.spent[:, FIRST:, 0].any()
    assert not outcome.spent[:, :FIRST, 1].any()
    assert (outcome.spent.sum(axis=1) > 0).all()


def test_the_second_tranche_spends_its_own_and_what_was_left(lived):
    unused, outcome = lived
    first, second = outcome.spent.sum(axis=1).T
    left = 90_000_000 - first
    own = 10_000_000 + (left if unused == "next_pot" else 0)
    assert (first <= 90_000_000).all()
    assert (second <= own).all()
    ran_out = np.isfinite(outcome.closing[:, 1])
    assert ran_out.any()
    assert (own - second < 300_000)[ran_out].all()  # less than one claim of 3,000 yuan is left


def test_money_that_is_carried_over_is_believed_in(tiny):
    """The same money in all, nearly all of it in the first tranche or half in each: on the first
    day of the second the same is left, and people believe the same of its last week."""
    beliefs = []
    for first, second in ((500_000, 1_000), (250_500, 250_500)):
        study = tiny(pots=tranches(first, second), cars_per_year=1_500)
        held = {a.name: np.array([float(a.value)]) for a in study.assumptions}
        block = study.stage.block(ParameterDraws(1, np.arange(1), held))
        week = study.stage.setting.bins.middle - study.stage.window.days[0]
        beliefs.append(block.with_hurry().belief[0, (week > 23) & (week < 29)])
    assert beliefs[0] == pytest.approx(beliefs[1], abs=0.02)  # the first weighs a little more


def test_nobody_is_paid_while_the_money_pauses(tiny):
    study = tiny(pots=tranches(900_000, 900_000, reopens="2022-11-21"))
    drawn = draw_parameters(study.assumptions, seed=1, draws=16, shapes=study.shapes())
    spent = study.stage.block(drawn).live(chance(1)).spent.sum(axis=2)
    assert not spent[:, 15:20].any()
    assert (spent[:, 20:] > 0).any(axis=1).all()


def test_claims_are_decided_by_the_same_tranches(tiny):
    rules = compile_rules(tiny(pots=tranches(900_000, 900_000, reopens="2022-11-21")).campaign)
    usual = {"buyer_kind": "individual", "price": 90_000_00}
    assert set(usual) <= set(FACTS)
    days = [np.datetime64(f"2022-11-{day}").item() for day in (15, 16, 20, 21)]
    frame = fact_frame([usual | {"invoice_date": day} for day in days])
    decided = rules.decide(frame)
    assert decided["decision"].to_list() == ["approved", "refused", "refused", "approved"]
    assert decided["reasons"].to_list()[1] == ["no-money"]
    assert rules.decide(frame, {"second": 0})["decision"].to_list()[3] == "refused"


def moved_in_time(tiny, opens):
    """Expected cars moved into a month of ample money that pauses until a day."""
    pots = tranches(90_000_000, 90_000_000, unused="lost", reopens=opens)
    study = tiny(pots=pots, announced="2022-11-01")
    held = {a.name: np.array([float(a.value)]) for a in study.assumptions}
    held["renewal_belief"] = np.zeros(1)
    drawn = ParameterDraws(seed=1, number=np.arange(1), values=held)
    return study.stage.block(drawn).live(means).parts[0, MOVED].sum()


def test_a_pause_of_one_day_loses_nobody_planned_after_the_window(tiny):
    """Whoever is willing on the last day buys by then, and is the same with the pause or without.

    Weeks of planning are cut at the pause, but not those after the window: equal to rounding.
    """
    paused, whole = (moved_in_time(tiny, opens) for opens in ("2022-11-17", "2022-11-16"))
    assert paused == pytest.approx(whole, rel=1e-6)


def test_what_is_left_is_carried_over_a_pause_in_means(tiny):
    """The announced plan of the plants is lived in means when the study is loaded."""
    assert tiny(pots=tranches(90_000_000, 1_000, reopens="2022-11-17"))
