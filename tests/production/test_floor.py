"""Laws of the shop floor: more never builds less, and what does not bind changes nothing."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from math import floor as floor_of

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.production.floor import (
    AVAILABILITY,
    CAPACITY,
    CARS,
    FROZEN,
    ORDERS,
    OVERTIME,
    PARTS,
    Floor,
    Lines,
    Trouble,
    shared,
)
from promo.production.plants import PlantInputs, PlantLines, PlantParameters, project
from promo.production.stocks import PlantPath
from promo.schema import Floats, Ints

DRAWS = 3
MORE = ("capacity", "left", "supply", "buffer")


def parameters(rng: np.random.Generator) -> PlantParameters:
    return PlantParameters(
        base_load_per_month=rng.uniform(0, 3000, DRAWS),
        dealers_months=rng.uniform(0, 3, DRAWS),
        plant_months=rng.uniform(0, 1, DRAWS),
        target_months=rng.uniform(0, 3, DRAWS),
        dealer_speed_per_month=rng.uniform(0, 1, DRAWS),
        stock_speed_per_month=rng.uniform(0, 1, DRAWS),
        expectation_speed_per_month=rng.uniform(0, 1, DRAWS),
        announced_share=rng.uniform(0, 1, DRAWS),
        overtime_share=rng.uniform(0, 0.3, DRAWS),
        lead_time_weeks=rng.integers(1, 9, DRAWS),
        shipping_days=rng.integers(0, 12, DRAWS),
    )


def trouble_of(rng: np.random.Generator, capacity: Floats, suppliers: int) -> Trouble:
    days = capacity.shape[1]
    left = np.where(rng.random((DRAWS, days, 1)) < 0.5, rng.random((DRAWS, days, 1)), 1.0)
    supply = np.where(
        rng.random((DRAWS, days, suppliers)) < 0.5, rng.random((DRAWS, days, suppliers)), 1.0
    )
    return Trouble(capacity * left, supply, rng.uniform(0, 10, (DRAWS, suppliers)))


@st.composite
def troubled(draw: st.DrawFn) -> tuple[PlantParameters, PlantInputs]:
    """Any plant with two groups of lines, any orders, any trouble with work and parts."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days, vehicles, groups = draw(st.integers(1, 60)), draw(st.integers(1, 4)), 2
    weeks = -(-days // 7)
    working = (rng.random((days, groups)) < 0.8).astype(np.float64)
    capacity = rng.uniform(0, 120, (DRAWS, 1, groups)) * working
    mix = rng.random(vehicles) + 0.01
    lines = PlantLines(
        capacity,
        working,
        rng.integers(0, groups, vehicles),
        more_overtime=rng.choice([0.0, 0.1], (DRAWS, days)),
        trouble=trouble_of(rng, capacity, draw(st.integers(0, 3))),
    )
    inputs = PlantInputs(
        sales=rng.poisson(draw(st.sampled_from([0.0, 1.0, 30.0])), (DRAWS, days, vehicles)),
        expected_sales=rng.uniform(0, 60, (DRAWS, weeks, vehicles)),
        campaign_sales=rng.uniform(-5, 60, (1, weeks, vehicles)),
        announced_day=draw(st.sampled_from([None, -30, 0, 10])),
        base_mix=mix / mix.sum(),
        lines=lines,
    )
    return parameters(rng), inputs


def trouble_in(inputs: PlantInputs) -> Trouble:
    assert inputs.lines.trouble is not None
    return inputs.lines.trouble


def with_trouble(inputs: PlantInputs, trouble: Trouble | None) -> PlantInputs:
    return replace(inputs, lines=replace(inputs.lines, trouble=trouble))


def assert_same(one: PlantPath, other: PlantPath) -> None:
    for field in fields(PlantPath):
        assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name


# --- identities -------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(case=troubled())
def test_no_car_is_lost_whatever_the_trouble(case: tuple[PlantParameters, PlantInputs]) -> None:
    path = project(*case)
    into = path.plant_opening + path.built + path.received_from_elsewhere
    assert np.array_equal(into, path.shipped_to_city + path.shipped_elsewhere + path.plant_closing)
    assert np.array_equal(path.dealer_opening + path.arrived, path.served + path.dealer_closing)
    for field in fields(PlantPath):
        assert np.all(getattr(path, field.name) >= 0), field.name


# --- more never builds less, for the same plan ------------------------------------------------


def built_by(lines: Lines, due: Floats, trouble: Trouble) -> Ints:
    """Cars (R, T) built by each day in all, for cars (T, R, J) that are due."""
    days, draws, vehicles = due.shape
    floor = Floor(lines, (draws, vehicles), trouble)
    built = np.stack([floor.build(day, due[day]).sum(axis=1) for day in range(days)], axis=1)
    total: Ints = built.cumsum(axis=1)
    return total


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), more=st.sampled_from(["capacity", "left", "supply", "days"])
)
def test_more_capacity_availability_parts_or_buffer_never_lowers_output_by_any_day(
    seed: int, more: str
) -> None:
    rng = np.random.default_rng(seed)
    days, vehicles, suppliers = 40, 3, 2
    working = (rng.random((days, 1)) < 0.8).astype(np.float64)
    usual = rng.uniform(0, 40, (DRAWS, 1, 1)) * working
    due = rng.uniform(0, 12, (days, DRAWS, vehicles)) * working[:, :, np.newaxis]
    trouble = trouble_of(rng, usual, suppliers)
    overtime = rng.uniform(0, 0.3, (DRAWS, days))
    line_of = np.zeros(vehicles, dtype=np.int64)
    before = built_by(Lines(usual, overtime, working, line_of), due, trouble)
    left = np.divide(trouble.capacity, usual, out=np.zeros_like(usual), where=usual > 0)
    if more == "capacity":
        usual = usual * rng.uniform(1, 2, usual.shape)
        trouble = replace(trouble, capacity=usual * left)
    elif more == "left":
        trouble = replace(trouble, capacity=np.maximum(trouble.capacity, usual * rng.random()))
    elif more == "supply":
        trouble = replace(
            trouble, supply=np.maximum(trouble.supply, rng.random(trouble.supply.shape))
        )
    else:
        longer = trouble.buffer_days + rng.uniform(0, 5, trouble.buffer_days.shape)
        trouble = replace(trouble, buffer_days=longer)
    after = built_by(Lines(usual, overtime, working, line_of), due, trouble)
    assert np.all(after >= before)


