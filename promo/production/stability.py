"""What goes wrong at a plant, and which measures keep it running?

Three sections of an enterprise's file. `suppliers` say which parts come from where and how long
the stock of them lasts; `scenarios` lower what the plant can rely on, between two days;
`measures` name the constraint they relax and give back a share of what a scenario takes (or add
overtime or capacity of their own).

    left(t) = min over scenarios of 1 - (1 - factor) x product over measures of (1 - restores)

so that a measure can never make things better than they usually are, and one that meets no
scenario changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import Field, PlainValidator

from promo.errors import Diagnostic, did_you_mean
from promo.quantities import AS_QUANTITY, between, factor, number, quantity
from promo.schema import Bools, Floats, Words
from promo.textfile import (
    Day,
    FileModel,
    Identifier,
    KeyPath,
    Loaded,
    Quantity,
    RateQuantity,
    Text,
    Title,
)

Constraint: TypeAlias = Literal[
    "availability", "supply", "logistics", "overtime", "capacity", "announced_share"
]
"""What a measure can relax; scenarios lower the first three."""
LOWERED: tuple[Constraint, ...] = ("availability", "supply", "logistics")
ADDED: tuple[Constraint, ...] = ("overtime", "capacity")

ScenarioKind: TypeAlias = Literal[
    "lockdown",
    "closed_loop_early",
    "closed_loop_two_shift",
    "closed_loop_stable",
    "supplier_closed",
    "part_shortage",
    "road_closed",
    "energy_limit",
]
MeasureKind: TypeAlias = Literal[
    "closed_loop",
    "staff_on_site",
    "supplier_coordination",
    "logistics_green_channel",
    "white_list",
    "service_officer",
    "deferred_inspections",
    "new_line_approval",
    "emergency_conversion",
    "told_beforehand",
]
DaysOfParts = Annotated[Quantity, PlainValidator(quantity(between(number, 0, 180))), AS_QUANTITY]
MoreThanUsual = Annotated[Quantity, PlainValidator(quantity(between(factor, 0, 5))), AS_QUANTITY]

WORDS: dict[str, Words] = {
    "lockdown": Words("封控停产", "lock-down"),
    "closed_loop_early": Words("闭环生产初期(单班)", "closed loop, first weeks, one shift"),
    "closed_loop_two_shift": Words("闭环生产(双班)", "closed loop, two shifts"),
    "closed_loop_stable": Words("闭环生产(稳定)", "closed loop, stable"),
    "supplier_closed": Words("供应商停产", "supplier closed"),
    "part_shortage": Words("零部件短缺", "shortage of parts"),
    "road_closed": Words("道路封闭", "road closed"),
    "energy_limit": Words("限电限能", "energy limit"),
    "closed_loop": Words("闭环管理(两点一线)", "closed-loop operation"),
    "staff_on_site": Words("员工驻厂", "staff living on site"),
    "supplier_coordination": Words("协调配套企业复工", "suppliers brought back to work"),
    "logistics_green_channel": Words(
        "绿色通道和电子通行证", "green channel with electronic passes"
    ),
    "white_list": Words("“四保”企业白名单", "white list of the four guarantees"),
    "service_officer": Words("首席服务官驻厂", "service officer at the plant"),
    "deferred_inspections": Words("缓检和包容审慎监管", "deferred inspections"),
    "new_line_approval": Words("新线简化审批", "simplified approval of a new line"),
    "emergency_conversion": Words("应急转产", "emergency conversion"),
    "told_beforehand": Words("提前通报活动计划", "told of the campaign beforehand"),
    "availability": Words("开动率", "availability of the lines"),
    "supply": Words("零部件供应", "supply of parts"),
    "logistics": Words("物流", "logistics"),
    "overtime": Words("加班", "overtime"),
    "capacity": Words("产能", "capacity"),
    "announced_share": Words("提前排产比例", "share planned for once announced"),
}


@dataclass(frozen=True, slots=True)
class _Usual:
    """What a kind of scenario lowers, and to which share where the file says nothing."""

    lowers: Constraint
    factor: Quantity | None


def _evidence(value: float, low: float, high: float, source: str) -> Quantity:
    return Quantity(value, low, high, assumed=True, source=source, status="verified second hand")


_ROUNDING = 1e-9  # of sums of decimal shares
_STOPPED = _evidence(
    0.05,
    0.0,
    0.10,
    "2022 年 4 月：特斯拉上海停产 22 天，当月产量少 81% / "
    "April 2022: Tesla Shanghai stood 22 days, the month's output fell by 81 %",
)
USUAL: dict[ScenarioKind, _Usual] = {
    "lockdown": _Usual("availability", _STOPPED),
    "closed_loop_early": _Usual(
        "availability",
        _evidence(
            0.45,
            0.30,
            0.50,
            "2022 年 5 月：特斯拉上海单班闭环首月约为平时的 45% 至 49% / "
            "May 2022: Tesla Shanghai's first month in a closed loop, one shift, 45 to 49 %",
        ),
    ),
    "closed_loop_two_shift": _Usual(
        "availability",
        _evidence(
            0.70,
            0.60,
            0.80,
            "2022 年 5 月下旬：特斯拉上海恢复双班后约 70%，上下各一成是判断 / "
            "late May 2022: about 70 % after the second shift; a tenth either way is a judgement",
        ),
    ),
    "closed_loop_stable": _Usual(
        "availability",
        Quantity(
            0.90,
            0.80,
            1.00,
            assumed=True,
            source="判断：2022 年 11 月报道称 2700 人闭环、未停产，未给开动率 / "
            "judgement: 2,700 staff in the loop and no stop in November 2022; no rate published",
            status="judgement",
        ),
    ),
    "supplier_closed": _Usual("supply", _STOPPED),
    "part_shortage": _Usual(
        "supply",
        _evidence(
            0.50,
            0.30,
            0.75,
            "2022 年 5 月 10 日：博世中国各厂为平时的 30% 至 75%，中间值是判断 / "
            "10 May 2022: plants of Bosch China at 30 to 75 %; the middle is a judgement",
        ),
    ),
    "road_closed": _Usual("logistics", None),
    "energy_limit": _Usual("availability", None),
}


class Sourcing(FileModel):
    """One part from several suppliers: which, and the share of it bought from this one."""

    part: Identifier
    share: RateQuantity


class Supplier(FileModel):
    """Who delivers which parts, from where, and how many days the stock of them lasts.

    `feeds` names another supplier for a second tier; without it the parts go to the plant. The
    buffer lies with whoever is fed. Suppliers whose `sourcing` names the same part deliver it
    together, each its share; nobody steps in for another.
    """

    id: Identifier
    parts: Title
    place: Text
    buffer_days: DaysOfParts
    feeds: Identifier | None = None
    sourcing: Sourcing | None = None
    source: Text = ""

    @property
    def part(self) -> str:
        """The part it delivers: one of several suppliers', or its own."""
        return self.sourcing.part if self.sourcing else f"{self.id} alone"


