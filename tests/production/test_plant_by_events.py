"""The same trajectories from an independent simulation, event by event (`plant_by_events`).

Whoever wrote the simulation had read docs/plants.md and not the code. Cars are whole, so every
number of every day is compared exactly: both sides add the same fractions in another order, which
moves a sum by less than 1e-9 of a car, and no case comes as near as that to the next whole car.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import plant_by_events
import pytest
from plant_by_events import (
    AVAILABILITY,
    BOOKED,
    CAPACITY,
    FROZEN,
    ORDERS,
    OVERTIME,
    PARTS,
    Model,
    Plant,
    World,
)

from promo.production.manufacturer import load_manufacturer, plant_lines, plant_parameters
from promo.production.plants import PlantDemand, both_worlds
from promo.production.stocks import PlantPath

AUTUMN = date(2022, 10, 10)  # eleven weeks without a public holiday
WEEKS = 11
A_SUM_IS_OFF_BY = 1e-9  # of a car: some hundred additions of numbers below a million

# Notice of the State Council's office 国办发明电〔2021〕11号: 1 to 7 October 2022 are holidays,
# and Saturday and Sunday, the 8th and 9th, are worked instead.
NATIONAL_DAY = frozenset(date(2022, 10, day) for day in range(1, 8))
WORKED_INSTEAD = frozenset({date(2022, 10, 8), date(2022, 10, 9)})


@dataclass(frozen=True)
class Case:
    """An enterprise's file, a city, and what must bind in some week so that it is no idle case."""

    plant: dict[str, Any]
    binds: frozenset[int] = frozenset({ORDERS})
    sales_a_day: tuple[float, ...] = (7.31,)
    campaign: float = 0.5
    announced: date = AUTUMN
    first_day: date = AUTUMN
    growth: float = 0.0

    @property
    def models(self) -> list[str]:
        return ["one", "two", "three"][: len(self.sales_a_day)]

    def expected(self) -> list[list[float]]:
        return [[7 * s * (1 + self.growth * w) for s in self.sales_a_day] for w in range(WEEKS)]

    def extra(self) -> list[list[float]]:
        """Four weeks of more sales and four of a trough, cars a week."""
        share = [0, 0, 1, 1, 1, 1, -0.6, -0.6, -0.6, -0.6, 0]
        return [[7 * s * self.campaign * part for s in self.sales_a_day] for part in share]

    def sales(self) -> tuple[list[list[int]], list[list[int]]]:
        """What buyers want on each day, without and with the campaign."""
        rng = np.random.default_rng(20221011)
        usual = np.repeat(self.expected(), 7, axis=0) / 7
        extra = np.repeat(self.extra(), 7, axis=0) / 7
        without = rng.poisson(usual)
        with_ = without + rng.poisson(np.maximum(extra, 0))
        with_ -= np.minimum(with_, rng.poisson(np.maximum(-extra, 0)))
        return without.tolist(), with_.tolist()


def line(rate: float, **changes: Any) -> dict[str, Any]:
    usual = {"id": "line-1", "hours_per_shift": 10, "shifts": 2, "days_per_week": 7}
    return usual | {"rate_per_hour": rate, "availability": "100%", "models": "all"} | changes


def plant(rate: float = 2.3, **changes: Any) -> dict[str, Any]:
    """An enterprise of the size of its city, about 7 cars a day there and 12 elsewhere."""
    file: dict[str, Any] = {
        "id": "plant",
        "name": {"zh": "某厂", "en": "Some plant"},
        "place": "开封",
        "maker": "某厂",
        "lines": [line(rate)],
        "base_load_per_month": 371.3,
        "stock": {
            "dealers_months": 1,
            "target_months": 1.1,
            "dealer_speed_per_month": "50%",
            "plant_months": 0.5,
        },
        "planning": {
            "announced_share": "50%",
            "lead_time_weeks": 2,
            "overtime_share": "15%",
            "stock_speed_per_month": "25%",
            "expectation_speed_per_month": "40%",
            "shipping_days": 2,
        },
    }
    for section in ("stock", "planning"):
        file[section] |= changes.pop(section, {})
    return file | changes


