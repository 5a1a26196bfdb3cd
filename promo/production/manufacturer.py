"""What does the file of one enterprise say: its lines, stocks, habits of planning, and accounts?

Published numbers stand plain, with a source beside them; unpublished ones carry a range and a
reason. Either way each is an `Assumption` under the enterprise's id, such as
`chery-henan.planning.announced_share`; the draws of those names become the parameters of
`plants.project` and `accounts.plant_accounts`. What goes wrong and what is done about it
(`suppliers`, `scenarios`, `measures`) is read in `stability`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
import polars as pl
from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from promo.errors import Diagnostic, did_you_mean
from promo.market.calendar import plant_days
from promo.production.accounts import (
    LARGEST_CITY_MULTIPLIER,
    PLANT_ACCOUNTS,
    CityMultiplier,
    LocalInputs,
    LocalisedTable,
    PlantRates,
    Upstream,
)
from promo.production.floor import DAYS_PER_WEEK, Trouble
from promo.production.plants import PlantLines, PlantParameters
from promo.production.stability import (
    Declared,
    Scenario,
    Stability,
    StabilityMeasure,
    Supplier,
)
from promo.production.target import Target, target_findings, target_in_study
from promo.production.waiting import Impatience
from promo.quantities import AS_QUANTITY, between, count, number, quantity
from promo.schema import DAYS_PER_MONTH, Assumption, Bools, Floats, Ints, Words
from promo.textfile import (
    Count,
    FileModel,
    Identifier,
    KeyPath,
    Loaded,
    Number,
    Quantity,
    RateQuantity,
    Text,
    Title,
    load,
)

HOURS_PER_DAY = 24
ROUNDING = 1e-9  # of sums of decimal shares
TABLE_ACCOUNTS = ("local_parts_share", "local_goods_share", "local_services_share")
"""How the national table is brought down to the city, where the file has nothing better."""
OF_THE_TABLE = ("supplier_value_added_rate", "supplier_persons_per_100m_yuan")
"""What the table says of suppliers itself."""

Drawn: TypeAlias = Mapping[str, Floats]
"""Draws (R,) by the name of the assumption; a name that was not drawn keeps its value."""


def _all_or_list(value: object) -> object:
    """`models: all` is the empty list: every model that no other line names."""
    return () if value == "all" else value


_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
Models: TypeAlias = Annotated[
    tuple[Text, ...],
    BeforeValidator(_all_or_list),
    WithJsonSchema({"anyOf": [{"const": "all"}, _NAMES]}),
]


CarsAnHour = Annotated[Quantity, PlainValidator(quantity(between(number, 0, 500))), AS_QUANTITY]
HoursADay = Annotated[Quantity, PlainValidator(quantity(between(number, 0, 24))), AS_QUANTITY]
Shifts = Annotated[Quantity, PlainValidator(quantity(between(count, 0, 4))), AS_QUANTITY]
CarsAMonth = Annotated[
    Quantity, PlainValidator(quantity(between(number, 0, 1_000_000))), AS_QUANTITY
]
Months = Annotated[Quantity, PlainValidator(quantity(between(number, 0, 24))), AS_QUANTITY]
Weeks = Annotated[Quantity, PlainValidator(quantity(between(count, 0, 104))), AS_QUANTITY]
Days = Annotated[Quantity, PlainValidator(quantity(between(count, 0, 180))), AS_QUANTITY]
Patience = Annotated[Quantity, PlainValidator(quantity(between(count, 1, 3650))), AS_QUANTITY]
HoursACar = Annotated[Quantity, PlainValidator(quantity(between(number, 0, 1000))), AS_QUANTITY]
HoursAMonth = Annotated[Quantity, PlainValidator(quantity(between(number, 1, 744))), AS_QUANTITY]
Multiplier = Annotated[Quantity, PlainValidator(quantity(between(number, 1, 10))), AS_QUANTITY]
Persons = Annotated[Quantity, PlainValidator(quantity(between(number, 0, 10_000))), AS_QUANTITY]


class Staff(FileModel):
    """People at the plant: a fact for the reader, and a check on hours a car."""

    persons: Count
    source: Text


class YearOutput(FileModel):
    """Cars built in a year, as published: a fact to hold capacity and base load against."""

    year: Count
    cars: Count
    source: Text


class Line(FileModel):
    """One assembly line; lines with the same `models` pool their capacity."""

    id: Identifier
    rate_per_hour: CarsAnHour
    hours_per_shift: HoursADay
    shifts: Shifts
    days_per_week: Number
    availability: RateQuantity
    models: Models
    source: Text = ""


class Stock(FileModel):
    """Cars kept, in months of expected sales (dealers) or of shipments (plant)."""

    dealers_months: Months
    target_months: Months
    dealer_speed_per_month: RateQuantity
    plant_months: Months
    source: Text = ""


class Planning(FileModel):
    """How output follows orders: what is believed, how fast, and what is frozen."""

    announced_share: RateQuantity
    lead_time_weeks: Weeks
    overtime_share: RateQuantity
    stock_speed_per_month: RateQuantity
    expectation_speed_per_month: RateQuantity
    shipping_days: Days
    source: Text = ""


class Unmet(FileModel):
    """Buyers who find no car: how long they wait, and what those do who wait no longer."""

    patience_days: Patience
    takes_local: RateQuantity
    takes_other: RateQuantity
    source: Text = ""


class PlantAccountsSection(FileModel):
    """What is known better than the program's own assumptions; every entry may be left out."""

    ex_factory_share_of_price_ex_vat: RateQuantity | None = None
    value_added_rate: RateQuantity | None = None
    person_hours_per_car: HoursACar | None = None
    hours_per_person_month: HoursAMonth | None = None
    local_parts_share: RateQuantity | None = None
    local_goods_share: RateQuantity | None = None
    local_services_share: RateQuantity | None = None
    local_input_share: RateQuantity | None = None
    city_multiplier: Multiplier | None = None
    supplier_value_added_rate: RateQuantity | None = None
    supplier_persons_per_100m_yuan: Persons | None = None
    profit_margin: RateQuantity | None = None
    source: Text = ""


