"""Do tables and measures say what the campaign's file says of its money?"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from promo.appraisal import appraise
from promo.results import by_luck_alone, mean_amounts, run_out_by, sold_out
from promo.schema import Standing
from promo.study import load_study


@pytest.fixture
def appraised(tiny):
    """A function: the tiny campaign with some words of its file replaced, appraised."""

    def with_words(changes):
        path = Path(tiny().path)
        text = path.read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return appraise(load_study(str(path)), seed=1, draws=16)

    return with_words


def test_money_without_limit_has_no_budget(appraised):
    """No number, however large, and a reason in its place."""
    pots = "pots:\n    - {id: main, amount: 600000, pays: [base]}"
    found = appraised({pots: "unlimited: true"})
    budgets = [each for each in found.measures if each.kind.name == "budget"]
    assert budgets
    for each in budgets:
        assert each.mean is each.p05 is each.p95 is None
        assert "no limit" in each.reason.en
    assert found.measure("spend").mean > 0
    assert found.exhaustion.height == 0


def test_who_pays_stands_under_the_name_in_the_file(appraised):
    """A district's money is neither the city's nor a firm's; shares are of the money spent."""
    funding = "funding: [{from: city, share: 100%}]"
    shared = "funding: [{from: district, share: 60%}, {from: province, share: 40%}]"
    found = appraised({funding: shared})
    costs = found.accounts.filter(side="costs")
    assert costs["level"].to_list() == ["district", "province"]
    spend = found.measure("spend").mean
    assert costs["yuan"].to_list() == pytest.approx([0.6 * spend, 0.4 * spend], rel=1e-12)


def test_the_calendar_counts_the_draws_whose_money_is_gone():
    """By hand: 32 draws, draw r of scrambling r mod 16; 16 days from 1 November are two weeks and
    two days. Eight draws run out on the sixth day, eight at the midnight after the seventh, which
    belongs to the eighth, and sixteen never."""
    closing = np.repeat([5.5, 7.0, np.inf, np.inf], 8)
    rows = list(run_out_by(closing, date(2022, 11, 1), 16))
    assert [row[0] for row in rows] == [date(2022, 11, 7), date(2022, 11, 14), date(2022, 11, 16)]
    assert [row[1] for row in rows] == [0.25, 0.5, 0.5]
    assert [row[5] for row in rows] == [0.75, 0.5, 0.5]
    # Scrambling means of the first week: 1/2 in eight scramblings, 0 in eight; of the second 1/2
    # in all. The first have the variance 16 (1/4)^2 / 15; the error of their mean is 1/sqrt(240).
    assert [row[2] for row in rows] == pytest.approx([240**-0.5, 0, 0])
    assert rows[0][3:5] == pytest.approx((0.25 - 1.645 * 240**-0.5, 0.25 + 1.645 * 240**-0.5))


def test_the_calendar_ends_where_the_measures_say(tiny):
    """The chance to have run out in the end is the measure, pot by pot; it never falls."""
    pots = (
        "    - {id: main, amount: {assumed: 300000, range: [150000, 3000000], why: made up},"
        " pays: [base]}\n    - {id: spare, amount: 99000000, pays: []}"
    )
    found = appraise(tiny(pots=pots), seed=1, draws=32)
    measured = {
        m.group["pot"]: m
        for m in found.measures
        if m.group and m.kind.name == "exhaustion_probability"
    }
    assert 0 < measured["main"].mean < 1
    for (pot,), rows in found.exhaustion.group_by("pot"):
        assert rows["run_out"].is_sorted()
        assert rows["run_out"][-1] == measured[pot].mean
        assert rows["se"][-1] == measured[pot].se
        assert rows["until"][-1] == found.window[1]
    assert set(found.exhaustion["pot"]) == set(measured)


def test_the_calendar_goes_on_until_the_last_pot_is_empty(tiny):
    """Claims open a day after the window of purchases, so no money can be gone within it."""
    claims = "  claim: {from: 2022-12-01T11:00, to: open}\n"
    pots = "    - {id: main, amount: 30000, pays: [base]}"
    found = appraise(tiny(claims=claims, commit_on="claim", pots=pots), seed=1, draws=16)
    last = found.exhaustion["until"][-1]
    assert last > found.window[1]
    within = found.exhaustion.filter(pl.col("until") <= found.window[1])
    assert within["run_out"].to_list() == [0.0] * 4
    assert found.exhaustion["run_out"][-1] == 1.0


def test_luck_alone_moves_the_end_of_the_money_less_than_luck_and_assumptions_do(tiny):
    study = tiny()
    found = appraise(study, seed=1, draws=64)
    gone, day = found.luck_alone
    assert gone.mean == 1.0
    whole = found.measure("exhaustion_day")
    assert whole.p05 < day.p05 < day.p50 < day.p95 < whole.p95
    again = by_luck_alone(study, found.standing, seed=1)
    assert (again[1].draws == day.draws).all()
    other = by_luck_alone(study, found.standing, seed=2)
    assert (other[1].draws != day.draws).all()
    assert abs(other[1].mean - day.mean) < 5 * np.hypot(other[1].se, day.se)


