"""Which tables does the analyst read, with which numbers, in which order?

Every table is a frame with the columns' forms beside it; terminal, workbook and page only format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import polars as pl

from promo.appraisal import Appraisal
from promo.demand.published import APART, LEVERS
from promo.design.comparison import design_names
from promo.report import words
from promo.report.numbers import interval, number, scale_of, with_unit
from promo.report.words import Language
from promo.schema import MEASURES, Assumption, Measure, Words

Form: TypeAlias = Literal[
    "text",
    "cars",
    "CNY",
    "share",
    "ratio",
    "months",
    "count",
    "number",
    "date",
    "month",
    "by unit",
    "stated",
]
ROOM_FOR_SOURCES = 80
_STILL = 0.0005  # of the base: what moves it less does not move it
PARTS = tuple(name for name, kind in MEASURES.items() if kind.basis == "identity")
"""The five parts of the subsidised cars, in the order of the contract."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the frame, its heading, how it is written, its interval.

    Attributes
    ----------
    low, high : names of the columns that hold the interval of this estimate
    between : heading of the interval, where it is not one of nine draws in ten
    room : terminal columns from which on this column is shown
    """

    name: str
    heading: str
    form: Form = "text"
    low: str | None = None
    high: str | None = None
    room: int = 60
    between: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as such: its name in files, its title, its columns, its numbers.

    Where a column's form is "by unit", the columns `unit` (of the JSON contract) and, for days,
    `first_day` say row by row how the number is written; "stated" is the same where the words of
    the row state the unit already.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    note: str = ""


def all_tables(appraisal: Appraisal, language: Language) -> tuple[Table, ...]:
    """Every table, in the order in which it is read."""
    made = (
        remarks("warnings", appraisal.warnings, language),
        headline(appraisal, language),
        money(appraisal, language),
        parts(appraisal, language),
        spend_path(appraisal, language),
        exhaustion(appraisal, language),
        plants(appraisal, language),
        conquest(appraisal, language),
        two_by_two(appraisal, language),
        plant_weeks(appraisal, language),
        unmet(appraisal, language),
        targets(appraisal, language),
        accounts(appraisal, language),
        sensitivity(appraisal, language),
        additionality(appraisal, language),
        beside_published(appraisal, language),
        identity(appraisal, language),
        monthly_sales(appraisal, language),
        vehicles(appraisal, language),
        assumptions(appraisal, language),
        backtest(appraisal, language),
        remarks("limits", appraisal.limits, language),
        provenance(appraisal, language),
    )
    return tuple(table for table in made if table.frame.height)


def headline(appraisal: Appraisal, language: Language) -> Table:
    """Uptake, money, net effect, production and value: every measure of the whole campaign."""
    kept = [
        m
        for m in appraisal.measures
        if m.group is None
        and m.kind.name not in PARTS
        and (m.kind.name != "unpaid_cars" or m.draws.any())  # none where the purchase takes it
    ]
    first, last = appraisal.window
    note = words.chosen(
        Words(
            f"毛：只数获补贴的车；净：有活动减去没有活动。活动期 {first} 至 {last}，"
            f"观察期到 {appraisal.horizon_end}",
            "gross: counts the subsidised cars; net: with the campaign minus without it; the "
            f"window is {first} to {last}, the horizon ends on {appraisal.horizon_end}",
        ),
        language,
    )
    return replace(_measure_table("headline", kept, appraisal, language), note=note)


def money(appraisal: Appraisal, language: Language) -> Table:
    """Each pot: what it holds, what is spent, when it is empty."""
    kept = [m for m in appraisal.measures if m.group and "pot" in m.group]
    table = _measure_table("money", kept, appraisal, language)
    pots = [measure.group["pot"] for measure in kept if measure.group]
    frame = table.frame.with_columns(pl.Series("pot", pots, dtype=pl.String))
    pot = Column("pot", words.heading("pot", language))
    return Table(table.name, table.title, (pot, *table.columns), frame)


def parts(appraisal: Appraisal, language: Language) -> Table:
    """What the buyers of the subsidised cars would have done without the campaign."""
    kept = [appraisal.measure(name) for name in PARTS]
    table = _measure_table("parts", kept, appraisal, language)
    total = appraisal.measure("subsidised_cars").mean
    shares = [m.mean / total if m.mean is not None and total else None for m in kept]
    frame = table.frame.with_columns(pl.Series("share_of_cars", shares, dtype=pl.Float64))
    share = Column("share_of_cars", words.heading("share_of_cars", language), "share", room=80)
    return Table(table.name, table.title, (*table.columns, share), frame)


def _measure_table(
    name: str, measures: Sequence[Measure], appraisal: Appraisal, language: Language
) -> Table:
    frame = pl.DataFrame(
        {
            "measure": [words.label(m.kind.name, language) for m in measures],
            "name": [m.kind.name for m in measures],
            "basis": [words.translated(m.kind.basis, words.BASIS, language) for m in measures],
            "unit": [m.kind.unit for m in measures],
            "mean": [m.mean for m in measures],
            "p05": [m.p05 for m in measures],
            "p50": [m.p50 for m in measures],
            "p95": [m.p95 for m in measures],
            "never": [m.never for m in measures],
            "se": [m.se for m in measures],
            "note": [words.chosen(m.reason, language) if m.reason else "" for m in measures],
            "first_day": [appraisal.window[0]] * len(measures),
        },
        schema_overrides=dict.fromkeys(("mean", "p05", "p50", "p95", "never", "se"), pl.Float64),
    )
    columns = (
        Column("measure", words.heading("measure", language)),
        Column("basis", words.heading("basis", language)),
        Column("mean", words.heading("mean", language), "by unit", "p05", "p95"),
        Column("p50", words.heading("p50", language), "by unit", room=80),
    )
    return Table(name, words.chosen(words.TITLES[name], language), columns, frame)


def spend_path(appraisal: Appraisal, language: Language) -> Table:
    """Public money paid or committed by the end of each day."""
    columns = (
        Column("day", words.heading("day", language), "date"),
        Column("mean", words.heading("mean", language), "CNY", "p05", "p95"),
        Column("p50", words.heading("p50", language), "CNY", room=80),
    )
    return _table("spend_path", columns, appraisal.spend_path, language)


def exhaustion(appraisal: Appraisal, language: Language) -> Table:
    """By week, the chance that each pot has run out, and below it the chance that it lasts."""
    between = words.heading("of_estimate", language)
    run_out = words.heading("run_out", language)
    columns = (
        *([_column("pot", language)] if len(appraisal.budget_pots) > 1 else []),
        _column("until", language, "date"),
        Column("run_out", run_out, "share", "p05", "p95", between=between),
        _column("se", language, "share", room=72),
        _column("left", language, "share", room=80),
    )
    made = _table("exhaustion", columns, appraisal.exhaustion, language)
    return replace(made, note=" ".join(_lasting(appraisal, language)))


def _lasting(appraisal: Appraisal, language: Language) -> Iterable[str]:
    """The chance that each pot lasts to the end, with the interval of the estimate."""
    last = appraisal.exhaustion.group_by("pot", maintain_order=True).last()
    for pot, mean, low, high in last.select("pot", "run_out", "p05", "p95").iter_rows():
        ends = [1 - mean, 1 - high, 1 - low]
        middle, least, most = (number(each, scale_of("share", ends)) for each in ends)
        several = len(appraisal.budget_pots) > 1
        zh, en = (f"资金池 {pot} ", f"of the pot {pot} ") if several else ("", "")
        text = Words(
            f"{zh}用到最后仍有余的概率：{middle}%（{interval(least, most, 'zh')}）。",
            f"The probability that the money {en}lasts to the end is {middle} % "
            f"({interval(least, most, 'en')}).",
        )
        yield words.chosen(text, language)


def of_change(table: Table) -> Table:
    """Of the weeks of each pot those in which the chance that it has run out still rises."""
    before = pl.col("run_out").shift(1).over("pot").fill_null(0.0)
    return replace(table, frame=table.frame.filter(pl.col("run_out") > before))


def plants(appraisal: Appraisal, language: Language) -> Table:
    """What each plant builds in each month, with and without the campaign."""
    columns = (
        _column("plant", language),
        _column("month", language, "month"),
        _column("built_without", language, "cars"),
        _column("built_with", language, "cars"),
        Column("extra", words.heading("extra", language), "cars", "extra_p05", "extra_p95"),
        Column("utilisation_with", words.heading("utilisation_with", language), "share", room=80),
        Column("capacity", words.heading("capacity", language), "cars", room=90),
        Column(
            "dealer_stock_without",
            words.heading("dealer_stock_without", language),
            "cars",
            room=99,
        ),
        Column("dealer_stock_with", words.heading("dealer_stock_with", language), "cars", room=99),
    )
    frame = appraisal.plants.with_columns(pl.col("plant").replace(_plants(appraisal, language)))
    return replace(_table("plants", columns, frame, language), note=_ends_of_the_horizon(language))


def two_by_two(appraisal: Appraisal, language: Language) -> Table:
    """Cars built with and without the campaign, with and without the stability measures."""
    columns = (
        _column("term", language),
        *(
            Column(name, words.heading(f"built_in_{name}", language), "cars", *ends)
            for name in ("window", "horizon")
            for ends in [(f"{name}_p05", f"{name}_p95")]
        ),
    )
    frame = appraisal.two_by_two
    if frame.height:
        frame = _worded(frame, "term", language)
    return replace(_table("two_by_two", columns, frame, language), note=_together(language))


def _together(language: Language) -> str:
    return words.chosen(
        Words(
            "四种情形用同一批抽样；交互作用是两者一起做、超出各自作用之和的部分",
            "the four worlds share their draws; the interaction is what both do together beyond "
            "the sum of what each does alone",
        ),
        language,
    )


def plant_weeks(appraisal: Appraisal, language: Language) -> Table:
    """Sales, orders, output and stock and what binds output, week by week."""
    frame = appraisal.plant_weeks
    bare = "built_bare" in frame.columns
    columns = (
        _column("plant", language),
        _column("week", language, "date"),
        _column("sold_with", language, "cars", room=60 if not bare else 99),
        _column("ordered_with", language, "cars", room=80 if not bare else 110),
        Column("built_without", words.heading("built_by_week_without", language), "cars", room=90),
        Column("built_with", words.heading("built_by_week", language), "cars"),
        Column("extra", words.heading("extra", language), "cars", "extra_p05", "extra_p95"),
        _column("utilisation_with", language, "share", room=80 if not bare else 99),
        _column("dealer_stock_with", language, "cars", room=80 if not bare else 110),
        _column("plant_stock_with", language, "cars", room=99),
        _column("binding", language),
        _column("binding_share", language, "share", room=80),
        *_unaided(language) * bare,
    )
    if frame.height:
        names = ["binding", *["binding_bare"] * bare]
        frame = frame.with_columns(
            *(pl.col(f"{name}_{language}").alias(name) for name in names),
            pl.col("plant").replace(_plants(appraisal, language)),
        )
    made = _table("plant_weeks", columns, frame, language)
    return replace(made, note=" ".join(_troughs(frame, language)))


def _unaided(language: Language) -> tuple[Column, ...]:
    """The campaign without the stability measures."""
    return (
        _column("built_bare", language, "cars"),
        _column("binding_bare", language),
        _column("binding_bare_share", language, "share", room=99),
    )


def _troughs(weeks: pl.DataFrame, language: Language) -> Iterable[str]:
    """The week in which each plant builds least because of the campaign, beyond the table too."""
    if not weeks.height:
        return
    for plant in weeks.partition_by("plant", maintain_order=True):
        scale = scale_of("cars", plant["built_with"].to_list())
        row = plant.row(int(plant["extra"].to_numpy().argmin()), named=True)
        middle, low, high = (number(row[n], scale) for n in ("extra", "extra_p05", "extra_p95"))
        text = Words(
            f"{row['plant']}的低谷在 {row['week']} 起的一周: 净 {middle} 辆"
            f"（{interval(low, high, 'zh')}）。",
            f"The trough of {row['plant']} is the week from {row['week']}: {middle} cars net "
            f"({interval(low, high, 'en')}).",
        )
        yield words.chosen(text, language)


def conquest(appraisal: Appraisal, language: Language) -> Table:
    """Whose sales the extra cars of each local plant are."""
    columns = (
        _column("plant", language),
        Column("term", words.heading("source_of_sales", language)),
        Column("cars", words.heading("additional", language), "cars", "p05", "p95"),
    )
    frame = appraisal.conquest
    if frame.height:
        frame = _worded(frame, "term", language).with_columns(
            pl.col("plant").replace(_plants(appraisal, language))
        )
    note = words.chosen(
        Words(
            "净：有活动减去没有活动；只知道各家净赢多少，按各家净输的多少分摊来源",
            "net: with the campaign minus without it; only what each maker wins net is known, and "
            "it is won from those who lose in proportion to their losses",
        ),
        language,
    )
    return replace(_table("conquest", columns, frame, language), note=note)


def unmet(appraisal: Appraisal, language: Language) -> Table:
    """Buyers of local cars who found none, and what became of them."""
    columns = (
        _column("plant", language),
        _column("term", language),
        _column("without", language, "cars"),
        _column("with_", language, "cars"),
        Column("extra", words.heading("net", language), "cars", "extra_p05", "extra_p95"),
    )
    frame = appraisal.unmet
    if frame.height:
        frame = _worded(frame, "term", language).with_columns(
            pl.col("plant").replace(_plants(appraisal, language))
        )
    return _table("unmet", columns, frame, language)


def targets(appraisal: Appraisal, language: Language) -> Table:
    """Output of the calendar year and the chance to reach the target."""
    chance = words.heading("reached", language)
    of_estimate = words.heading("of_estimate", language)
    columns = (
        _column("plant", language),
        _column("year", language),
        _column("target", language, "cars"),
        _column("term", language),
        Column("cars", words.heading("year_output", language), "cars", "p05", "p95"),
        Column("reached", chance, "share", "reached_p05", "reached_p95", between=of_estimate),
    )
    frame = appraisal.targets
    if frame.height:
        frame = _worded(frame, "term", language).with_columns(
            pl.col("plant").replace(_plants(appraisal, language)), pl.col("year").cast(pl.String)
        )
    return _table("targets", columns, frame, language)


def _plants(appraisal: Appraisal, language: Language) -> dict[str, str]:
    """What each plant is called: its assumptions are named `name: assumption`."""
    labels = {each.name: words.chosen(each.words, language) for each in appraisal.assumptions}
    marks = "：" if language == "zh" else ": "
    found = ((plant, labels.get(f"{plant}.base_load_per_month", "")) for plant in _ids(appraisal))
    return {plant: text.rpartition(marks)[0] for plant, text in found if marks in text}


def _ids(appraisal: Appraisal) -> list[str]:
    return appraisal.plants["plant"].unique(maintain_order=True).to_list()


def _ends_of_the_horizon(language: Language) -> str:
    return words.chosen(
        Words(
            "只计从公告日到观察期末的日子，首末两月可能不足整月",
            "from the announcement to the end of the horizon: the first and the last month may "
            "be parts of months",
        ),
        language,
    )


def monthly_sales(appraisal: Appraisal, language: Language) -> Table:
    """Sales of all cars in the city: the rise in the window and the payback after it."""
    additional = words.heading("additional", language)
    columns = (
        _column("month", language, "month"),
        _column("without", language, "cars"),
        _column("with_", language, "cars"),
        Column("additional", additional, "cars", "additional_p05", "additional_p95"),
    )
    made = _table("monthly_sales", columns, appraisal.monthly_sales, language)
    return replace(made, note=_ends_of_the_horizon(language))


def accounts(appraisal: Appraisal, language: Language) -> Table:
    """Costs and gains, and whose they are."""
    frame = _worded(appraisal.accounts, "item", language).with_columns(
        _translated("side", words.SIDE, language),
        _translated("level", words.LEVEL, language),
        _translated("standing", words.STANDING, language),
    )
    columns = (
        _column("side", language),
        _column("item", language),
        _column("level", language),
        Column("yuan", words.heading("yuan", language), "CNY", "p05", "p95"),
        Column("standing", words.heading("standing", language), room=90),
    )
    made = _table("accounts", columns, frame, language)
    return replace(made, note=_return_per_yuan(appraisal, language))


def _return_per_yuan(appraisal: Appraisal, language: Language) -> str:
    """What comes back to the city of each yuan of public money, net."""
    found = appraisal.measure("city_tax_return_per_yuan")
    label = words.label(found.kind.name, language)
    if found.mean is None:
        return ""
    scale = scale_of(found.kind.unit, [found.mean, found.p05, found.p95])
    middle, low, high = (number(each, scale) for each in (found.mean, found.p05, found.p95))
    between = interval(low, high, language)
    return (
        f"{label}：{middle}（{between}）" if language == "zh" else f"{label}: {middle} ({between})"
    )


def sensitivity(appraisal: Appraisal, language: Language) -> Table:
    """Each assumption at its low and its high end on the same draws, the strongest first."""
    first_seen = {name: place for place, name in enumerate(MEASURES)}
    swing = (pl.col("at_high") - pl.col("at_low")).abs()
    frame = (
        _worded(appraisal.sensitivity, "words", language)
        .with_columns(
            pl.col("measure").replace_strict(first_seen, default=99).alias("_order"),
            pl.lit(appraisal.window[0]).alias("first_day"),
            swing.alias("swing"),
            *_error_of_share(),
            *_ends(appraisal, language),
        )
        .sort("_order", "swing", "assumption", descending=[False, True, False], nulls_last=True)
        .with_columns(
            pl.col("words").alias("assumption"),
            pl.col("measure").replace_strict(_units(), default="number").alias("unit"),
            pl.col("measure").replace(_labels_with_unit(appraisal, language)),
        )
        .drop("_order", "words")
    )
    columns = (
        _column("measure", language),
        _column("assumption", language),
        _column("low_value", language, room=80),
        _column("high_value", language, room=80),
        _column("at_low", language, "stated"),
        _column("at_base", language, "stated"),
        _column("at_high", language, "stated"),
        Column(
            "variance_share",
            words.heading("variance_share", language),
            "share",
            "variance_p05",
            "variance_p95",
            room=90,
            between=words.heading("of_estimate", language),
        ),
    )
    few = words.chosen(
        Words(
            "逐个取两端，其余都取文件写明的值，按期望车数计算；基准即各假定都取写明的值时的结果，"
            "与抽样的均值不同。方差占比来自全部抽样，是该假设单独解释的部分，"
            "因估计误差可略低于零；余下的是购车人的偶然和各假设的共同作用",
            "one at a time, all else as stated, at expected cars: the base is the design at "
            "its stated values, not the mean of the draws. The share of variance is from all "
            "draws: what the assumption explains alone, by its error also a little below zero; "
            "the rest is the luck of buyers and what assumptions do together",
        ),
        language,
    )
    made_table = _table("sensitivity", columns, frame, language)
    return replace(made_table, note=few)


def additionality(appraisal: Appraisal, language: Language) -> Table:
    """Additional cars by how far buyers believe in another round."""
    columns = (
        _column("belief", language, "share"),
        _column("subsidised_cars", language, "cars"),
        _column("additional_cars_in_window", language, "cars"),
        _column("additional_cars_in_horizon", language, "cars"),
        _column("additional_per_subsidised_car", language, "ratio", room=72),
    )
    note = words.chosen(
        Words(
            "净：有活动减去没有活动。预期为假定，其余都取文件写明的值，按期望车数计算，故没有区间",
            "net: with the campaign minus without it; the belief is assumed, all else as stated, "
            "at expected cars: there is no interval",
        ),
        language,
    )
    made = _table("additionality", columns, appraisal.additionality, language)
    return replace(made, note=note)


def beside_published(appraisal: Appraisal, language: Language) -> Table:
    """How buyers respond here, and in published studies."""
    columns = (
        Column("words", words.heading("lever", language)),
        Column("p50", words.heading("p50", language), "by unit", "p05", "p95"),
        _column("published_low", language, "by unit", room=72),
        _column("published_high", language, "by unit"),
        _column("verdict", language),
    )
    frame = appraisal.beside_published
    if frame.height:
        frame = _worded(frame, "words", language).with_columns(
            _translated("verdict", words.VERDICT, language)
        )
    opening, closing, mark = ("（", "）", "；") if language == "zh" else (" (", ")", "; ")
    studies = dict.fromkeys(
        f"{words.chosen(each.study, language)}{opening}"
        f"{words.translated(each.status, words.STATUS, language)}{closing}"
        for lever in LEVERS.values()
        for each in lever.published
    )
    note = words.chosen(
        Words(
            f"中位超过已公布最大值的 {APART:g} 倍即停止；活动不足两个月的，"
            "销量净增按两个月的销量计。来源：",
            f"a median beyond {APART:g} times the largest published stops the report; the rise of "
            "sales counts over two months where the window is shorter. Sources: ",
        ),
        language,
    )
    made = _table("beside_published", columns, frame, language)
    return replace(made, note=note + mark.join(studies))


def strongest(table: Table, count: int) -> Table:
    """Of what moves the answer the few assumptions that move each measure most."""
    moving = pl.col("swing").is_null() | (pl.col("swing") > _STILL * pl.col("at_base").abs())
    few = table.frame.filter(moving).group_by("measure", maintain_order=True).head(count)
    return replace(table, frame=few.select(table.frame.columns))


def _error_of_share() -> Iterable[pl.Expr]:
    """Ends of nine in ten of the estimate, at 1.645 standard errors."""
    for name, errors in (("variance_p05", -1.645), ("variance_p95", 1.645)):
        yield (pl.col("variance_share") + errors * pl.col("variance_share_se")).alias(name)


def _units() -> dict[str, str]:
    return {name: kind.unit for name, kind in MEASURES.items()}


def _ends(appraisal: Appraisal, language: Language) -> Iterable[pl.Expr]:
    """The ends of each assumption's range, each written in the unit of its assumption."""
    units = {assumption.name: _unit_of(assumption) for assumption in appraisal.assumptions}
    for name in ("low_value", "high_value"):
        ends = appraisal.sensitivity.select("assumption", name).iter_rows()
        texts = [with_unit(value, units.get(key, ""), language) for key, value in ends]
        yield pl.lit(pl.Series(name, texts, dtype=pl.String)).alias(name)