class Manufacturer(FileModel):
    """One enterprise with a plant in the city; a variant may begin with `extends:`."""

    extendable: ClassVar[bool] = True

    id: Identifier
    name: Title
    place: Text
    maker: Text
    source: Text = ""
    staff: Staff | None = None
    output: tuple[YearOutput, ...] = ()
    target: Target | None = None
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]
    base_load_per_month: CarsAMonth
    stock: Stock
    planning: Planning
    unmet: Unmet | None = None
    suppliers: tuple[Supplier, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    measures: tuple[StabilityMeasure, ...] = ()
    accounts: PlantAccountsSection = PlantAccountsSection()

    def without_measures(self) -> Manufacturer:
        """The same enterprise in the same trouble, with nothing done about it."""
        return self.model_copy(update={"measures": ()})

    def assumptions(self) -> tuple[Assumption, ...]:
        """Every number of the plant, published or assumed, under the enterprise's id."""
        return (*(self._assumption(entry) for entry in _entries(self)), *self._account_defaults())

    def _assumption(self, entry: _Entry) -> Assumption:
        unit, words = _WORDS[entry.keys[-1]]
        source = entry.source or self.source
        of = Words(*(f" {each}" if each else "" for each in entry.of))
        named = Words(f"{self.name.zh}:{of.zh} {words.zh}", f"{self.name.en}:{of.en} {words.en}")
        return entry.quantity.assumption(self._name(entry.keys), unit, named, source)

    def _name(self, keys: Sequence[str]) -> str:
        return ".".join((self.id, *keys))

    def _account_defaults(self) -> Iterator[Assumption]:
        """The program's own accounting assumptions, where the file says nothing."""
        given = self.accounts
        own = given.local_input_share is not None or given.city_multiplier is not None
        idle = TABLE_ACCOUNTS if own else OF_THE_TABLE
        for default in PLANT_ACCOUNTS:
            if getattr(given, default.name) is None and default.name not in idle:
                yield replace(
                    default,
                    name=self._name(("accounts", default.name)),
                    words=Words(
                        f"{self.name.zh}: {default.words.zh}",
                        f"{self.name.en}: {default.words.en}",
                    ),
                )


NOTHING_ELSE = Words("", "")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One number of the file: its name in parts, its path, the source of its section, of what."""

    keys: tuple[str, ...]
    path: KeyPath
    quantity: Quantity
    source: str
    of: Words = NOTHING_ELSE


_Sourced: TypeAlias = (
    Line
    | Stock
    | Planning
    | PlantAccountsSection
    | Supplier
    | Scenario
    | StabilityMeasure
    | Target
    | Unmet
)


def _entries(plant: Manufacturer) -> Iterator[_Entry]:
    for place, line in enumerate(plant.lines):
        of = Words(line.id, line.id)
        for entry in _section(line, ("lines", line.id), ("lines", place)):
            yield replace(entry, of=of)
    name = "base_load_per_month"
    yield _Entry((name,), (name,), plant.base_load_per_month, plant.source)
    for section in ("stock", "planning", "accounts"):
        yield from _section(getattr(plant, section), (section,), (section,))
    for name in ("target", "unmet"):
        section = getattr(plant, name)
        if section is not None:
            yield from _section(section, (name,), (name,))
    yield from _stability_entries(plant)


def _stability_entries(plant: Manufacturer) -> Iterator[_Entry]:
    """Numbers of suppliers, scenarios and measures; a scenario's share may be the usual one."""
    yield from _supplier_entries(plant)
    for place, scenario in enumerate(plant.scenarios):
        keys, path = ("scenarios", scenario.id), ("scenarios", place)
        for entry in _section(scenario, keys, path):
            yield replace(entry, of=scenario.words)
        if scenario.factor is None and scenario.left is not None:
            yield _Entry((*keys, "factor"), path, scenario.left, scenario.source, scenario.words)
    for place, measure in enumerate(plant.measures):
        for entry in _section(measure, ("measures", measure.id), ("measures", place)):
            yield replace(entry, of=measure.words)


def _supplier_entries(plant: Manufacturer) -> Iterator[_Entry]:
    for place, supplier in enumerate(plant.suppliers):
        keys, of = ("suppliers", supplier.id), supplier.parts.words
        for entry in _section(supplier, keys, ("suppliers", place)):
            yield replace(entry, of=of)
        if supplier.sourcing:
            path: KeyPath = ("suppliers", place, "sourcing", "share")
            share = supplier.sourcing.share
            yield _Entry((*keys, "share"), path, share, supplier.source, of)


def _section(section: _Sourced, keys: tuple[str, ...], path: KeyPath) -> Iterator[_Entry]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Quantity):
            yield _Entry((*keys, name), (*path, name), value, section.source)


