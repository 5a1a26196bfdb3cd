"""How many cars does a plant build, day by day, for given sales in the city?

One call of `project` is one world of one enterprise. Every quantity of cars is a whole number, so
that the balances of the plant and of the city's dealers hold exactly, in every draw, for every
vehicle, on every day:

    plant    opening + built + received_from_elsewhere = shipped_to_city + shipped_elsewhere
                                                         + closing
    dealers  opening + arrived = served + closing
    buyers   waiting before + sales = served + waiting after

Notation: R draws, T days, W weeks of seven days from day 0, J vehicles of the enterprise, L groups
of lines. The rest of the country is a base load. Fractions of cars are carried from day to day and
never lost.

A week in the model: dealers look at last week's sales and order towards their target stock; the
plant looks at its orders and stock and fixes this week's output, inside what the frozen shift
pattern allows; on each day it builds, ships to the city, ships elsewhere.

The planning rule, production = expected orders + announced share x forecast campaign + k (target -
stock), is the calibration suggested by the stock and output series of 2009 (literature F1.10).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from promo.production.stocks import PlantPath
from promo.schema import DAYS_PER_MONTH, Floats, Ints, Words

DAYS_PER_WEEK = 7
WEEKS_PER_MONTH = DAYS_PER_MONTH / DAYS_PER_WEEK

LIMITS: tuple[Words, ...] = (
    Words(
        "缺货不改变购车选择: 买不到现车的人一直等待, 只计数, 不流失。",
        "Stock-outs do not change what buyers choose: who finds no car waits, is counted, and "
        "never gives up.",
    ),
    Words(
        "零部件供应、物流中断和稳产措施不在本版之内; 产能只受班次、工作日和开动率约束。",
        "Parts supply, logistics trouble and stability measures are not in this version; capacity "
        "is bound by shifts, working days and availability alone.",
    ),
    Words(
        "外地市场是给定的基本负荷, 按工作日均匀分布; 本市订单优先发运, 不足部分从外地车源调入。",
        "The rest of the country is a given base load, even over working days; the city's orders "
        "are shipped first and, if short, met from other cities' cars.",
    ),
    Words(
        "经销商按车型合并计算库存, 只从实际销售中学习, 不因活动公告提前备货。",
        "Dealers' stock is pooled by vehicle; dealers learn from sales only and do not stock up "
        "because a campaign was announced.",
    ),
    Words(
        "同一组生产线的车型可互换产能, 换产没有成本; 库存不影响零售价格。",
        "Vehicles of one group of lines share its capacity without change-over loss; stock does "
        "not move retail prices.",
    ),
)


@dataclass(frozen=True, slots=True)
class PlantParameters:
    """How an enterprise and its dealers keep stock and plan, one value a draw, all (R,).

    Attributes
    ----------
    base_load_per_month : cars for the rest of the country and export, without the campaign
    dealers_months, plant_months : opening stock, in months of expected sales / shipments
    target_months : stock the city's dealers aim at, in months of expected sales
    dealer_speed_per_month : share of the dealers' gap to target that they order in a month
    stock_speed_per_month : the same for the plant's gap (k of the planning rule)
    expectation_speed_per_month : share of a surprise that is believed after a month
    announced_share : part of the announced campaign sales that the plant plans for
    overtime_share : change of output that hours and overtime allow, as a share of capacity
    lead_time_weeks : weeks for which the shift pattern is frozen, at least 1 (Ints)
    shipping_days : days from the plant's gate to the city's dealers (Ints)
    """

    base_load_per_month: Floats
    dealers_months: Floats
    plant_months: Floats
    target_months: Floats
    dealer_speed_per_month: Floats
    stock_speed_per_month: Floats
    expectation_speed_per_month: Floats
    announced_share: Floats
    overtime_share: Floats
    lead_time_weeks: Ints
    shipping_days: Ints


@dataclass(frozen=True, slots=True)
class PlantLines:
    """The lines in groups that pool their capacity.

    Attributes
    ----------
    capacity : (R, T, L) cars a day without overtime
    working : (T, L) how much of each day the group is meant to work
    line_of : (J,) the group that builds each vehicle
    """

    capacity: Floats
    working: Floats
    line_of: Ints


@dataclass(frozen=True, slots=True)
class PlantInputs:
    """What one world asks of one enterprise, and what its lines can do.

    Attributes
    ----------
    sales : (R, T, J) cars that buyers of the city want on that day, whole and not negative
    expected_sales : (R or 1, W, J) cars a week the trade expects without the campaign
    campaign_sales : (R or 1, W, J) extra cars a week that the bureau announces, zero without
    announced_day : index of the day on which the plant is told; may be negative; None is never
    base_mix : (J,) or (R or 1, J) share of each vehicle in the base load, adds up to 1
    capacity : (R, T, L) cars a day without overtime, zero on days without work
    working : (T, L) how much of each day the lines are meant to work, 0 to 1
    line_of : (J,) index of the group of lines that builds the vehicle
    """

    sales: Ints
    expected_sales: Floats
    campaign_sales: Floats
    announced_day: int | None
    base_mix: Floats
    capacity: Floats
    working: Floats
    line_of: Ints


def weekly_rates(daily: Floats) -> Floats:
    """Cars a week (..., W, J) from cars a day (..., T, J); a last short week counts at its rate.

    >>> weekly_rates(np.ones((8, 1)))[:, 0]
    array([7., 7.])
    """
    days = daily.shape[-2]
    starts = np.arange(0, days, DAYS_PER_WEEK)
    lengths = np.minimum(starts + DAYS_PER_WEEK, days) - starts
    rates: Floats = (
        np.add.reduceat(daily, starts, axis=-2) * (DAYS_PER_WEEK / lengths)[:, np.newaxis]
    )
    return rates


def _column(values: Floats | Ints) -> Floats:
    return np.asarray(values, dtype=np.float64)[:, np.newaxis]


class _Planning:
    """The unchanging part of one projection: rates a week, targets, announced orders.

    Columns are (R, 1), so that they broadcast over vehicles.
    """

    def __init__(self, parameters: PlantParameters, inputs: PlantInputs) -> None:
        self.draws, self.days, self.vehicles = inputs.sales.shape
        self.weeks = -(-self.days // DAYS_PER_WEEK)
        self.all_draws = np.arange(self.draws)
        shape = (self.draws, self.weeks, self.vehicles)
        self.expected = _by_week(inputs.expected_sales, shape)
        self.dealer_speed = _column(parameters.dealer_speed_per_month) / WEEKS_PER_MONTH
        self.stock_speed = _column(parameters.stock_speed_per_month) / WEEKS_PER_MONTH
        self.learning = _column(parameters.expectation_speed_per_month) / WEEKS_PER_MONTH
        self.announced_share = _column(parameters.announced_share)
        self.overtime = _column(parameters.overtime_share)
        self.lead_time = np.maximum(parameters.lead_time_weeks, 1)
        self.shipping_days = parameters.shipping_days
        # Dealers want their target on the lot and, besides, the cars on the road to them.
        self.cover_weeks = (
            _column(parameters.target_months) * WEEKS_PER_MONTH
            + _column(parameters.shipping_days) / DAYS_PER_WEEK
        )
        self.base_per_week = (
            _column(parameters.base_load_per_month) / WEEKS_PER_MONTH * inputs.base_mix
        )
        self.elsewhere_stock = np.floor(
            self.base_per_week * _column(parameters.dealers_months) * WEEKS_PER_MONTH
        ).astype(np.int64)
        shipments_per_month = WEEKS_PER_MONTH * (self.base_per_week + self.expected.mean(axis=0))
        self.plant_target = _column(parameters.plant_months) * shipments_per_month
        self.announced_week = _announced_week(inputs.announced_day, self.weeks)
        self._announce(_by_week(inputs.campaign_sales, shape))

    def _announce(self, campaign: Floats) -> None:
        """What the plant believes of the announcement: sales, the dealers' orders, stock ahead.

        `forecast` counts from the week after the announcement. `forecast_orders` are what the
        dealers' own rule orders if those sales come; the plant judges its orders against them, so
        that what was announced is not learnt a second time. `ahead` is the stock it holds by plan.
        """
        self.forecast = self.announced_share * campaign
        self.forecast[: max(self.announced_week + 1, 0)] = 0.0
        self.forecast_orders = np.zeros_like(self.forecast)
        self.ahead = np.zeros_like(self.forecast)
        expected, position, ahead = np.zeros((3, self.draws, self.vehicles))
        for week in range(self.weeks):
            self.ahead[week] = ahead
            gap = self.cover_weeks * expected - position
            self.forecast_orders[week] = expected + self.dealer_speed * gap
            change = self.forecast_orders[week] - self.forecast[week]
            position, ahead = position + change, ahead - change
            expected = expected + self.learning * (self.forecast[week] - expected)


def _by_week(rates: Floats, shape: tuple[int, int, int]) -> Floats:
    """(W, R, J), contiguous: the loops run over weeks."""
    return np.ascontiguousarray(np.broadcast_to(rates, shape).transpose(1, 0, 2))


def _announced_week(day: int | None, weeks: int) -> int:
    return weeks if day is None else day // DAYS_PER_WEEK


class _Lines:
    """What the lines can build: whole cars a day with overtime, days of work, limits a week."""

    def __init__(self, planning: _Planning, inputs: PlantInputs) -> None:
        self.planning = planning
        groups = inputs.capacity.shape[2]
        self.members = [_members(inputs.line_of, group) for group in range(groups)]
        capacity = inputs.capacity.transpose(1, 0, 2)
        most = np.cumsum(capacity * (1.0 + planning.overtime), axis=0)
        # A car half finished at the end of the shift is finished on the next day.
        # 1e-9: sums of decimal rates such as 0.1 x 10 must reach the whole car.
        self.places = np.diff(np.floor(most + 1e-9), axis=0, prepend=0.0).astype(np.int64)
        starts = np.arange(0, planning.days, DAYS_PER_WEEK)
        self.week_capacity = np.add.reduceat(capacity, starts, axis=0)
        of_week = np.repeat(self.week_capacity, DAYS_PER_WEEK, axis=0)[: planning.days]
        self.day_share = np.divide(
            capacity, of_week, out=np.zeros_like(capacity), where=of_week > 0
        )
        working = np.asarray(inputs.working, dtype=np.float64)
        usual = np.maximum(working.mean(axis=0) * DAYS_PER_WEEK, 1e-12)
        self.day_factor = (working / usual)[:, inputs.line_of]
        self.week_factor = np.add.reduceat(self.day_factor, starts, axis=0)

    def output(self, week: int, wanted: Floats, pattern: Floats) -> Floats:
        """Cars (R, J) the plant sets out to build this week.

        `wanted` is what it would build now, `pattern` what it had fixed when the shift pattern
        was frozen; the week's output may leave the pattern by the overtime share of capacity.
        """
        result = np.zeros_like(wanted)
        for group, members in enumerate(self.members):
            capacity = self.week_capacity[week][:, group : group + 1]
            room = self.planning.overtime * capacity
            frozen = np.minimum(pattern[:, members].sum(axis=1, keepdims=True), capacity)
            total = wanted[:, members].sum(axis=1, keepdims=True)
            allowed = np.clip(total, np.maximum(frozen - room, 0.0), frozen + room)
            mix = np.where(total > 0, wanted[:, members], pattern[:, members])
            of_mix = np.maximum(mix.sum(axis=1, keepdims=True), 1e-12)
            result[:, members] = mix * (allowed / of_mix)
        return result

    def share_out(self, day: int, planned: Floats) -> Floats:
        """The part (R, J) of a week's plan that falls on this day."""
        result = np.empty_like(planned)
        for group, members in enumerate(self.members):
            result[:, members] = planned[:, members] * self.day_share[day][:, group, np.newaxis]
        return result

    def fit(self, day: int, ready: Ints) -> Ints:
        """Whole cars (R, J) of those due that find a place on their lines today."""
        built = np.zeros_like(ready)
        for group, members in enumerate(self.members):
            places = self.places[day][:, group, np.newaxis]
            taken = np.minimum(ready[:, members].cumsum(axis=1), places)
            taken[:, 1:] -= taken[:, :-1]
            built[:, members] = taken
        return built