def _labels_with_unit(appraisal: Appraisal, language: Language) -> dict[str, str]:
    """Each measure with the unit in which all its rows are written."""
    largest = appraisal.sensitivity.group_by("measure").agg(
        pl.max_horizontal(pl.col("at_low", "at_high", "at_base").abs()).max().alias("largest")
    )
    labels = {}
    for name, value in largest.iter_rows():
        unit = words.chosen(scale_of(_units().get(name, "number"), [value]).unit, language)
        space = "" if language == "zh" else " "
        labels[name] = words.label(name, language) + (f"{space}({unit})" if unit else "")
    return labels


def identity(appraisal: Appraisal, language: Language) -> Table:
    """Total sales over the horizon, term by term."""
    columns = (
        _column("term", language),
        Column("cars", words.heading("cars", language), "cars", "p05", "p95"),
    )
    return _table("identity", columns, _worded(appraisal.identity, "term", language), language)


def vehicles(appraisal: Appraisal, language: Language) -> Table:
    """Each vehicle: price, where it is built, the five parts of its subsidised cars."""
    local = pl.when("local").then(pl.lit(words.chosen(Words("是", "yes"), language)))
    columns = (
        _column("vehicle", language),
        _column("model", language),
        _column("energy", language),
        _column("price_yuan", language, "CNY"),
        _column("local", language),
        *(_column(name, language, "cars") for name in ("subsidised", *PARTS, "additional")),
    )
    frame = appraisal.vehicles.with_columns(local.otherwise(pl.lit("")).alias("local"))
    return _table("vehicles", columns, frame, language)


