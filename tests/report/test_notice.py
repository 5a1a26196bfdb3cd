"""The notice says what the rules do: no more, no less, in words a legal office can read."""

import itertools
import random
import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest
import yaml
from rich.cells import cell_len

from promo.policy.campaign import Campaign, load_campaign
from promo.policy.cells import atoms_of
from promo.policy.conditions import (
    POLARS_TYPES,
    Compare,
    Constant,
    FactValue,
    OneOf,
    Plain,
    leaves,
)
from promo.policy.eligibility import read_condition
from promo.policy.rules import Rules, compile_rules, fact_frame, with_all_facts
from promo.report.notice import pages
from promo.report.notice.clauses import clause, in_line, plain
from promo.report.notice.facts import fact_name, flag_words
from promo.report.notice.outline import Grid, Outline, as_object
from promo.report.notice.paid import all_tests, place_of
from promo.report.notice.sections import notice
from promo.report.notice.standard import Row, Standard, standard
from promo.report.words import Language
from promo.schema import FACTS, FactType
from promo.textfile import parse

CAMPAIGNS = sorted(
    path
    for path in (Path(__file__).parents[2] / "campaigns").rglob("*.yaml")
    if "\neligibility:" in path.read_text(encoding="utf-8")
)


def _named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


LANGUAGES: tuple[Language, ...] = ("zh", "en")


@lru_cache
def _rules(path: Path) -> Rules:
    return compile_rules(load_campaign(str(path)).required())


@lru_cache
def _notice(path: Path, language: Language) -> Outline:
    return notice(_rules(path), language)


def _flat(path: Path, language: Language) -> str:
    """The text with every provision on a line of its own."""
    return pages.as_text(_notice(path, language), width=5_000, plain=False)


def campaign(name: str) -> Path:
    return next(path for path in CAMPAIGNS if str(path).endswith(name))


KAIFENG = campaign("kaifeng/2022-q4.yaml")
TRADE_IN = campaign("trade-in-2026.yaml")


# --- conditions in words: one case a node of the tree -----------------------------------------

