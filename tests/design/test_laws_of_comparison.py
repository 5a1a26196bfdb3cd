"""Which design is better, and do we know? Differences on the same draws, by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from promo.appraisal import appraise
from promo.design.comparison import MORE_IS_BETTER, compare, design_names, differences
from promo.schema import MEASURES

POT = (
    "    - {id: main, amount: {assumed: 300000, range: [150000, 900000], why: made up},"
    " pays: [%s]}"
)
ONE = {"id": "one", "pots": POT % "base"}
TWO = {
    "id": "two",
    "benefits": """\
  base:
    pay: 1500
    amount: {assumed: true, range: 50%..150%, why: made up}""",
    "pots": POT % "base",
}
DRAWS = 32


@pytest.fixture(scope="module")
def alike(tiny):
    """A design against itself, written to two folders under two names."""
    return compare([tiny(**ONE), tiny(**{**ONE, "id": "same"})], seed=1, draws=DRAWS)


@pytest.fixture(scope="module")
def different(tiny):
    """3,000 yuan a car against an assumed amount around 1,500, from the same pot."""
    return compare([tiny(**ONE), tiny(**TWO)], seed=1, draws=DRAWS)


def row(found, measure, design=None):
    rows = found.filter(pl.col("measure") == measure)
    if design is not None:
        rows = rows.filter(pl.col("design") == design)
    return rows.row(0, named=True)


def test_a_design_differs_from_itself_by_exactly_nothing(alike):
    found = alike.differences
    assert set(found["design"]) == {"same"}
    assert set(found["measure"]) >= {"spend", "subsidised_cars", "built_in_horizon"}
    for column in ("mean", "p05", "p50", "p95"):
        assert (found[column] == 0.0).all(), column
    assert (found["se"].fill_null(0.0) == 0.0).all()


def test_neither_of_two_equal_designs_is_best(alike):
    assert not alike.differences["marked"].any()
    assert alike.differences["best"].is_null().all()


def test_designs_share_the_draws_of_what_both_assume(different):
    """The pot is assumed in both: the same yuan in each draw, though one assumes more."""
    one, two = (each.measure("budget").draws for each in different.appraisals)
    assert np.unique(one).size == DRAWS
    assert (one == two).all()
    names = [{a.name for a in each.assumptions} for each in different.appraisals]
    assert names[1] - names[0] == {"benefits.base.amount"}


def test_a_design_is_the_same_whatever_it_is_compared_with_if_all_assume_the_same(tiny, alike):
    alone = appraise(tiny(**ONE), seed=1, draws=DRAWS)
    compared = alike.appraisals[0]
    assert alone.draws.equals(compared.draws)
    assert alone.sensitivity.equals(compared.sensitivity)


def test_a_difference_is_taken_draw_by_draw(different):
    one, two = (each.measure("subsidised_cars").draws for each in different.appraisals)
    found = row(different.differences, "subsidised_cars")
    ordered = np.sort(two - one)
    assert found["design"] == "two"
    assert found["mean"] == pytest.approx((two - one).mean(), rel=1e-12)
    # Of 32 draws the 5 % quantile is the 2nd smallest, the median the 16th, 95 % the 31st.
    assert (found["p05"], found["p50"], found["p95"]) == (ordered[1], ordered[15], ordered[30])


def test_common_draws_make_the_difference_surer_than_the_designs(different):
    """Most of the spread is the market's and the pot's, which both designs share."""
    one, two = (each.measure("spend").draws for each in different.appraisals)
    assert (two - one).std() < 0.5 * np.hypot(one.std(), two.std())


def test_the_differences_are_those_of_the_means_that_are_printed(different):
    """The reader subtracts one column from the other; money that lasts counts as the window."""
    for found in different.differences.iter_rows(named=True):
        if found["measure"] == "exhaustion_day":
            continue
        one, two = (each.measure(found["measure"]).mean for each in different.appraisals)
        assert found["mean"] == pytest.approx(two - one, rel=1e-9, abs=1e-9), found["measure"]


# --- the mark and the best, by hand ---------------------------------------------------------


def design(appraisal, name, measure, draws):
    """A design whose draws of one measure are given."""
    changed = tuple(
        replace(m, draws=np.asarray(draws, dtype=float)) if m.kind.name == measure else m
        for m in appraisal.measures
        if m.group is None
    )
    return replace(appraisal, campaign_id=name, measures=changed)


@pytest.fixture(scope="module")
def designs(alike):
    """Additional cars: 0, about 10 surely more, and a wide one that is more on average only."""
    base = alike.appraisals[0]
    measure = "additional_cars_in_horizon"
    even = np.arange(DRAWS) % 4  # 0, 1, 2, 3
    wide = np.where(np.arange(DRAWS) % 8 == 0, -40.0, 40.0)  # one draw in eight is bad
    return {
        "nothing": design(base, "nothing", measure, np.zeros(DRAWS)),
        "sure": design(base, "sure", measure, 10.0 + even),
        "wide": design(base, "wide", measure, wide),
        "worse": design(base, "worse", measure, -5.0 - even),
    }


def test_a_difference_is_marked_where_the_interval_excludes_zero(designs):
    found = differences([designs[n] for n in ("nothing", "sure", "wide", "worse")])
    marked = {
        name: row(found, "additional_cars_in_horizon", name)["marked"]
        for name in ("sure", "wide", "worse")
    }
    assert marked == {"sure": True, "wide": False, "worse": True}


@pytest.mark.parametrize(
    ("names", "best"),
    [
        (("nothing", "sure"), "sure"),
        (("sure", "nothing"), "sure"),
        (("worse", "nothing"), "nothing"),
        (("nothing", "wide"), None),
        (("nothing", "worse", "sure"), "sure"),
        # The mean of `wide` is 30, above all others, but in doubt against `sure`.
        (("nothing", "sure", "wide"), None),
    ],
)
def test_the_best_beats_every_other_beyond_doubt_or_there_is_none(designs, names, best):
    found = differences([designs[n] for n in names])
    assert row(found, "additional_cars_in_horizon")["best"] == best


def test_no_design_is_best_at_spending_more(alike):
    """Of money, of cars that would have been bought anyway, more is not better."""
    base = alike.appraisals[0]
    for measure in MEASURES.keys() - set(MORE_IS_BETTER) - {"exhaustion_day"}:
        more = design(base, "more", measure, base.measure(measure).draws + 10.0)
        rows = differences([base, more]).filter(pl.col("measure") == measure)
        assert rows["best"].is_null().all(), measure


def test_designs_of_one_name_are_told_apart_by_number(alike):
    one = alike.appraisals[0]
    assert design_names([one, one]) == ["one (1)", "one (2)"]
    assert design_names(alike.appraisals) == ["one", "same"]