def assumptions(appraisal: Appraisal, language: Language) -> Table:
    """Every number that was not published here: value, range, source, status."""
    made = appraisal.assumptions
    frame = pl.DataFrame(
        {
            "assumption": [words.chosen(a.words, language) for a in made],
            "name": [a.name for a in made],
            "unit": [_unit_of(a) for a in made],
            "value": [float(a.value) for a in made],
            "low": [float(a.low) for a in made],
            "high": [float(a.high) for a in made],
            "status": [words.translated(a.status, words.STATUS, language) for a in made],
            "source": [words.own_half(a.source, language) for a in made],
        },
        schema_overrides={"value": pl.Float64, "low": pl.Float64, "high": pl.Float64},
    )
    value = words.heading("value", language)
    columns = (
        _column("assumption", language),
        Column("value", value, "by unit", "low", "high", between=words.heading("range", language)),
        _column("status", language),
        _column("source", language, room=ROOM_FOR_SOURCES),
        Column("name", words.heading("name", language), room=99),
    )
    return _table("assumptions", columns, frame, language)


def _unit_of(assumption: Assumption) -> str:
    """Months of sales held in stock are not the person-months of the measures."""
    return "stock months" if assumption.unit == "months" else assumption.unit


_BACKTEST_FORMS: dict[str, tuple[Form, int]] = {
    "method": ("text", 60),
    "horizon_months": ("count", 60),
    "origins": ("count", 60),
    "mape": ("share", 60),
    "smape": ("share", 99),
    "error_p05": ("ratio", 80),
    "error_p95": ("ratio", 80),
}


