"""How many cars does a plant build, day by day, for given sales in the city?

One call of `project` is one world of one enterprise. Every quantity of cars is a whole number, so
that the balances of the plant and of the city's dealers hold exactly, in every draw, for every
vehicle, on every day:

    plant    opening + built + received_from_elsewhere = shipped_to_city + shipped_elsewhere
                                                         + closing
    dealers  opening + arrived = served + substituted + closing
    buyers   waiting before + sales = served + those who lost patience + waiting after

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

from promo.production.floor import CARS, DAYS_PER_WEEK, Cars, Floor, Lines, Trouble
from promo.production.stocks import OPENINGS, PlantPath, one_after_another
from promo.production.waiting import Impatience, Leaving
from promo.schema import DAYS_PER_MONTH, Floats, Ints, Words

WEEKS_PER_MONTH = DAYS_PER_MONTH / DAYS_PER_WEEK

LIMITS: tuple[Words, ...] = (
    Words(
        "企业文件没有写明耐心(unmet)的, 买不到现车的人一直等待, 照常申领。写明的, 缺货的车型当周"
        "不接受领补贴的订单, 期内未交车的退回补贴, 退回的钱期内不再发放; 凭券或抽签的活动除外。",
        "Where an enterprise's file does not tell of buyers' patience (unmet), who finds no car "
        "waits and claims as usual. Where it does, a vehicle takes no orders for the money in "
        "weeks in which it is sold out, and money for cars not handed over in the window comes "
        "back, too late to be given out again; not so where vouchers or lots are drawn.",
    ),
    Words(
        "零部件供应、物流和稳产措施只按企业文件写明的情景推演; 没有写的不在账内。"
        "停产少造的车不突击补回, 由补库存慢慢补上。",
        "Parts, logistics and stability measures count as far as the enterprise's file tells of "
        "them; output lost to a stop is not caught up at once but as stock is refilled.",
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
    impatience : what buyers do who find no car; without it they wait as long as it takes
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
    impatience: Impatience | None = None

    def take(self, rows: slice) -> PlantParameters:
        """The same of some draws."""
        some = self.impatience.take(rows) if self.impatience else None
        own = [each.name for each in fields(self) if each.name != "impatience"]
        return PlantParameters(
            **{name: getattr(self, name)[rows] for name in own}, impatience=some
        )


@dataclass(frozen=True, slots=True)
class PlantLines:
    """The lines in groups that pool their capacity.

    Attributes
    ----------
    capacity : (R, T, L) cars a day without overtime
    working : (T, L) how much of each day the group is meant to work
    line_of : (J,) the group that builds each vehicle
    more_overtime : (R, T) overtime that measures allow besides, as a share of capacity
    trouble : what keeps the lines from building it; planners do not foresee it
    """

    capacity: Floats
    working: Floats
    line_of: Ints
    more_overtime: Floats | None = None
    trouble: Trouble | None = None

    def take(self, rows: slice) -> PlantLines:
        """The same of some draws."""
        return replace(
            self,
            capacity=self.capacity[rows],
            more_overtime=None if self.more_overtime is None else self.more_overtime[rows],
            trouble=self.trouble.take(rows) if self.trouble else None,
        )


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
    lines : what the lines can do
    """

    sales: Ints
    expected_sales: Floats
    campaign_sales: Floats
    announced_day: int | None
    base_mix: Floats
    lines: PlantLines


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
        ).astype(CARS)
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


