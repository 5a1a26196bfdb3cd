"""Zhengzhou's six stocks: never overdrawn, never early, and what arithmetic says of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

ZHENGZHOU = runpy.run_path(str(Path(__file__).with_name("zhengzhou.py")))
FACES = np.array([3_000, 5_000, 7_000, 4_000, 6_000, 8_000])
COUNTS = np.array([3_000, 2_000, 3_000, 4_000, 2_000, 4_000])
FLOORS = np.array([50_000, 150_000, 250_000] * 2)
"""By stock, typed a second time from the press (campaign_rules.md ZZ22b)."""


@pytest.fixture(scope="module")
def run():
    return ZHENGZHOU["the_run"](16)


def test_the_stocks_are_those_of_the_press(run):
    assert (run.face / 100 == FACES).all()
    assert (run.stock == COUNTS).all()
    assert (COUNTS.sum(), COUNTS @ FACES) == (18_000, 100_000_000)


def test_every_voucher_pays_one_car_of_its_band_and_no_more_than_there_are(run):
    outcome = run.outcome
    assert (run.by_pot(outcome.parts) == run.paid).all()
    assert outcome.parts[:, :, run.pot_of < 0].sum() == 0
    assert (outcome.spent.cumsum(axis=1) <= outcome.budget[:, None]).all()
    emptied = np.isfinite(outcome.closing)
    assert (run.paid[emptied] == np.broadcast_to(COUNTS, emptied.shape)[emptied]).all()


def test_nobody_is_paid_before_the_counter_opens(run):
    """The 24th is day 23 from the 1st, 11:00 is 11/24 of it."""
    assert run.opening == 23
    assert run.outcome.spent[:, :23].sum() == 0
    assert run.outcome.closing.min() > 23 + 11 / 24


def test_the_cheap_petrol_stock_is_gone_on_the_first_day(run):
    """By hand, as assumed: 360,000 cars a year, of which 47.5 % are petrol cars of this band and
    82 % are bought where vouchers are given, are 420 a day in September (season 1.10); of 23 days'
    purchases those of two weeks at least are ready to be claimed, nearly twice the stock."""
    a_day = 360_000 / 365 * 1.10 * 0.475 * (1 - 0.14 - 0.04)
    assert a_day * 14 > 1.5 * COUNTS[0]
    assert np.median(run.outcome.closing[:, 0]) < 24
    assert (run.ready[:, 0] > COUNTS[0]).mean() > 0.9


def test_the_last_stock_to_go_is_the_one_for_dear_new_energy_cars(run):
    """4.4 % of at most 460,000 cars a year: less than 1,900 in September for 4,000 vouchers."""
    september = 460_000 / 12 * 1.10 * 0.044
    assert september < COUNTS[5] / 2
    lasting = np.isinf(run.outcome.closing).mean(axis=0)
    assert lasting.argmax() == 5
    assert lasting[5] > 0.5


def test_gross_leverage_cannot_be_what_the_stocks_forbid(run):
    """Every car costs its band's floor at least, so leverage is at least the floors over the
    faces; with all vouchers used that is 27, by hand."""
    gross, net = run.leverage
    least = run.paid @ FLOORS / (run.paid @ FACES)
    assert (gross >= least).all()
    assert (COUNTS @ FLOORS) == 27 * (COUNTS @ FACES)
    assert (net < gross / 2).all()


def test_the_page_prints_a_miss_as_a_miss():
    gross = ZHENGZHOU["the_run"]().leverage[0]
    low, high = ZHENGZHOU["LEVERAGE"]
    assert (low, high) == (22.0, 32.0)
    row = ZHENGZHOU["compared_table"]().splitlines()[2]
    assert ("**no**" in row) == (not low <= np.median(gross) <= high)