WORDED = [
    (
        "price >= 50000",
        "车价（价税合计）5万元以上（含5万元）",
        "the price with VAT is at least CNY 50,000 (CNY 50,000 included)",
    ),
    (
        "price_ex_vat > 40000",
        "车价（不含税）高于4万元（不含4万元）",
        "the price without VAT is above CNY 40,000 (CNY 40,000 excluded)",
    ),
    (
        "seats <= 9",
        "座位数9座以下（含9座）",
        "the number of seats is at most 9 (9 included)",
    ),
    (
        "displacement_l < 2.1",
        "排量低于2.1升（不含2.1升）",
        "the engine displacement is below 2.1 litres (2.1 litres excluded)",
    ),
    ("50000 <= price", "车价（价税合计）5万元以上（含5万元）", None),
    ("NOT (price < 50000)", "车价（价税合计）5万元以上（含5万元）", None),
    (
        "price >= 50000 AND price < 100000",
        "车价（价税合计）在5万元（含）至10万元（不含）之间",
        "the price with VAT is from CNY 50,000 (included) to CNY 100,000 (excluded)",
    ),
    (
        "price BETWEEN 50000 AND 99999.99",
        "车价（价税合计）在5万元（含）至99999.99元（含）之间",
        None,
    ),
    (
        "invoice_date >= DATE '2022-11-01' AND invoice_date < DATE '2023-03-01'",
        "开票日期在2022年11月1日至2023年2月28日之间（首尾两日均含在内）",
        "the invoice date is from 1 November 2022 to 28 February 2023, both days included",
    ),
    (
        "invoice_date > DATE '2022-10-31' AND invoice_date <= DATE '2023-02-28'",
        "开票日期在2022年11月1日至2023年2月28日之间（首尾两日均含在内）",
        None,
    ),
    (
        "trade_in_registered <= DATE '2013-06-30'",
        "旧车注册登记日期在2013年6月30日以前（含当日）",
        "the first registration of the old car is 30 June 2013 or earlier (that day included)",
    ),
    (
        "trade_in_registered < DATE '2013-06-30'",
        "旧车注册登记日期在2013年6月30日以前（不含当日）",
        "the first registration of the old car is before 30 June 2013 (that day excluded)",
    ),
    (
        "claim_time >= TIMESTAMP '2022-09-24 11:00:00'",
        "申领时间在2022年9月24日11:00以后（含该时刻）",
        "the time of the claim is 11:00 on 24 September 2022 or later",
    ),
    (
        "claim_time < TIMESTAMP '2023-01-01 00:00:00'",
        "申领时间在2022年12月31日24:00以前",
        "the time of the claim is by 24:00 on 31 December 2022",
    ),
    (
        "claim_time <= DATE '2022-11-30'",  # a day is its first instant
        "申领时间在2022年11月30日00:00以前（含该时刻）",
        None,
    ),
    (
        "energy IN ('BEV', 'PHEV')",
        "新车动力类型为纯电动或者插电式混合动力",
        "the new car is a battery-electric car or a plug-in hybrid",
    ),
    ("energy = 'BEV' OR energy = 'PHEV'", "新车动力类型为纯电动或者插电式混合动力", None),
    ("energy NOT IN ('ICE', 'HEV')", "新车动力类型不是燃油或者普通混合动力", None),
    ("energy <> 'ICE' AND energy <> 'HEV'", "新车动力类型不是燃油或者普通混合动力", None),
    ("buyer_kind = 'individual'", "购买方为个人", "the buyer is an individual"),
    ("registered_in = '开封'", "新车上牌地为开封", "the new car is registered in 开封"),
    ("model LIKE '瑞虎%'", "车型以“瑞虎”开头", "the model begins with '瑞虎'"),
    ("model LIKE '%8'", "车型以“8”结尾", "the model ends with '8'"),
    (
        "model NOT LIKE '%8%'",
        "车型并非含有“8”字样",
        "it is not so that the model contains '8'",
    ),
    (
        "registered_in IS NULL",
        "没有新车上牌地的记载",
        "there is no record of the place of registration of the new car",
    ),
    ("registered_in IS NOT NULL", "有新车上牌地的记载", None),
    (
        "dealer_listed",
        "新车购自参与活动的经销商",
        "the dealer is on the list of participating dealers",
    ),
    ("dealer_listed = FALSE", "新车不是购自参与活动的经销商", "the dealer is not on that list"),
    ("NOT dealer_listed", "新车不是购自参与活动的经销商", None),
    ("TRUE", "任何情形", "every purchase"),
    (
        "registration_date - invoice_date <= 30",
        "自开票日期至新车注册登记日期的天数30天以下（含30天）",
        "the number of days from the invoice date to the registration date is at most 30 days "
        "(30 days included)",
    ),
    (
        "miles_per_gallon - trade_in_miles_per_gallon >= 4",
        "新车每加仑行驶里程减去旧车每加仑行驶里程的差4英里以上（含4英里）",
        None,
    ),
    (
        "trade_in_owned_since <= invoice_date - INTERVAL '1 year'",
        "旧车取得日期不晚于开票日期的1年前之日",
        "the day the old car was acquired is not after the day 1 year before the invoice date",
    ),
    ("registration_date >= invoice_date", "新车注册登记日期不早于开票日期", None),
    ("price > list_price", "车价（价税合计）高于厂家指导价（含税）", None),
    ("trade_in_energy = energy", "旧车动力类型与新车动力类型相同", None),
    (
        "price >= 100000 AND energy = 'BEV'",
        "车价（价税合计）10万元以上（含10万元），且新车动力类型为纯电动",
        None,
    ),
    (
        "(energy = 'BEV' AND seats <= 7) OR price >= 100000",
        "（新车动力类型为纯电动，且座位数7座以下（含7座）），或者车价（价税合计）10万元以上"
        "（含10万元）",
        None,
    ),
    (
        "trade_in <> 'scrapped' OR trade_in_registered <= DATE '2013-06-30'",
        "旧车处置方式为报废的，旧车注册登记日期在2013年6月30日以前（含当日）",
        "if the old car is scrapped, then the first registration of the old car is "
        "30 June 2013 or earlier (that day included)",
    ),
    (
        "trade_in <> 'scrapped' OR trade_in_energy <> 'NEV' OR energy NOT IN ('ICE', 'HEV')",
        "旧车处置方式为报废，且旧车动力类型为新能源的，新车动力类型不是燃油或者普通混合动力",
        None,
    ),
]


@pytest.mark.parametrize(("text", "zh", "en"), WORDED)
def test_a_condition_is_said_so(text: str, zh: str, en: str | None) -> None:
    tree = read_condition(text).tree
    assert in_line(clause(tree, "zh", "CNY"), "zh") == zh
    if en is not None:
        assert in_line(clause(tree, "en", "CNY"), "en") == en