class _Run:
    """The changing part: stocks, orders, beliefs; one method a step of the week."""

    def __init__(
        self, parameters: PlantParameters, inputs: PlantInputs, *, together: bool = False
    ) -> None:
        self.planning = _Planning(parameters, inputs)
        self.together = together
        planning = self.planning
        cells = (planning.draws, planning.vehicles)
        self.lines = _lines(parameters, inputs.lines, planning.days)
        self.floor = Floor(self.lines, cells, inputs.lines.trouble)
        # What an undisturbed floor would have built this week; trouble is not made up for later,
        # the plant plans anew.
        self.calm = Floor(self.lines, cells, None) if inputs.lines.trouble else self.floor
        self.sales = np.ascontiguousarray(inputs.sales.transpose(1, 0, 2), CARS)
        first = planning.expected[0]
        self.dealer_start = _whole(_column(parameters.dealers_months) * WEEKS_PER_MONTH * first)
        self.plant_start = _whole(planning.plant_target)
        self.dealer_stock, self.plant_stock = self.dealer_start, self.plant_start
        self.waiting, self.owed_to_city, self.owed_elsewhere = np.zeros((3, *cells), CARS)
        # Carried fractions start in the middle, so that rounding is neither up nor down.
        self.order_carry, self.base_carry = np.full((2, *cells), 0.5)
        self.dealers_belief = np.zeros(cells)
        history = (planning.weeks, *cells)
        self.belief, self.gap = np.zeros(history), np.zeros(history)
        self.last_order = np.zeros(cells, CARS)
        longest = int(parameters.shipping_days.max(initial=0))
        self.arrivals = np.zeros((planning.days + longest, *cells), CARS)
        self.on_the_road = self._fill_the_road(first)
        kept = (planning.days, planning.draws, 1 if together else planning.vehicles)
        self.leaving = Leaving(parameters.impatience, cells) if parameters.impatience else None
        self.path = {name: np.zeros(kept, CARS) for name in _BY_DAY}
        self.built_of = np.zeros(cells, np.int64)
        self.binding = np.zeros((planning.weeks, planning.draws, inputs.lines.working.shape[1]))

    def _fill_the_road(self, weekly: Floats) -> Cars:
        """Cars already under way on day 0: the usual sales of the days they need."""
        longest = self.arrivals.shape[0] - self.planning.days
        days = np.arange(1, longest + 1)[:, np.newaxis, np.newaxis]
        due = np.floor(weekly / DAYS_PER_WEEK * days + 0.5).astype(CARS)
        each = np.diff(due, axis=0, prepend=0)
        each[np.arange(longest)[:, np.newaxis] >= self.planning.shipping_days] = 0
        self.arrivals[:longest] = each
        total: Cars = each.sum(axis=0, dtype=CARS)
        return total

    def record(self, name: str, day: int, cars: Cars) -> None:
        """Keep what happened on a day, vehicle by vehicle or all vehicles as one."""
        if self.together:
            np.einsum(
                "rj->r", cars, out=self.path[name][day, :, 0]
            )  # as a sum, three times as fast
        else:
            self.path[name][day] = cars

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
        self.last_order = np.floor(self.order_carry).astype(CARS)
        self.order_carry -= self.last_order
        self.record("ordered", week * DAYS_PER_WEEK, self.last_order)

    def learn(self, week: int, before: Cars) -> None:
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
        output, self.binding[week] = self.lines.output(week, wanted, pattern)
        return output

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

    def build(self, day: int, planned: Floats) -> Cars:
        """Whole cars off the line today."""
        due = self.lines.share_out(day, planned)
        built = self.floor.build(day, due)
        if self.calm is not self.floor:
            self.calm.build(day, due)
        self.record("built", day, built)
        self.built_of += built
        return built

    def plan_anew(self, week: int) -> None:
        """Note what trouble bound this week; what it left undone is in next week's plan."""
        if self.calm is not self.floor:
            self.binding[week] = np.maximum(self.binding[week], self.floor.bound)
            self.floor.bound[:] = 0
            self.floor.carry[:] = self.calm.carry

    def ship(self, day: int, built: Cars) -> None:
        """The city first; if the plant has too few, from other cities; then the base load."""
        planning = self.planning
        self.base_carry += planning.base_per_week * self.lines.day_factor[day]
        called = np.floor(self.base_carry).astype(CARS)
        self.base_carry -= called
        at_hand = self.plant_stock + built
        received = self._borrow(at_hand)
        at_hand += received
        to_city = np.minimum(self.owed_to_city, at_hand)
        at_hand -= to_city
        owed_elsewhere = self.owed_elsewhere + called
        owed_elsewhere += received
        elsewhere = np.minimum(owed_elsewhere, at_hand)
        self.plant_stock = at_hand - elsewhere
        self.owed_to_city = self.owed_to_city - to_city
        self.owed_elsewhere = owed_elsewhere - elsewhere
        self.arrivals[day + planning.shipping_days, planning.all_draws] += to_city
        self.on_the_road = self.on_the_road + to_city
        self.record("received_from_elsewhere", day, received)
        self.record("shipped_to_city", day, to_city)
        self.record("shipped_elsewhere", day, elsewhere)
        self.record("plant_closing", day, self.plant_stock)
        self.record("owed_to_city", day, self.owed_to_city)
        self.record("owed_elsewhere", day, self.owed_elsewhere)

    def _borrow(self, at_hand: Cars) -> Cars:
        """Other cities' cars (R, J) for the city's orders that the plant cannot fill."""
        missing: Cars = np.maximum(self.owed_to_city - at_hand, 0)
        if not missing.any():
            return missing
        lendable = np.maximum(self.planning.elsewhere_stock - self.owed_elsewhere, 0)
        received: Cars = np.minimum(missing, lendable)
        return received

    def serve(self, day: int) -> None:
        """Dealers receive, then hand cars to those who wait and those who come."""
        arrived = self.arrivals[day]
        self.on_the_road = self.on_the_road - arrived
        asked = self.waiting + self.sales[day]
        served = np.minimum(asked, self.dealer_stock + arrived)
        self.dealer_stock = self.dealer_stock + arrived
        self.dealer_stock -= served
        self.waiting = asked - served
        if self.leaving is not None and self.waiting.any():
            self._lose_patience(day, self.leaving)
        self.record("arrived", day, arrived)
        self.record("served", day, served)
        self.record("dealer_closing", day, self.dealer_stock)
        self.record("waiting", day, self.waiting)

    def _lose_patience(self, day: int, leaving: Leaving) -> None:
        """Some of those who still wait take another car, or none."""
        left = leaving.today(self.waiting, self.dealer_stock)
        self.waiting = self.waiting - left.total
        self.dealer_stock -= left.substituted
        for each in fields(left):
            self.record(each.name, day, getattr(left, each.name))

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
        self.plan_anew(week)

    def finished(self) -> PlantPath:
        by_draw = {name: days.transpose(1, 0, 2) for name, days in self.path.items()}
        binding = self.binding.astype(np.int64).transpose(1, 0, 2)
        plant, dealers = self.plant_start, self.dealer_start
        if self.together:
            plant, dealers = (each.sum(axis=1, keepdims=True) for each in (plant, dealers))
        return PlantPath(plant, dealers, binding, self.built_of, **by_draw)


