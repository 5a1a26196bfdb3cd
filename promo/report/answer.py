"""What is the answer, in a few sentences that an official can repeat?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from promo.appraisal import Appraisal
from promo.design.comparison import design_names
from promo.report import words
from promo.report.numbers import (
    calendar_day,
    interval,
    number,
    scale_of,
    spoken_day,
    spoken_money,
)
from promo.report.words import Language
from promo.schema import MEASURES, Measure, Words

MOVED_MEASURE = "additional_cars_in_horizon"


def paragraph(appraisal: Appraisal, language: Language) -> str:
    """The money, the cars, the plants and the assumption that matters most, with intervals."""
    sentences = [
        money_sentence(appraisal, language),
        luck_sentence(appraisal, language),
        cars_sentence(appraisal, language),
        plant_sentence(appraisal, language),
        assumption_sentence(appraisal, language),
    ]
    return ("" if language == "zh" else " ").join(text for text in sentences if text)


def standing_line(appraisal: Appraisal, language: Language) -> str:
    """How far the result rests on published facts, and why."""
    standing = words.translated(appraisal.standing.value, words.STANDING, language)
    reasons = [words.chosen(reason, language) for reason in appraisal.standing_reasons]
    if language == "zh":
        return f"依据：{standing}" + (f"（{'；'.join(reasons)}）" if reasons else "") + "。"
    return f"Standing: {standing}" + (f" ({'; '.join(reasons)})" if reasons else "") + "."


def money_sentence(appraisal: Appraisal, language: Language) -> str:
    """When the money runs out, or that it is not likely to."""
    if not appraisal.budget_pots:
        return _unlimited(appraisal.measure("spend"), language)
    day = appraisal.measure("exhaustion_day")
    amount = stated_budget(appraisal, language)
    if day.p50 is None:
        return _lasting(amount, day, appraisal, language)
    first = calendar_day(appraisal.window[0], day.p50)
    middle = spoken_day(first, language)
    early, late = (_bound(value, first, appraisal, language) for value in (day.p05, day.p95))
    between = _between(early, late, appraisal, language)
    pots = len(appraisal.budget_pots)
    if pots > 1:
        return _first_of_several(amount, pots, (middle, between), language)
    if language == "zh":
        return f"{amount}资金大约用到{middle}；{between}。"
    return f"The {amount} last until about {middle}; {between}."


def luck_sentence(appraisal: Appraisal, language: Language) -> str:
    """How much of that interval luck alone would leave, if every assumption held as stated."""
    if not appraisal.luck_alone:
        return ""
    gone, day = appraisal.luck_alone
    if day.p50 is None or day.p95 is None:
        return _left_by_luck(gone, language)
    first = calendar_day(appraisal.window[0], day.p50)
    early, late = (_bound(value, first, appraisal, language) for value in (day.p05, day.p95))
    if language == "zh":
        when = f"在{early}" if early == late else f"在{early}与{late}之间"
        return f"假设若全部如所述成立，仅凭偶然，十次有九次{when}用完。"
    when = f"on {early}" if early == late else f"between {early} and {late}"
    return (
        "If every assumption held as stated, luck alone would set the day: nine times in ten "
        f"{when}."
    )


def _left_by_luck(gone: Measure, language: Language) -> str:
    """The chance that the money lasts, where it may."""
    chance = _complement(gone, language)
    if language == "zh":
        return f"假设若全部如所述成立，用到结束仍有余的概率为 {chance}。"
    return (
        "If every assumption held as stated, luck alone would leave money at the end with a "
        f"probability of {chance}."
    )


def _between(early: str, late: str, appraisal: Appraisal, language: Language) -> str:
    """Nine times in ten between these days; how likely it lasts, where that is among them."""
    if late and language == "zh":
        return f"十次有九次在{early}与{late}之间用完"
    if late:
        return f"nine times in ten between {early} and {late}"
    chance = _chance_to_last(appraisal, language)
    if language == "zh":
        return f"九成区间从{early}到活动结束，用到结束仍有余的概率为 {chance}"
    return (
        f"nine times in ten between {early} and the end, where money is left with a probability "
        f"of {chance}"
    )


def _chance_to_last(appraisal: Appraisal, language: Language) -> str:
    """The probability that no claim is refused, with the interval of the estimate."""
    return _complement(appraisal.measure("exhaustion_probability"), language)


def _complement(gone: Measure, language: Language) -> str:
    """The probability that something does not happen, with the interval of its estimate."""
    ends = [None if each is None else 1 - each for each in (gone.mean, gone.p95, gone.p05)]
    scale = scale_of("share", ends)
    middle, low, high = (number(each, scale) for each in ends)
    space = "" if language == "zh" else " "
    return f"{middle}{space}%{space}({interval(low, high, language)})".translate(
        _FULL_WIDTH if language == "zh" else {}
    )


_FULL_WIDTH = str.maketrans("()", "（）")


def _first_of_several(amount: str, pots: int, days: tuple[str, str], language: Language) -> str:
    """The day of several pots together is that of the first to refuse a claim."""
    middle, between = days
    if language == "zh":
        return f"{amount}资金分 {pots} 池，最早用完的一池大约用到{middle}；{between}。"
    return f"Of the {amount} in {pots} pots the first is empty by about {middle}; {between}."


def stated_budget(appraisal: Appraisal, language: Language) -> str:
    """The money as the campaign file states it; said to be assumed where it is."""
    named = {f"money.pots.{pot}.amount" for pot in appraisal.budget_pots}
    assumed = [each.value for each in appraisal.assumptions if each.name in named]
    if len(assumed) < len(named):
        return spoken_money(appraisal.measure("budget").p50 or 0.0, language)
    amount = spoken_money(sum(assumed), language)
    return f"{amount}（假定）" if language == "zh" else f"{amount} (assumed)"


def _bound(days: float | None, beside: date, appraisal: Appraisal, language: Language) -> str:
    """A day as said beside another, whose year is not said again; nothing where there is none."""
    if days is None:
        return ""
    day = calendar_day(appraisal.window[0], days)
    return spoken_day(day, language, year=day.year != beside.year)


def _lasting(amount: str, day: Measure, appraisal: Appraisal, language: Language) -> str:
    chance = _chance_to_last(appraisal, language)
    early = _bound(day.p05, date.min, appraisal, language)
    if language == "zh":
        tail = f"；最早（5% 的情形）在{early}前后用完" if early else ""
        return f"{amount}资金到活动结束仍有余的概率为 {chance}{tail}。"
    tail = f"; in the earliest 5 % of draws they are gone by {early}" if early else ""
    return f"The {amount} last to the end with a probability of {chance}{tail}."


def _unlimited(spend: Measure, language: Language) -> str:
    amounts = [
        spoken_money(value, language) if value is not None else "-"
        for value in (spend.mean, spend.p05, spend.p95)
    ]
    if language == "zh":
        return f"没有资金上限：大约支出{amounts[0]}（{amounts[1]}至{amounts[2]}）。"
    return f"There is no limit to the money: about {amounts[0]} ({amounts[1]} to {amounts[2]})."


def cars_sentence(appraisal: Appraisal, language: Language) -> str:
    """How many cars get the money, and how many of them are additional."""
    cars, anyway = (
        spoken(appraisal, "subsidised_cars", language),
        spoken(appraisal, "would_have_bought_anyway", language),
    )
    net = spoken(appraisal, "additional_cars_in_horizon", language)
    if language == "zh":
        return (
            f"获补贴 {cars} 辆，其中 {anyway} 辆本来就会买同一款；到观察期末，全市净增 {net} 辆。"
        )
    return (
        f"{cars} cars are subsidised, {anyway} of which would have been bought anyway; "
        f"over the horizon the city's sales rise by {net} cars net."
    )


def plant_sentence(appraisal: Appraisal, language: Language) -> str:
    """What the listed plants build because of the campaign."""
    if appraisal.plants.height == 0:
        return "没有列出本地企业。" if language == "zh" else "No local plant is listed."
    built = spoken(appraisal, "built_in_horizon", language)
    window = spoken(appraisal, "built_in_window", language)
    if language == "zh":
        return f"所列本地企业到观察期末净多生产 {built} 辆，活动期内 {window} 辆。"
    return (
        f"The listed plants build {built} more cars net over the horizon, {window} in the window."
    )


def assumption_sentence(appraisal: Appraisal, language: Language) -> str:
    """Which assumption moves the answer most, from where to where."""
    strongest = strongest_assumption(appraisal)
    if strongest is None:
        return ""
    measure = MEASURES[MOVED_MEASURE]
    scale = scale_of(measure.unit, [strongest["at_low"], strongest["at_high"]])
    low, high = number(strongest["at_low"], scale), number(strongest["at_high"], scale)
    name = words.chosen(Words(strongest["words_zh"], strongest["words_en"]), language)
    if language == "zh":
        return f"最左右结果的假设是{name}：从低值到高值，全市净增由 {low} 辆变为 {high} 辆。"
    return (
        f'The assumption that moves the answer most is "{name}": from its low to its high end '
        f"that net rise goes from {low} to {high} cars."
    )


def strongest_assumption(appraisal: Appraisal) -> dict[str, Any] | None:
    """The row of the assumption with the widest swing of additional cars."""
    swing = (pl.col("at_high") - pl.col("at_low")).abs()
    moved = (
        appraisal.sensitivity.filter(pl.col("measure") == MOVED_MEASURE)
        .with_columns(swing.alias("swing"))
        .drop_nulls("swing")
        .sort("swing", "assumption", descending=[True, False])
    )
    return moved.row(0, named=True) if moved.height else None


def spoken(appraisal: Appraisal, name: str, language: Language) -> str:
    """A measure with its interval, as it is said in a sentence."""
    measure = appraisal.measure(name)
    scale = scale_of(measure.kind.unit, [measure.mean, measure.p05, measure.p95])
    middle, low, high = (number(v, scale) for v in (measure.mean, measure.p05, measure.p95))
    return f"{middle} ({interval(low, high, language)})"


def all_warnings(appraisals: Sequence[Appraisal]) -> list[Words]:
    """The warnings of several designs, each said once, after the designs that it is about."""
    about: dict[Words, list[str]] = {}
    for name, appraisal in zip(design_names(appraisals), appraisals, strict=True):
        for text in dict.fromkeys(appraisal.warnings):
            about.setdefault(text, []).append(name)
    return [
        text
        if len(names) == len(appraisals)
        else Words(f"{'、'.join(names)}：{text.zh}", f"{', '.join(names)}: {text.en}")
        for text, names in about.items()
    ]