def backtest(appraisal: Appraisal, language: Language) -> Table:
    """How far the forecast missed in the past, beside the naive forecasts."""
    columns = tuple(
        Column(name, words.translated(name, words.BACKTEST, language), form, room=room)
        for name, (form, room) in _BACKTEST_FORMS.items()
        if name in appraisal.backtest.columns
    )
    if not columns:
        return _table("backtest", columns, appraisal.backtest.head(0), language)
    frame = appraisal.backtest.with_columns(_translated("method", words.METHODS, language))
    made = _table("backtest", columns, frame, language)
    if _sales_are_generated(appraisal):
        made = replace(made, note=words.chosen(_ON_GENERATED_SALES, language))
    return made


_ON_GENERATED_SALES = Words(
    "销量是生成的：这里只看出方法之间的差别，不是真实市场上的误差",
    "the sales are generated: this compares the methods and is no error on a real market",
)


def _sales_are_generated(appraisal: Appraisal) -> bool:
    return any(each.name == "sales.generated.cars_per_year" for each in appraisal.assumptions)


def remarks(name: str, texts: Iterable[Words], language: Language) -> Table:
    """Warnings or limits, one a row."""
    frame = pl.DataFrame(
        {"content": [words.chosen(text, language) for text in texts]},
        schema={"content": pl.String},
    )
    return _table(name, (_column("content", language),), frame, language)