def supplier(name: str, buffer_days: float, place: str = "外地", **more: Any) -> dict[str, Any]:
    parts = {"zh": "零部件", "en": "parts"}
    return {"id": name, "parts": parts, "place": place, "buffer_days": buffer_days} | more


def lasting(name: str, kind: str, first: str, last: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "from": first, "to": last} | more


LOCKDOWN = lasting("lockdown", "lockdown", "2022-11-03", "2022-11-20", factor="5%")
CLOSED_LOOP = lasting(
    "loop", "closed_loop", "2022-11-06", "2022-11-17", relaxes="availability", restores="70%"
)
CLOSED = lasting(
    "closed", "supplier_closed", "2022-11-03", "2022-11-20", of=["engine"], factor="7%"
)
ROAD = lasting("road", "road_closed", "2022-11-03", "2022-11-20", delay_days=2.5, factor="40%")
GREEN_CHANNEL = lasting(
    "green",
    "logistics_green_channel",
    "2022-11-08",
    "2022-11-20",
    relaxes="logistics",
    restores="60%",
)

CASES = {
    "plain": Case(plant()),
    "expected sales grow": Case(plant(), growth=0.03),
    "learns from orders only": Case(plant(planning={"announced_share": "0%"})),
    "told everything": Case(plant(planning={"announced_share": "100%"})),
    "told a week later": Case(plant(), announced=AUTUMN + timedelta(10)),
    "told beforehand, by a measure": Case(
        plant(
            measures=[
                lasting(
                    "told",
                    "told_beforehand",
                    "2022-10-01",
                    "2022-10-31",
                    relaxes="announced_share",
                    restores="60%",
                )
            ]
        ),
        announced=AUTUMN - timedelta(3),
    ),
    "capacity binds": Case(plant(0.87), frozenset({CAPACITY})),
    "overtime": Case(plant(1.02), frozenset({OVERTIME})),
    "overtime by a measure": Case(
        plant(
            0.87,
            measures=[
                lasting(
                    "more",
                    "service_officer",
                    "2022-11-03",
                    "2022-11-18",
                    relaxes="overtime",
                    adds="20%",
                )
            ],
        ),
        frozenset({OVERTIME, CAPACITY}),
    ),
    "frozen for three weeks": Case(
        plant(1.9, planning={"lead_time_weeks": 3, "overtime_share": "3%"}), frozenset({FROZEN})
    ),
    "opening stock high": Case(plant(1.9, stock={"dealers_months": 3})),
    "opening stock zero": Case(plant(1.9, stock={"dealers_months": 0, "plant_months": 0})),
    "nothing in stock, nothing to spare": Case(
        plant(0.6, stock={"dealers_months": 0, "plant_months": 0.1}), frozenset({CAPACITY})
    ),
    "others lend": Case(
        plant(0.6, stock={"plant_months": 0, "target_months": 3}), frozenset({CAPACITY})
    ),
    "a far city": Case(plant(planning={"shipping_days": 9})),
    "National Day, six days a week": Case(
        plant(lines=[line(1.3, days_per_week=6)], planning={"lead_time_weeks": 4}),
        frozenset({OVERTIME}),
        first_day=date(2022, 9, 14),
        announced=date(2022, 9, 19),
    ),
    "supplier closed, a buffer of three days": Case(
        plant(suppliers=[supplier("engine", 3), supplier("seats", 1)], scenarios=[CLOSED]),
        frozenset({PARTS}),
    ),
    "second tier closed, six days a week": Case(
        plant(
            lines=[line(2.3, days_per_week=6)],
            suppliers=[supplier("gearbox", 1), supplier("engine", 2, feeds="gearbox")],
            scenarios=[CLOSED],
        ),
        frozenset({PARTS}),
    ),
    "second tier closed, five and a half days a week": Case(
        plant(
            lines=[line(2.3, days_per_week=5.5)],
            suppliers=[supplier("gearbox", 0), supplier("engine", 0.5, feeds="gearbox")],
            scenarios=[CLOSED | {"from": "2022-11-05"}],
        ),
        frozenset({PARTS}),
    ),
    "one part from two": Case(
        plant(
            1.3,
            suppliers=[
                supplier("engine", 1, sourcing={"part": "engines", "share": "60%"}),
                supplier("other", 2, sourcing={"part": "engines", "share": "40%"}),
            ],
            scenarios=[CLOSED],
        ),
        frozenset({PARTS}),
    ),
    "road closed, parts short": Case(
        plant(
            1.3,
            suppliers=[supplier("near", 0.5, place="开封"), supplier("engine", 1)],
            scenarios=[ROAD, CLOSED | {"factor": "60%"}],
            measures=[GREEN_CHANNEL],
        ),
        frozenset({PARTS + 1}),
    ),
    "locked down": Case(plant(scenarios=[LOCKDOWN]), frozenset({AVAILABILITY})),
    "locked down, closed loop": Case(
        plant(scenarios=[LOCKDOWN], measures=[CLOSED_LOOP]), frozenset({AVAILABILITY})
    ),
    "locked down at capacity": Case(
        plant(0.8331, scenarios=[LOCKDOWN | {"factor": "61%"}]),
        frozenset({AVAILABILITY, CAPACITY}),
    ),
    "two models on one line": Case(
        plant(1.11), frozenset({OVERTIME}), sales_a_day=(7.31, 4.13), campaign=0.8
    ),
    "two models, frozen": Case(
        plant(1.2, planning={"lead_time_weeks": 6, "overtime_share": "2%"}),
        frozenset({FROZEN}),
        sales_a_day=(7.31, 4.13),
    ),
    "two models, far too much of both": Case(
        plant(
            1.2,
            base_load_per_month=50,
            stock={"dealers_months": 4},
            planning={
                "lead_time_weeks": 6,
                "overtime_share": "2%",
                "stock_speed_per_month": "100%",
                "expectation_speed_per_month": "100%",
            },
        ),
        frozenset({FROZEN}),
        sales_a_day=(7.31, 4.13),
    ),
    "two models, locked down": Case(
        plant(scenarios=[LOCKDOWN | {"factor": "31%"}]),
        frozenset({AVAILABILITY}),
        sales_a_day=(7.31, 4.13),
    ),
    "two models, locked down, the other first in the catalogue": Case(
        plant(scenarios=[LOCKDOWN | {"factor": "31%"}]),
        frozenset({AVAILABILITY}),
        sales_a_day=(4.13, 7.31),
    ),
    "three models, parts short": Case(
        plant(2.9, suppliers=[supplier("engine", 1)], scenarios=[CLOSED | {"factor": "31%"}]),
        frozenset({PARTS}),
        sales_a_day=(2.37, 7.31, 4.13),
    ),
    "two models, two lines": Case(
        plant(
            lines=[
                line(0.973, days_per_week=6),
                line(0.517, id="line-2", days_per_week=5, models=["two"]),
            ]
        ),
        sales_a_day=(7.31, 4.13),
    ),
}