_WORDS: dict[str, tuple[str, Words]] = {
    "rate_per_hour": ("cars/hour", Words("生产节拍", "line rate")),
    "hours_per_shift": ("hours", Words("每班小时数", "hours a shift")),
    "shifts": ("shifts", Words("班次", "shifts a day")),
    "availability": ("share", Words("开动率", "availability of the line")),
    "base_load_per_month": (
        "cars/month",
        Words("外地和出口的基本负荷", "base load for the rest of the country"),
    ),
    "dealers_months": ("months", Words("经销商期初库存系数", "dealers' opening stock")),
    "target_months": ("months", Words("经销商目标库存系数", "dealers' target stock")),
    "dealer_speed_per_month": (
        "share/month",
        Words("经销商补库速度", "speed of dealers' restocking"),
    ),
    "plant_months": ("months", Words("厂内库存", "stock at the plant")),
    "announced_share": (
        "share",
        Words("提前按活动公告排产的比例", "share of the announced campaign planned for"),
    ),
    "lead_time_weeks": ("weeks", Words("排产冻结周数", "weeks the shift pattern is frozen")),
    "overtime_share": ("share of capacity", Words("加班弹性", "reach of overtime")),
    "stock_speed_per_month": ("share/month", Words("工厂补库速度", "speed of plant restocking")),
    "expectation_speed_per_month": (
        "share/month",
        Words("预期调整速度", "speed at which expectations adapt"),
    ),
    "shipping_days": ("days", Words("运输天数", "days from plant to dealer")),
    "patience_days": ("days", Words("缺货时等待天数", "days a buyer waits for a car")),
    "takes_local": ("share", Words("改买本厂其他现车的比例", "share who take another local car")),
    "takes_other": ("share", Words("转买外地产车的比例", "share who take a car built elsewhere")),
    "built_so_far": ("cars", Words("本年已生产", "built so far in the year")),
    "buffer_days": ("days", Words("零部件库存天数", "days the parts last")),
    "share": ("share", Words("采购份额", "share of the part bought there")),
    "factor": ("share", Words("剩余比例", "share of the usual that is left")),
    "delay_days": ("days", Words("完全不到货的天数", "days on which nothing arrives")),
    "restores": ("share", Words("恢复损失的比例", "share of the loss given back")),
    "adds": ("share of capacity", Words("增加的产能比例", "share of capacity added")),
    "local_input_share": (
        "share",
        Words("本地配套率", "share of direct inputs bought in the city"),
    ),
    "city_multiplier": ("ratio", Words("本市产出乘数", "output multiplier of the city")),
} | {each.name: (each.unit, each.words) for each in PLANT_ACCOUNTS}


