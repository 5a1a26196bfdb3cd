"""Laws of the plant: nothing is lost, nothing is built without capacity, stock comes back."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.production.floor import OVERTIME
from promo.production.plants import (
    PlantDemand,
    PlantInputs,
    PlantLines,
    PlantParameters,
    both_worlds,
    both_worlds_together,
    project,
    weekly_rates,
)
from promo.production.stocks import PlantPath, extra_cars, served_from_elsewhere
from promo.schema import Ints

WHOLE = ("lead_time_weeks", "shipping_days")
USUAL = {
    "base_load_per_month": 9_000.0,
    "dealers_months": 1.2,
    "plant_months": 0.2,
    "target_months": 1.2,
    "dealer_speed_per_month": 0.5,
    "stock_speed_per_month": 0.25,
    "expectation_speed_per_month": 0.4,
    "announced_share": 0.5,
    "overtime_share": 0.15,
    "lead_time_weeks": 6,
    "shipping_days": 2,
}


def plant(draws: int = 1, **changes: float) -> PlantParameters:
    values = USUAL | changes
    whole = {name: np.full(draws, int(values.pop(name)), dtype=np.int64) for name in WHOLE}
    return PlantParameters(
        **{name: np.full(draws, float(value)) for name, value in values.items()},
        lead_time_weeks=whole["lead_time_weeks"],
        shipping_days=whole["shipping_days"],
    )


def world(
    sales: Ints,
    *,
    cars_a_day: float,
    capacity_a_day: float = 600.0,
    announced_day: int | None = None,
    extra: Ints | None = None,
) -> PlantInputs:
    """A plant that works Monday to Saturday; `extra` cars are sold on top and are announced."""
    draws, days, vehicles = sales.shape
    weeks = -(-days // 7)
    campaign = np.zeros((1, weeks, vehicles))
    if extra is not None:
        sales, campaign = sales + extra, weekly_rates(extra.astype(np.float64))
    working = (np.arange(days) % 7 < 6).astype(np.float64)[:, np.newaxis]
    return PlantInputs(
        sales=sales,
        expected_sales=np.full((1, weeks, vehicles), 7 * cars_a_day),
        campaign_sales=campaign,
        announced_day=announced_day,
        base_mix=np.full(vehicles, 1 / vehicles),
        lines=PlantLines(
            capacity=np.broadcast_to(capacity_a_day * working, (draws, days, 1)),
            working=working,
            line_of=np.zeros(vehicles, dtype=np.int64),
        ),
    )


def campaign_days(days: int, first: int, last: int, cars: int) -> Ints:
    extra = np.zeros((1, days, 1), dtype=np.int64)
    extra[:, first:last] = cars
    return extra


@st.composite
def anything(draw: st.DrawFn) -> tuple[PlantParameters, PlantInputs]:
    """Any parameters, any sales, lines that stop and start, two groups of lines."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    draws, days, vehicles = 3, draw(st.integers(1, 60)), draw(st.integers(1, 4))
    weeks = -(-days // 7)
    parameters = PlantParameters(
        base_load_per_month=rng.uniform(0, 3000, draws),
        dealers_months=rng.uniform(0, 3, draws),
        plant_months=rng.uniform(0, 1, draws),
        target_months=rng.uniform(0, 3, draws),
        dealer_speed_per_month=rng.uniform(0, 1, draws),
        stock_speed_per_month=rng.uniform(0, 1, draws),
        expectation_speed_per_month=rng.uniform(0, 1, draws),
        announced_share=rng.uniform(0, 1, draws),
        overtime_share=rng.uniform(0, 0.3, draws),
        lead_time_weeks=rng.integers(1, 9, draws),
        shipping_days=rng.integers(0, 12, draws),
    )
    groups = 2
    working = (rng.random((days, groups)) < 0.8).astype(np.float64)
    mix = rng.random(vehicles) + 0.01
    inputs = PlantInputs(
        sales=rng.poisson(draw(st.sampled_from([0.0, 1.0, 30.0])), (draws, days, vehicles)),
        expected_sales=rng.uniform(0, 60, (draws, weeks, vehicles)),
        campaign_sales=rng.uniform(-5, 60, (1, weeks, vehicles)),
        announced_day=draw(st.sampled_from([None, -30, -1, 0, 10, 100])),
        base_mix=mix / mix.sum(),
        lines=PlantLines(
            capacity=rng.uniform(0, 120, (draws, 1, groups)) * working,
            working=working,
            line_of=rng.integers(0, groups, vehicles),
        ),
    )
    return parameters, inputs


@settings(max_examples=60, deadline=None)
@given(case=anything())
def test_no_car_is_lost_or_made_of_nothing(case: tuple[PlantParameters, PlantInputs]) -> None:
    parameters, inputs = case
    path = project(parameters, inputs)
    into = path.plant_opening + path.built + path.received_from_elsewhere
    out = path.shipped_to_city + path.shipped_elsewhere + path.plant_closing
    assert np.array_equal(into, out)
    assert np.array_equal(path.dealer_opening + path.arrived, path.served + path.dealer_closing)
    waiting_before = path.waiting - inputs.sales + path.served
    assert np.array_equal(waiting_before[:, 1:], path.waiting[:, :-1])
    assert np.array_equal(waiting_before[:, 0], np.zeros_like(waiting_before[:, 0]))
    ordered = path.ordered.cumsum(axis=1) - path.shipped_to_city.cumsum(axis=1)
    assert np.array_equal(ordered, path.owed_to_city)
    for field in fields(PlantPath):
        assert np.all(getattr(path, field.name) >= 0), field.name


@settings(max_examples=60, deadline=None)
@given(case=anything())
def test_the_lines_never_build_more_than_capacity_and_overtime(
    case: tuple[PlantParameters, PlantInputs],
) -> None:
    parameters, inputs = case
    built = project(parameters, inputs).built
    lines = inputs.lines
    for group in range(lines.capacity.shape[2]):
        of_group = built[:, :, lines.line_of == group].sum(axis=2)
        most = lines.capacity[:, :, group] * (1 + parameters.overtime_share[:, np.newaxis])
        # a car half finished in the evening is finished the next day: below one car a day more
        assert np.all(of_group < most + 1 + 1e-6)
        assert np.all(of_group.cumsum(axis=1) <= most.cumsum(axis=1) + 1e-6)
        closed = of_group[lines.capacity[:, :, group].cumsum(axis=1) == 0]
        assert np.all(closed == 0)


@settings(max_examples=20, deadline=None)
@given(case=anything())
def test_a_plant_without_capacity_builds_nothing(
    case: tuple[PlantParameters, PlantInputs],
) -> None:
    parameters, inputs = case
    stopped = replace(inputs.lines, capacity=np.zeros_like(inputs.lines.capacity))
    idle = replace(inputs, lines=stopped)
    assert project(parameters, idle).built.sum() == 0


@settings(max_examples=20, deadline=None)
@given(case=anything())
def test_a_campaign_that_changes_no_sale_changes_nothing(
    case: tuple[PlantParameters, PlantInputs],
) -> None:
    parameters, inputs = case
    quiet = replace(inputs, campaign_sales=np.zeros_like(inputs.campaign_sales))
    once, again = project(parameters, quiet), project(parameters, replace(quiet, announced_day=0))
    for field in fields(PlantPath):
        assert np.array_equal(getattr(once, field.name), getattr(again, field.name)), field.name
    assert np.array_equal(served_from_elsewhere(once, again), np.zeros(3))


@settings(max_examples=40, deadline=None)
@given(case=anything(), days=st.integers(1, 60), more=st.integers(0, 30))
def test_every_extra_car_sold_was_built_or_came_from_a_stock_that_is_named(
    case: tuple[PlantParameters, PlantInputs], days: int, more: int
) -> None:
    parameters, inputs = case
    campaign = replace(inputs, sales=inputs.sales + more)
    extra = extra_cars(project(parameters, inputs), project(parameters, campaign), days)
    parts = extra.built + extra.served_from_elsewhere + extra.from_plant_stock
    assert np.array_equal(extra.sold, parts + extra.from_the_road + extra.from_dealer_stock)


def test_both_worlds_are_one_where_nobody_buys_more_and_nothing_is_announced() -> None:
    rng = np.random.default_rng(3)
    sales = rng.poisson(2.0, (4, 90, 2))
    lines = PlantLines(
        capacity=np.full((4, 90, 1), 400.0),
        working=np.ones((90, 1)),
        line_of=np.zeros(2, dtype=np.int64),
    )
    demand = PlantDemand(
        without=sales,
        with_=sales.copy(),
        expected=np.full((1, 90, 2), 2.0),
        announced=np.zeros((1, 90, 2)),
        announced_day=0,
    )
    without, with_ = both_worlds(plant(4), lines, demand)
    for field in fields(PlantPath):
        assert np.array_equal(getattr(without, field.name), getattr(with_, field.name))


def test_two_weeks_by_hand() -> None:
    """Ten cars a week, no base load, target one month, one new order a week.

    One month is 30.4 / 7 = 4.342857 weeks: dealers open with 43 cars (43.43 rounded), nothing is
    on the road (no days of shipping). Plant stock is half a month, 21.71, so 22 cars.
    Week 1: the dealers' target is 43.43, the gap 0.43; speed 1 a month is 0.230263 a week: they
    order 10 + 0.0987, with half a car carried 10.60: 10 cars. Nobody buys in week 1.
    The plant of week 1 plans 10 + 0.230263 x (21.714 - 22) = 9.93, with half a car carried
    10.43: 10 cars; stock 22 + 10 - 10 = 22.
    Week 2: none was sold against 10 expected, but dealers learn nothing at speed 0: they hold 53,
    gap -9.571, order 10 - 2.2039 = 7.796, carried 0.5987: 8.39, 8 cars.
    The plant decides week 2 on what it knew in week 1: 9.934 again, carried 0.434: 10.368, 10.
    """
    inputs = PlantInputs(
        sales=np.zeros((1, 14, 1), dtype=np.int64),
        expected_sales=np.full((1, 2, 1), 10.0),
        campaign_sales=np.zeros((1, 2, 1)),
        announced_day=None,
        base_mix=np.ones(1),
        lines=PlantLines(
            capacity=np.full((1, 14, 1), 100.0),
            working=np.ones((14, 1)),
            line_of=np.zeros(1, dtype=np.int64),
        ),
    )
    parameters = plant(
        base_load_per_month=0,
        dealers_months=1,
        plant_months=0.5,
        target_months=1,
        dealer_speed_per_month=1,
        stock_speed_per_month=1,
        expectation_speed_per_month=0,
        shipping_days=0,
    )
    path = project(parameters, inputs)
    assert (path.dealer_start.item(), path.plant_start.item()) == (43, 22)
    assert path.ordered[0, [0, 7], 0].tolist() == [10, 8]
    assert path.built[0, :7].sum() == 10
    assert path.built[0, 7:].sum() == 10
    # shipped as far as the stock reaches on the day of the order: all of it
    assert path.shipped_to_city[0, [0, 7], 0].tolist() == [10, 8]
    assert path.dealer_closing[0, [6, 13], 0].tolist() == [53, 61]
    assert path.plant_closing[0, [6, 13], 0].tolist() == [22, 24]


def test_without_a_campaign_nothing_drifts() -> None:
    """Three cars a day, sold as expected: output of every later four weeks equals the first."""
    sales = np.full((1, 364, 1), 3, dtype=np.int64)
    path = project(plant(), world(sales, cars_a_day=3.0))
    four_weeks = path.built[0, :, 0].reshape(13, 28).sum(axis=1)
    expected = 4 * (9_000 * 7 / 30.4 + 21)
    # whole cars are carried from day to day: less than one car at each end of the four weeks,
    # and stock of whole cars moves the plan by at most k x 7 / 30.4 x 4 weeks of a few cars
    assert np.all(np.abs(four_weeks - expected) <= 3)
    month_ends = path.dealer_closing[0, 27::28, 0]
    assert np.ptp(month_ends) <= 1


def test_cars_that_only_moved_in_time_are_not_additional_output() -> None:
    days = 900
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    moved = campaign_days(days, 30, 90, 10) - campaign_days(days, 90, 150, 10)
    without = project(plant(), world(sales, cars_a_day=30.0))
    with_ = project(plant(), world(sales, cars_a_day=30.0, extra=moved, announced_day=0))
    extra = (with_.built - without.built)[0, :, 0]
    assert extra[:60].sum() > 100  # first the plant builds more
    assert abs(extra.sum()) <= 5  # of 600 moved; stock has come back to whole cars


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_cars_that_are_additional_are_built_in_the_end(share: float) -> None:
    days = 900
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    extra = campaign_days(days, 30, 120, 4)
    told = plant(announced_share=share)
    without = project(told, world(sales, cars_a_day=30.0))
    with_ = project(told, world(sales, cars_a_day=30.0, extra=extra, announced_day=0))
    assert (with_.built - without.built).sum() == pytest.approx(360, abs=5)


def test_a_plant_that_was_told_builds_earlier() -> None:
    days = 240
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    extra = campaign_days(days, 56, 116, 10)
    without = project(plant(), world(sales, cars_a_day=30.0))

    def built_by(day: int, share: float) -> int:
        asked = world(sales, cars_a_day=30.0, extra=extra, announced_day=0)
        path = project(plant(announced_share=share), asked)
        return int((path.built - without.built)[0, :day].sum())

    for day in (70, 84, 98, 112):
        assert built_by(day, 0.0) < built_by(day, 0.5) < built_by(day, 1.0)


def test_stock_is_drained_before_output_follows() -> None:
    days = 120
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    untold = plant(announced_share=0.0)
    extra = campaign_days(days, 14, 60, 10)
    without = project(untold, world(sales, cars_a_day=30.0))
    with_ = project(untold, world(sales, cars_a_day=30.0, extra=extra))
    stock = (with_.dealer_closing - without.dealer_closing)[0, 59, 0]
    built = (with_.built - without.built)[0, :60].sum()
    assert stock < -100
    assert 0 < built < 460
    # what buyers took came from the line, from stock at the plant and on the road, from dealers
    taken = (with_.served - without.served)[0, :60].sum()
    assert taken == 460


def test_a_plant_at_capacity_builds_nothing_more_and_the_country_goes_without() -> None:
    """Base load and the city's usual 210 a week fill 6 x 400 cars; overtime is zero."""
    days = 364
    base = (2_400 - 210) * 30.4 / 7
    full = plant(base_load_per_month=base, overtime_share=0.0, announced_share=1.0)
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    extra = campaign_days(days, 30, 90, 10)
    without = project(full, world(sales, cars_a_day=30.0, capacity_a_day=400.0))
    with_ = project(
        full, world(sales, cars_a_day=30.0, capacity_a_day=400.0, extra=extra, announced_day=0)
    )
    # rounding noise lets the plant without a campaign fall a few cars short of capacity
    assert (with_.built - without.built).sum() <= 20
    assert with_.served[0].sum() - without.served[0].sum() == 600
    assert with_.waiting[0, -1].sum() == 0
    from_stock = (without.plant_closing - with_.plant_closing)[0, -1].sum()
    assert served_from_elsewhere(without, with_)[0] + from_stock >= 500


def test_an_idle_plant_serves_the_city_from_other_cities_cars() -> None:
    days = 60
    sales = np.full((1, days, 1), 5, dtype=np.int64)
    idle = world(sales, cars_a_day=5.0, capacity_a_day=0.0)
    path = project(plant(plant_months=0.0, base_load_per_month=500), idle)
    assert path.built.sum() == 0
    assert path.received_from_elsewhere.sum() > 0
    assert path.served.sum() + path.waiting[0, -1].sum() == 5 * days


def test_a_short_last_week_counts_at_its_weekly_rate() -> None:
    daily = np.array([1.0] * 7 + [2.0] * 3)[:, np.newaxis]
    assert weekly_rates(daily)[:, 0].tolist() == [7.0, 14.0]


def weekly(path: PlantPath) -> Ints:
    cars: Ints = path.built[0].sum(axis=1).reshape(-1, 7).sum(axis=1)
    return cars


def test_a_campaign_believed_in_full_that_comes_true_is_built_week_by_week_as_sold() -> None:
    days = 364
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    extra = campaign_days(days, 56, 112, 10)
    told = plant(announced_share=1.0)
    without = project(told, world(sales, cars_a_day=30.0))
    with_ = project(told, world(sales, cars_a_day=30.0, extra=extra, announced_day=-1))
    more = weekly(with_) - weekly(without)
    assert np.all(np.abs(more[8:16] - 70) <= 2)  # whole cars, carried from week to week
    assert np.all(np.abs(more[:8]) <= 2)
    assert np.all(np.abs(more[16:]) <= 2)


@pytest.mark.parametrize(("usual", "change", "first_weeks"), [(30, 60, 270), (60, -30, 360)])
def test_inside_the_frozen_weeks_output_moves_by_overtime_only(
    usual: int, change: int, first_weeks: int
) -> None:
    """600 cars a week of capacity, overtime 10 %: 60 cars up or down for six weeks.

    Told in week 2 of sales that change from week 3 on; the pattern follows in week 2 + 6.
    """
    days = 126
    sales = np.full((1, days, 1), usual, dtype=np.int64)
    extra = campaign_days(days, 21, days, change)
    inputs = world(sales, cars_a_day=usual, capacity_a_day=100.0, extra=extra, announced_day=14)
    told = plant(base_load_per_month=0, announced_share=1.0, overtime_share=0.1, lead_time_weeks=6)
    built = weekly(project(told, inputs))
    assert np.all(np.abs(built[:3] - 7 * usual) <= 1)
    assert np.all(np.abs(built[3:8] - first_weeks) <= 1)
    assert abs(built[8] - first_weeks) > 60


def test_orders_of_one_week_change_output_two_weeks_later() -> None:
    """Sold in week 2, ordered in week 3, known at the end of it, decided in 4, built in 5."""
    days = 70
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    extra = campaign_days(days, 14, 21, 40)
    without = project(plant(), world(sales, cars_a_day=30.0))
    with_ = project(plant(), world(sales, cars_a_day=30.0, extra=extra))
    more = weekly(with_) - weekly(without)
    assert (with_.ordered - without.ordered)[0, :, 0].nonzero()[0][0] == 21
    assert more[:5].tolist() == [0] * 5
    assert more[5] > 0


def test_stock_taken_is_built_again_even_where_nobody_revises_expectations() -> None:
    days = 700
    sales = np.full((1, days, 1), 30, dtype=np.int64)
    unmoved = plant(expectation_speed_per_month=0.0)
    extra = campaign_days(days, 14, 21, 20)
    without = project(unmoved, world(sales, cars_a_day=30.0))
    with_ = project(unmoved, world(sales, cars_a_day=30.0, extra=extra))
    assert (with_.built - without.built).sum() == pytest.approx(140, abs=3)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), more=st.floats(0.1, 1.5))