def provenance(appraisal: Appraisal, language: Language) -> Table:
    """What determined the result: inputs by hash, seed, draws, versions, commit."""
    record = appraisal.provenance
    commit = record.git_commit or "-"
    dirty = words.chosen(Words("(有未提交的改动)", " (dirty)"), language) if record.dirty else ""
    rows = [
        *((path, f"sha256 {digest}") for path, digest in record.inputs.items()),
        (words.chosen(Words("种子", "seed"), language), str(record.seed)),
        (words.chosen(Words("抽样次数", "draws"), language), str(record.draws)),
        *record.versions.items(),
        ("git", commit + dirty),
    ]
    frame = pl.DataFrame(rows, schema={"entry": pl.String, "content": pl.String}, orient="row")
    columns = (_column("entry", language), _column("content", language))
    return _table("provenance", columns, frame, language)


def designs(appraisals: Sequence[Appraisal], language: Language) -> Table:
    """The measures of each design beside each other, measure by measure."""
    heads = [headline(appraisal, language).frame for appraisal in appraisals]
    named = [
        frame.with_columns(pl.lit(name).alias("design"), pl.lit(place).alias("_place"))
        for place, (frame, name) in enumerate(zip(heads, design_names(appraisals), strict=True))
    ]
    order = {name: place for place, name in enumerate(MEASURES)}
    frame = (
        pl.concat(named)
        .with_columns(pl.col("name").replace_strict(order).alias("_order"))
        .sort("_order", "_place")
        .drop("_order", "_place")
    )
    columns = (
        _column("measure", language),
        _column("design", language),
        _column("basis", language, room=80),
        Column("mean", words.heading("mean", language), "by unit", "p05", "p95"),
    )
    return _table("designs", columns, frame, language)