class _Dated(FileModel):
    """What holds from one day to another, both included."""

    id: Identifier
    first_day: Day = Field(alias="from")
    last_day: Day = Field(alias="to")
    of: tuple[Identifier, ...] = ()
    name: Title | None = None
    source: Text = ""

    def holds(self, days: Sequence[date]) -> Bools:
        """On which of these days (T,) does it hold?"""
        return np.array([self.first_day <= day <= self.last_day for day in days], dtype=np.bool_)

    def concerns(self, target: str) -> bool:
        """Does it concern this line or supplier? Without `of` it concerns all."""
        return not self.of or target in self.of


class Scenario(_Dated):
    """Something that goes wrong: the share of the usual that is left, or nothing for some days."""

    kind: ScenarioKind
    factor: RateQuantity | None = None
    delay_days: DaysOfParts | None = None

    @property
    def lowers(self) -> Constraint:
        return USUAL[self.kind].lowers

    @property
    def left(self) -> Quantity | None:
        """The share that is left: the file's own, else what was seen elsewhere."""
        return self.factor or USUAL[self.kind].factor

    @property
    def words(self) -> Words:
        return self.name.words if self.name else WORDS[self.kind]


class StabilityMeasure(_Dated):
    """Something done about it: the constraint it relaxes, and by how much.

    `restores` is a share of what scenarios take; `adds` comes on top of the usual, as a share of
    capacity. `against` names the scenarios it helps against; without it, all of its constraint.
    """

    kind: MeasureKind
    relaxes: Constraint
    restores: RateQuantity | None = None
    adds: MoreThanUsual | None = None
    against: tuple[Identifier, ...] = ()

    @property
    def words(self) -> Words:
        return self.name.words if self.name else WORDS[self.kind]

    def helps(self, scenario: Scenario) -> bool:
        return self.relaxes == scenario.lowers and (
            not self.against or scenario.id in self.against
        )