def test_more_opening_stock_delivers_no_later_and_takes_from_what_is_built_more(
    seed: int, more: float
) -> None:
    """Everything responds. Built more: where neither frozen plan nor shifts bind, up to one car.

    A plant held by its frozen plan while it refills empty yards builds nothing more for a
    campaign; with full yards it has room, and builds more. So the second half has a condition.
    """
    rng = np.random.default_rng(seed)
    days, cars = 84, float(rng.uniform(1, 20))
    usual = plant(
        base_load_per_month=rng.uniform(500, 9000),
        dealers_months=rng.uniform(0.3, 2.5),
        target_months=rng.uniform(0.5, 1.5),
        announced_share=rng.uniform(0, 1),
        lead_time_weeks=int(rng.integers(4, 9)),
    )
    stocked = replace(usual, dealers_months=usual.dealers_months + more)
    extra = np.zeros((1, days, 1), dtype=np.int64)
    extra[:, 14:56] = rng.poisson(0.4 * cars, (1, 42, 1))
    capacity = rng.uniform(100, 500)
    quiet = world(rng.poisson(cars, (1, days, 1)), cars_a_day=cars, capacity_a_day=capacity)
    asked = replace(quiet, sales=quiet.sales + extra)
    paths = [project(each, sales) for each in (usual, stocked) for sales in (quiet, asked)]
    for before, after in zip(paths[:2], paths[2:], strict=True):
        assert np.all(after.served.cumsum(axis=1) >= before.served.cumsum(axis=1))
    if max(path.binding.max() for path in paths) <= OVERTIME:
        few, many = (
            int((with_.built - without.built)[:, :56].sum())
            for without, with_ in (paths[:2], paths[2:])
        )
        assert many <= few + 1  # carried fractions of a car


