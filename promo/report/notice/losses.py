"""Who is lost at which rule, in cars and in money? The same rules over a population."""

from __future__ import annotations

from typing import Any

import polars as pl

from promo.policy.rules import Rules
from promo.report.notice.outline import Grid, Item, Outline, Section
from promo.report.notice.traces import requirement_text
from promo.report.notice.voice import Voice
from promo.report.numbers import Scale, number, scale_of
from promo.report.words import Language, chosen
from promo.schema import FEN_PER_YUAN


def population_outline(rules: Rules, losses: pl.DataFrame, language: Language) -> Outline:
    """What each rule costs, and what each benefit pays, in expected cars and money."""
    voice = Voice(language, rules.campaign.currency, rules.campaign.titles)
    title = voice.say("每条规则影响的车辆和资金：", "What each rule costs: ")
    title += chosen(rules.campaign.title.words, language)
    by_rule = losses.filter(pl.col("kind") != "benefit")
    by_benefit = losses.filter(pl.col("kind") == "benefit")
    preface = (
        voice.say(
            "以没有本活动时在活动期内也会购买的车辆为准，按规则的次序逐条核对。"
            "数字是按所列假设计算的期望值，不是申领数的预测，不含外地购车人，也不考虑资金用完。",
            "Counted are the cars that would be bought in the window without the campaign; they "
            "pass the rules one by one. These are expected numbers at the stated assumptions, no "
            "forecast of claims; buyers from outside and the end of the money are left out.",
        ),
    )
    sections = (
        Section(
            voice.say("逐条规则", "Rule by rule"),
            (_rules(by_rule, voice), *_words(rules, voice), *_assumed(by_rule, voice)),
        ),
        Section(
            voice.say("补贴项", "Benefits"),
            (_benefits(by_benefit, voice), *_assumed(by_benefit, voice)),
        ),
    )
    return Outline(title, preface, sections, language)


def _scales(losses: pl.DataFrame) -> tuple[Scale, Scale]:
    """How cars and money are written."""
    cars: list[float] = losses["cars_before"].to_list()
    money = [*losses["money_lost_fen"].to_list(), *losses["money_left_fen"].to_list()]
    return scale_of("cars", cars), scale_of("CNY", [fen / FEN_PER_YUAN for fen in money])


def _rules(losses: pl.DataFrame, voice: Voice) -> Grid:
    cars, money = _scales(losses)
    rows = tuple(
        (
            row["rule"],
            number(row["cars_before"], cars),
            number(row["cars_lost"], cars),
            number(row["cars_left"], cars),
            number(row["money_lost_fen"] / FEN_PER_YUAN, money),
        )
        for row in losses.iter_rows(named=True)
    )
    unit = chosen(money.unit, voice.language)
    headings = (
        voice.say("规则", "rule"),
        voice.say("之前(辆)", "cars"),
        voice.say("失去(辆)", "lost"),
        voice.say("剩余(辆)", "left"),
        voice.say(f"失去补贴({unit})", f"money lost ({unit})"),
    )
    title = voice.say("每条规则失去的车辆和补贴", "Cars and money lost at each rule")
    return Grid(title, headings, rows, numbers=4)


def _words(rules: Rules, voice: Voice) -> list[Item]:
    """What each rule of the table says."""
    items = []
    for each in rules.requirements:
        said = requirement_text(rules, each, each.condition, voice)
        items.append(Item(voice.say(f"{each.id}：{said}", f"{each.id}: {said}")))
    nothing = voice.say("没有适用的补贴标准。", "no benefit applies.")
    return [*items, Item(voice.say(f"no-benefit：{nothing}", f"no-benefit: {nothing}"))]


def _benefits(losses: pl.DataFrame, voice: Voice) -> Grid:
    cars, money = _scales(losses)
    rows = tuple(
        (
            row["rule"],
            number(row["cars_before"], cars),
            number(row["cars_left"], cars),
            number(row["money_left_fen"] / FEN_PER_YUAN, money),
        )
        for row in losses.iter_rows(named=True)
    )
    unit = chosen(money.unit, voice.language)
    headings = (
        voice.say("补贴项", "benefit"),
        voice.say("符合(辆)", "qualify"),
        voice.say("获得(辆)", "reached"),
        voice.say(f"补贴({unit})", f"paid ({unit})"),
    )
    title = voice.say("符合全部条件的车辆获得多少", "What the cars that qualify get")
    return Grid(title, headings, rows, numbers=3)


def _assumed(losses: pl.DataFrame, voice: Voice) -> list[str]:
    """The rules that no file can tell anything about: everyone is taken to keep them."""
    texts = []
    for row in losses.iter_rows(named=True):
        if row["assumed"]:
            facts = voice.both(voice.fact(name) for name in row["assumed"])
            texts.append(
                voice.say(
                    f"“{row['rule']}”：没有文件说明{facts}，推定都符合。",
                    f"'{row['rule']}': no file tells the {facts}; all are assumed to comply.",
                )
            )
    return texts


def population_object(losses: pl.DataFrame) -> dict[str, Any]:
    """The same as one JSON object; money in fen."""
    return {"rules": losses.to_dicts()}