# --- reading and checking -----------------------------------------------------------------------


def load_manufacturer(path: str) -> Loaded[Manufacturer]:
    """What the enterprise's file says, with all findings: faults of writing and of sense."""
    loaded = load(path, Manufacturer)
    if loaded.value is None:
        return loaded
    findings = (
        *_line_findings(loaded, loaded.value),
        *_capacity_findings(loaded, loaded.value),
        *_upstream_findings(loaded, loaded.value),
        *_source_findings(loaded, loaded.value),
        *_unmet_findings(loaded, loaded.value),
        *target_findings(loaded, loaded.value.target),
        *_declared(loaded, loaded.value).findings(),
    )
    return replace(loaded, diagnostics=tuple(sorted((*loaded.diagnostics, *findings))))


def manufacturer_schema() -> dict[str, Any]:
    """The JSON schema of an enterprise's file, for editors."""
    return Manufacturer.model_json_schema(by_alias=True)


def _declared(loaded: Loaded[Manufacturer], plant: Manufacturer) -> Declared:
    lines = tuple(line.id for line in plant.lines)
    return Declared(loaded, lines, plant.suppliers, plant.scenarios, plant.measures)


def _line_findings(loaded: Loaded[Manufacturer], plant: Manufacturer) -> Iterator[Diagnostic]:
    """Lines named twice, working weeks that do not exist, models on two different groups."""
    names: set[str] = set()
    groups: dict[str, tuple[str, ...]] = {}
    for place, line in enumerate(plant.lines):
        at: KeyPath = ("lines", place)
        if line.id in names:
            yield loaded.diagnostic((*at, "id"), "R410", f"the line '{line.id}' stands twice")
        names.add(line.id)
        if not 0 < line.days_per_week <= DAYS_PER_WEEK:
            message = f"a week has no {line.days_per_week:g} working days"
            yield loaded.diagnostic((*at, "days_per_week"), "V205", message, help="write 0.5 to 7")
        if line.hours_per_shift.low * line.shifts.low > HOURS_PER_DAY:
            message = f"{line.hours_per_shift.low * line.shifts.low:g} hours of work a day"
            yield loaded.diagnostic((*at, "shifts"), "V211", message, help="a day has 24 hours")
        for model in line.models:
            if groups.setdefault(model, line.models) != line.models:
                yield loaded.diagnostic(
                    (*at, "models"),
                    "R401",
                    f"'{model}' is built in two groups of lines",
                    help="lines that share a model list the same models",
                )