_BY_DAY = tuple(
    field.name
    for field in fields(PlantPath)
    if field.name not in {*OPENINGS, "binding", "built_of"}
)


def _lines(parameters: PlantParameters, lines: PlantLines, days: int) -> Lines:
    """The lines as the planner knows them, with the overtime of each day."""
    overtime = np.broadcast_to(_column(parameters.overtime_share), (len(lines.capacity), days))
    if lines.more_overtime is not None:
        overtime = overtime + lines.more_overtime
    return Lines(lines.capacity, overtime, lines.working, lines.line_of)


def _whole(cars: Floats) -> Cars:
    return np.rint(cars).astype(CARS)


def project(
    parameters: PlantParameters,
    inputs: PlantInputs,
    *,
    together: bool = False,
    weeks: int | None = None,
) -> PlantPath:
    """How many cars are built, shipped, kept and owed on every day of this world?

    Vehicle by vehicle, or with all vehicles as one (`together`: the last axis has length 1); of
    all weeks, or of the first `weeks` with nothing after them.

    The opening is the steady state of the world without the campaign: it depends on
    `expected_sales` and the parameters alone, so that both worlds open alike and, where the
    dealers hold their target, nothing moves until sales do.
    """
    run = _Run(parameters, inputs, together=together)
    for week in range(run.planning.weeks)[:weeks]:
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

    def take(self, rows: slice) -> PlantDemand:
        """The same of some draws."""
        return replace(
            self,
            without=self.without[rows],
            with_=self.with_[rows],
            expected=_of_draws(self.expected, rows),
            announced=_of_draws(self.announced, rows),
        )


def _of_draws(values: Floats, rows: slice) -> Floats:
    """Some draws of what may be the same in all."""
    return values if len(values) == 1 else values[rows]


def both_worlds(
    parameters: PlantParameters, lines: PlantLines, demand: PlantDemand, *, together: bool = False
) -> tuple[PlantPath, PlantPath]:
    """The plant without and with the campaign, from the same opening.

    The base load is spread over the vehicles as the city's expected sales are.
    """
    quiet, campaign = worlds_of(lines, demand)
    without, with_ = (project(parameters, each, together=together) for each in (quiet, campaign))
    return without, with_


def worlds_of(lines: PlantLines, demand: PlantDemand) -> tuple[PlantInputs, PlantInputs]:
    """What the worlds without and with the campaign ask of the plant."""
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
        lines=lines,
    )
    campaign = replace(
        quiet,
        sales=demand.with_,
        campaign_sales=announced,
        announced_day=demand.announced_day,
    )
    return quiet, campaign


BLOCK_CELLS = 8192
"""Draws x vehicles followed together: their stocks stay in the fast memory of one core."""


def both_worlds_together(
    parameters: PlantParameters,
    lines: PlantLines,
    demand: PlantDemand,
    *,
    cells: int = BLOCK_CELLS,
) -> tuple[PlantPath, PlantPath]:
    """The plant without and with the campaign, all its vehicles as one.

    Draws are followed in blocks, which changes no car: no draw knows of another.
    """
    found = [
        both_worlds(parameters.take(rows), lines.take(rows), demand.take(rows), together=True)
        for rows in blocks_of(demand, cells)
    ]
    without, with_ = (one_after_another(paths) for paths in zip(*found, strict=True))
    return without, with_


def blocks_of(demand: PlantDemand, cells: int = BLOCK_CELLS) -> list[slice]:
    """The draws in blocks of so many draws x vehicles."""
    draws, _, vehicles = demand.without.shape
    step = max(1, cells // max(vehicles, 1))
    return [slice(first, first + step) for first in range(0, draws, step)]