def simulated(case: Case, simulation: type[Plant] = Plant) -> tuple[Plant, Plant]:
    """Both worlds, event by event."""
    nothing = [[0.0] * len(case.models)] * WEEKS

    def world(sales: list[list[int]], campaign: list[list[float]], told: date | None) -> Plant:
        return simulation(
            World(
                plant=case.plant,
                first_day=case.first_day,
                models=case.models,
                sales=sales,
                expected=case.expected(),
                campaign=campaign,
                announced=told,
                holidays=NATIONAL_DAY,
                made_up=WORKED_INSTEAD,
            )
        ).run()

    without, with_ = case.sales()
    return world(without, nothing, None), world(with_, case.extra(), case.announced)


def produced(case: Case, folder: Path) -> tuple[PlantPath, PlantPath]:
    """Both worlds, as the product follows them."""
    file = folder / "plant.yaml"
    file.write_text(json.dumps(case.plant, ensure_ascii=False), encoding="utf-8")
    loaded = load_manufacturer(str(file)).required()
    drawn = {each.name: np.array([float(each.value)]) for each in loaded.assumptions()}
    days = [case.first_day + timedelta(t) for t in range(7 * WEEKS)]
    without, with_ = case.sales()
    return both_worlds(
        plant_parameters(loaded, drawn, 1, announced=case.announced),
        plant_lines(loaded, days=days, models=case.models, drawn=drawn, draws=1),
        PlantDemand(
            without=np.array([without]),
            with_=np.array([with_]),
            expected=np.repeat([case.expected()], 7, axis=1) / 7,
            announced=np.repeat([case.extra()], 7, axis=1) / 7,
            announced_day=(case.announced - case.first_day).days,
        ),
    )