def _members(line_of: Ints, group: int) -> slice | Ints:
    """Which vehicles a group of lines builds; a slice where it can be, since views are faster."""
    members = np.flatnonzero(line_of == group)
    if members.size and members[-1] - members[0] + 1 == members.size:
        return slice(int(members[0]), int(members[-1]) + 1)
    return members


class _Run:
    """The changing part: stocks, orders, beliefs; one method a step of the week."""

    def __init__(self, parameters: PlantParameters, inputs: PlantInputs) -> None:
        self.planning = _Planning(parameters, inputs)
        self.lines = _Lines(self.planning, inputs)
        planning = self.planning
        cells = (planning.draws, planning.vehicles)
        self.sales = np.ascontiguousarray(inputs.sales.transpose(1, 0, 2))
        first = planning.expected[0]
        self.dealer_start = _whole(_column(parameters.dealers_months) * WEEKS_PER_MONTH * first)
        self.plant_start = _whole(planning.plant_target)
        self.dealer_stock, self.plant_stock = self.dealer_start, self.plant_start
        self.waiting, self.owed_to_city, self.owed_elsewhere = np.zeros((3, *cells), np.int64)
        # Carried fractions start in the middle, so that rounding is neither up nor down.
        self.order_carry, self.build_carry, self.base_carry = np.full((3, *cells), 0.5)
        self.dealers_belief = np.zeros(cells)
        history = (planning.weeks, *cells)
        self.belief, self.gap = np.zeros(history), np.zeros(history)
        self.last_order = np.zeros(cells, np.int64)
        longest = int(parameters.shipping_days.max(initial=0))
        self.arrivals = np.zeros((planning.days + longest, *cells), np.int64)
        self.on_the_road = self._fill_the_road(first)
        self.path = {
            field.name: np.zeros((planning.days, *cells), np.int64)
            for field in fields(PlantPath)
            if not field.name.endswith("_start")
        }

    def _fill_the_road(self, weekly: Floats) -> Ints:
        """Cars already under way on day 0: the usual sales of the days they need."""
        longest = self.arrivals.shape[0] - self.planning.days
        days = np.arange(1, longest + 1)[:, np.newaxis, np.newaxis]
        due = np.floor(weekly / DAYS_PER_WEEK * days + 0.5).astype(np.int64)
        each = np.diff(due, axis=0, prepend=0)
        each[np.arange(longest)[:, np.newaxis] >= self.planning.shipping_days] = 0
        self.arrivals[:longest] = each
        total: Ints = each.sum(axis=0)
        return total

    def order(self, week: int) -> None:
        """Dealers order once a week towards their target stock."""
        planning = self.planning
        if week > 0:
            sold = self.sales[(week - 1) * DAYS_PER_WEEK : week * DAYS_PER_WEEK].sum(axis=0)
            surprise = sold - planning.expected[week - 1]
            self.dealers_belief += planning.learning * (surprise - self.dealers_belief)
        expected = np.maximum(planning.expected[week] + self.dealers_belief, 0.0)
        position = self.dealer_stock + self.on_the_road + self.owed_to_city - self.waiting
        gap = planning.cover_weeks * expected - position
        self.order_carry += np.maximum(expected + planning.dealer_speed * gap, 0.0)
        self.last_order = np.floor(self.order_carry).astype(np.int64)
        self.order_carry -= self.last_order
        self.path["ordered"][week * DAYS_PER_WEEK] = self.last_order

    def learn(self, week: int, before: Ints) -> None:
        """The plant compares last week's orders with what it expected, and its stock with plan."""
        planning = self.planning
        if week > 0:
            usual = planning.expected[week - 1] + planning.forecast_orders[week - 1]
            surprise = before - usual - self.belief[week - 1]
            self.belief[week] = self.belief[week - 1] + planning.learning * surprise
        free = self.plant_stock - self.owed_to_city - self.owed_elsewhere
        self.gap[week] = planning.plant_target + planning.ahead[week] - free

    def plan(self, week: int) -> Floats:
        """Cars (R, J) to build this week, within what the frozen shift pattern allows."""
        planning = self.planning
        last_week = np.full(planning.draws, week - 1)
        wanted = self._rule(week, last_week)
        pattern = self._rule(week, week - planning.lead_time)
        return self.lines.output(week, wanted, pattern)

    def _rule(self, week: int, known_in: Ints) -> Floats:
        """Expected orders + announced campaign + k (target - stock), as known in week (R,)."""
        planning = self.planning
        seen = np.maximum(known_in, 0)
        told = (known_in >= planning.announced_week)[:, np.newaxis]
        rate = planning.base_per_week + planning.expected[week] + told * planning.forecast[week]
        rate += self.belief[seen, planning.all_draws]
        rate += planning.stock_speed * self.gap[seen, planning.all_draws]
        output: Floats = np.maximum(rate, 0.0) * self.lines.week_factor[week]
        return output

    def build(self, day: int, planned: Floats) -> Ints:
        """Whole cars off the line today."""
        self.build_carry += self.lines.share_out(day, planned)
        built = self.lines.fit(day, np.floor(self.build_carry).astype(np.int64))
        self.build_carry -= built
        self.path["built"][day] = built
        return built

    def ship(self, day: int, built: Ints) -> None:
        """The city first; if the plant has too few, from other cities; then the base load."""
        path, planning = self.path, self.planning
        self.base_carry += planning.base_per_week * self.lines.day_factor[day]
        called = np.floor(self.base_carry).astype(np.int64)
        self.base_carry -= called
        at_hand = self.plant_stock + built
        missing = np.maximum(self.owed_to_city - at_hand, 0)
        lendable = np.maximum(planning.elsewhere_stock - self.owed_elsewhere, 0)
        received = np.minimum(missing, lendable)
        to_city = np.minimum(self.owed_to_city, at_hand + received)
        owed_elsewhere = self.owed_elsewhere + called + received
        elsewhere = np.minimum(owed_elsewhere, at_hand + received - to_city)
        self.plant_stock = at_hand + received - to_city - elsewhere
        self.owed_to_city = self.owed_to_city - to_city
        self.owed_elsewhere = owed_elsewhere - elsewhere
        self.arrivals[day + planning.shipping_days, planning.all_draws] += to_city
        self.on_the_road = self.on_the_road + to_city
        path["received_from_elsewhere"][day] = received
        path["shipped_to_city"][day] = to_city
        path["shipped_elsewhere"][day] = elsewhere
        path["plant_closing"][day] = self.plant_stock
        path["owed_to_city"][day] = self.owed_to_city
        path["owed_elsewhere"][day] = self.owed_elsewhere

    def serve(self, day: int) -> None:
        """Dealers receive, then hand cars to those who wait and those who come."""
        arrived = self.arrivals[day]
        self.on_the_road = self.on_the_road - arrived
        asked = self.waiting + self.sales[day]
        served = np.minimum(asked, self.dealer_stock + arrived)
        self.dealer_stock = self.dealer_stock + arrived - served
        self.waiting = asked - served
        self.path["arrived"][day] = arrived
        self.path["served"][day] = served
        self.path["dealer_closing"][day] = self.dealer_stock
        self.path["waiting"][day] = self.waiting

    def week(self, week: int) -> None:
        before = self.last_order
        self.learn(week, before)
        self.order(week)
        self.owed_to_city = self.owed_to_city + self.last_order
        planned = self.plan(week)
        first = week * DAYS_PER_WEEK
        for day in range(first, min(first + DAYS_PER_WEEK, self.planning.days)):
            self.ship(day, self.build(day, planned))
            self.serve(day)

    def finished(self) -> PlantPath:
        by_draw = {name: days.transpose(1, 0, 2) for name, days in self.path.items()}
        return PlantPath(plant_start=self.plant_start, dealer_start=self.dealer_start, **by_draw)