def test_blocks_of_draws_and_all_vehicles_as_one_change_no_car() -> None:
    """Draws one by one, in blocks and at once; the sum over vehicles is the plant as a whole."""
    rng = np.random.default_rng(5)
    draws, days, vehicles = 7, 45, 3
    sales = rng.poisson(2.0, (draws, days, vehicles))
    lines = PlantLines(
        capacity=rng.uniform(5.0, 30.0, (draws, days, 2)),
        working=np.ones((days, 2)),
        line_of=np.array([0, 1, 0]),
    )
    demand = PlantDemand(
        without=sales,
        with_=sales + rng.poisson(1.0, sales.shape),
        expected=np.full((1, days, vehicles), 2.0),
        announced=rng.uniform(0.0, 2.0, (1, days, vehicles)),
        announced_day=0,
    )
    rates = plant(draws, base_load_per_month=300.0)
    whole = both_worlds(rates, lines, demand)
    for cells in (1, 2 * vehicles, 1_000):
        for path, together in zip(
            whole, both_worlds_together(rates, lines, demand, cells=cells), strict=True
        ):
            for field in fields(PlantPath):
                expected = getattr(path, field.name)
                if field.name not in {"binding", "built_of"}:
                    expected = expected.sum(axis=-1, keepdims=True)
                assert np.array_equal(getattr(together, field.name), expected), field.name
