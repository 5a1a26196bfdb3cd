"""What does the file of one enterprise say? A page that an official can read and hand back.

One enterprise, one file (一企一档): what it is, what it builds on which lines, every number with
its range, standing and source, who supplies it, what may go wrong and what is done about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from promo.production.manufacturer import Manufacturer, usual_capacity_per_month
from promo.production.stability import WORDS, Scenario, StabilityMeasure
from promo.report import words
from promo.report.notice.outline import Grid, Outline, Section
from promo.report.words import Language, chosen
from promo.schema import Assumption, Words

_PARTS: dict[str, Words] = {
    "lines": Words("生产线", "Lines"),
    "base_load_per_month": Words("外地和出口", "The rest of the country"),
    "stock": Words("库存", "Stock"),
    "planning": Words("排产", "Planning"),
    "unmet": Words("缺货", "Cars that are not there"),
    "target": Words("全年目标", "Target of the year"),
    "suppliers": Words("供应商", "Suppliers"),
    "scenarios": Words("情景", "Scenarios"),
    "measures": Words("稳产措施", "Stability measures"),
    "accounts": Words("核算", "Accounts"),
}
_HEADINGS = (
    Words("数据", "number"),
    Words("取值", "value"),
    Words("范围", "range"),
    Words("依据", "standing"),
    Words("来源", "source"),
)


def enterprise_outline(plant: Manufacturer, language: Language) -> Outline:
    """The file of an enterprise as a page, section by section in the order of the file."""
    title = chosen(
        Words(f"企业档案: {plant.name.zh}", f"Enterprise file: {plant.name.en}"), language
    )
    sections = [Section(chosen(_FACTS, language), tuple(_facts(plant, language)))]
    for part, title_of in _PARTS.items():
        blocks = (*_listed(plant, part, language), *_numbers(plant, part, language))
        if blocks:
            sections.append(Section(chosen(title_of, language), blocks))
    preface = (chosen(_PREFACE, language),)
    return Outline(title, preface, tuple(sections), language)


def enterprise_object(plant: Manufacturer, language: Language) -> dict[str, Any]:
    """The same for programs: every number with its range, standing and source."""
    from promo.report.contract import assumption_object

    return {
        "schema": "promo/enterprise/1",
        "id": plant.id,
        "name": chosen(plant.name.words, language),
        "place": plant.place,
        "maker": plant.maker,
        "capacity_per_month": usual_capacity_per_month(plant),
        "assumptions": [assumption_object(each, language) for each in plant.assumptions()],
    }


_FACTS = Words("基本情况", "The enterprise")
_PREFACE = Words(
    "“已核实”的数有公布的出处; 其余是没有公布、暂按判断或推算取的值, 请企业核对后改正。",
    "Numbers marked 'verified' were published; the others are judged or derived for want of "
    "better ones: let the enterprise check and correct them.",
)


def _facts(plant: Manufacturer, language: Language) -> Iterator[str]:
    return (chosen(text, language) for text in (*_building(plant), *_published(plant)))


def _building(plant: Manufacturer) -> tuple[Words, Words]:
    capacity = f"{usual_capacity_per_month(plant):,.0f}"
    return (
        Words(
            f"产地: {plant.place}; 生产企业: {plant.maker}。",
            f"It builds in {plant.place}, as {plant.maker}.",
        ),
        Words(
            f"按所列取值, 不加班、不计节假日, 一个月能生产 {capacity} 辆。",
            f"At the values below its lines build {capacity} cars a month without overtime.",
        ),
    )


def _published(plant: Manufacturer) -> Iterator[Words]:
    if plant.staff:
        persons, (zh, en) = f"{plant.staff.persons:,}", _halves(plant.staff.source)
        yield Words(f"员工 {persons} 人({zh})。", f"{persons} staff ({en}).")
    for year in plant.output:
        zh, en = _halves(year.source)
        yield Words(
            f"{year.year} 年产量 {year.cars:,} 辆({zh})。",
            f"It built {year.cars:,} cars in {year.year} ({en}).",
        )
    if plant.target:
        target = plant.target
        yield Words(
            f"{target.year} 年目标 {target.cars:,} 辆, 已生产数统计到 {target.up_to}。",
            f"Its target for {target.year} is {target.cars:,} cars; cars so far are counted up to "
            f"{target.up_to}.",
        )


def _halves(source: str) -> tuple[str, str]:
    return words.own_half(source, "zh"), words.own_half(source, "en")


def _numbers(plant: Manufacturer, part: str, language: Language) -> tuple[Grid, ...]:
    """The numbers of one part of the file, or nothing."""
    found = [a for a in plant.assumptions() if a.name.split(".")[1] == part]
    if not found:
        return ()
    rows = tuple(_row(each, plant, language) for each in found)
    headings = tuple(chosen(heading, language) for heading in _HEADINGS)
    return (Grid(chosen(Words("数据及来源", "Numbers"), language), headings, rows),)


def _row(assumption: Assumption, plant: Manufacturer, language: Language) -> tuple[str, ...]:
    """What it is, its value, its range where it has one, how well founded, and where from."""
    name = chosen(assumption.words, language).removeprefix(chosen(plant.name.words, language))
    unit = assumption.unit
    low, high, value = (
        _plain(each, unit) for each in (assumption.low, assumption.high, assumption.value)
    )
    between = f"{low}–{high}" if assumption.high > assumption.low else ""
    return (
        name.lstrip("：: "),
        value + _unit(unit, language),
        between,
        words.translated(assumption.status, words.STATUS, language),
        words.own_half(assumption.source, language),
    )


def _plain(value: float, unit: str) -> str:
    """A number as the file has it; shares in percent."""
    if unit.startswith("share"):
        return f"{100 * value:.6g}%"
    return f"{value:,.10g}"


def _unit(unit: str, language: Language) -> str:
    """What stands behind a number of this unit."""
    own = _UNITS.get(unit)
    if own is None:
        return ""
    return own.zh if language == "zh" else f" {own.en}"


_UNITS: dict[str, Words] = {
    "cars": Words("辆", "cars"),
    "cars/hour": Words("辆/小时", "cars/hour"),
    "cars/month": Words("辆/月", "cars/month"),
    "hours": Words("小时", "hours"),
    "shifts": Words("班", "shifts"),
    "months": Words("个月", "months"),
    "weeks": Words("周", "weeks"),
    "days": Words("天", "days"),
    "persons": Words("人", "persons"),
    "share/month": Words("/月", "a month"),
    "share of capacity": Words("(占产能)", "of capacity"),
}


def _listed(plant: Manufacturer, part: str, language: Language) -> tuple[Grid, ...]:
    """Who delivers what; what holds from when to when."""
    if part == "suppliers" and plant.suppliers:
        rows = [_supplier(plant, place, language) for place in range(len(plant.suppliers))]
        return (_grid(Words("谁供什么", "Who delivers what"), _SUPPLIER_HEADINGS, rows, language),)
    dated: Sequence[Scenario | StabilityMeasure] = (
        getattr(plant, part, ()) if part in _DATED else ()
    )
    if not dated:
        return ()
    rows = [_dated(each, language) for each in dated]
    return (_grid(Words("何时起止", "From when to when"), _DATED_HEADINGS, rows, language),)


_DATED = ("scenarios", "measures")
_DATED_HEADINGS = (
    Words("内容", "what"),
    Words("影响的约束", "constraint"),
    Words("对象", "of"),
    Words("起", "from"),
    Words("止", "to"),
)
_SUPPLIER_HEADINGS = (
    Words("名称", "name"),
    Words("零部件", "parts"),
    Words("所在地", "place"),
    Words("供给", "feeds"),
)


def _supplier(plant: Manufacturer, place: int, language: Language) -> tuple[str, ...]:
    supplier = plant.suppliers[place]
    own = chosen(Words("本厂", "the plant"), language)
    parts = chosen(supplier.parts.words, language)
    return supplier.id, parts, supplier.place, supplier.feeds or own


def _dated(each: Scenario | StabilityMeasure, language: Language) -> tuple[str, ...]:
    constraint = each.lowers if isinstance(each, Scenario) else each.relaxes
    everyone = chosen(Words("全部", "all"), language)
    of = ", ".join(each.of) or everyone
    days = (each.first_day.isoformat(), each.last_day.isoformat())
    return chosen(each.words, language), chosen(WORDS[constraint], language), of, *days


def _grid(
    title: Words, headings: Sequence[Words], rows: Iterable[tuple[str, ...]], language: Language
) -> Grid:
    return Grid(
        chosen(title, language), tuple(chosen(each, language) for each in headings), tuple(rows)
    )
