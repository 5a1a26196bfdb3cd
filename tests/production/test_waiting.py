"""Who finds no car: one evening by hand, and nobody and no car lost in any plant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.appraisal import appraise
from promo.errors import InputError
from promo.production.floor import CARS
from promo.production.plants import PlantInputs, PlantLines, PlantParameters, project
from promo.production.stocks import extra_cars
from promo.production.waiting import Impatience, Leaving
from promo.schema import Floats
from promo.study import load_study

UNMET = """\
unmet:
  patience_days: {assumed: 10, range: [5, 20], why: made up}
  takes_local: {assumed: 20%, range: [0%, 40%], why: made up}
  takes_other: {assumed: 50%, range: [30%, 70%], why: made up}
"""


def cars(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=CARS)


def share(value: float) -> Floats:
    return np.array([value])


def test_one_evening_by_hand() -> None:
    """Of 40 and 20 who wait, a tenth leave: 4 and 2. Half of them want another local car, 2 and 1;
    one stands there, and the first gets it. A quarter, 1 and 0.5 with the half that is carried at
    the start, want a car from elsewhere, as the 2 do who found none; the rest, 1 and 0, give up.
    """
    leaving = Leaving(Impatience(share(10.0), share(0.5), share(0.25)), (1, 3))
    left = leaving.today(cars([40, 20, 0]), cars([0, 0, 1]))
    assert left.took_local.tolist() == [[1, 0, 0]]
    assert left.took_other.tolist() == [[2, 2, 0]]
    assert left.gave_up.tolist() == [[1, 0, 0]]
    assert left.substituted.tolist() == [[0, 0, 1]]


@st.composite
def short_plants(draw: st.DrawFn) -> tuple[PlantParameters, PlantInputs]:
    """Plants that sell more than they can build, of three vehicles, in two draws."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    draws, days, vehicles = 2, draw(st.integers(20, 60)), 3
    sales = rng.poisson(draw(st.floats(1.0, 6.0)), (draws, days, vehicles))
    whole = np.full(draws, draw(st.integers(1, 6)))

    def of(low: float, high: float) -> Floats:
        return rng.uniform(low, high, draws)

    local = of(0.0, 0.6)
    parameters = PlantParameters(
        base_load_per_month=of(0, 60),
        dealers_months=of(0, 0.3),
        plant_months=of(0, 0.2),
        target_months=of(0.1, 0.5),
        dealer_speed_per_month=of(0.2, 0.8),
        stock_speed_per_month=of(0.1, 0.4),
        expectation_speed_per_month=of(0.2, 0.7),
        announced_share=of(0, 1),
        overtime_share=of(0, 0.2),
        lead_time_weeks=whole,
        shipping_days=whole,
        impatience=Impatience(of(1, 40), local, of(0.0, 0.4)),
    )
    inputs = PlantInputs(
        sales=sales,
        expected_sales=np.full((1, -(-days // 7), vehicles), 14.0),
        campaign_sales=np.zeros((1, -(-days // 7), vehicles)),
        announced_day=None,
        base_mix=np.full(vehicles, 1 / vehicles),
        lines=PlantLines(
            rng.uniform(2.0, 12.0, (draws, days, 1)), np.ones((days, 1)), np.zeros(3, np.int64)
        ),
    )
    return parameters, inputs


@settings(max_examples=40, deadline=None)
@given(case=short_plants())
def test_every_buyer_is_served_leaves_or_waits_and_every_car_is_somewhere(
    case: tuple[PlantParameters, PlantInputs],
) -> None:
    parameters, inputs = case
    path = project(parameters, inputs)
    gone = path.served + path.took_local + path.took_other + path.gave_up
    before = np.concatenate([np.zeros_like(path.waiting[:, :1]), path.waiting[:, :-1]], axis=1)
    assert np.array_equal(before + inputs.sales, gone + path.waiting)
    handed = path.served + path.substituted
    assert np.array_equal(path.dealer_opening + path.arrived, handed + path.dealer_closing)
    assert np.array_equal(path.took_local.sum(axis=2), path.substituted.sum(axis=2))
    for name in (
        "waiting",
        "dealer_closing",
        "took_local",
        "took_other",
        "gave_up",
        "substituted",
    ):
        assert getattr(path, name).min() >= 0, name


@settings(max_examples=20, deadline=None)
@given(case=short_plants(), more=st.integers(0, 5))
def test_every_extra_car_handed_over_was_built_or_came_from_a_stock_that_is_named(
    case: tuple[PlantParameters, PlantInputs], more: int
) -> None:
    parameters, inputs = case
    with_ = project(parameters, replace(inputs, sales=inputs.sales + more))
    extra = extra_cars(project(parameters, inputs), with_)
    parts = extra.built + extra.served_from_elsewhere + extra.from_plant_stock
    assert np.array_equal(extra.sold, parts + extra.from_the_road + extra.from_dealer_stock)


@settings(max_examples=20, deadline=None)
@given(case=short_plants())
def test_where_nobody_ever_waits_patience_changes_nothing(
    case: tuple[PlantParameters, PlantInputs],
) -> None:
    parameters, inputs = case
    rich = replace(parameters, dealers_months=np.full(2, 24.0))
    patient = replace(rich, impatience=None)
    one, other = project(rich, inputs), project(patient, inputs)
    assert not other.waiting.any()
    assert np.array_equal(one.built, other.built)
    assert np.array_equal(one.dealer_closing, other.dealer_closing)


def with_unmet(tiny, unmet, **changes):
    path = Path(tiny(**changes).path)
    plant = path.parent / "plant.yaml"
    text = plant.read_text(encoding="utf-8").replace("[1, 2.5]", "[0, 0.1]")
    text = text.replace("dealers_months: {assumed: 1.5", "dealers_months: {assumed: 0")
    plant.write_text(text + unmet, encoding="utf-8")
    return load_study(str(path))


def test_the_report_says_what_became_of_them(tiny):
    appraised = appraise(with_unmet(tiny, UNMET, rate_per_hour=0), seed=1, draws=16)
    rows = {row["term"]: row for row in appraised.unmet.to_dicts()}
    assert list(rows) == [
        "weeks_sold_out",
        "most_waiting",
        "waiting_at_the_end",
        "took_local",
        "took_other",
        "gave_up",
    ]
    assert rows["took_other"]["with_"] > rows["gave_up"]["with_"] > 0
    for row in rows.values():
        assert row["extra"] == pytest.approx(row["with_"] - row["without"])
        assert row["extra_p05"] <= row["extra_p95"]
    assert "unmet" in appraised.told_of_plants


def test_more_who_go_elsewhere_than_there_are_is_a_finding_at_its_place(tiny):
    with pytest.raises(InputError) as refused:
        with_unmet(tiny, UNMET.replace("50%, range: [30%, 70%]", "90%, range: [80%, 95%]"))
    (found,) = [each for each in refused.value.diagnostics if each.severity == "error"]
    assert found.code == "R412"
    assert found.text.strip().startswith("takes_other")