def trajectory(world: Plant) -> dict[str, Any]:
    by_model: dict[str, Any] = {
        name: np.transpose([model.books[name] for model in world.models]).tolist()
        for name in BOOKED
    }
    by_model["plant_start"] = [model.plant_start for model in world.models]
    by_model["dealer_start"] = [model.dealer_start for model in world.models]
    by_model["binding"] = np.transpose([floor.bound for floor in world.floors]).tolist()
    return by_model


def same_of(path: PlantPath) -> dict[str, Any]:
    names = (*BOOKED, "plant_start", "dealer_start", "binding")
    return {name: getattr(path, name)[0].tolist() for name in names}


@pytest.mark.parametrize("name", CASES)
def test_the_product_follows_the_trajectory_of_the_events(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    worlds = simulated(case)
    for path, world in zip(produced(case, tmp_path), worlds, strict=True):
        assert same_of(path) == trajectory(world)
        assert min(model.nearest_tie() for model in world.models) > A_SUM_IS_OFF_BY
    bound = {each for world in worlds for floor in world.floors for each in floor.bound}
    assert case.binds <= bound  # else the case would show nothing of what it is named for


# A simulation that is wrong on purpose must part from the product, or the comparison sees nothing


class DoesNotLearn(Plant):
    def plant_looks_back(self, model: Model, week: int) -> None:
        super().plant_looks_back(model, week)
        model.plant_believes = 0.0


class ServesBeforeTrucksArrive(Plant):
    def run(self) -> Plant:
        for happens in (self.monday, self.delivery, self.work, self.gate, self.book):
            self.env.process(happens())
        self.env.process(self.morning())
        self.env.run(until=self.days)
        return self

    def morning(self) -> plant_by_events.Event:
        for day, comes in self.daily(plant_by_events.GATE):
            yield comes
            for model, cars in zip(self.models, self.world.sales[day], strict=True):
                model.week["sold"] += cars
                model.today["served"] += min(cars, len(model.lot.items))
                for _ in range(cars):
                    model.lot.get()


class FreezesAWeekLonger(Plant):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        for floor in self.floors:
            floor.lead_weeks += 1


class BuffersWithOvertime(Plant):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        for floor in self.floors:
            for part, cars in floor.parts.at_most.items():
                floor.parts.at_most[part] = floor.parts.cars[part] = cars * 1.15


class CatchesUp(Plant):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        for floor in self.floors:
            floor.bench.left_as = lambda _: None


class ServesTheFirstOfTheCatalogue(Plant):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        for floor in self.floors:
            floor.bench = FirstOfTheCatalogue(floor.models)


class FirstOfTheCatalogue(plant_by_events.Bench):
    def take(self, finished: int) -> list[int]:
        done = []
        for j, cars in enumerate(self.cars):
            done.append(min(cars, finished - sum(done)))
            self.cars[j] -= done[j]
        return done


@pytest.mark.parametrize(
    ("simulation", "name"),
    [
        (DoesNotLearn, "plain"),
        (ServesBeforeTrucksArrive, "opening stock zero"),
        (FreezesAWeekLonger, "frozen for three weeks"),
        (BuffersWithOvertime, "supplier closed, a buffer of three days"),
        (CatchesUp, "locked down"),
        (ServesTheFirstOfTheCatalogue, "two models, locked down"),
    ],
)
def test_a_wrong_simulation_is_seen(simulation: type[Plant], name: str, tmp_path: Path) -> None:
    pairs: list[tuple[PlantPath, Plant]] = list(
        zip(produced(CASES[name], tmp_path), simulated(CASES[name], simulation), strict=True)
    )
    assert any(same_of(path) != trajectory(world) for path, world in pairs)


def test_the_campaign_changes_what_is_built() -> None:
    def built(world: Plant) -> Mapping[str, Any]:
        return trajectory(world)["built"]

    without, with_ = simulated(CASES["plain"])
    assert built(without) != built(with_)