def test_what_only_the_ledger_knows_is_never_said_to_be_missing() -> None:
    tree = read_condition("paid_to_buyer IS NULL OR paid_to_buyer < 1").tree
    assert in_line(clause(tree, "zh", "CNY"), "zh") == "本人已获补贴次数低于1次（不含1次）"


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_has_words_without_the_other_language(name: str) -> None:
    assert not re.search(r"[A-Za-z]", fact_name(name, "zh"))
    assert fact_name(name, "en").isascii()
    if FACTS[name].type is FactType.FLAG:
        assert flag_words(name, "zh", holds=True) != flag_words(name, "zh", holds=False)
        assert not re.search(r"[A-Za-z]", flag_words(name, "zh", holds=False))


SAMPLES = [
    "price >= 50000",
    "price < 100000",
    "50000 <> price",
    "energy = 'BEV'",
    "energy <> 'ICE'",
    "energy IN ('BEV', 'PHEV')",
    "energy NOT IN ('ICE')",
    "seats <= 7",
    "dealer_listed = TRUE",
    "dealer_listed <> TRUE",
    "dealer_listed",
    "price - list_price >= 0",
    "invoice_date < DATE '2022-12-01'",
    "claim_time <= DATE '2022-12-01'",
    "claim_time IN (DATE '2022-12-01')",
    "model LIKE 'A%'",
    "seats IS NULL",
    "price > list_price",
]


def _random_condition(luck: random.Random, depth: int) -> str:
    if depth == 0 or luck.random() < 0.2:
        return luck.choice(SAMPLES)
    parts = [_random_condition(luck, depth - 1) for _ in range(luck.randint(2, 3))]
    joined = luck.choice((" AND ", " OR ")).join(f"({part})" for part in parts)
    return f"NOT ({joined})" if luck.random() < 0.4 else joined


def test_the_form_that_is_put_into_words_means_the_same_also_where_facts_are_missing() -> None:
    luck = random.Random(7)
    values: dict[str, list[Plain | None]] = {
        "price": [4_999_999, 5_000_000, 10_000_000, None],
        "list_price": [5_000_000, None],
        "energy": ["BEV", "ICE", "PHEV", None],
        "seats": [7.0, 8.0, None],
        "dealer_listed": [True, False, None],
        "invoice_date": [date(2022, 11, 30), date(2022, 12, 1), None],
        "claim_time": [datetime(2022, 12, 1), datetime(2022, 12, 1, 1), None],
        "model": ["A1", "B", None],
    }
    rows = [{name: luck.choice(each) for name, each in values.items()} for _ in range(200)]
    frame = with_all_facts(fact_frame(rows), tuple(values))
    for _ in range(400):
        tree = read_condition(_random_condition(luck, 3)).tree
        both = frame.select(
            meant=tree.expression().cast(pl.Boolean),
            said=plain(tree).expression().cast(pl.Boolean),
        )
        assert both["meant"].equals(both["said"], null_equal=True)


# --- the table of amounts ---------------------------------------------------------------------


def _grid(path: Path, language: Language = "zh") -> Grid:
    outline = _notice(path, language)
    blocks = [block for block in outline.sections[2].blocks if isinstance(block, Grid)]
    assert len(blocks) == 1
    return blocks[0]


def test_the_table_of_kaifeng_by_hand() -> None:
    old, new = "燃油或者普通混合动力", "插电式混合动力、增程式电动、纯电动或者燃料电池"
    bands = ("5万元（含）至10万元（不含）", "10万元（含）至20万元（不含）", "20万元以上（含）")
    amounts = ("2000元", "3000元", "5000元", "3000元", "4000元", "6000元")
    expected = [
        (*kind, f"{amount}（推定）")
        for kind, amount in zip(itertools.product((old, new), bands), amounts, strict=True)
    ]
    assert list(_grid(KAIFENG).rows) == expected


def test_the_table_of_the_trade_in_by_hand() -> None:
    """12 % meets 20,000 at 166,666.67; 10 % 15,000 at 150,000; 8 % at 187,500; 6 % 13,000."""
    old, new = "燃油或者普通混合动力", "插电式混合动力、增程式电动、纯电动或者燃料电池"
    assert list(_grid(TRADE_IN).rows) == [
        ("报废", old, "低于15万元", "车价（价税合计）的10%"),
        ("报废", old, "15万元以上（含）", "1.5万元"),
        ("报废", new, "低于166666.67元", "车价（价税合计）的12%"),
        ("报废", new, "166666.67元以上（含）", "2万元"),
        ("转让", old, "低于216666.67元", "车价（价税合计）的6%"),
        ("转让", old, "216666.67元以上（含）", "1.3万元"),
        ("转让", new, "低于18.75万元", "车价（价税合计）的8%"),
        ("转让", new, "18.75万元以上（含）", "1.5万元"),
    ]