# --- a line in trouble is shared by its vehicles ----------------------------------------------


@settings(max_examples=200, deadline=None)
@given(due=st.lists(st.integers(0, 30_000), min_size=1, max_size=6), data=st.data())
def test_cars_are_shared_in_proportion_and_exactly(due: list[int], data: st.DataObject) -> None:
    """Against fractions: the whole part of each share, one more for the largest remainders."""
    if sum(due) == 0:
        return
    places = data.draw(st.integers(0, sum(due) - 1))
    exact = [Fraction(cars * places, sum(due)) for cars in due]
    expected = [floor_of(share) for share in exact]
    by_remainder = sorted(range(len(due)), key=lambda j: expected[j] - exact[j])
    for j in by_remainder[: places - sum(expected)]:
        expected[j] += 1
    assert shared(np.array([due], CARS), np.array([places], CARS)).tolist() == [expected]
    assert all(built <= cars for built, cars in zip(expected, due, strict=True))


def built_of(due: list[int], days: int, **short: list[float]) -> list[list[int]]:
    """Cars of each vehicle by day: as many due every day, 10 usual, `left` or `supply` by day."""
    usual = np.full((1, days, 1), 10.0)
    left, supply = (
        np.array(short.get(name, [1.0] * days)).reshape(1, days, 1) for name in ("left", "supply")
    )
    line_of = np.zeros(len(due), dtype=np.int64)
    lines = Lines(usual, np.zeros((1, days)), np.ones((days, 1)), line_of)
    floor = Floor(lines, (1, len(due)), Trouble(usual * left, supply, np.zeros((1, 1))))
    return [floor.build(day, np.array([due], np.float64))[0].tolist() for day in range(days)]


@pytest.mark.parametrize("short", ["left", "supply"])
def test_a_line_in_trouble_builds_of_each_vehicle_in_proportion_to_the_cars_due(
    short: str,
) -> None:
    """Of 10 cars due a day 5, 3 and 2 of three vehicles, 4 are built, by work or by parts.

    Day 1: 4 x 5/10, 3/10, 2/10 = 2, 1.2, 0.8: 2, 1, 1; left are 3, 2, 1.
    Day 2: 4 x 8/16, 5/16, 3/16 = 2, 1.25, 0.75: 2, 1, 1; left are 6, 4, 2.
    Day 3, with 7 places: 7 x 11/22, 7/22, 4/22 = 3.5, 2.2, 1.3: 4, 2, 1.
    The order of the catalogue changes nothing of it.
    """
    days = {short: [0.4, 0.4, 0.7]}
    assert built_of([5, 3, 2], 3, **days) == [[2, 1, 1], [2, 1, 1], [4, 2, 1]]
    assert built_of([2, 3, 5], 3, **days) == [[1, 1, 2], [1, 1, 2], [1, 2, 4]]


def test_of_equal_remainders_the_first_of_the_catalogue_is_built_and_then_waits_its_turn() -> None:
    """One car of each due a day, one built: 1/3 each; then 1/5, 2/5, 2/5; then 2/7, 2/7, 3/7."""
    assert built_of([1, 1, 1], 3, left=[0.1] * 3) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


# --- what does not bind changes nothing -------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(case=troubled())
def test_trouble_that_takes_nothing_changes_nothing(
    case: tuple[PlantParameters, PlantInputs],
) -> None:
    rates, inputs = case
    trouble = trouble_in(inputs)
    none = replace(trouble, capacity=inputs.lines.capacity, supply=np.ones_like(trouble.supply))
    assert_same(
        project(rates, with_trouble(inputs, none)), project(rates, with_trouble(inputs, None))
    )