def by_part(
    suppliers: Iterable[Supplier], *, feeding: str | None = None
) -> list[tuple[Supplier, ...]]:
    """Who delivers to the plant, or feeds a supplier, part by part in the order of the file."""
    found: dict[str, tuple[Supplier, ...]] = {}
    for each in suppliers:
        if each.feeds == feeding:
            found[each.part] = (*found.get(each.part, ()), each)
    return list(found.values())


Values: TypeAlias = Callable[[tuple[str, ...], Quantity], Floats]
"""The draws (R,) of a number of the file, by its name in parts."""


@dataclass(frozen=True, slots=True)
class Stability:
    """The three sections of one enterprise's file, and the draws of their numbers."""

    place: str
    suppliers: tuple[Supplier, ...]
    scenarios: tuple[Scenario, ...]
    measures: tuple[StabilityMeasure, ...]
    values: Values

    def left(self, constraint: Constraint, target: str, days: Sequence[date]) -> Floats:
        """Share (R, T) of the usual that the line or supplier can rely on, measures in force."""
        left: Floats = np.ones((1, len(days)))
        for scenario in self.scenarios:
            if scenario.lowers == constraint and self._hits(scenario, target):
                left = np.minimum(left, 1.0 - self._taken(scenario, target, days))
        return left

    def _hits(self, scenario: Scenario, target: str) -> bool:
        """Roads close for suppliers elsewhere; whatever else for all, or those it names."""
        if scenario.lowers == "logistics" and not scenario.of:
            return any(each.id == target and each.place != self.place for each in self.suppliers)
        return scenario.concerns(target)

    def _taken(self, scenario: Scenario, target: str, days: Sequence[date]) -> Floats:
        """Share (R, T) that the scenario takes and no measure gives back."""
        taken = self._lost(scenario, days)
        for measure in self.measures:
            if measure.restores and measure.helps(scenario) and measure.concerns(target):
                given = self.values(("measures", measure.id, "restores"), measure.restores)
                taken = taken * (1.0 - given[:, np.newaxis] * measure.holds(days))
        return taken

    def _lost(self, scenario: Scenario, days: Sequence[date]) -> Floats:
        """Share (R, T) lost: all for the days of a delay, then what the factor leaves out."""
        lost = np.zeros((1, len(days)))
        if scenario.left:
            share = self.values(("scenarios", scenario.id, "factor"), scenario.left)
            lost = 1.0 - share[:, np.newaxis]
        if scenario.delay_days:
            delay = self.values(("scenarios", scenario.id, "delay_days"), scenario.delay_days)
            number = np.array([(day - scenario.first_day).days for day in days])
            waiting = np.clip(delay[:, np.newaxis] - number, 0.0, 1.0)
            lost = waiting + (1.0 - waiting) * lost
        return np.asarray(lost * scenario.holds(days))

    def more(self, constraint: Constraint, target: str, days: Sequence[date]) -> Floats:
        """Overtime or capacity (R, T) that measures add, as a share of capacity."""
        more: Floats = np.zeros((1, len(days)))
        for measure in self.measures:
            if measure.adds and measure.relaxes == constraint and measure.concerns(target):
                added = self.values(("measures", measure.id, "adds"), measure.adds)
                more = more + added[:, np.newaxis] * measure.holds(days)
        return more

    def told(self, announced_share: Floats, day: date) -> Floats:
        """Share (R,) of the announced campaign that is planned for, if it is told on this day."""
        untold = 1.0 - announced_share
        for measure in self.measures:
            holds = bool(measure.holds([day])[0])
            if measure.restores and measure.relaxes == "announced_share" and holds:
                restored = self.values(("measures", measure.id, "restores"), measure.restores)
                untold = untold * (1.0 - restored)
                announced_share = 1.0 - untold
        return announced_share

    def deliveries(self, days: Sequence[date], working: Floats) -> tuple[Floats, Floats]:
        """What arrives of each part at the plant (R, T, S), and how long its stock lasts (R, S).

        Shares of what full work of the plant uses on a day; `working` (T,) are its days.
        """
        direct = by_part(self.suppliers)
        if not direct:
            return np.zeros((1, len(days), 0)), np.zeros((1, 0))
        brought = [self._arriving(each, days, working) for each in direct]
        lasts = [self._lasting(each) for each in direct]
        supply = np.stack(np.broadcast_arrays(*brought), axis=-1)
        return supply, np.stack(np.broadcast_arrays(*lasts), axis=-1)

    def _arriving(
        self, suppliers: Sequence[Supplier], days: Sequence[date], working: Floats
    ) -> Floats:
        """Share (R, T) of a day's need of one part that comes from all its suppliers."""
        brought = (self._brought(each, days, working) for each in suppliers)
        shares = self._shares(suppliers)
        parts = [s[:, np.newaxis] * b for s, b in zip(shares, brought, strict=True)]
        return sum(parts[1:], parts[0])

    def _lasting(self, suppliers: Sequence[Supplier]) -> Floats:
        """Days (R,) of full work that the stock of one part lasts."""
        names = [("suppliers", each.id, "buffer_days") for each in suppliers]
        shares = self._shares(suppliers)
        lasts = [
            share * self.values(name, each.buffer_days)
            for share, name, each in zip(shares, names, suppliers, strict=True)
        ]
        return sum(lasts[1:], lasts[0])

    def _shares(self, suppliers: Sequence[Supplier]) -> list[Floats]:
        """What each supplier of one part delivers of it (R,); drawn shares are made to add up."""
        drawn = [
            self.values(("suppliers", each.id, "share"), each.sourcing.share)
            if each.sourcing
            else np.ones(1)
            for each in suppliers
        ]
        total = sum(drawn[1:], drawn[0])
        alike = np.full_like(total, 1.0 / len(drawn))
        return [np.divide(each, total, out=alike.copy(), where=total > 0) for each in drawn]

    def _brought(self, supplier: Supplier, days: Sequence[date], working: Floats) -> Floats:
        """Share (R, T) of a day's parts that arrives: made with the parts of the tier below."""
        made = self.left("supply", supplier.id, days)
        for below in by_part(self.suppliers, feeding=supplier.id):
            arriving = self._arriving(below, days, working)
            made = _made_from(made, arriving, self._lasting(below), working)
        return np.minimum(made, self.left("logistics", supplier.id, days))