def _capacity_findings(loaded: Loaded[Manufacturer], plant: Manufacturer) -> Iterator[Diagnostic]:
    capacity, load_ = usual_capacity_per_month(plant), plant.base_load_per_month.value
    if capacity < load_:
        yield loaded.diagnostic(
            ("base_load_per_month",),
            "R415",
            f"the lines build about {capacity:.0f} cars a month, fewer than the base load",
            help="the plant can build nothing more for a campaign; check shifts and availability",
        )


def usual_capacity_per_month(plant: Manufacturer) -> float:
    """Cars the lines build in an average month without holidays and overtime."""
    per_week = sum(
        line.rate_per_hour.value
        * line.hours_per_shift.value
        * line.shifts.value
        * line.availability.value
        * line.days_per_week
        for line in plant.lines
    )
    return per_week * DAYS_PER_MONTH / DAYS_PER_WEEK


def _unmet_findings(loaded: Loaded[Manufacturer], plant: Manufacturer) -> Iterator[Diagnostic]:
    """More buyers who go elsewhere than there are."""
    if plant.unmet is None:
        return
    total = plant.unmet.takes_local.value + plant.unmet.takes_other.value
    if total > 1.0 + ROUNDING:
        message = f"'takes_local' and 'takes_other' add up to {total:.1%}"
        help = "what is left of 100 % buys no car"
        yield loaded.diagnostic(("unmet", "takes_other"), "R412", message, help=help)


def _upstream_findings(loaded: Loaded[Manufacturer], plant: Manufacturer) -> Iterator[Diagnostic]:
    """Suppliers counted twice, and the multiplier of a nation."""
    ways = ("local_parts_share", "local_input_share", "city_multiplier")
    first, *others = [name for name in ways if getattr(plant.accounts, name) is not None] or [""]
    for other in others:
        yield loaded.diagnostic(
            ("accounts", other),
            "R413",
            f"'{first}' and '{other}' count the same suppliers twice",
            help="keep one of the two",
            at_key=True,
        )
    multiplier = plant.accounts.city_multiplier
    if multiplier is not None and multiplier.high > LARGEST_CITY_MULTIPLIER:
        yield loaded.diagnostic(
            ("accounts", "city_multiplier"),
            "R414",
            f"a multiplier of {multiplier.high:g} belongs to a nation",
            help="a city without its own table has about 1.1 to 1.8",
        )


def _source_findings(loaded: Loaded[Manufacturer], plant: Manufacturer) -> Iterator[Diagnostic]:
    """Published numbers say where they were published: beside them or once for the file."""
    for entry in _entries(plant):
        if not (entry.quantity.assumed or entry.source or plant.source):
            message = f"'{entry.keys[-1]}' is given as published, without a source"
            help = "add 'source:' beside it, or write {assumed: ..., range: [..], why: ...}"
            yield loaded.diagnostic(entry.path, "S701", message, help=help)


def findings_in_study(
    loaded: Loaded[Manufacturer], vehicles: pl.DataFrame, days: Sequence[date]
) -> Iterator[Diagnostic]:
    """What only shows beside a catalogue and a horizon: cars no line builds, idle dates."""
    plant = loaded.required()
    here = (pl.col("made_in") == plant.place) & (pl.col("maker") == plant.maker)
    sold = vehicles.filter(here)["model"].unique(maintain_order=True).to_list()
    if not any(line.models == () for line in plant.lines):
        named = {model for line in plant.lines for model in line.models}
        for model in [each for each in sold if each not in named]:
            message = f"the catalogue says that '{model}' is built here, and no line builds it"
            help = "name it under a line, or correct 'made_in' in the catalogue"
            yield loaded.diagnostic(("lines",), "R406", message, help=help, at_key=True)
    yield from target_in_study(loaded, plant.target, days)
    for place, line in enumerate(plant.lines):
        for model in [each for each in line.models if each not in sold]:
            message = f"no car of the catalogue that is built here is called '{model}'"
            help = did_you_mean(model, sold)
            yield loaded.diagnostic(("lines", place, "models"), "R426", message, help=help)
    for section in ("scenarios", "measures"):
        for place, each in enumerate(getattr(plant, section)):
            if not each.holds(days).any():
                message = f"'{each.id}' lies outside the days that are followed"
                help = f"these are {days[0]} to {days[-1]}"
                yield loaded.diagnostic((section, place, "from"), "R425", message, help=help)