@settings(max_examples=60, deadline=None)
@given(case=troubled(), seed=st.integers(0, 2**32 - 1))
def test_relaxing_a_constraint_that_binds_on_no_day_changes_nothing_exactly(
    case: tuple[PlantParameters, PlantInputs], seed: int
) -> None:
    rates, inputs = case
    trouble = trouble_in(inputs)
    path = project(rates, inputs)
    relaxed = trouble
    if not np.any(path.binding >= PARTS):
        more = np.random.default_rng(seed).random(trouble.supply.shape)
        relaxed = replace(relaxed, supply=np.maximum(trouble.supply, more))
    if not np.any(path.binding >= AVAILABILITY):
        relaxed = replace(relaxed, capacity=inputs.lines.capacity)
    assert_same(path, project(rates, with_trouble(inputs, relaxed)))


def test_weeks_without_trouble_are_told_from_those_with_it() -> None:
    """100 cars a day and overtime 10 %; the city asks nothing, the country 70 a day.

    Week 3 runs at 40 %: with overtime 44 of 70 cars a day. Week 6 gets no wheels, of which the
    plant holds two days of full work, 200 cars: in the third day it runs out.
    """
    days = 70
    capacity = np.full((1, days, 1), 100.0)
    left, supply = np.ones((1, days, 1)), np.ones((1, days, 2))
    left[:, 21:28], supply[:, 42:49, 1] = 0.4, 0.0
    trouble = Trouble(capacity * left, supply, np.array([[0.0, 2.0]]))
    inputs = PlantInputs(
        sales=np.zeros((1, days, 1), dtype=np.int64),
        expected_sales=np.zeros((1, 10, 1)),
        campaign_sales=np.zeros((1, 10, 1)),
        announced_day=None,
        base_mix=np.ones(1),
        lines=PlantLines(
            capacity, np.ones((days, 1)), np.zeros(1, dtype=np.int64), trouble=trouble
        ),
    )
    usual = PlantParameters(
        base_load_per_month=np.array([70 * 30.4]),
        dealers_months=np.array([1.2]),
        plant_months=np.array([0.2]),
        target_months=np.array([1.2]),
        dealer_speed_per_month=np.array([0.5]),
        stock_speed_per_month=np.array([0.25]),
        expectation_speed_per_month=np.array([0.4]),
        announced_share=np.array([0.5]),
        overtime_share=np.array([0.1]),
        lead_time_weeks=np.array([3]),
        shipping_days=np.array([2]),
    )
    path = project(usual, inputs)
    built = path.built[0, :, 0]
    assert built[:21].sum() == pytest.approx(21 * 70, abs=1)
    assert built[21:28].tolist() == [44] * 7
    week_six = built[42:49]
    assert week_six.sum() == 200
    assert week_six[-1] == 0
    binding = path.binding[0, :, 0].tolist()
    assert binding[:3] == [ORDERS] * 3
    assert (binding[3], binding[6]) == (AVAILABILITY, PARTS + 1)
    # what is missing after week 3 is seen in week 4 and made up from week 5 on, a quarter a month
    assert built[28:35].sum() == pytest.approx(490, abs=1)
    assert built[35:42].sum() == pytest.approx(490 + 182 * 0.25 * 7 / 30.4, abs=2)


def test_a_plant_asked_for_more_than_its_shifts_runs_overtime_and_then_is_full() -> None:
    lines = Lines(
        np.full((1, 7, 1), 100.0),
        np.full((1, 7), 0.1),
        np.ones((7, 1)),
        np.zeros(1, dtype=np.int64),
    )

    def week(wanted: float, pattern: float) -> tuple[int, int]:
        output, binding = lines.output(0, np.array([[wanted]]), np.array([[pattern]]))
        return round(output.item()), int(binding.item())

    assert week(600, 600) == (600, ORDERS)
    assert week(650, 560) == (630, FROZEN)
    assert week(400, 600) == (530, FROZEN)  # it cannot send shifts home at once
    assert week(740, 700) == (740, OVERTIME)
    assert week(900, 900) == (770, CAPACITY)


# --- nobody knows the future ------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(case=troubled(), day=st.integers(0, 59), seed=st.integers(0, 2**32 - 1))
def test_neither_dealers_nor_planners_know_sales_or_trouble_before_they_come(
    case: tuple[PlantParameters, PlantInputs], day: int, seed: int
) -> None:
    rates, inputs = case
    rng = np.random.default_rng(seed)
    trouble = trouble_in(inputs)
    sales, capacity, supply = (
        inputs.sales.copy(),
        trouble.capacity.copy(),
        trouble.supply.copy(),
    )
    sales[:, day:] = rng.poisson(10.0, sales[:, day:].shape)
    capacity[:, day:] *= rng.random()
    supply[:, day:] *= rng.random()
    other = with_trouble(
        replace(inputs, sales=sales), replace(trouble, capacity=capacity, supply=supply)
    )
    one, two = project(rates, inputs), project(rates, other)
    for field in fields(PlantPath):
        if field.name not in {"binding", "arrived", "built_of"}:
            before, after = getattr(one, field.name), getattr(two, field.name)
            until = slice(None) if before.ndim == 2 else slice(0, day)
            assert np.array_equal(before[:, until], after[:, until]), field.name