def _made_from(able: Floats, arriving: Floats, buffer: Floats, working: Floats) -> Floats:
    """What a supplier makes (R, T) of what it could, while its own parts last.

    `able`, `arriving` and what is made are shares of the day's need, which is `working` (T,) full
    days of parts; `buffer` (R,) and the stock of them are full days.
    """
    shape = np.broadcast_shapes(able.shape, arriving.shape, (buffer.size, 1))
    made = np.broadcast_to(able, shape).copy()
    arriving = np.broadcast_to(arriving, shape)
    stock = buffer
    for day in np.flatnonzero(working > 0):
        at_hand = np.minimum(stock, buffer) + arriving[:, day] * working[day]
        made[:, day] = np.minimum(made[:, day], at_hand / working[day])
        stock = at_hand - made[:, day] * working[day]
    return made


# --- findings ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Declared:
    """The sections as they stand in a file, and the lines that they may name."""

    loaded: Loaded[Any]
    lines: tuple[str, ...]
    suppliers: tuple[Supplier, ...]
    scenarios: tuple[Scenario, ...]
    measures: tuple[StabilityMeasure, ...]

    def findings(self) -> Iterator[Diagnostic]:
        """Names that nobody declared, days upside down, measures without effect, circles."""
        yield from self._twice()
        yield from self._circles()
        yield from self._sourced()
        for place, scenario in enumerate(self.scenarios):
            at: KeyPath = ("scenarios", place)
            yield from self._dates(at, scenario)
            yield from self._named(at, scenario.of, scenario.lowers)
            yield from self._left(at, scenario)
        for place, measure in enumerate(self.measures):
            at = ("measures", place)
            yield from self._dates(at, measure)
            yield from self._named(at, measure.of, measure.relaxes)
            yield from self._known((*at, "against"), measure.against, self._scenario_ids)
            yield from self._how_much(at, measure)
            yield from self._in_vain(at, measure)

    @property
    def _scenario_ids(self) -> list[str]:
        return [each.id for each in self.scenarios]

    def _twice(self) -> Iterator[Diagnostic]:
        for section in ("suppliers", "scenarios", "measures"):
            seen: set[str] = set()
            for place, each in enumerate(getattr(self, section)):
                if each.id in seen:
                    message = f"'{each.id}' stands twice"
                    yield self.loaded.diagnostic((section, place, "id"), "R410", message)
                seen.add(each.id)

    def _circles(self) -> Iterator[Diagnostic]:
        fed = {each.id: each.feeds for each in self.suppliers}
        for place, each in enumerate(self.suppliers):
            at = ("suppliers", place, "feeds")
            if each.feeds is not None:
                yield from self._known(at, (each.feeds,), list(fed))
            chain, last = [each.id], each.feeds
            while last is not None and last not in chain:
                chain.append(last)
                last = fed.get(last)
            if last == each.id:
                message = f"supply goes in a circle: {' > '.join([*chain, last])}"
                yield self.loaded.diagnostic(at, "R401", message, help="the last feeds the plant")

    def _sourced(self) -> Iterator[Diagnostic]:
        """Shares of one part that do not add up; one part that goes to two places."""
        found: dict[str, list[tuple[int, Supplier]]] = {}
        for place, each in enumerate(self.suppliers):
            if each.sourcing:
                found.setdefault(each.part, []).append((place, each))
        for part, suppliers in found.items():
            (first, one), *others = suppliers
            total = sum(each.sourcing.share.value for _, each in suppliers if each.sourcing)
            if abs(total - 1.0) > _ROUNDING:
                message = f"the shares of '{part}' add up to {total:.1%}, not to 100 %"
                at: KeyPath = ("suppliers", first, "sourcing", "share")
                yield self.loaded.diagnostic(at, "R412", message)
            for place, each in others:
                if each.feeds != one.feeds:
                    message = f"'{part}' goes to the plant from one supplier and not from another"
                    help = "suppliers of one part have the same 'feeds'"
                    at = ("suppliers", place, "sourcing", "part")
                    yield self.loaded.diagnostic(at, "R401", message, help=help)

    def _dates(self, at: KeyPath, dated: _Dated) -> Iterator[Diagnostic]:
        if dated.last_day < dated.first_day:
            message = f"'{dated.id}' ends before it starts"
            yield self.loaded.diagnostic((*at, "to"), "V204", message)

    def _named(
        self, at: KeyPath, names: tuple[str, ...], constraint: Constraint
    ) -> Iterator[Diagnostic]:
        of_suppliers = constraint in {"supply", "logistics"}
        known = [each.id for each in self.suppliers] if of_suppliers else list(self.lines)
        yield from self._known((*at, "of"), names, known)

    def _known(
        self, at: KeyPath, names: Iterable[str], known: Sequence[str]
    ) -> Iterator[Diagnostic]:
        for name in names:
            if name not in known:
                help = did_you_mean(name, known)
                message = f"'{name}' is not declared in this file"
                yield self.loaded.diagnostic(at, "R406", message, help=help)

    def _left(self, at: KeyPath, scenario: Scenario) -> Iterator[Diagnostic]:
        if scenario.left is None and scenario.delay_days is None:
            help = "write the share that is left, or 'delay_days' for roads"
            message = "the key 'factor' is missing here"
            yield self.loaded.diagnostic(at, "K102", message, help=help)
        targets = self.lines if scenario.lowers == "availability" else self.suppliers
        if not targets:
            message = f"'{scenario.id}' lowers what no supplier brings: it changes nothing"
            yield self.loaded.diagnostic(at, "R425", message, help="declare 'suppliers'")

    def _how_much(self, at: KeyPath, measure: StabilityMeasure) -> Iterator[Diagnostic]:
        keys = ("adds", "restores") if measure.relaxes in ADDED else ("restores", "adds")
        wanted, other = keys
        if getattr(measure, wanted) is None:
            message = f"the key '{wanted}' is missing here"
            help = f"a measure that relaxes '{measure.relaxes}' says by how much"
            yield self.loaded.diagnostic(at, "K102", message, help=help)
        if getattr(measure, other) is not None:
            message = f"'{other}' does not go with '{measure.relaxes}'"
            help = f"write '{wanted}'"
            yield self.loaded.diagnostic((*at, other), "R401", message, help=help)

    def _in_vain(self, at: KeyPath, measure: StabilityMeasure) -> Iterator[Diagnostic]:
        """A measure that gives back, on days or of a constraint on which nothing was taken."""
        if measure.relaxes not in LOWERED:
            return
        met = (
            measure.helps(each)
            and measure.first_day <= each.last_day
            and each.first_day <= measure.last_day
            for each in self.scenarios
        )
        if not any(met):
            message = f"'{measure.id}' meets no scenario: it changes nothing"
            help = "check 'relaxes', 'against' and the days"
            yield self.loaded.diagnostic(at, "R425", message, help=help)