def _whole(cars: Floats) -> Ints:
    return np.rint(cars).astype(np.int64)


def project(parameters: PlantParameters, inputs: PlantInputs) -> PlantPath:
    """How many cars are built, shipped, kept and owed on every day of this world?

    The opening is the steady state of the world without the campaign: it depends on
    `expected_sales` and the parameters alone, so that both worlds open alike and, where the
    dealers hold their target, nothing moves until sales do.
    """
    run = _Run(parameters, inputs)
    for week in range(run.planning.weeks):
        run.week(week)
    return run.finished()


@dataclass(frozen=True, slots=True)
class PlantDemand:
    """What the city asks of one enterprise in both worlds, by day.

    Attributes
    ----------
    without, with_ : (R, T, J) cars that buyers want, whole; drawn on the same luck
    expected : (R or 1, T, J) what the trade expects without the campaign
    announced : (R or 1, T, J) extra cars the bureau announces; may be negative in the trough
    announced_day : index of the day on which the plant is told; None is never
    """

    without: Ints
    with_: Ints
    expected: Floats
    announced: Floats
    announced_day: int | None


def both_worlds(
    parameters: PlantParameters, lines: PlantLines, demand: PlantDemand
) -> tuple[PlantPath, PlantPath]:
    """The plant without and with the campaign, from the same opening.

    The base load is spread over the vehicles as the city's expected sales are.
    """
    by_vehicle = demand.expected.mean(axis=1)
    total = by_vehicle.sum(axis=1, keepdims=True)
    alike = np.full_like(by_vehicle, 1.0 / max(by_vehicle.shape[1], 1))
    mix = np.divide(by_vehicle, total, out=alike, where=total > 0)
    announced = weekly_rates(demand.announced)
    quiet = PlantInputs(
        sales=demand.without,
        expected_sales=weekly_rates(demand.expected),
        campaign_sales=np.zeros_like(announced),
        announced_day=None,
        base_mix=mix,
        capacity=lines.capacity,
        working=lines.working,
        line_of=lines.line_of,
    )
    campaign = replace(
        quiet,
        sales=demand.with_,
        campaign_sales=announced,
        announced_day=demand.announced_day,
    )
    return project(parameters, quiet), project(parameters, campaign)
