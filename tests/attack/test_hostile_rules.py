"""Campaigns meant to exhaust or mislead the checker end in findings or a clean answer, soon.

The cases are checked by a few processes of the program, which say after each case how much time
it took and how much memory the process has needed so far. Time is counted in seconds of the
processor, the start of the program included, so that a busy machine does not matter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and links")

MOST_SECONDS = 2.0
MOST_MEBIBYTES = 300
HEAD = """\
id: hostile
title: {zh: 恶意, en: hostile}
issuers: [市商务局]
currency: CNY
source: a notice
windows: {invoice: {from: 2022-11-01, to: 2022-11-30}}
"""
ELIGIBILITY = "eligibility: []\n"
BENEFITS = "benefits: {base: {pay: 1000}}\n"
COMBINE = ""
MONEY = """\
money:
  pots: [{id: main, amount: 1000000, pays: [base]}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: refuse
  rounding: {to: 1 fen, mode: down}
"""
EXAMPLES = "examples: {ordinary: {invoice_date: 2022-11-10}}\n"
MORE = ""


def campaign(**changed: str) -> str:
    """A campaign with some of its parts replaced."""
    names = ("head", "eligibility", "benefits", "combine", "money", "examples", "more")
    usual = (HEAD, ELIGIBILITY, BENEFITS, COMBINE, MONEY, EXAMPLES, MORE)
    assert changed.keys() <= set(names)
    return "".join(changed.get(name, text) for name, text in zip(names, usual, strict=True))


def rules(conditions: list[str]) -> str:
    """Eligibility by many conditions."""
    lines = (f'  - {{id: r{place}, when: "{when}"}}\n' for place, when in enumerate(conditions))
    return "eligibility:\n" + "".join(lines)


def ruled(*conditions: str) -> str:
    return campaign(eligibility=rules(list(conditions)))


def many_benefits(texts: list[str], combine: str = "sum") -> str:
    """A campaign with many benefits, all from one pot."""
    names = [f"b{place}" for place in range(len(texts))]
    benefits = "".join(f"  {name}: {{{text}}}\n" for name, text in zip(names, texts, strict=True))
    listed = ", ".join(names)
    return campaign(
        benefits="benefits:\n" + benefits,
        combine=f"combine: {{{combine}: [{listed}]}}\n",
        money=MONEY.replace("[base]", f"[{listed}]"),
    )


# --- hostile text -----------------------------------------------------------------------------

Write = Callable[[Path], "str | bytes"]


def bomb() -> str:
    levels = ["a0: &a0 [x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    return "\n".join(levels) + "\n" + campaign()


def merges() -> str:
    levels = ["a0: &a0 {x: 1}"]
    levels += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    return "\n".join(levels) + "\n" + campaign()


TEXTS: dict[str, str | bytes] = {
    "an alias bomb": bomb(),
    "a bomb of merge keys": merges(),
    "10,000 anchors": campaign(more="".join(f"k{n}: &k{n} v\n" for n in range(10_000))),
    "100,000 brackets": campaign(more="more: " + "[" * 100_000 + "]" * 100_000),
    "100,000 braces": campaign(more="more: " + "{a: " * 100_000 + "}" * 100_000),
    "brackets left open": campaign(more="more: " + "[" * 500_000),
    "200,000 dashes": campaign(more="more:\n  " + "- " * 200_000),
    "100,000 question marks": campaign(more="? " * 100_000),
    "mappings indented 2,000 deep": campaign(
        more="".join(" " * n + f"k{n}:\n" for n in range(900))
    ),
    "a line of a million letters": campaign(more="more: " + "x" * 900_000),
    "a key of a million letters": campaign(more="x" * 900_000 + ": 1\n"),
    "a quoted text never closed": campaign(more='more: "' + "x " * 400_000),
    "a block text of 200,000 lines": campaign(more="more: |\n" + "  x\n" * 200_000),
    "a folded text of 200,000 lines": campaign(more="more: >\n" + "  x\n" * 200_000),
    "a quoted text of escapes": campaign(more='more: "' + "\\u5f00" * 150_000 + '"\n'),
    "100,000 blank lines": campaign(more="\n" * 900_000),
    "a million of blanks": campaign(more=" " * 900_000),
    "only remarks": "# x\n" * 200_000,
    "50,000 documents": "---\n" * 50_000 + campaign(),
    "200,000 items": campaign(more="more: [" + "x, " * 200_000 + "x]\n"),
    "100,000 keys": campaign(more="".join(f"k{n}: 1\n" for n in range(80_000))),
    "one key 100,000 times": campaign(more="id: x\n" * 100_000),
    "one key 100,000 times in braces": campaign(more="more: {" + "a: 1, " * 100_000 + "}\n"),
    "a Python object": campaign(more="more: !!python/object/apply:os.system [echo]\n"),
    "a tag directive": "%TAG ! tag:x,2000:\n---\n" + campaign(),
    "another YAML": "%YAML 9.9\n---\n" + campaign(),
    "100,000 directives": "%X y\n" * 100_000 + "---\n" + campaign(),
    "NUL": campaign().encode() + b"\x00",
    "a lone surrogate": campaign().encode() + b"# \xed\xa0\x80\n",
    "a surrogate in an escape": campaign(more='more: "\\ud800"\n'),
    "a byte-order mark inside": campaign(more="\ufeffmore: 1\n"),
    "two byte-order marks": b"\xef\xbb\xbf\xef\xbb\xbf" + campaign().encode(),
    "UTF-8 and GBK": campaign().encode() + "# 开封".encode("gbk"),
    "UTF-16": campaign().encode("utf-16"),
    "UTF-7": campaign().encode("utf-7"),
    "right to left": campaign(more="\u202emore\u202c: 1\n"),
    "invisible letters": campaign().replace("id: hostile", "id: hos\u200btile"),
    "10,000 combining marks": campaign().replace("id: hostile", "id: x" + "\u0301" * 10_000),
    "lines ended by CR": campaign().replace("\n", "\r"),
    "lines ended by odd signs": campaign().replace("\n", "\u2028"),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100,
    "noise": bytes((n * n * 7919 + n) % 251 for n in range(300_000)),
    "noise in letters": "".join(chr(0x4E00 + n * n % 20_000) for n in range(100_000)),
    "an identifier of 100,000 letters": campaign().replace("id: hostile", "id: " + "x" * 100_000),
    "giant integers everywhere": campaign().replace("1000000", "9" * 100_000),
    "a giant negative exponent": campaign().replace("1000000", "1e-999999999"),
    "a giant exponent": campaign().replace("1000000", "1e999999999"),
    "a rate of many digits": campaign(
        benefits="benefits: {base: {share: {of: price, rate: 0." + "3" * 100_000 + "}}}\n"
    ),
    "a year of many digits": campaign().replace("2022-11-30", "2" * 100_000 + "-11-30"),
    "a range of many ends": campaign().replace(
        "amount: 1000000", "amount: {assumed: 1, range: " + "1.." * 50_000 + "1, why: x}"
    ),
}


# --- hostile conditions -----------------------------------------------------------------------

Names: TypeAlias = tuple[str, ...]
NUMBERS: Names = ("seats", "displacement_l", "electric_range_km", "co2_g_km", "battery_kwh")
NUMBERS += ("miles_per_gallon", "trade_in_miles_per_gallon", "trade_in_age_years")
NUMBERS += ("emission_class", "trade_in_emission_class", "lease_months", "trade_in_model_year")
MONEYS: Names = ("price", "price_ex_vat", "list_price", "list_price_ex_vat")
MONEYS += ("battery_price_ex_vat", "income_yearly", "household_income")
DAYS: Names = ("order_date", "invoice_date", "registration_date", "claim_date", "trade_in_date")
DAYS += ("trade_in_registered", "trade_in_owned_since")
WORDS = ("dealer", "maker", "brand", "model", "vehicle", "segment", "made_in", "residence")
FLAGS = ("first_car", "in_catalogue", "identity_matches", "battery_swap", "dealer_listed")


def chain(word: str, tests: Iterator[str], most: int = 3_900) -> str:
    """As many tests as a condition has room for."""
    found = next(tests)
    for test in tests:
        if len(found) + len(test) + len(word) + 2 > most:
            break
        found += f" {word} {test}"
    return found


def sums(facts: tuple[str, ...], signs: str = "+-") -> Iterator[str]:
    """Comparisons of sums of three facts with many bounds."""
    number = 0
    while True:
        a, b, c = (facts[(number * step + number) % len(facts)] for step in (1, 2, 3))
        one, other = signs[number % 2], signs[number // 2 % 2]
        yield f"{a} {one} {b} {other} {c} > {50_000 + 7 * number}"
        number += 1


CONDITIONS: dict[str, str] = {
    "a long AND": ruled(chain("AND", (f"price <> {50_000 + n}" for n in range(9_999)))),
    "a long OR": ruled(chain("OR", (f"price = {50_000 + n}" for n in range(9_999)))),
    "AND and OR in turn": ruled(
        chain("OR", (f"price = {50_000 + n} AND seats = {n}" for n in range(9_999)))
    ),
    "a long OR of texts": ruled(chain("OR", (f"model = 'm{n}'" for n in range(9_999)))),
    "45 bounds on each of three tied amounts": ruled(
        "price + price_ex_vat <> list_price",
        *(
            chain("AND", (f"{name} <> {50_000 + n}" for n in range(45)))
            for name in ("price", "price_ex_vat", "list_price")
        ),
    ),
    "8 tied amounts, one by one": ruled(
        *(f"{a} - {b} > {n}000" for n, (a, b) in enumerate(pairwise(MONEYS)))
    ),
    "32 parentheses": ruled("(" * 32 + "price >= 50000" + ")" * 32),
    "32 NOT": ruled("NOT " * 32 + "first_car"),
    "1,000 items": ruled("seats IN (" + ", ".join(str(n) for n in range(1_000)) + ")"),
    "1,000 parentheses in a row": ruled(chain("AND", ("(first_car)" for _ in range(9_999)))),
    "LPAD": ruled("dealer = LPAD('x', 4000000000, 'x')"),
    "REPEAT": ruled("dealer = REPEAT('x', 4000000000)"),
    "a quadratic pattern": ruled("dealer LIKE '" + "%a" * 1_900 + "'"),
    "a pattern of blanks": ruled("dealer LIKE '" + "_" * 3_900 + "'"),
    "a pattern of both": ruled("dealer LIKE '" + "%_" * 1_900 + "x'"),
    "a pattern like a regular expression": ruled("dealer LIKE '(a+)+$%[z-a]{9999}(?R)'"),
    "200 patterns": ruled(chain("AND", (f"dealer LIKE '%{n}%'" for n in range(999)))),
    "200 patterns and their like": ruled(
        chain("AND", (f"NOT dealer LIKE '%a{'_' * n}b%'" for n in range(60)))
    ),
    "patterns of 300 rules": campaign(
        eligibility=rules([f"dealer LIKE '%{n}%{n + 1}%'" for n in range(300)])
    ),
    "patterns on tied texts": ruled(
        "dealer = maker AND maker = brand AND dealer LIKE '%a%b%' AND brand LIKE '_%c%_'"
    ),
    "sums of three amounts": ruled(chain("AND", sums(MONEYS))),
    "sums of three amounts, or": ruled(chain("OR", sums(MONEYS))),
    "sums of three numbers": ruled(chain("AND", sums(NUMBERS))),
    "sums of three numbers, or": ruled(chain("OR", sums(NUMBERS))),
    "sums in 40 rules": campaign(
        eligibility=rules([next(sums(MONEYS[n % 5 :])) for n in range(40)])
    ),
    "a sum of all amounts": ruled(" + ".join(MONEYS * 4) + " > 50000"),
    "thresholds on two tied facts": ruled(
        chain("OR", (f"price - price_ex_vat > {50_000 + n}" for n in range(999)))
    ),
    "weights on two tied facts": ruled(
        chain(
            "AND",
            (f"{' + '.join(['price'] * (n % 9 + 1))} > price_ex_vat + {n}000" for n in range(999)),
        )
    ),
    "days tied in a ring": ruled(
        chain(
            "AND",
            (
                f"{DAYS[n % 7]} - {DAYS[(n * 3 + 1) % 7]} > {n}"
                for n in range(999)
                if n % 7 != (n * 3 + 1) % 7
            ),
        )
    ),
    "months tied in a ring": ruled(
        chain(
            "AND",
            (
                f"{DAYS[n % 7]} > {DAYS[(n * 3 + 1) % 7]} + INTERVAL '{n} months'"
                for n in range(999)
                if n % 7 != (n * 3 + 1) % 7
            ),
        )
    ),
    "missing amounts, all tied": ruled(
        " + ".join(MONEYS) + " > 5000 AND " + " AND ".join(f"{name} IS NULL" for name in MONEYS)
    ),
    "missing numbers, all tied": ruled(
        " + ".join(NUMBERS)
        + " > 5 AND ("
        + " OR ".join(f"{name} IS NULL" for name in NUMBERS)
        + ")"
    ),
    "missing days, all tied": ruled(
        " AND ".join(f"{a} > {b}" for a, b in pairwise(DAYS))
        + " AND "
        + " AND ".join(f"{name} IS NOT NULL" for name in DAYS)
    ),
    "texts tied together": ruled(" AND ".join(f"{a} <> {b}" for a, b in pairwise(WORDS))),
    "texts tied and named": ruled(
        " AND ".join(f"{a} <> {b}" for a, b in pairwise(WORDS[:4]))
        + " AND dealer NOT IN ("
        + ", ".join(f"'n{n}'" for n in range(24))
        + ")"
    ),
    "texts tied, 1,000 names": ruled(
        "dealer <> maker AND dealer NOT IN (" + ", ".join(f"'{n}'" for n in range(990)) + ")"
    ),
    "flags tied together": ruled(" AND ".join(f"{a} <> {b}" for a, b in pairwise(FLAGS))),
    "all facts crossed": ruled(
        chain(
            "AND",
            (
                f"({a} > {n + 1} OR {b} = 'x{n}' OR {c})"
                for n in range(99)
                for a, b, c in [(NUMBERS[n % 12], WORDS[n % 8], FLAGS[n % 5])]
            ),
        )
    ),
    "a parity of flags": ruled(
        " AND ".join(
            f"(({a} AND NOT {b}) OR (NOT {a} AND {b}) OR {c})"
            for a in FLAGS
            for b in FLAGS
            for c in FLAGS
            if a < b < c
        )
    ),
    "an interval of 99,999 years": ruled("invoice_date + INTERVAL '99999 years' > order_date"),
    "an interval before all days": ruled("invoice_date - INTERVAL '99999 years' > order_date"),
    "99,999 weeks": ruled("invoice_date + INTERVAL '99999 weeks' > DATE '2022-01-01'"),
    "200 intervals": ruled(
        "invoice_date" + " + INTERVAL '999 years'" * 20 + " > DATE '2022-01-01'"
    ),
    "a day of year 1": ruled("invoice_date - INTERVAL '1 day' > DATE '0001-01-01'"),
    "the last day": ruled("invoice_date + INTERVAL '1 day' <= DATE '9999-12-31'"),
    "the last moment": ruled("invoice_time <= TIMESTAMP '9999-12-31 23:59:59'"),
    "a day plus 9,999,999,999,999": ruled("invoice_date + 9999999999999 > order_date"),
    "a day minus 9,999,999": ruled("invoice_date - 9999999 > order_date"),
    "sums of the largest numbers": ruled(
        " + ".join(["price"] + ["9999999999999"] * 30) + " > 50000"
    ),
    "differences of the largest numbers": ruled(
        " - ".join(["seats"] + ["9999999999999"] * 30) + " > 5"
    ),
    "a number of many decimals": ruled("seats > 0." + "3" * 3_000),
    "numbers close together": ruled(
        chain("AND", (f"displacement_l <> 1.{n:015}" for n in range(999)))
    ),
    "200 rules of amounts": campaign(
        eligibility=rules([f"price >= {50_000 + n}" for n in range(200)])
    ),
    "200 rules of each fact": campaign(
        eligibility=rules([f"{(NUMBERS + MONEYS)[n % 19]} <> {50_000 + n}" for n in range(200)])
    ),
    "200 rules that cross facts": campaign(
        eligibility=rules(
            [
                f"{(NUMBERS + MONEYS)[n % 19]} <> {50_000 + n} OR {WORDS[n % 8]} = 'x{n}'"
                for n in range(200)
            ]
        )
    ),
    "1,000 rules of amounts": campaign(
        eligibility=rules([f"price >= {50_000 + n}" for n in range(1_000)])
    ),
    "1,000 rules of texts": campaign(
        eligibility=rules([f"dealer <> 'd{n}'" for n in range(1_000)])
    ),
    "1,000 rules of each fact": campaign(
        eligibility=rules([f"{(NUMBERS + MONEYS)[n % 19]} <> {50_000 + n}" for n in range(1_000)])
    ),
    "1,000 wrong rules": campaign(eligibility=rules([f"prise >= {n}" for n in range(1_000)])),
    "rules of 4,000 letters each": campaign(
        eligibility=rules(
            [chain("AND", (f"price <> {50_000 + n + m}" for n in range(999))) for m in range(100)]
        )
    ),
    "5,000 odd words": ruled("，" * 3_900),
    "a surrogate": ruled("dealer = '\\ud800'"),
    "a NUL": ruled("dealer = '\\0'"),
    "a text of quotes": ruled("dealer = '" + "''" * 1_900 + "'"),
    "many wrong words": ruled(chain("AND", (f"enregy = 'x{n}'" for n in range(999)))),
}


# --- hostile rules ----------------------------------------------------------------------------


def amended(count: int, each: str) -> str:
    lines = "".join(
        f"  - {{id: a{n}, by: invoice, from: 2022-11-{n % 28 + 1:02}, paid_claims: top_up, "
        + each.format(n=n)
        + "}\n"
        for n in range(count)
    )
    return "amendments:\n" + lines


def four_levels() -> str:
    def level(names: list[str], width: int) -> str:
        if width == 1:
            return names[0]
        size = len(names) // width
        parts = (level(names[n * size : (n + 1) * size], width // 2 or 1) for n in range(width))
        return f"{{best_of: [{', '.join(parts)}], cap: {{per_car: 90}}}}"

    text = many_benefits([f"when: 'seats > {n}', pay: {n + 1}" for n in range(48)])
    start, end = text.index("combine: "), text.index("money:")
    names = [f"b{n}" for n in range(48)]
    inner = [level(names[n * 12 : (n + 1) * 12], 4) for n in range(4)]
    outer = f"{{best_of: [{', '.join(inner)}], cap: {{per_car: 80}}}}"
    return text[:start] + f"combine: {outer}\n" + text[end:]


def stocks_of_all() -> str:
    text = many_benefits([f"pay: {n + 1}" for n in range(50)])
    start, end = text.index("{id: main"), text.index("]\n  commit_on")
    names = ", ".join(f"b{n}" for n in range(50))
    pots = (f"{{id: p{n}, face: {n + 1}, count: 1, pays: [{names}]}}" for n in range(20))
    return text[:start] + ", ".join(pots) + text[end:]


BANDS = ", ".join(f"[{50_000 + n}, {n + 1}]" for n in range(200))
FACE = "{{id: p{n}, face: {n}, count: 1, pays: [base]}}"

RULES: dict[str, str] = {
    "50 amendments of one rule": campaign(
        eligibility=rules(["price >= 50000"]),
        more=amended(50, "eligibility: [{{id: r0, when: 'price >= 5{n:04}'}}]"),
    ),
    "50 amendments of 50 rules": campaign(
        more=amended(50, "eligibility: [{{id: n{n}, when: 'price >= 5{n:04}'}}]")
    ),
    "50 amendments by turns": campaign(
        more=amended(50, "unless: 'seats > {n}', benefits: {{base: {{pay: 2{n:03}}}}}")
    ),
    "200 amendments of one benefit": campaign(
        more=amended(200, "benefits: {{base: {{pay: 2{n:03}}}}}")
    ),
    "200 amendments of one rule": campaign(
        eligibility=rules(["price >= 50000"]),
        more=amended(200, "eligibility: [{{id: r0, when: 'price >= 5{n:04}'}}]"),
    ),
    "200 amendments of 200 rules": campaign(
        more=amended(200, "eligibility: [{{id: n{n}, when: 'price >= 5{n:04}'}}]")
    ),
    "200 amendments by turns": campaign(
        more=amended(200, "unless: 'seats > {n}', benefits: {{base: {{pay: 2{n:03}}}}}")
    ),
    "1,000 amendments of nothing": campaign(more=amended(1_000, "withdraws: []")),
    "50 benefits": many_benefits([f"when: 'seats > {n}', pay: {n + 1}" for n in range(50)]),
    "50 benefits, best of": many_benefits(
        [f"when: 'seats > {n}', pay: {n + 1}" for n in range(50)], "best_of"
    ),
    "50 benefits, exclusive": many_benefits(
        [f"when: 'seats = {n}', pay: 5" for n in range(50)], "exclusive"
    ),
    "50 benefits under a cap": many_benefits(
        [f"when: 'seats > {n}', pay: {n + 1}" for n in range(50)]
    ).replace("combine: {", "combine: {cap: {per_car: 500}, "),
    "four levels of the best of 48 benefits": four_levels(),
    "50 benefits from 20 stocks": stocks_of_all(),
    "300 benefits": many_benefits([f"when: 'seats > {n}', pay: 5" for n in range(300)]),
    "300 benefits, best of": many_benefits(
        [f"when: 'seats > {n}', pay: {n}" for n in range(300)], "best_of"
    ),
    "300 benefits, exclusive": many_benefits(
        [f"when: 'seats = {n}', pay: 5" for n in range(300)], "exclusive"
    ),
    "1,000 benefits": many_benefits([f"pay: {n}" for n in range(1_000)]),
    "50 benefits of 200 bands": many_benefits(
        [f"bands: {{on: price, closed: lower, steps: [{BANDS}]}}"] * 50
    ),
    "20 benefits of 200 bands": many_benefits(
        [f"bands: {{on: {name}, closed: lower, steps: [{BANDS}]}}" for name in (MONEYS * 3)[:20]]
    ),
    "a table of 20,000 names": campaign(
        benefits="benefits: {base: {table: {on: model, amounts: {"
        + ", ".join(f"m{n}: {n}" for n in range(20_000))
        + "}}}}\n"
    ),
    "500 merits": campaign(
        benefits="benefits: {base: {points: {of: ["
        + ", ".join(f"{{when: 'seats > {n}', points: 1}}" for n in range(500))
        + "], steps: [[1, 5]]}}}\n"
    ),
    "merits of 12 facts": campaign(
        benefits="benefits: {base: {points: {of: ["
        + ", ".join(
            f"{{when: '{name} > {n}', points: {n + 1}}}" for n in range(9) for name in NUMBERS
        )
        + "], steps: [[1, 5], [50, 9]]}}}\n"
    ),
    "an uplift of 500": many_benefits(
        ["pay: 5"] * 500
        + ["uplift: {of: [" + ", ".join(f"b{n}" for n in range(500)) + "], rate: 1%}"]
    ),
    "combinations 30 deep": campaign(
        benefits="benefits: {base: {pay: 5}, more: {pay: 5}}\n",
        combine="combine: " + "{sum: [" * 13 + "base, more" + "]}" * 13 + "\n",
        money=MONEY.replace("[base]", "[base, more]"),
    ),
    "20 stocks": campaign(
        money=MONEY.replace(
            "{id: main, amount: 1000000, pays: [base]}",
            ", ".join(FACE.format(n=n) for n in range(20)),
        )
    ),
    "10,000 stocks": campaign(
        money=MONEY.replace(
            "{id: main, amount: 1000000, pays: [base]}",
            ", ".join(FACE.format(n=n) for n in range(10_000)),
        )
    ),
    "10,000 payers": campaign(
        money=MONEY
        + "  funding: ["
        + ", ".join(f"{{from: p{n}, share: 1%}}" for n in range(10_000))
        + "]\n"
    ),
    "10,000 quotas": campaign(
        money=MONEY
        + "  quotas: ["
        + ", ".join("{per: dealer, max: 1}" for n in range(10_000))
        + "]\n"
    ),
    "10,000 limits": campaign(
        more="limits: [" + ", ".join("{per: buyer, max: 1}" for n in range(10_000)) + "]\n"
    ),
    "10,000 programmes": campaign(
        more="excludes: [" + ", ".join(f"x{n}" for n in range(10_000)) + "]\n"
    ),
    "300 cases with pots of their own": campaign(
        examples="examples:\n  ordinary: {invoice_date: 2022-11-10}\n  cases:\n"
        + "".join(
            f"    - {{says: case {n}, pots: {{main: {n}}}, refused: no-money}}\n"
            for n in range(300)
        )
    ),
    "2,000 cases": campaign(
        examples="examples:\n  ordinary: {invoice_date: 2022-11-10}\n  cases:\n"
        + "".join(f"    - {{says: case {n}, amount: 1000}}\n" for n in range(2_000))
    ),
    "2,000 wrong cases": campaign(
        examples="examples:\n  ordinary: {invoice_date: 2022-11-10}\n  cases:\n"
        + "".join(f"    - {{says: case {n}, amount: 1}}\n" for n in range(2_000))
    ),
    "1,000 cases with pots of their own": campaign(
        examples="examples:\n  ordinary: {invoice_date: 2022-11-10}\n  cases:\n"
        + "".join(
            f"    - {{says: case {n}, pots: {{main: {n}}}, refused: no-money}}\n"
            for n in range(1_000)
        )
    ),
    "the largest amounts": campaign(
        benefits="benefits: {base: {pay: 100000000}}\n",
        money=MONEY.replace("1000000", "10000000000000"),
    ),
    "100 benefits of the largest amounts": many_benefits(["pay: 100000000"] * 100),
    "a share of the largest price": campaign(
        benefits="benefits: {base: {share: {of: price, rate: 100%}}}\n",
        examples="examples: {ordinary: {invoice_date: 2022-11-10, price: 100000000}}\n",
    ),
    "1,000 identical silences": campaign(
        more="silence: [" + "{code: S703, why: x}, " * 1_000 + "]\n"
    ),
    "a window of all days": campaign(
        head=HEAD.replace("from: 2022-11-01, to: 2022-11-30", "from: 1980-01-01, to: 2099-12-31")
    ),
}
TEXTS |= CONDITIONS | RULES


# --- hostile files ----------------------------------------------------------------------------


def on_list(name: str, file: str) -> str:
    return f"  - {{id: {name}, listed: {{fact: dealer, file: {file}, on: invoice_date}}}}\n"


def listed(file: str, **more: str) -> str:
    """A campaign with a list of dealers in some file."""
    return campaign(
        eligibility="eligibility:\n" + on_list("d", file),
        examples="examples: {ordinary: {invoice_date: 2022-11-10, dealer: n1}}\n",
        **more,
    )


def beside(content: str | bytes) -> Write:
    """A list of dealers with some content."""

    def write(folder: Path) -> str:
        data = content.encode() if isinstance(content, str) else content
        (folder / "list.csv").write_bytes(data)
        return listed("list.csv")

    return write


def path(name: str) -> Write:
    return lambda folder: listed(name)


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "list.csv")
    return listed("list.csv")


def link(target: str) -> Write:
    def write(folder: Path) -> str:
        (folder / "list.csv").symlink_to(target)
        return listed("list.csv")

    return write


def links_in_a_ring(folder: Path) -> str:
    (folder / "list.csv").symlink_to("other.csv")
    (folder / "other.csv").symlink_to("list.csv")
    return listed("list.csv")


def twenty_lists(folder: Path) -> str:
    names = "".join(f"n{n},2022-{n % 11 + 1:02}-01,\n" for n in range(5_000))
    lines = ""
    for place in range(20):
        (folder / f"l{place}.csv").write_text(
            "name,from,to\nn1,,\n" + names[: -len("n4999,2022-05-01,\n")]
        )
        lines += on_list(f"l{place}", f"l{place}.csv")
    return campaign(eligibility="eligibility:\n" + lines)


def chain_of_files(folder: Path) -> str:
    for place in range(40):
        text = f"extends: e{place + 1}.yaml\nid: e{place}\n"
        (folder / f"e{place}.yaml").write_text(text)
    (folder / "e40.yaml").write_text(campaign())
    return "extends: e0.yaml\nid: hostile\n"


def diamond_of_files(folder: Path) -> str:
    for place in range(7):
        names = f"[f{place + 1}.yaml, g{place + 1}.yaml]" if place < 6 else "base.yaml"
        for letter in "fg":
            text = f"extends: {names}\nid: {letter}{place}\n"
            (folder / f"{letter}{place}.yaml").write_text(text)
    (folder / "base.yaml").write_text(campaign())
    return "extends: [f0.yaml, g0.yaml]\nid: hostile\n"


def large_bases(folder: Path) -> str:
    for place in range(30):
        text = campaign() + "".join(f"k{place}x{n}: 1\n" for n in range(50_000))
        (folder / f"e{place}.yaml").write_text(text)
    return "extends: [" + ", ".join(f"e{place}.yaml" for place in range(30)) + "]\nid: hostile\n"


def variants_apart(folder: Path) -> str:
    for place in range(2):
        amounts = ", ".join(f"m{n}: {n + place}" for n in range(20_000))
        table = f"benefits: {{base: {{table: {{on: model, amounts: {{{amounts}}}}}}}}}\n"
        (folder / f"e{place}.yaml").write_text(campaign(benefits=table))
    return "extends: [e0.yaml, e1.yaml]\nid: hostile\n"


def extends(name: str) -> Write:
    return lambda folder: f"extends: {name}\nid: hostile\n"


def pipe_to_extend(folder: Path) -> str:
    os.mkfifo(folder / "base.yaml")
    return "extends: base.yaml\nid: hostile\n"


ROWS = "".join(f"n{n},2022-{n % 11 + 1:02}-{n % 28 + 1:02},\n" for n in range(4_999))
FILES: dict[str, Write] = {
    "a list of 5,000 names": beside("name,from,to\nn1,,\n" + ROWS),
    "a list of 5,000 days": beside(
        "name,from,to\nn1,,\n"
        + "".join(
            f"n{n},{2010 + n % 40}-{n % 11 + 1:02}-{n % 28 + 1:02},"
            f"{2051 + n % 40}-{n % 12 + 1:02}-{n % 27 + 1:02}\n"
            for n in range(4_999)
        )
    ),
    "a list of 100,000 names": beside("name\n" + "n\n" * 100_000),
    "a list of 2 MiB": beside("name\n" + "n1\n" * 700_000),
    "a list of one long row": beside("name,from,to\n" + "," * 900_000),
    "a list of one long name": beside("name,from,to\nn1,,\n" + "n" * 900_000 + ",,\n"),
    "a list of many columns": beside("name" + ",from" * 100_000 + "\n"),
    "a list of quotes": beside('name\n"' + '""' * 400_000),
    "a list of open quotes": beside('name\n"' * 100_000),
    "a list of formulas": beside(
        "name,from,to\nn1,,\n=cmd|' /C calc'!A0,,\n@SUM(1+1),,\n+1,,\n-1,,\n"
        '=HYPERLINK(""x""),,\n'
    ),
    "a formula as a day": beside("name,from,to\nn1,=TODAY(),\n"),
    "a list with NUL": beside(b"name,from,to\nn1,,\nn\x00,,\n"),
    "a list in UTF-16": beside("name,from,to\nn1,,\n".encode("utf-16")),
    "a list in GBK": beside("name,from,to\n经销商,,\n".encode("gbk")),
    "a list in two encodings": beside("name,from,to\n经销商,,\n".encode() + "商".encode("gbk")),
    "a list with a surrogate": beside(b"name,from,to\nn1,,\n\xed\xa0\x80,,\n"),
    "a workbook as a list": beside(b"PK\x03\x04" + b"\x00" * 1_000),
    "a list of nothing": beside(b""),
    "a list of blanks": beside(" \n" * 1_000),
    "a list of odd line ends": beside("name,from,to\u2028n1,,\u2028n2,,\x85n3,,\r"),
    "a list in a pipe": pipe,
    "a list in a ring of links": links_in_a_ring,
    "a link out": link("/etc/passwd"),
    "a link to a device": link("/dev/zero"),
    "a link to memory": link("/proc/self/mem"),
    "a link to a folder": link("/"),
    "a path that climbs out": path("../../../../../../etc/passwd"),
    "an absolute path": path("/etc/passwd"),
    "a device": path("/dev/zero"),
    "a folder": path("."),
    "a home folder": path("~/list.csv"),
    "an address": path("https://example.org/list.csv"),
    "a path with NUL": path('"a\\0b"'),
    "a path of 100,000 letters": path("x" * 100_000),
    "a path of 100,000 folders": path("x/" * 50_000 + "y"),
    "a path of dots": path("./" * 100_000 + "list.csv"),
    "a path in backslashes": path("'..\\..\\etc\\passwd'"),
    "a path with a surrogate": path('"\\ud800"'),
    "20 lists of 5,000 names": twenty_lists,
    "a chain of 40 files": chain_of_files,
    "a diamond of files": diamond_of_files,
    "30 large bases": large_bases,
    "20,000 conflicts": variants_apart,
    "a base in a pipe": pipe_to_extend,
    "a device as base": extends("/dev/zero"),
    "a base that climbs out": extends("../../../../etc/passwd"),
    "a base of 100,000 letters": extends("x" * 100_000),
    "100,000 bases": extends("[" + "a.yaml, " * 100_000 + "]"),
    "itself": extends("hostile.yaml"),
}


# --- the test ---------------------------------------------------------------------------------


def said(text: str | bytes) -> Write:
    return lambda folder: text


CASES: dict[str, Write] = {name: said(text) for name, text in TEXTS.items()} | FILES
CHECKER = """
import json, re, sys, time, traceback
from pathlib import Path
begun = time.process_time()
from typer.testing import CliRunner
from promo.cli.app import app
import promo.policy.checking
CliRunner().invoke(app, ["check", sys.argv[1]])
start = time.process_time() - begun

def most_memory():
    # Not ru_maxrss, which remembers the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

for path in sys.stdin.read().split("\\0"):
    begun = time.process_time()
    result = CliRunner().invoke(app, ["check", path, "--lang=zh"])
    seconds = start + time.process_time() - begun
    known = isinstance(result.exception, SystemExit | None)
    print(json.dumps({
        "path": path,
        "exit": result.exit_code,
        "seconds": seconds,
        "mebibytes": most_memory(),
        "fault": "" if known else "".join(traceback.format_exception(result.exception)),
        "codes": sorted(set(re.findall(r"^\\S+:\\d+:\\d+: ([A-Z]\\d{3}) ", result.stdout, re.M))),
    }), flush=True)
"""
GROUPS = 6  # processes one after the other: memory that one case took is no burden to all others


@dataclass(frozen=True)
class Outcome:
    """What became of a case: findings, time and memory of the process so far; or its fault."""

    codes: tuple[str, ...] = ()
    exit_code: int = 0
    seconds: float = 0
    mebibytes: float = 0
    fault: str = ""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Every case, checked."""
    root = tmp_path_factory.mktemp("hostile")
    files: dict[str, str] = {}
    for number, (name, write) in enumerate(CASES.items()):
        folder = root / f"{number}" / "campaigns" / "place"
        folder.mkdir(parents=True)
        content = write(folder)
        file = folder / "hostile.yaml"
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogatepass")
        file.write_bytes(content)
        files[str(file)] = name
    usual = root / "usual.yaml"
    usual.write_text(campaign(), encoding="utf-8")
    found: dict[str, Outcome] = {}
    for group in range(GROUPS):
        found |= checked_together(str(usual), dict(list(files.items())[group::GROUPS]))
    return found


def checked_together(usual: str, files: dict[str, str]) -> dict[str, Outcome]:
    """Some files checked in one process; in another one from where it died, if it does."""
    found: dict[str, Outcome] = {}
    left = dict(files)
    while left:
        done = subprocess.run(
            [sys.executable, "-c", CHECKER, usual],
            input="\0".join(left),
            env=os.environ | {"PROMO_CACHE": "off"},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        for line in done.stdout.splitlines():
            said = json.loads(line)
            name = left.pop(said["path"])
            codes = tuple(said["codes"])
            numbers = said["exit"], said["seconds"], said["mebibytes"]
            found[name] = Outcome(codes, *numbers, said["fault"])
        if done.returncode and left:
            name = left.pop(next(iter(left)))
            found[name] = Outcome(fault=f"died with {done.returncode}: {done.stderr[-2_000:]}")
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_is_hostile_ends_soon_in_findings(name: str, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[name]
    assert not outcome.fault
    assert outcome.seconds <= MOST_SECONDS
    assert outcome.mebibytes <= MOST_MEBIBYTES
    assert outcome.exit_code in (0, 1)
    assert outcome.exit_code == 0 or outcome.codes


# What must not pass as a clean campaign, and as what it is found.
FOUND = {
    "an alias bomb": "Y002",
    "a bomb of merge keys": "Y002",
    "10,000 anchors": "Y002",
    "100,000 brackets": "Y005",
    "200,000 dashes": "Y005",
    "50,000 documents": "Y004",
    "a Python object": "Y003",
    "one key 100,000 times": "Y006",
    "NUL": "T004",
    "a lone surrogate": "T003",
    "UTF-8 and GBK": "T003",
    "noise": "T004",
    "giant integers everywhere": "V205",
    "a giant exponent": "V205",
    "an identifier of 100,000 letters": "V210",
    "LPAD": "C302",
    "REPEAT": "C302",
    "rules of 4,000 letters each": "C305",
    "1,000 rules of amounts": "K103",
    "200 amendments of one benefit": "K103",
    "300 benefits": "K103",
    "10,000 stocks": "K103",
    "combinations 30 deep": "K103",
    "a list of 100,000 names": "V211",
    "a list of 5,000 days": "V211",
    "a list of 2 MiB": "T002",
    "a list with NUL": "T004",
    "a list in GBK": "T003",
    "a list in two encodings": "T003",
    "a formula as a day": "V201",
    "a list in a pipe": "P801",
    "a list in a ring of links": "P801",
    "a link out": "P802",
    "a link to a device": "P802",
    "a link to memory": "P802",
    "a path that climbs out": "P802",
    "an absolute path": "P802",
    "a device": "P802",
    "an address": "P801",
    "a chain of 40 files": "P804",
    "100,000 bases": "P804",
    "30 large bases": "T002",
    "20,000 conflicts": "R417",
    "a base in a pipe": "P801",
    "a device as base": "P802",
    "itself": "P804",
}


@pytest.mark.parametrize(("name", "code"), FOUND.items())
def test_it_is_found_as_what_it_is(name: str, code: str, outcomes: dict[str, Outcome]) -> None:
    assert code in outcomes[name].codes
    assert outcomes[name].exit_code == 1


@pytest.mark.parametrize(
    "name", ["a list of 5,000 names", "a list of formulas", "a diamond of files"]
)
def test_what_is_only_large_or_odd_is_clean(name: str, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[name].codes == ()


# --- hostile names on the command line --------------------------------------------------------


def said_of(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What `promo check NAME` says in a folder."""
    return subprocess.run(
        [sys.executable, "-c", "from promo.cli.app import main; main()", "check", "--", name],
        cwd=folder,
        env=os.environ | {"PROMO_CACHE": "off"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["x" * 5_000 + ".yaml", "HEAD:" + "x" * 5_000, "--output=x:y"])
def test_a_name_that_cannot_be_one_is_a_finding(name: str, tmp_path: Path) -> None:
    done = said_of(name, tmp_path)
    assert done.returncode == 1
    assert ":1:1: T001 " in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_hostile_path_in_a_revision_is_a_finding(tmp_path: Path) -> None:
    folder = tmp_path / "campaigns" / "place"
    folder.mkdir(parents=True)
    (folder / "nul.yaml").write_text(listed('"a\\0b"'), encoding="utf-8")
    (folder / "endless.yaml").write_text(listed("x" * 5_000), encoding="utf-8")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    done = said_of("HEAD:campaigns", tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("P801") == 2
    assert "internal error" not in done.stderr