def test_an_amount_that_is_the_same_for_all_needs_no_band() -> None:
    flat = _compiled(eligibility="[{id: floor, when: 'price >= 50000'}]")
    made = standard(flat)
    assert made is not None
    assert [(row.places, row.amount.fixed) for row in made.rows] == [((), 100_000)]


def _likely(rules: Rules, name: str, luck: random.Random) -> Plain:
    """A value of a fact at or beside something that the rules compare it with."""
    fact = FACTS[name]
    trees = [each.condition.tree for each in rules.requirements]
    for each in rules.entitlements.values():
        for benefit in each.benefits:
            trees += [benefit.when.tree] if benefit.when is not None else []
            trees += [test for test, _ in benefit.cases or ()]
    near = [
        constant
        for tree in trees
        for atom in atoms_of(tree)
        if any(isinstance(node, FactValue) and node.name == name for node in leaves(atom))
        for constant in _constants(atom)
    ]
    if fact.type is FactType.FLAG:
        return luck.random() < 0.5
    if fact.type is FactType.TEXT:
        return luck.choice([*fact.choices, *(each for each in near if isinstance(each, str))])
    return _beside(fact.type, near, luck)


def _constants(atom: object) -> list[Plain]:
    if isinstance(atom, OneOf):
        return list(atom.items)
    sides = (atom.left, atom.right) if isinstance(atom, Compare) else ()
    return [side.value for side in sides if isinstance(side, Constant)]


def _beside(kind: FactType, near: list[Plain], luck: random.Random) -> Plain:
    if kind is FactType.MONEY:
        amounts = [int(each) for each in near if isinstance(each, int | float)]
        picked = luck.choice([*amounts, luck.randint(30_000, 400_000) * 100])
        return max(0, picked + luck.randint(-1, 1))
    if kind is FactType.NUMBER:
        numbers = [float(each) for each in near if isinstance(each, int | float)]
        return max(0.0, luck.choice([*numbers, 5.0, 20.0]) + luck.choice((-1, 0, 0, 1, 4, 10)))
    days = [each for each in near if isinstance(each, date)] or [date(2022, 11, 10)]
    picked_day = luck.choice(days) + timedelta(days=luck.randint(-1, 1))
    if kind is FactType.MOMENT:
        return datetime(picked_day.year, picked_day.month, picked_day.day, 12)
    return date(picked_day.year, picked_day.month, picked_day.day)


def _purchases(rules: Rules, count: int) -> pl.DataFrame:
    luck = random.Random(20221101)
    ordinary = rules.campaign.examples.ordinary
    read = [name for name in rules.facts if FACTS[name].changing != "ledger"]
    rows = []
    for _ in range(count):
        own = dict(ordinary)
        for name in luck.sample(read, luck.randint(0, min(5, len(read)))):
            own[name] = _likely(rules, name, luck)
        rows.append(own)
    names = {name: None for row in rows for name in row}
    columns = [
        pl.Series(name, [row.get(name) for row in rows], dtype=POLARS_TYPES[FACTS[name].type])
        for name in names
    ]
    return with_all_facts(pl.DataFrame(columns), rules.facts)


def _rows_of(made: Standard, frame: pl.DataFrame) -> list[list[Row]]:
    """The rows of the table that each purchase falls in."""
    tests = {f"{n}": each.expression() for n, each in enumerate(all_tests(made.axes))}
    answers = frame.select(**tests) if tests else pl.DataFrame({"": [None] * frame.height})
    found = []
    for row in answers.iter_rows():
        known = [bool(answer) for answer in row] if tests else []
        place = place_of(made.axes, known)
        found.append(
            [
                each
                for each in made.rows
                if all(p is None or at in p for p, at in zip(each.places, place, strict=True))
            ]
        )
    return found


