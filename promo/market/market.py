"""What does a market file say: whose sales, which buyers, which policies hold anyway?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from promo.errors import Diagnostic
from promo.market.baseline import FORECASTERS, PlateQuota
from promo.market.buyers import GAVE_UP, fact_faults
from promo.market.calendar import CALENDARS
from promo.market.sales import beside
from promo.market.totals import load_totals
from promo.market.vehicles import load_catalogue
from promo.quantities import (
    AS_QUANTITY,
    between,
    count,
    decimal,
    fault,
    in_calendar,
    number,
    one_of,
    plain_text,
    quantity,
)
from promo.schema import Assumption, Words
from promo.textfile import (
    Count,
    Day,
    FileModel,
    Finding,
    Flag,
    Identifier,
    KeyPath,
    Loaded,
    Money,
    MoneyQuantity,
    Number,
    NumberQuantity,
    Quantity,
    Rate,
    Text,
    Title,
    load,
    resolve,
)

MOST_MONTHS = 240
LONGEST_HORIZON = 60
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def _month(value: object) -> date:
    """A month written `2022-10`, as its first day."""
    text = plain_text(value)
    written = _MONTH.fullmatch(text)
    if written is None:
        raise fault("V201", f"a month was expected, not '{text[:40]}'", "write it as '2022-10'")
    try:
        found = date(int(written[1]), int(written[2]), 1)
    except ValueError:
        raise fault("V202", f"the month {text} does not exist") from None
    return in_calendar(found, text)


def _growth(value: object) -> float:
    """A yearly change written `-8%` or `-0.08`; above -100 %."""
    text = plain_text(value)
    share = decimal(text[:-1].rstrip()) / 100 if text.endswith("%") else decimal(text)
    if not -1 < share <= 10:
        raise fault("V203", f"a yearly change of {text}", "write a change such as '5%' or '-8%'")
    return float(share)


_AS_TEXT = WithJsonSchema({"type": "string"})
Month = Annotated[date, PlainValidator(_month), _AS_TEXT]
GrowthQuantity = Annotated[Quantity, PlainValidator(quantity(_growth))]
# The largest cities buy about a million cars a year.
CarsAYear = Annotated[
    Quantity, PlainValidator(quantity(between(number, 1, 10_000_000))), AS_QUANTITY
]
CarsAMonth = Annotated[
    Quantity, PlainValidator(quantity(between(number, 0, 10_000_000))), AS_QUANTITY
]
Country = Annotated[str, PlainValidator(one_of(list(CALENDARS))), _AS_TEXT]
Horizon = Annotated[
    int, PlainValidator(between(count, 0, LONGEST_HORIZON)), WithJsonSchema({"type": "integer"})
]
MethodName = Annotated[
    str,
    PlainValidator(one_of([name for name in FORECASTERS if name != "last_month"])),
    _AS_TEXT,
]


class Generated(FileModel):
    """A market made up from published margins: cars a year, trend, catalogue with shares."""

    seed: Count
    months: Count
    until: Month
    cars_per_year: CarsAYear
    trend_per_year: GrowthQuantity
    catalogue: Text
    source: Text = ""

    @model_validator(mode="after")
    def _some_months(self) -> Generated:
        if not 1 <= self.months <= MOST_MONTHS:
            message = f"{self.months} months of sales"
            raise fault("D903", message, f"write 1 to {MOST_MONTHS}", path=("months",))
        return self


class Imported(FileModel):
    """Real sales, brought in by `promo import`."""

    file: Text
    map: Text
    city: Text = ""
    keep_vehicles: Count = 120
    source: Text = ""


class Published(FileModel):
    """Real totals by month, shared out over a catalogue by its shares."""

    totals: Text
    catalogue: Text
    source: Text = ""


class Sales(FileModel):
    """Exactly one of generated, imported and published."""

    generated: Generated | None = None
    imported: Imported | None = None
    published: Published | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Sales:
        given = (self.generated, self.imported, self.published)
        if sum(each is not None for each in given) != 1:
            message = "sales are either generated or imported or published"
            help = "keep exactly one of 'generated', 'imported' and 'published'"
            raise fault("K102", message, help)
        return self


class OldCar(FileModel):
    """What the old car would fetch otherwise, lognormal over its owners."""

    value: MoneyQuantity
    dispersion: Number = 0.5
    source: Text = ""


class Pool(FileModel):
    """Owners who would keep their car or buy a used one, a month: the replacement pool."""

    cars_per_month: CarsAMonth
    source: Text = ""


class BuyerType(FileModel):
    """One type of buyers: its share of purchases, its household income, its facts."""

    id: Identifier
    share: Rate
    income_monthly: Money | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    old_car: OldCar | None = None
    replacement_pool: Pool | None = None
    source: Text = ""


class Outside(FileModel):
    """Buyers elsewhere who could come for the money."""

    cars_per_month: CarsAMonth
    facts: dict[str, str] = Field(default_factory=dict)
    travel_cost: MoneyQuantity
    income_monthly: Money | None = None
    source: Text = ""


class HoldsAnyway(FileModel):
    """A policy that holds with and without the campaign."""

    policy: Text
    in_baseline: Flag


class QuotaLine(FileModel):
    """A cap on new plates between two days."""

    first_day: Day = Field(alias="from")
    last_day: Day | None = Field(alias="to", default=None)
    cars_per_month: CarsAMonth
    source: Text = ""


class ForecastChoice(FileModel):
    """How the baseline is forecast."""

    method: MethodName = "level_and_season"


class Market(FileModel):
    """Who buys what in one place when no campaign is held."""

    id: Identifier
    place: Text
    title: Title
    sales: Sales
    buyers: tuple[BuyerType, ...] = Field(min_length=1)
    outside: Outside | None = None
    without: tuple[HoldsAnyway, ...] = ()
    plate_quota: tuple[QuotaLine, ...] = ()
    horizon_months: Horizon = 8
    calendar: Country = "CN"
    forecast: ForecastChoice = ForecastChoice()
    behaviour: dict[str, NumberQuantity] = Field(default_factory=dict)
    source: Text = ""

    @property
    def has_pool(self) -> bool:
        """Does the market state owners who would keep their car or buy a used one?"""
        return any(each.replacement_pool is not None for each in self.buyers)

    @property
    def quota(self) -> tuple[PlateQuota, ...]:
        return tuple(
            PlateQuota(line.first_day, line.last_day, line.cars_per_month.value)
            for line in self.plate_quota
        )

    def assumptions(self) -> tuple[Assumption, ...]:
        """What the file assumes of the market; overrides of behaviour are listed by their room."""
        generated, outside = self.sales.generated, self.outside
        named: list[tuple[str, Quantity, str, Words, str]] = []
        for each in self.buyers:
            at = f"buyers.{each.id}"
            if each.old_car is not None:
                words = Words(f"{each.id}: {_OLD_CAR.zh}", f"{each.id}: {_OLD_CAR.en}")
                value, said = each.old_car.value, each.old_car.source
                named.append((f"{at}.old_car.value", value, "CNY", words, said))
            if each.replacement_pool is not None:
                words = Words(f"{each.id}: {_POOL.zh}", f"{each.id}: {_POOL.en}")
                flow, said = each.replacement_pool.cars_per_month, each.replacement_pool.source
                named.append(
                    (f"{at}.replacement_pool.cars_per_month", flow, "cars a month", words, said)
                )
        if generated is not None:
            at, said = "sales.generated", generated.source
            named += [
                (f"{at}.cars_per_year", generated.cars_per_year, "cars a year", _CARS, said),
                (f"{at}.trend_per_year", generated.trend_per_year, "share a year", _TREND, said),
            ]
        if outside is not None:
            at, said = "outside", outside.source
            named += [
                (f"{at}.cars_per_month", outside.cars_per_month, "cars a month", _OUTSIDE, said),
                (f"{at}.travel_cost", outside.travel_cost, "CNY", _TRAVEL, said),
            ]
        for place, line in enumerate(self.plate_quota):
            at = f"plate_quota.{place}.cars_per_month"
            named.append((at, line.cars_per_month, "cars a month", _PLATES, line.source))
        return tuple(
            quantity.assumption(name, unit, words, source)
            for name, quantity, unit, words, source in named
        )


_OLD_CAR = Words("旧车原本可卖的价(中位数)", "what the old car would fetch otherwise, median")
_POOL = Words("原本不买新车的旧车车主(每月)", "owners who would keep or buy used, a month")
_CARS = Words("全市每年新车销量", "new cars a year in the city")
_TREND = Words("销量年增长", "yearly growth of sales")
_PLATES = Words("每月新车牌照", "new plates a month")
_OUTSIDE = Words("可能前来的外地购车人(每月)", "buyers elsewhere who could come, a month")
_TRAVEL = Words("外地购车人前来的花费(中位数)", "median cost of coming from elsewhere")


def load_market(path: str) -> Loaded[Market]:
    """The market file at a path with all findings, those of its links and its catalogue too."""
    loaded = load(path, Market)
    if loaded.value is None:
        return loaded
    found = [
        *_buyer_findings(loaded, loaded.value),
        *_quota_findings(loaded, loaded.value),
        *_link_findings(loaded, loaded.value),
    ]
    broken = any(each.severity == "error" for each in found)
    return replace(
        loaded,
        value=None if broken else loaded.value,
        diagnostics=(*loaded.diagnostics, *sorted(found)),
    )


def _buyer_findings(loaded: Loaded[Market], market: Market) -> list[Diagnostic]:
    found = []
    seen: set[str] = set()
    for place, each in enumerate(market.buyers):
        if each.id in seen:
            message = f"the buyer type '{each.id}' is declared twice"
            found.append(loaded.diagnostic(("buyers", place, "id"), "R410", message))
        seen.add(each.id)
        found += _fact_findings(loaded, ("buyers", place, "facts"), each.facts)
        if each.old_car is not None and each.facts.get("trade_in") not in GAVE_UP:
            message = "an old car that is given up needs the fact 'trade_in'"
            at = ("buyers", place, "old_car")
            help = "write 'trade_in: scrapped' or 'trade_in: sold' under 'facts'"
            found.append(loaded.diagnostic(at, "K102", message, help=help, at_key=True))
    if market.outside is not None:
        found += _fact_findings(loaded, ("outside", "facts"), market.outside.facts)
    total = sum(each.share for each in market.buyers)
    if abs(total - 1) > 1e-6:
        message = f"the shares of the buyer types add up to {total * 100:.6g} %, not to 100 %"
        found.append(loaded.diagnostic(("buyers",), "R412", message, at_key=True))
    return found


def _fact_findings(
    loaded: Loaded[Market], keypath: KeyPath, facts: dict[str, str]
) -> list[Diagnostic]:
    found = []
    for name, error in fact_faults(facts):
        context = error.context or {}
        found.append(
            loaded.diagnostic(
                (*keypath, name),
                error.type,
                context["message"],
                help=context["help"],
                at_key=error.type == "C303",
            )
        )
    return found


def _quota_findings(loaded: Loaded[Market], market: Market) -> list[Diagnostic]:
    return [
        loaded.diagnostic(("plate_quota", number, "to"), "V204", "it ends before it starts")
        for number, line in enumerate(market.plate_quota)
        if line.last_day is not None and line.last_day < line.first_day
    ]


def _links(market: Market) -> list[tuple[KeyPath, str]]:
    """Where the file names other files, and their paths; sales still to import left out."""
    links: list[tuple[KeyPath, str]] = [
        (("without", number, "policy"), each.policy) for number, each in enumerate(market.without)
    ]
    if market.sales.generated is not None:
        links.append((("sales", "generated", "catalogue"), market.sales.generated.catalogue))
    if market.sales.imported is not None:
        links.append((("sales", "imported", "map"), market.sales.imported.map))
    if market.sales.published is not None:
        links.append((("sales", "published", "catalogue"), market.sales.published.catalogue))
        links.append((("sales", "published", "totals"), market.sales.published.totals))
    return links


def _link_findings(loaded: Loaded[Market], market: Market) -> list[Diagnostic]:
    found = []
    for keypath, relative in _links(market):
        missing = _missing(loaded, keypath, relative)
        if missing is not None:
            found.append(missing)
        elif keypath[-1] == "catalogue":
            found += load_catalogue(resolve(loaded.path, relative))[1]
        elif keypath[-1] == "totals":
            found += load_totals(resolve(loaded.path, relative))[1]
    return found + _import_findings(loaded, market)


def _missing(loaded: Loaded[Market], keypath: KeyPath, relative: str) -> Diagnostic | None:
    """The finding at a link whose file is not there or must not be used."""
    try:
        resolve(loaded.path, relative)
    except Finding as finding:
        said = finding.diagnostic
        return loaded.diagnostic(keypath, said.code, said.message, help=said.help)
    return None


def _import_findings(loaded: Loaded[Market], market: Market) -> list[Diagnostic]:
    imported = market.sales.imported
    if imported is None:
        return []
    keypath: KeyPath = ("sales", "imported", "file")
    missing = _missing(loaded, keypath, imported.file)
    if missing is None or missing.code != "P801":
        return [missing] if missing else []
    help = import_command(loaded.path, imported)
    return [loaded.diagnostic(keypath, "P803", "these sales are not imported yet", help=help)]


def import_command(path: str, imported: Imported) -> str:
    """The command that brings in the sales a market asks for."""
    file, map_path = beside(path, imported.file), beside(path, imported.map)
    return f"promo import FILE --map {map_path} --out {file}"


def market_schema() -> dict[str, Any]:
    """The JSON schema of market files, for editors."""
    return Market.model_json_schema(by_alias=True)
