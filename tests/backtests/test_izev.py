"""An announced shortage brings a run; late claims leave cars unpaid; two designs leave none."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

IZEV = runpy.run_path(str(Path(__file__).with_name("izev.py")))
LATE = ("announced, as it was", "nobody says a word")
SURE = ("the sale takes the money", "vouchers drawn first")


@pytest.fixture(scope="module")
def runs():
    return {name: IZEV["the_run"](name, 32) for name in IZEV["DESIGNS"]}


@pytest.mark.parametrize("design", IZEV["DESIGNS"])
def test_the_pot_is_never_overdrawn(runs, design):
    run = runs[design]
    assert (run.paid.cumsum(axis=1) <= run.budget[:, None] + 1e-9).all()
    cars = run.outcome.parts.sum(axis=(1, 2))
    assert run.outcome.spent.sum(axis=(1, 2)) == pytest.approx(cars * 500_000)


def test_what_is_left_at_the_announcement_is_the_published_balance(runs):
    """71.8 million, less what the rest of that day can take: a day has 3 to 8 million."""
    assert runs[LATE[0]].study.campaign.money.shortage_announced_at == 2_400
    assert runs[LATE[0]].budget[0] * IZEV["LOW"] == pytest.approx(71.8, abs=0.01)
    for run in runs.values():
        if run.outcome.issued.any():
            continue
        assert (run.left <= 71.8).all()
        assert (run.left > 71.8 - 12).all()


def test_all_that_waits_is_claimed_within_days_of_the_announcement(runs):
    """Whoever would have come in two weeks comes in three days: several times the usual."""
    told, silent = (runs[name] for name in LATE)
    assert (told.announced == silent.announced).mean() > 0.8  # until then both worlds are alike
    assert (told.run > 1.5 * silent.run).all()
    assert np.median(told.run / silent.run) > 3
    assert np.median(told.ends - told.announced) < np.median(silent.ends - silent.announced)


def test_claims_that_come_late_leave_cars_unpaid_and_a_word_leaves_fewer(runs):
    """With a mean of 15 days at December's 790 cars a day 12,000 are always under way, half of
    them at the least; who is told in time is paid first."""
    told, silent = (runs[name] for name in LATE)
    assert (silent.unpaid > 6_000).mean() > 0.9
    assert (told.unpaid > 0).all()
    assert (told.unpaid < silent.unpaid).all()


@pytest.mark.parametrize("design", SURE)
def test_whoever_is_sure_of_the_money_when_buying_is_paid(runs, design):
    assert (runs[design].unpaid == 0).all()
    assert (runs[LATE[0]].unpaid > 0).all()


def test_the_designs_offer_the_same_money(runs):
    budgets = {name: run.budget[0] for name, run in runs.items()}
    assert set(budgets.values()) == {299.165}
