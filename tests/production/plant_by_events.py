"""One plant as a discrete-event simulation: an oracle written from docs/plants.md.

Whoever wrote this file had not read the product's code; where the page was silent the product was
asked from outside, and the page says it now. Nothing is vectorised or shared with the product: an
enterprise's file is read as a plain dictionary, every car is an object that is built, driven,
parked and handed over, every buyer is a process that waits for one of them. The instants of a day:

    morning   first day of a week: the plant looks back, dealers order, the plant plans
    delivery  parts come to the plant
    work      cars are finished one after another
    gate      lots leave for the city's dealers, then cars for the rest of the country
    arrival   lots that left `shipping_days` ago come in
    evening   buyers are served in the order in which they came
    books     everything is counted
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import simpy

WEEKS_A_MONTH = 30.4 / 7
MORNING, DELIVERY, WORK, GATE, ARRIVAL, EVENING, BOOKS = (n / 10 for n in range(7))
ORDERS, OVERTIME, FROZEN, CAPACITY, AVAILABILITY, PARTS = range(6)
A_HAIR = 1e-9  # sums of decimal fractions miss a whole number by less than this

Entry = Mapping[str, Any]
Event = Iterator[simpy.Event]


def number(entry: Any) -> float:
    """A number as an enterprise writes it: 3, "60%", or {assumed: ...}."""
    if isinstance(entry, Mapping):
        return number(entry["assumed"])
    if isinstance(entry, str) and entry.endswith("%"):
        return float(entry[:-1]) / 100
    return float(entry)


class Whole:
    """Whole cars out of fractions; what is left is carried, beginning at one half."""

    def __init__(self) -> None:
        self.left = 0.5
        self.nearest = 0.5

    def of(self, cars: float) -> int:
        self.left += cars
        if cars:
            self.nearest = min(self.nearest, abs(self.left - round(self.left)))
        whole = math.floor(self.left)
        self.left -= whole
        return whole


# What goes wrong, and what is done about it


LOWERS = {
    "lockdown": "availability",
    "closed_loop_early": "availability",
    "closed_loop_two_shift": "availability",
    "closed_loop_stable": "availability",
    "energy_limit": "availability",
    "supplier_closed": "supply",
    "part_shortage": "supply",
    "road_closed": "logistics",
}


def lasts(entry: Entry, day: date) -> bool:
    return date.fromisoformat(entry["from"]) <= day <= date.fromisoformat(entry["to"])


def left(plant: Entry, constraint: str, target: Entry, day: date) -> float:
    """The share of the usual that one line or supplier can rely on that day."""
    remains = 1.0
    for scenario in plant.get("scenarios", ()):
        if LOWERS[scenario["kind"]] == constraint and concerns(plant, scenario, target, day):
            lost = 1 - factor(scenario, day)
            for measure in plant.get("measures", ()):
                if helps(measure, constraint, scenario, target, day):
                    lost *= 1 - number(measure["restores"])
            remains = min(remains, 1 - lost)
    return remains


def concerns(plant: Entry, scenario: Entry, target: Entry, day: date) -> bool:
    if not lasts(scenario, day):
        return False
    if scenario.get("of"):
        return target["id"] in scenario["of"]
    return scenario["kind"] != "road_closed" or target["place"] != plant["place"]


def factor(scenario: Entry, day: date) -> float:
    already = (day - date.fromisoformat(scenario["from"])).days
    closed = number(scenario.get("delay_days", 0)) - already
    return number(scenario["factor"]) * (1 - min(max(closed, 0.0), 1.0))  # half a day counts half


def helps(measure: Entry, constraint: str, scenario: Entry, target: Entry, day: date) -> bool:
    return (
        measure["relaxes"] == constraint
        and lasts(measure, day)
        and target["id"] in (measure.get("of") or [target["id"]])
        and scenario["id"] in (measure.get("against") or [scenario["id"]])
    )


def added(plant: Entry, what: str, target: Entry, day: date) -> float:
    """Overtime or capacity that measures bring on top, as a share of capacity."""
    return sum(
        number(measure["adds"])
        for measure in plant.get("measures", ())
        if measure["relaxes"] == what
        and lasts(measure, day)
        and target["id"] in (measure.get("of") or [target["id"]])
    )


def told(plant: Entry, announced: date) -> float:
    """The share of the announced campaign that the plant plans for."""
    untold = 1 - number(plant["planning"]["announced_share"])
    for measure in plant.get("measures", ()):
        if measure["relaxes"] == "announced_share" and lasts(measure, announced):
            untold *= 1 - number(measure["restores"])
    return 1 - untold


# The world


@dataclass(frozen=True)
class World:
    """One enterprise, one city. Rows are days (sales) and weeks (expected, announced)."""

    plant: Entry
    first_day: date
    models: Sequence[str]
    sales: Sequence[Sequence[int]]
    expected: Sequence[Sequence[float]]
    campaign: Sequence[Sequence[float]]
    announced: date | None = None
    holidays: frozenset[date] = frozenset()
    made_up: frozenset[date] = frozenset()

    def day(self, t: int) -> date:
        return self.first_day + timedelta(t)

    def works(self, line: Entry, t: int) -> float:
        """How much of a day the line is meant to work; those of five days rest at weekends."""
        day = self.day(t)
        if day in self.holidays:
            return 0.0
        if day in self.made_up or day.weekday() < 5:
            return 1.0
        return min(max(float(line["days_per_week"]) - day.weekday(), 0.0), 1.0)

    def usual(self, line: Entry, t: int) -> float:
        """Cars the planner thinks the line builds on a day, without overtime."""
        usual = number(line["rate_per_hour"]) * number(line["hours_per_shift"])
        usual *= number(line["shifts"]) * number(line["availability"]) * self.works(line, t)
        return usual * (1 + added(self.plant, "capacity", line, self.day(t)))

    def overtime(self, t: int) -> float:
        share = number(self.plant["planning"]["overtime_share"])
        return share + added(self.plant, "overtime", {"id": ""}, self.day(t))


BOOKED = (
    "ordered",
    "built",
    "received_from_elsewhere",
    "shipped_to_city",
    "shipped_elsewhere",
    "plant_closing",
    "arrived",
    "served",
    "dealer_closing",
    "waiting",
    "owed_to_city",
    "owed_elsewhere",
)


@dataclass
class Model:
    """One vehicle: its yard at the plant, its lot in the city, and what is believed of it."""

    yard: simpy.Store
    lot: simpy.Store
    plant_start: int
    dealer_start: int
    base_share: float
    others_stock: int
    target: float
    expected: list[float]
    announced: list[float]
    road: int = 0
    to_ship: int = 0
    owed_elsewhere: int = 0
    dealers_believe: float = 0.0
    plant_believes: float = 0.0
    campaign_dealers_believe: float = 0.0
    campaign_missing: float = 0.0
    campaign_orders: float = 0.0
    campaign_stock: float = 0.0
    wanted: list[float] = field(default_factory=list)
    today: dict[str, int] = field(default_factory=dict)
    week: dict[str, int] = field(default_factory=lambda: {"ordered": 0, "sold": 0})
    books: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in BOOKED})
    whole_orders: Whole = field(default_factory=Whole)
    whole_due: Whole = field(default_factory=Whole)
    whole_base: Whole = field(default_factory=Whole)
    due: float = 0.0

    def nearest_tie(self) -> float:
        return min(self.whole_orders.nearest, self.whole_due.nearest, self.whole_base.nearest)


class Plant:
    """The simulation of one world, with or without the campaign; `run` gives its books."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.env = simpy.Environment()
        plan, stock = world.plant["planning"], world.plant["stock"]
        self.days = len(world.sales)
        self.weeks = math.ceil(self.days / 7)
        self.dealer_speed = number(stock["dealer_speed_per_month"]) / WEEKS_A_MONTH
        self.stock_speed = number(plan["stock_speed_per_month"]) / WEEKS_A_MONTH
        self.learning = number(plan["expectation_speed_per_month"]) / WEEKS_A_MONTH
        self.target_weeks = number(stock["target_months"]) * WEEKS_A_MONTH
        self.road_weeks = number(plan["shipping_days"]) / 7
        self.share = told(world.plant, world.announced) if world.announced else 0.0
        self.base_week = number(world.plant["base_load_per_month"]) / WEEKS_A_MONTH
        self.models = [self.model(j) for j in range(len(world.models))]
        self.tier = Tier(world)
        self.floors = [Floor(self, *group) for group in self.groups().items()]

    def groups(self) -> dict[tuple[str, ...], list[Entry]]:
        """Lines with the same models pool capacity; `all` are the models that no line names."""
        named = {
            m
            for line in self.world.plant["lines"]
            for m in line["models"]
            if line["models"] != "all"
        }
        rest = [model for model in self.world.models if model not in named]
        groups: dict[tuple[str, ...], list[Entry]] = {}
        for line in self.world.plant["lines"]:
            can = rest if line["models"] == "all" else line["models"]
            groups.setdefault(tuple(can), []).append(line)
        return groups

    def model(self, j: int) -> Model:
        """The steady state: so many months of sales at the dealers, of shipments at the plant."""
        stock = self.world.plant["stock"]
        expected = [week[j] for week in self.world.expected]
        total = sum(sum(week) for week in self.world.expected)
        base_share = sum(expected) / total
        lot = round(number(stock["dealers_months"]) * WEEKS_A_MONTH * expected[0])
        shipments = sum(expected) / len(expected) + base_share * self.base_week
        yard = round(number(stock["plant_months"]) * WEEKS_A_MONTH * shipments)
        model = Model(
            yard=self.parked(yard),
            lot=self.parked(lot),
            plant_start=yard,
            dealer_start=lot,
            base_share=base_share,
            others_stock=math.floor(
                number(stock["dealers_months"]) * WEEKS_A_MONTH * base_share * self.base_week
            ),
            expected=expected,
            target=number(stock["plant_months"]) * WEEKS_A_MONTH * shipments,
            announced=[week[j] for week in self.world.campaign],
        )
        lots = Whole()
        for day in range(int(number(self.world.plant["planning"]["shipping_days"]))):
            self.env.process(self.truck(model, lots.of(expected[0] / 7), day))
        return model

    def parked(self, cars: int) -> simpy.Store:
        store = simpy.Store(self.env)
        store.items.extend(object() for _ in range(cars))
        return store

    def run(self) -> "Plant":
        for happens in (self.monday, self.delivery, self.work, self.gate, self.evening, self.book):
            self.env.process(happens())
        self.env.run(until=self.days)
        return self

    def daily(self, instant: float, every: int = 1) -> Iterator[tuple[int, simpy.Event]]:
        for day in range(0, self.days, every):
            yield day, self.env.timeout(day + instant - self.env.now)

    # The first day of a week

    def monday(self) -> Event:
        for day, comes in self.daily(MORNING, every=7):
            yield comes
            for model in self.models:
                model.today = dict.fromkeys(BOOKED, 0)
                self.plant_looks_back(model, day // 7)
                self.dealers_look_back_and_order(model, day // 7)
            for floor in self.floors:
                floor.new_week(day // 7)

    def announced_sales(self, model: Model, week: int) -> float:
        """Extra sales planned for: from the week after the announcement."""
        if self.world.announced is None:
            return 0.0
        announced = (self.world.announced - self.world.first_day).days // 7
        return self.share * model.announced[week] if week > announced else 0.0

    def plant_looks_back(self, model: Model, week: int) -> None:
        if week > 0:
            was_expected = model.expected[week - 1] + model.campaign_orders
            surprise = model.week["ordered"] - (was_expected + model.plant_believes)
            model.plant_believes += self.learning * surprise
            sold = self.announced_sales(model, week - 1)
            model.campaign_stock += sold - model.campaign_orders
            self.reckon_campaign_orders(model, sold)
        stock = len(model.yard.items) - model.owed_elsewhere - model.to_ship
        gap = model.target + model.campaign_stock - stock
        model.wanted.append(model.plant_believes + self.stock_speed * gap)

    def reckon_campaign_orders(self, model: Model, sold: float) -> None:
        """What dealers will order this week if the campaign sold what was announced last week."""
        model.campaign_missing += sold - model.campaign_orders
        surprise = sold - model.campaign_dealers_believe
        model.campaign_dealers_believe += self.learning * surprise
        more = model.campaign_dealers_believe
        full = (self.target_weeks + self.road_weeks) * more
        model.campaign_orders = more + self.dealer_speed * (full + model.campaign_missing)

    def dealers_look_back_and_order(self, model: Model, week: int) -> None:
        if week > 0:
            thought = model.expected[week - 1] + model.dealers_believe
            model.dealers_believe += self.learning * (model.week["sold"] - thought)
        expected = max(model.expected[week] + model.dealers_believe, 0.0)
        full = (self.target_weeks + self.road_weeks) * expected
        have = len(model.lot.items) + model.road + model.to_ship - len(model.lot.get_queue)
        order = max(expected + self.dealer_speed * (full - have), 0.0)
        cars = model.whole_orders.of(order)
        model.to_ship += cars
        model.today["ordered"] += cars
        model.week = {"ordered": cars, "sold": 0}

    # The days

    def delivery(self) -> Event:
        for day, comes in self.daily(DELIVERY):
            yield comes
            self.tier.deliver(day, max(floor.works(day) for floor in self.floors))
            for floor in self.floors:
                floor.parts.arrive(day)

    def work(self) -> Event:
        for day, comes in self.daily(WORK):
            yield comes
            for floor in self.floors:
                for model in floor.finish_cars(day):
                    yield model.yard.put(object())
                    model.today["built"] += 1

    def gate(self) -> Event:
        for day, comes in self.daily(GATE):
            yield comes
            for floor in self.floors:
                works = floor.works(day) / floor.mean_day()
                for model in floor.models:
                    yield from self.ship_to_city(model, day)
                    base = self.base_week / 7 * model.base_share * works
                    yield from self.ship_elsewhere(model, model.whole_base.of(base))

    def ship_to_city(self, model: Model, day: int) -> Event:
        lot = model.to_ship
        for _ in range(model.to_ship):
            if model.yard.items:
                yield model.yard.get()
            elif model.owed_elsewhere < model.others_stock:
                model.today["received_from_elsewhere"] += 1
                model.owed_elsewhere += 1
            else:
                lot -= 1
        model.to_ship -= lot
        model.today["shipped_to_city"] += lot
        if lot:
            self.env.process(
                self.truck(model, lot, day + number(self.world.plant["planning"]["shipping_days"]))
            )

    def ship_elsewhere(self, model: Model, due: int) -> Event:
        model.owed_elsewhere += due
        while model.owed_elsewhere and model.yard.items:
            yield model.yard.get()
            model.owed_elsewhere -= 1
            model.today["shipped_elsewhere"] += 1

    def truck(self, model: Model, cars: int, day: float) -> Event:
        model.road += cars
        yield self.env.timeout(day + ARRIVAL - self.env.now)
        model.road -= cars
        for _ in range(cars):
            yield model.lot.put(object())
            model.today["arrived"] += 1

    def evening(self) -> Event:
        for day, comes in self.daily(EVENING):
            yield comes
            for model, cars in zip(self.models, self.world.sales[day], strict=True):
                model.week["sold"] += cars
                for _ in range(cars):
                    self.env.process(self.buyer(model))

    def buyer(self, model: Model) -> Event:
        yield model.lot.get()
        model.today["served"] += 1

    def book(self) -> Event:
        for _, comes in self.daily(BOOKS):
            yield comes
            for model in self.models:
                model.today["plant_closing"] = len(model.yard.items)
                model.today["dealer_closing"] = len(model.lot.items)
                model.today["waiting"] = len(model.lot.get_queue)
                model.today["owed_to_city"] = model.to_ship
                model.today["owed_elsewhere"] = model.owed_elsewhere
                for name in BOOKED:
                    model.books[name].append(model.today[name])
                model.today = dict.fromkeys(BOOKED, 0)


class Floor:
    """A group of lines: a week's plan, the cars due, the one in hand, and the parts beside it."""

    def __init__(self, plant: Plant, names: Sequence[str], lines: list[Entry]) -> None:
        self.plant, self.world, self.lines = plant, plant.world, lines
        catalogue = zip(self.world.models, plant.models, strict=True)
        self.models = [model for name, model in catalogue if name in names]
        self.bound: list[int] = []
        self.lead_weeks = int(number(self.world.plant["planning"]["lead_time_weeks"]))
        self.bench, self.untroubled = Bench(self.models), Bench(self.models)
        self.parts = Parts(self)

    def works(self, t: int) -> float:
        return max(self.world.works(line, t) for line in self.lines)

    def mean_day(self) -> float:
        return sum(self.works(t) for t in range(self.plant.days)) / self.plant.days

    def usual(self, t: int) -> float:
        return sum(self.world.usual(line, t) for line in self.lines)

    def full(self, t: int) -> float:
        """A full day's work, with overtime."""
        return self.usual(t) * (1 + self.world.overtime(t))

    def as_things_stand(self, t: int) -> float:
        day = self.world.day(t)
        able = sum(
            self.world.usual(line, t) * left(self.world.plant, "availability", line, day)
            for line in self.lines
        )
        return able * (1 + self.world.overtime(t))

    # The plan

    def new_week(self, week: int) -> None:
        self.bench.left_as(self.untroubled)
        self.week = range(7 * week, min(7 * week + 7, self.plant.days))
        capacity = sum(self.usual(t) for t in self.week)
        overtime = sum(self.full(t) for t in self.week) - capacity
        wants = [self.wanted(model, week, 1) for model in self.models]
        wanted = sum(wants)
        patterns = [self.wanted(m, week, self.lead_weeks) for m in self.models]
        pattern = sum(patterns)
        frozen = min(pattern, capacity)
        output = min(max(wanted, frozen - overtime, 0.0), frozen + overtime)
        for model, part in zip(self.models, wants if wanted else patterns, strict=True):
            model.due = output * part / (wanted or pattern) if output else 0.0
        self.bound.append(what_binds(wanted, output, pattern, capacity))

    def wanted(self, model: Model, week: int, weeks_ago: int) -> float:
        known = week - weeks_ago
        rate = self.plant.base_week * model.base_share + model.expected[week]
        announced = self.world.announced
        if announced is not None and (announced - self.world.first_day).days // 7 <= known:
            rate += self.plant.announced_sales(model, week)
        rate += model.wanted[max(known, 0)]  # weeks before the first knew what the opening shows
        return max(rate, 0.0) * self.working_weeks()

    def working_weeks(self) -> float:
        """This week's working days as a share of the mean week's."""
        return sum(self.works(t) for t in self.week) / (7 * self.mean_day())

    # The work

    def finish_cars(self, day: int) -> list[Model]:
        week = sum(self.usual(t) for t in self.week)
        for j, model in enumerate(self.models):
            due = model.due * self.usual(day) / week if week else 0.0
            self.bench.cars[j] += (whole := model.whole_due.of(due))
            self.untroubled.cars[j] += whole
        could = min(self.bench.to_do(), self.full(day))
        able, parts = self.as_things_stand(day), self.parts.at_hand()
        if min(able, parts) < could - A_HAIR:
            binds = AVAILABILITY if able < parts else PARTS + self.parts.scarcest()
            self.bound[-1] = max(self.bound[-1], binds)
        work = min(could, able, parts)
        self.parts.use(work)
        self.untroubled.work(min(self.untroubled.to_do(), self.full(day)))
        return self.bench.work(work)


class Bench:
    """Cars due and not finished, of each vehicle, and the one in hand, which is of none yet."""

    def __init__(self, models: list[Model]) -> None:
        self.models = models
        self.cars = [0] * len(models)
        self.in_hand = 0.0

    def to_do(self) -> float:
        return sum(self.cars) - self.in_hand

    def work(self, cars: float) -> list[Model]:
        self.in_hand += cars
        finished = math.floor(self.in_hand + A_HAIR)
        self.in_hand -= finished
        done = self.take(finished)
        return [model for model, n in zip(self.models, done, strict=True) for _ in range(n)]

    def take(self, finished: int) -> list[int]:
        """So many of the cars due, each vehicle its share, the largest remainders rounded up."""
        due = sum(self.cars)
        shares = [Fraction(cars * finished, due) if due else Fraction(0) for cars in self.cars]
        done = [math.floor(share) for share in shares]
        missing = finished - sum(done)
        for j in sorted(range(len(shares)), key=lambda j: done[j] - shares[j])[:missing]:
            done[j] += 1
        self.cars = [cars - n for cars, n in zip(self.cars, done, strict=True)]
        return done

    def left_as(self, untroubled: "Bench") -> None:
        """What is undone because of trouble is planned anew."""
        self.cars = list(untroubled.cars)


def what_binds(wanted: float, output: float, pattern: float, capacity: float) -> int:
    if output < wanted - A_HAIR:
        return CAPACITY if pattern >= capacity else FROZEN
    if output > wanted + A_HAIR:
        return FROZEN
    return OVERTIME if output > capacity + A_HAIR else ORDERS


class Parts:
    """Parts beside the lines of one floor, in cars, part by part."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.tier = floor.plant.tier
        worked = [usual for t in range(floor.plant.days) if (usual := floor.usual(t))]
        usual = sum(worked) / len(worked)
        self.at_most = {part: usual * days for part, days in self.tier.buffer_days().items()}
        self.cars = dict(self.at_most)

    def arrive(self, day: int) -> None:
        for part, share in self.tier.brings.items():
            overnight = min(self.cars[part], self.at_most[part])
            self.cars[part] = overnight + self.floor.full(day) * share

    def at_hand(self) -> float:
        return min(self.cars.values(), default=math.inf)

    def scarcest(self) -> int:
        names = list(self.cars)
        return names.index(min(names, key=lambda name: self.cars[name]))

    def use(self, cars: float) -> None:
        for part in self.cars:
            self.cars[part] -= cars


class Tier:
    """Those who deliver to the plant, or to one supplier; `brings` is today's share by part."""

    def __init__(self, world: World, feeding: str | None = None) -> None:
        self.world = world
        self.by_part: dict[str, list[Supplier]] = {}
        for entry in world.plant.get("suppliers", ()):
            if entry.get("feeds") == feeding:
                supplier = Supplier(world, entry)
                self.by_part.setdefault(supplier.part, []).append(supplier)
        self.brings = dict.fromkeys(self.by_part, 0.0)

    def buffer_days(self) -> dict[str, float]:
        return {
            part: sum(s.share * number(s.entry["buffer_days"]) for s in suppliers)
            for part, suppliers in self.by_part.items()
        }

    def deliver(self, day: int, works: float) -> None:
        for part, suppliers in self.by_part.items():
            self.brings[part] = sum(s.share * s.deliver(day, works) for s in suppliers)


class Supplier:
    """One supplier, the parts of a second tier beside its own lines, and the road from it."""

    def __init__(self, world: World, entry: Entry) -> None:
        self.world, self.entry = world, entry
        self.part = entry.get("sourcing", {}).get("part", "only from " + entry["id"])
        self.share = number(entry.get("sourcing", {}).get("share", 1))
        self.tier = Tier(world, feeding=entry["id"])
        self.days = self.tier.buffer_days()

    def deliver(self, day: int, works: float) -> float:
        """The share of a full day's parts that reaches whoever is fed."""
        self.tier.deliver(day, works)
        on, plant = self.world.day(day), self.world.plant
        makes = left(plant, "supply", self.entry, on)
        for part, at_most in self.tier.buffer_days().items():
            self.days[part] = min(self.days[part], at_most) + works * self.tier.brings[part]
            makes = min(makes, self.days[part] / works if works else 0.0)
        for part in self.days:
            self.days[part] -= makes * works
        return min(makes, left(plant, "logistics", self.entry, on))