def _due(rules: Rules, row: Row, purchase: dict[str, object]) -> int:
    """What the row says, worked by hand: shares by the rounding that the campaign declares."""
    assert row.amount.fixed is not None
    rounding = rules.campaign.money.rounding
    whole = rounding.to * 10_000
    add = {"half_up": whole // 2, "up": whole - 1}.get(rounding.mode, 0)
    due = row.amount.fixed
    for fact, rate in row.amount.shares:
        price = purchase[fact]
        assert isinstance(price, int)
        due += (price * rate + add) // whole * rounding.to
    return due


@pytest.mark.parametrize("path", CAMPAIGNS, ids=_named)
def test_the_table_says_what_the_rules_pay(path: Path) -> None:
    """Of 1,500 random purchases each that is paid is in one row, and gets what the row says."""
    rules = _rules(path)
    made = standard(rules)
    assert made is not None
    frame = _purchases(rules, 1_500)
    decided = rules.decide(frame)
    rows_of = _rows_of(made, frame)
    paid = 0
    for purchase, rows in zip(decided.iter_rows(named=True), rows_of, strict=True):
        if purchase["decision"] == "approved":
            assert len(rows) == 1
            assert purchase["amount_fen"] == _due(rules, rows[0], purchase)
            assert purchase["amount_published"] == rows[0].amount.published
            paid += 1
        elif purchase["reasons"] == ["no-benefit"]:
            assert all(_due(rules, row, purchase) == 0 for row in rows)
    assert paid > 50


# --- the whole notice -------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", CAMPAIGNS, ids=_named)
def test_every_rule_limit_pot_and_benefit_is_in_the_notice(path: Path, language: Language) -> None:
    rules, text = _rules(path), _flat(path, language)
    for requirement in rules.requirements:
        assert re.search(rf"(代码：|code: ){re.escape(requirement.id)}[；;）\]]", text)
    titles = rules.campaign.titles
    for name in (*rules.entitlements, *(f"pot {pot.id}" for pot in rules.campaign.money.pots)):
        own = name.removeprefix("pot ")
        called = getattr(titles.get(name), language, own)
        assert f"“{called}”" in text or f"'{called}'" in text
    assert "None" not in text
    assert "{" not in text


@pytest.mark.parametrize("path", CAMPAIGNS, ids=_named)
def test_the_chinese_notice_holds_no_english_but_names_and_sources(path: Path) -> None:
    rules = _rules(path)
    named = _LATIN.findall(" ".join(_own_words(rules)))
    assert set(_LATIN.findall(_flat(path, "zh"))) <= {"M", "vin", *named}


_LATIN = re.compile(r"[^\W\d_\u3400-\u9fff]+")


def _own_words(rules: Rules) -> list[str]:
    """The names, codes and sources of the file, which stand in every language as they are."""
    campaign = rules.campaign
    rows = [each for _, each in campaign.every_rule]
    benefits = [each for _, _, each in campaign.every_benefit]
    terms = (*campaign.money.pots, *campaign.amendments, *campaign.limits, campaign.holding)
    sources = [getattr(each, "source", None) for each in (*rows, *benefits, *terms, campaign)]
    reasons = [each.uncertainty.why for each in benefits if each.uncertainty is not None]
    reasons += [pot.amount.why for pot in campaign.money.pots]
    named = [each.id for each in rules.requirements]
    named += [pot.id for pot in campaign.money.pots]
    named += [amendment.id for amendment in campaign.amendments]
    named += [case.says for case in campaign.examples.cases]
    named += [*campaign.issuers, *campaign.benefit_names, campaign.id, campaign.illustrative or ""]
    return [*named, *reasons, *(each or "" for each in sources), campaign.title.zh]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize("path", CAMPAIGNS, ids=_named)
def test_no_line_is_wider_than_the_screen(path: Path, width: int, language: Language) -> None:
    lines = pages.as_text(_notice(path, language), width=width, plain=False).splitlines()
    assert max(map(cell_len, lines)) <= width


# Ten questions on two files; each answer by hand from the files and their sources.
ANSWERS = {
    KAIFENG: [
        "开票日期在2022年11月1日至2023年2月28日之间（首尾两日均含在内）",
        "新车注册登记日期在2022年11月1日至2023年2月28日之间（首尾两日均含在内）",
        "购买方为个人。",
        "车价（价税合计）5万元以上（含5万元）。",
        "新车上牌地为开封。",
        "同一购车人在本活动期间最多获得1次补贴，超过的不予支付。",
        "先到先得：按开具机动车销售统一发票的先后时间安排资金，用完为止。资金用完后的申请不予支付。",
        "剩余资金不足以足额支付一笔补贴的，该笔补贴不予支付。",
        "因缺少材料而无法判断的，列为待补正并告知所缺的事实，不作拒绝",
        "每车最高6000元",
        "资金池“main”的总额没有公布",
        "可能在1000万元至4000万元之间",
    ],
    TRADE_IN: [
        "开票日期在2026年1月1日至2026年12月31日之间（首尾两日均含在内）",
        "旧车动力类型为汽油，且旧车注册登记日期在2013年6月30日以前（含当日）。",
        "旧车处置方式为报废，且旧车动力类型为新能源的，新车动力类型不是燃油或者普通混合动力。",
        "每车按车价（价税合计）的12%计算，最高2万元。",
        "只能享受其中一项。",
        "同一购车人每一自然年度最多获得1次补贴，超过的不予支付。",
        "排量2升以下（含2升）",
        "补贴金额如何取整没有规定；需要取整的金额无法确定。",
        "没有规定资金总额，也没有规定资金用完后如何处理。",
        "每笔补贴由中央财政承担90%、地方财政承担10%；不足一分的尾差由地方财政承担。",
    ],
}


@pytest.mark.parametrize(
    ("path", "answer"), [(path, each) for path, found in ANSWERS.items() for each in found]
)
def test_the_notice_answers_who_gets_what(path: Path, answer: str) -> None:
    assert answer in _flat(path, "zh")


# --- every word of the language ---------------------------------------------------------------

BASE = """
id: words
title: {zh: 词, en: words}
issuers: [市商务局]
currency: CNY
windows:
  invoice: {from: 2022-11-01, to: 2022-11-30}
eligibility: []
benefits:
  base: {pay: 1000}
money:
  pots: [{id: main, amount: 1000000, pays: [base]}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: refuse
  rounding: {to: 1 fen, mode: down}
examples:
  ordinary: {invoice_date: 2022-11-10, price: 80000}
"""


def _compiled(**changes: str) -> Rules:
    written = yaml.load(BASE, Loader=yaml.BaseLoader)
    for key, text in changes.items():
        written[key] = yaml.load(text, Loader=yaml.BaseLoader)
    content = yaml.safe_dump(written, allow_unicode=True).encode()
    return compile_rules(parse("words.yaml", content, Campaign).required())


def _said(language: Language, **changes: str) -> str:
    outline = notice(_compiled(**changes), language)
    return re.sub(r"\n *", "", pages.as_text(outline, width=1000, plain=False))


def _money(**changes: str) -> str:
    written = yaml.load(BASE, Loader=yaml.BaseLoader)["money"]
    for key, text in changes.items():
        written[key] = yaml.load(text, Loader=yaml.BaseLoader)
    return yaml.safe_dump(written)


TWO = "{base: {pay: 1000}, more: {pay: 500}}"
POTS_OF_TWO = "[{id: main, amount: 1000000, pays: [base, more]}]"
WORDS = [
    (
        {"windows": "{invoice: {from: 2022-11-01, before: 2022-12-01}}"},
        "开票日期在2022年11月1日至2022年11月30日之间（首尾两日均含在内）",
    ),
    (
        {"windows": "{invoice: {from: 2022-11-01, to: open}}"},
        "开票日期在2022年11月1日以后（含当日）。没有规定截止日期。",
    ),
    (
        {"windows": "{invoice: {from: 2022-11-01T10:00, to: 2022-11-30T24:00}}"},
        "开票时间在2022年11月1日10:00（含）至2022年11月30日24:00（含）之间",
    ),
    (
        {
            "windows": "{invoice: {from: 2022-11-01, to: 2022-11-30}, "
            "claim: {from: 2022-11-24, to: 2022-12-10}}"
        },
        "早于开始时间提交的暂不受理，开始后可以重新提交；晚于截止时间提交的不予受理。",
    ),
    (
        {
            "benefits": TWO,
            "combine": "{best_of: [base, more]}",
            "money": _money(pots=POTS_OF_TWO),
        },
        "“base”和“more”不能同时享受，只取金额最高的一项。",
    ),
    (
        {
            "benefits": TWO,
            "combine": "{sum: [base, more], cap: {per_car: 1200, share_of: price, rate: 10%}}",
            "eligibility": "[{id: floor, when: 'price >= 5000'}]",
            "money": _money(pots=POTS_OF_TWO),
        },
        "金额相加，每车最高1200元，并且不超过车价（价税合计）的10%，超出部分从排列在后的项目中扣减。",
    ),
    (
        {
            "benefits": "{base: {pay: 1000}, more: {uplift: {of: [base], rate: 25%}}}",
            "combine": "{sum: [base, more]}",
            "money": _money(pots=POTS_OF_TWO),
        },
        "另加“base”单独应得金额的25%。",
    ),
    (
        {
            "benefits": "{base: {points: {of: [{when: 'battery_kwh >= 50', points: 3}], "
            "steps: [[2, 500]]}}}"
        },
        "动力电池容量50千瓦时以上（含50千瓦时）的，计3分。",
    ),
    (
        {"benefits": "{base: {table: {on: model, amounts: {瑞虎3x: 3000}}}}"},
        "车型为瑞虎3x的，每车3000元。",
    ),
    (
        {"benefits": "{base: {pay: 1000}, gift: {pay: 700, payer: maker}}"},
        "补贴项“gift”，由生产企业支付，不属于财政资金，不计入补贴合计：",
    ),
    (
        {"money": _money(pots="[{id: a, face: 1000, count: 30, pays: [base]}]")},
        "面额1000元的30份，合计3万元，用于支付“base”，只支付金额恰为1000元的补贴。",
    ),
    (
        {
            "money": _money(
                pots="[{id: a, amount: 5000, pays: [base], opens: 2022-11-01T10:00, "
                "closes: 2022-11-10T24:00, unused: lost}]"
            )
        },
        "2022年11月1日10:00开始发放，2022年11月10日24:00截止。截止时没有用完的，不再发放。",
    ),
    ({"money": _money(last_yuan="part")}, "按剩余金额支付。"),
    ({"money": _money(last_yuan="overspend")}, "该笔补贴仍足额支付。"),
    (
        {"money": _money(last_yuan="not_declared")},
        "剩余资金不足以足额支付最后一笔补贴时如何处理，没有规定。",
    ),
    ({"money": _money(rounding="not_declared")}, "补贴金额如何取整没有规定"),
    ({"money": _money(rounding="{to: 10 yuan, mode: half_up}")}, "补贴金额四舍五入到10元。"),
    (
        {"money": _money(allocation="{lottery: {seed: abc, draw_on: 2022-12-05}}")},
        "以抽签方式确定获得补贴的申请，2022年12月5日抽签，公开的随机种子为“abc”，任何人可以复核。",
    ),
    (
        {"money": _money(allocation="{reservation: {prove_within_days: 30, lapsed: lost}}")},
        "申请受理后先预留名额，须在30日内补齐证明材料。逾期未补齐的，预留的名额作废，不再发放。",
    ),
    (
        {
            "money": _money(
                allocation="{voucher: {must_match: true, lapsed: to_pool, "
                "lapsed_holder: not_declared}}"
            )
        },
        "消费券逾期未用的人能否再次领取，没有规定。",
    ),
    ({"money": _money(quotas="[{per: dealer, max: 200}]")}, "每家经销商最多200辆。"),
    (
        {"money": _money(payout="{as: coupon, face: 500, min_spend: 500, valid_days: 90}")},
        "补贴发放形式：消费券，每张500元，单笔消费满500元可用一张，自发放之日起90日内有效。",
    ),
    (
        {"money": _money(priority="[registration_date]")},
        "资金不足时先按新车注册登记日期排列次序，相同的再按时间先后排列。",
    ),
    (
        {"limits": "[{per: household, max: 2, within: calendar_year, identity: [phone, card]}]"},
        "同一家庭每一自然年度最多获得2次补贴，超过的不予支付。下列信息中任何一项相同的，视为同一人：手机号、银行卡。",
    ),
    (
        {"excludes": "[henan-2022]"},
        "已经享受下列任何一项政策的，不得享受本活动的补贴：henan-2022。（代码：excluded）",
    ),
    (
        {"holding": "{months: 12, clawback: pro_rata}"},
        "新车须持有满12个月。不满期限的，按未满期限的比例退回补贴。",
    ),
    (
        {"holding": "{months: 12, clawback: not_declared}"},
        "新车持有不满期限的是否退回补贴，没有规定。",
    ),
    (
        {"limits": "[{per: vin, max: 1}, {per: buyer, max: 1, source: 第三条}]"},
        "下列各项没有注明各自的依据，可能是对文首所列依据的理解：base、limit-vin。",
    ),
    (
        {
            "money": _money(
                pots="[{id: a, amount: 5, pays: [base]}, {id: b, amount: 5, pays: [base]}]"
            )
        },
        "同一补贴由几个资金池支付的，先用排列在前、已经开始并且没有用完的资金池。",
    ),
    ({"limits": "[{per: vin, max: 1}]"}, "没有规定同一购车人可以获得几次补贴。"),
]
AMENDED = {
    "eligibility": "[{id: floor, when: 'price >= 50000'}]",
    "amendments": "[{id: raised, announced: 2022-11-15, by: invoice, from: 2022-11-20, "
    "unless: \"order_date < DATE '2022-11-15'\", paid_claims: top_up, "
    "eligibility: [{id: floor, when: 'price >= 30000'}, {id: new, when: 'seats <= 7'}], "
    "benefits: {base: {pay: 2000}}}]",
    "examples": "{ordinary: {invoice_date: 2022-11-10, price: 80000, order_date: 2022-11-01, "
    "seats: 5}}",
}
SAID_OF_THE_AMENDMENT = [
    "修订“raised”，2022年11月15日公布：适用于开票日期在2022年11月20日以后（含当日）的申请",
    "符合下列条件的，仍按修订前的规定：订购日期在2022年11月15日以前（不含当日）。",
    "条件改为：车价（价税合计）3万元以上（含3万元）。",
    "增加条件：座位数7座以下（含7座）。",
    "改为：补贴项“base”",
    "每车2000元。",
    "适用本修订而此前已经付款的申请，按修订后的标准补足差额。",
]


@pytest.mark.parametrize(("changes", "said"), WORDS)
def test_each_word_of_the_language_is_said(changes: dict[str, str], said: str) -> None:
    assert said in _said("zh", **changes)
    assert _said("en", **changes)


@pytest.mark.parametrize("said", SAID_OF_THE_AMENDMENT)
def test_an_amendment_says_whom_it_governs_and_what_it_changes(said: str) -> None:
    assert said in _said("zh", **AMENDED)


def test_the_table_shows_both_texts_of_an_amended_amount() -> None:
    made = standard(_compiled(**AMENDED))
    assert made is not None
    assert {row.amount.fixed for row in made.rows} == {100_000, 200_000}


def test_a_thousand_names_need_no_more_rows_than_amounts() -> None:
    amounts = ", ".join(f"m{n}: {1000 + 100 * (n % 7)}" for n in range(1_000))
    made = standard(
        _compiled(benefits=f"{{base: {{table: {{on: model, amounts: {{{amounts}}}}}}}}}")
    )
    assert made is not None
    assert sorted(row.amount.fixed or 0 for row in made.rows) == [
        100_000 + 10_000 * n for n in range(7)
    ]


def test_a_table_that_nobody_could_read_is_left_out() -> None:
    amounts = ", ".join(f"m{n}: {1000 + n}" for n in range(300))
    rules = _compiled(benefits=f"{{base: {{table: {{on: model, amounts: {{{amounts}}}}}}}}}")
    assert standard(rules) is None
    assert "m299的，每车1299元。" in pages.as_text(notice(rules, "zh"), width=5_000, plain=False)


def test_a_list_stands_at_the_end_with_its_days(tmp_path: Path) -> None:
    written = yaml.load(BASE, Loader=yaml.BaseLoader)
    written["eligibility"] = [
        {"id": "dealer", "listed": {"fact": "dealer", "file": "d.csv", "on": "invoice_date"}}
    ]
    written["examples"]["ordinary"]["dealer"] = "甲店"
    (tmp_path / "d.csv").write_text("name,from,to\n甲店,,\n乙店,2022-11-05,2022-11-20\n", "utf-8")
    path = tmp_path / "listed.yaml"
    path.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    rules = compile_rules(load_campaign(str(path)).required())
    outline = notice(rules, "zh")
    grid = outline.sections[-1].blocks[0]
    assert isinstance(grid, Grid)
    assert set(grid.rows) == {("甲店", "", ""), ("乙店", "2022年11月5日", "2022年11月20日")}
    text = pages.as_text(outline, width=1000, plain=False)
    assert "经销商须在名单“d.csv”上（名单见最后一部分），以开票日期当日的名单为准。" in text


# --- pages ------------------------------------------------------------------------------------


def test_the_three_forms_say_the_same() -> None:
    outline = _notice(KAIFENG, "zh")
    markdown, html = pages.as_markdown(outline), pages.as_html(outline)
    entries = [e for section in as_object(outline)["sections"] for e in section["content"]]
    assert len(entries) > 40
    for entry in entries:
        texts = [entry["text"]] if "text" in entry else [c for row in entry["rows"] for c in row]
        for text in texts:
            assert text.replace('"', "&#34;").replace("'", "&#39;") in html
            assert text in re.sub(r"\\([\\`*_#<>\[\].|])", r"\1", markdown)


def test_what_a_file_writes_cannot_become_markup() -> None:
    rules = _compiled(title="{zh: '<b>|*活动*', en: x}", issuers="['<script>']")
    outline = notice(rules, "zh")
    assert "<script>" not in pages.as_html(outline)
    assert "<b>" not in pages.as_html(outline)
    assert pages.as_markdown(outline).startswith("# \\<b\\>|\\*活动\\*")