def test_luck_alone_is_silent_where_money_has_no_limit_or_several_pots(appraised, tiny):
    pots = "pots:\n    - {id: main, amount: 600000, pays: [base]}"
    assert appraised({pots: "unlimited: true"}).luck_alone == ()
    two = tiny(
        benefits="  base: {pay: 2000}\n  more: {pay: 1000}",
        combine="{sum: [base, more]}",
        pots="    - {id: main, amount: 600000, pays: [base]}\n"
        "    - {id: other, amount: 300000, pays: [more]}",
    )
    assert by_luck_alone(two, Standing.ILLUSTRATIVE, seed=1) == ()


def test_luck_alone_is_silent_where_vehicles_may_be_sold_out(tiny):
    study = tiny()
    (plant,) = study.manufacturers
    scarce = plant.model_copy(update={"unmet": "as the file says"})
    assert by_luck_alone(study, Standing.ILLUSTRATIVE, seed=1)
    felt = replace(study, manufacturers=(scarce,))
    assert by_luck_alone(felt, Standing.ILLUSTRATIVE, seed=1) == ()


def test_where_the_money_goes_adds_up_to_it_and_equal_amounts_go_as_the_cars_do(tiny):
    """Every car gets 3,000 yuan: what leaves is the share of cars built elsewhere or bought by
    people from elsewhere."""
    outside = (
        "outside:\n  cars_per_month: {assumed: 900, range: [800, 1000], why: made up}\n"
        "  travel_cost: {assumed: 1000, range: [900, 1100], why: made up}\n"
        "  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}\n"
    )
    found = appraise(tiny(outside=outside), seed=1, draws=16)
    goes = found.accounts.filter(side="goes")
    assert goes.height == 3
    assert goes["yuan"].sum() == pytest.approx(found.measure("spend").mean, rel=1e-12)
    at_home, elsewhere, to_outside = goes["yuan"].to_list()
    cars = found.vehicles.with_columns(home=pl.col("subsidised") - pl.col("came_from_outside"))
    here = cars.filter("local")
    assert at_home == pytest.approx(3000 * here["home"].sum(), rel=1e-9)
    assert to_outside == pytest.approx(3000 * here["came_from_outside"].sum(), rel=1e-9)
    assert to_outside > 0
    leaving = found.measure("share_of_spend_leaving")
    assert leaving.mean == pytest.approx(
        (elsewhere + to_outside) / (3000 * cars["subsidised"].sum())
    )
    assert leaving.p05 < leaving.mean < leaving.p95


def test_dearer_cars_take_more_of_the_money_with_them(tiny):
    """1,000 yuan for the local car below 100,000, 4,000 for all above: by hand from the cars."""
    bands = (
        "  base:\n    bands: {on: price, closed: lower, steps: [[50000, 1000], [100000, 4000]]}"
    )
    study = tiny(benefits=bands)
    at_home, outside = mean_amounts(study)
    assert at_home == pytest.approx([1000, 1000, 1000, 4000, 4000, 4000], rel=1e-12)
    assert not outside.any()  # nobody comes from elsewhere


def test_the_return_per_yuan_is_the_tax_over_the_money(tiny):
    found = appraise(tiny(), seed=1, draws=16)
    per_yuan = found.measure("city_tax_return_per_yuan")
    both = found.measure("city_tax_return").mean / found.measure("spend").mean
    assert per_yuan.mean == pytest.approx(both, rel=1e-12)
    assert per_yuan.kind.basis == "net"


def test_gains_stand_by_income_beside_those_of_firms_and_add_up(tiny):
    """Tiny has people of 5,000 and of 12,000 yuan a month, firms that get nothing, outsiders."""
    outside = (
        "outside:\n  cars_per_month: {assumed: 900, range: [800, 1000], why: made up}\n"
        "  travel_cost: {assumed: 1000, range: [900, 1100], why: made up}\n"
        "  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}\n"
    )
    found = appraise(tiny(outside=outside), seed=1, draws=16)
    gains = found.accounts.filter(side="gains")
    by_income = dict(gains.filter(level="buyers").select("item", "yuan").iter_rows())
    assert list(by_income) == [
        "income_5000",
        "income_12000",
        "income_unstated",
        "buyers_from_elsewhere",
        "unnoticed",
    ]
    assert sum(by_income.values()) == pytest.approx(found.measure("consumer_gain").mean, rel=1e-12)
    assert by_income["income_5000"] > 0
    assert by_income["income_12000"] > 0
    assert by_income["buyers_from_elsewhere"] > 0
    assert by_income["income_unstated"] == 0  # the offer is for individuals
    firms = gains.filter(level="firms")["item"].to_list()
    assert firms == [
        "plant_value_added",
        "supplier_value_added",
        "dealer_value_added",
        "kept_by_sellers",
    ]


@pytest.mark.parametrize(("weeks", "said"), [(1, "0.25%"), (20, "5%")])
def test_vehicles_that_are_seldom_sold_out_are_not_said_to_be_so_never(weeks, said):
    """So many of 4 draws x 10 weeks x 10 vehicles = 400."""
    empty = np.zeros((4, 10, 10), dtype=np.bool_)
    empty.flat[:weeks] = True
    worlds = SimpleNamespace(outcome=SimpleNamespace(sold_out=empty), window=slice(0, 70))
    (words,) = sold_out(worlds)
    assert f"sold out in {said} of" in words.en
    assert f"有 {said} 的" in words.zh