def differences(made: pl.DataFrame, appraisals: Sequence[Appraisal], language: Language) -> Table:
    """Each design minus the first, on the same draws; marked where the interval excludes zero."""
    told_apart = words.chosen(Words("是", "yes"), language)
    known = made.filter(pl.col("measure").is_in(list(MEASURES)))
    frame = known.with_columns(
        pl.col("measure").replace_strict(_units()).replace("days", "days later").alias("unit"),
        pl.col("measure").replace({name: words.label(name, language) for name in MEASURES}),
        pl.when("marked").then(pl.lit(told_apart)).otherwise(pl.lit("")).alias("marked"),
        pl.col("best").fill_null(""),
    )
    names = design_names(appraisals)
    columns = (
        _column("measure", language),
        *([_column("design", language)] if len(names) > 2 else []),
        Column("mean", words.heading("mean", language), "by unit", "p05", "p95"),
        _column("marked", language),
        *([_column("best", language)] if frame["best"].str.len_chars().sum() else []),
    )
    each = Words("各方案", "each design") if len(names) > 2 else Words(names[1], names[1])
    note = words.chosen(
        Words(
            f"{each.zh} 减去 {names[0]}，同一批抽样；区间不含零才算分出高下",
            f"{each.en} minus {names[0]} on the same draws; told apart where 9 in 10 exclude zero",
        ),
        language,
    )
    return replace(_table("differences", columns, frame, language), note=note)


def _column(name: str, language: Language, form: Form = "text", *, room: int = 60) -> Column:
    return Column(name, words.heading(name, language), form, room=room)


def _table(
    name: str, columns: tuple[Column, ...], frame: pl.DataFrame, language: Language
) -> Table:
    return Table(name, words.chosen(words.TITLES[name], language), columns, frame)


def _worded(frame: pl.DataFrame, name: str, language: Language) -> pl.DataFrame:
    """Put the words of a row in place of its code."""
    return frame.with_columns(pl.col(f"words_{language}").alias(name))


def _translated(name: str, table: dict[str, Words], language: Language) -> pl.Expr:
    return pl.col(name).replace(
        {key: words.chosen(entry, language) for key, entry in table.items()}
    )