def findings_between(
    plants: Sequence[Loaded[Manufacturer]], vehicles: pl.DataFrame
) -> Iterator[Diagnostic]:
    """Cars that two enterprises build: each would be counted twice."""
    builder: dict[str, str] = {}
    for loaded in plants:
        plant = loaded.required()
        mine = vehicles["vehicle"].filter(pl.Series(built_here(plant, vehicles))).to_list()
        for vehicle in mine:
            other = builder.setdefault(vehicle, plant.id)
            if other != plant.id:
                message = f"'{vehicle}' is built by '{other}' already"
                help = "name under 'lines' which models each of the two builds"
                yield loaded.diagnostic(("maker",), "R410", message, help=help)
                break


# --- from the file to the projection ------------------------------------------------------------


def built_here(plant: Manufacturer, vehicles: pl.DataFrame) -> Bools:
    """Which rows (J,) of the catalogue does this enterprise build at this place?"""
    named = {model for line in plant.lines for model in line.models}
    here = (pl.col("made_in") == plant.place) & (pl.col("maker") == plant.maker)
    if all(line.models for line in plant.lines):  # no line takes what the others do not name
        here &= pl.col("model").is_in(sorted(named))
    return vehicles.select(here.fill_null(value=False)).to_series().to_numpy()


def plant_lines(
    plant: Manufacturer,
    *,
    days: Sequence[date],
    country: str = "CN",
    models: Sequence[str],
    drawn: Drawn,
    draws: int,
) -> PlantLines:
    """What can the lines build on each of the `days`, for the `models` (J,) of the vehicles?"""
    groups = list(dict.fromkeys(line.models for line in plant.lines))
    stability = _stability(plant, drawn, draws)
    capacity, left = np.zeros((2, draws, len(days), len(groups)))
    working = np.zeros((len(days), len(groups)))
    for line in plant.lines:
        group = groups.index(line.models)
        worked = plant_days(days[0], days[-1], days_per_week=line.days_per_week, country=country)
        rate = _line_rate(plant, line, drawn, draws)
        usual = rate[:, np.newaxis] * worked
        usual = usual * (1.0 + stability.more("capacity", line.id, days))
        capacity[:, :, group] += usual
        left[:, :, group] += usual * stability.left("availability", line.id, days)
        working[:, group] = np.maximum(working[:, group], worked)
    lines = PlantLines(capacity, working, _line_of(groups, models))
    if plant.scenarios:
        lines = replace(lines, trouble=_trouble(stability, left, days, working.max(axis=1)))
    if any(measure.relaxes == "overtime" for measure in plant.measures):
        lines = replace(lines, more_overtime=_more_overtime(plant, stability, days, draws))
    return lines


def _stability(plant: Manufacturer, drawn: Drawn, draws: int) -> Stability:
    def values(keys: tuple[str, ...], quantity: Quantity) -> Floats:
        return _values(plant, keys, quantity, drawn, draws)

    return Stability(plant.place, plant.suppliers, plant.scenarios, plant.measures, values)


def _trouble(
    stability: Stability, capacity: Floats, days: Sequence[date], working: Floats
) -> Trouble:
    supply, buffer_days = stability.deliveries(days, working)
    shape = (*capacity.shape[:2], supply.shape[2])
    return Trouble(
        capacity=capacity,
        supply=np.broadcast_to(supply, shape),
        buffer_days=np.broadcast_to(buffer_days, (shape[0], shape[2])),
    )


def _more_overtime(
    plant: Manufacturer, stability: Stability, days: Sequence[date], draws: int
) -> Floats:
    """Overtime (R, T) that measures add; of several lines the mean."""
    added = [stability.more("overtime", line.id, days) for line in plant.lines]
    return np.broadcast_to(sum(added, np.zeros((1, 1))) / len(added), (draws, len(days)))


def _line_rate(plant: Manufacturer, line: Line, drawn: Drawn, draws: int) -> Floats:
    """Cars (R,) on a full working day: rate an hour x hours x shifts x availability."""
    factors = ("rate_per_hour", "hours_per_shift", "shifts", "availability")
    rate = np.ones(draws)
    for name in factors:
        rate = rate * _values(plant, ("lines", line.id, name), getattr(line, name), drawn, draws)
    return rate


def _line_of(groups: Sequence[tuple[str, ...]], models: Sequence[str]) -> Ints:
    open_group = groups.index(()) if () in groups else 0
    named = {model: place for place, group in enumerate(groups) for model in group}
    return np.array([named.get(model, open_group) for model in models], dtype=np.int64)


def _values(
    plant: Manufacturer, keys: tuple[str, ...], quantity: Quantity, drawn: Drawn, draws: int
) -> Floats:
    name = ".".join((plant.id, *keys))
    return drawn.get(name, np.full(draws, quantity.value / quantity.per_unit))


def plant_parameters(
    plant: Manufacturer, drawn: Drawn, draws: int, *, announced: date | None = None
) -> PlantParameters:
    """The draws of this enterprise's assumptions as the parameters of its projection.

    `announced` is the day on which the campaign is announced: a measure in force on that day may
    tell the plant more of it.
    """
    by_name = {
        entry.keys[-1]: _values(plant, entry.keys, entry.quantity, drawn, draws)
        for entry in _entries(plant)
        if entry.keys[0] in ("base_load_per_month", "stock", "planning")
    }
    if announced is not None:
        stability = _stability(plant, drawn, draws)
        by_name["announced_share"] = stability.told(by_name["announced_share"], announced)
    whole = ("lead_time_weeks", "shipping_days")  # a draw between two whole numbers is rounded
    lead_time, shipping = (np.rint(by_name.pop(name)).astype(np.int64) for name in whole)
    return PlantParameters(
        **by_name,
        lead_time_weeks=lead_time,
        shipping_days=shipping,
        impatience=_impatience(plant, drawn, draws),
    )


def _impatience(plant: Manufacturer, drawn: Drawn, draws: int) -> Impatience | None:
    """Shares that are drawn to more than the whole are made to add up."""
    if plant.unmet is None:
        return None
    patience, local, other = (
        _values(plant, ("unmet", each.name), getattr(plant.unmet, each.name), drawn, draws)
        for each in fields(Impatience)
    )
    whole = np.maximum(local + other, 1.0)
    return Impatience(patience, local / whole, other / whole)


def built_so_far(plant: Manufacturer, drawn: Drawn, draws: int) -> Floats:
    """Cars (R,) of the target's year that stood built before; zero where there is no target."""
    if plant.target is None:
        return np.zeros(draws)
    keys = ("target", "built_so_far")
    return _values(plant, keys, plant.target.built_so_far, drawn, draws)


def plant_rates(plant: Manufacturer, drawn: Drawn, draws: int) -> PlantRates:
    """The draws of this enterprise's accounting assumptions, the file's own before the default."""
    by_name = {
        each.name.rpartition(".")[2]: drawn.get(each.name, np.full(draws, each.value))
        for each in plant.assumptions()
        if each.name.startswith(f"{plant.id}.accounts.")
    }
    upstream = _upstream(by_name)
    if isinstance(upstream, LocalisedTable):
        by_name = {**{name: getattr(upstream, name) for name in OF_THE_TABLE}, **by_name}
    rates = {each.name: by_name[each.name] for each in fields(PlantRates) if each.name in by_name}
    return PlantRates(**rates, upstream=upstream)


def _upstream(by_name: Mapping[str, Floats]) -> Upstream:
    if "city_multiplier" in by_name:
        return CityMultiplier(by_name["city_multiplier"])
    if "local_input_share" in by_name:
        return LocalInputs(by_name["local_input_share"])
    return LocalisedTable(*(by_name[name] for name in TABLE_ACCOUNTS))
