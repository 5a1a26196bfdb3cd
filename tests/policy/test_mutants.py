"""200 slips of the pen in a valid campaign: each is found at its place, with its code.

A slip replaces one piece of text; where it stands, and so where the finding must stand, is known
from the replacement itself, never from the checker.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from promo.policy.campaign import Campaign
from promo.policy.checking import check_campaign
from promo.textfile import parse

SAMPLE = (Path(__file__).parent / "sample.yaml").read_text(encoding="utf-8")
KEYS = (
    "title",
    "issuers",
    "currency",
    "windows",
    "eligibility",
    "benefits",
    "combine",
    "money",
    "announced",
    "invoice",
    "registration",
    "bands",
    "on",
    "closed",
    "steps",
    "pots",
    "pays",
    "funding",
    "commit_on",
    "order_by",
    "last_yuan",
    "rounding",
    "mode",
    "limits",
    "per",
    "max",
    "examples",
    "ordinary",
    "cases",
    "facts",
    "says",
    "per_car",
    "share",
)
FACT_NAMES = ("price", "buyer_kind", "registered_in", "energy")


@dataclass(frozen=True)
class Slip:
    """A text with one fault, and the place and code that must be reported."""

    text: str
    line: int
    column: int
    code: str


def replaced(start: int, end: int, new: str, code: str, at: int = 0) -> Slip:
    """The sample with one piece replaced; the finding stands `at` characters into it."""
    text = SAMPLE[:start] + new + SAMPLE[end:]
    before = text[: start + at]
    return Slip(text, before.count("\n") + 1, len(before) - before.rfind("\n"), code)


def somewhere(luck: random.Random, pattern: str) -> re.Match[str]:
    return luck.choice(list(re.finditer(pattern, SAMPLE, re.MULTILINE)))


def group(match: re.Match[str], new: str, code: str, at: int = 0) -> Slip:
    return replaced(match.start(1), match.end(1), new, code, at)


def misspelt_key(luck: random.Random) -> Slip:
    key = luck.choice(KEYS)
    return group(somewhere(luck, rf"(?:^[ -]*|[{{,] ?)({key}):(?= |$)"), key + "x", "K101")


def unknown_fact(luck: random.Random) -> Slip:
    fact = luck.choice(FACT_NAMES)
    return group(somewhere(luck, rf'when: "({fact}) '), fact + "s", "C303")


def day_that_is_not(luck: random.Random) -> Slip:
    wrong = luck.choice(("2022-02-30", "2022-13-01", "2022-11-31", "2023-02-29"))
    return group(somewhere(luck, r"[ {](\d{4}-\d\d-\d\d)(?=[,}T\n])"), wrong, "V202")


def day_with_slashes(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"[ {](\d{4}-\d\d-\d\d)(?=[,}\n])"), "2022/11/01", "V201")


def rate_above_everything(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"share: (50%)"), luck.choice(("1200%", "101 %", "50")), "V203")


def number_in_chinese_units(luck: random.Random) -> Slip:
    new = luck.choice(("10万", "5万元", "2000元"))
    return group(somewhere(luck, r"(?:pay|per_car|amount|price): (\d{4,})\b"), new, "V207")


def number_with_separators(luck: random.Random) -> Slip:
    new = luck.choice(("1_000", "1e5", "abc", "0x10", ".5", "-7"))
    return group(somewhere(luck, r"(?:pay|per_car): (\d{4,})\b"), new, "V201")


def giant_number(luck: random.Random) -> Slip:
    pattern = r"(?:pay|per_car|price|amount): (\d{4,})\b"
    return group(somewhere(luck, pattern), "9" * luck.randint(18, 300), "V205")


def full_width_number(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"(?:pay|per_car|price|amount): (\d{4,})\b"), "１０００", "V208")


def condition_with_units(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"price >= (50000)"), luck.choice(("5万", "50_000")), "C301")


def condition_with_function(luck: random.Random) -> Slip:
    new = luck.choice(("SUM(price)", "IF(price > 3)", "ABS(price)", "CURRENT_DATE"))
    return group(somewhere(luck, r'when: "(price) '), new, "C302")


def full_width_sign(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"when: \"\w+ (=|>=) "), luck.choice("＝＞"), "V208")


def text_for_a_price(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"price >= (50000)"), "'50000'", "C304")


def never_an_energy(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"('BEV'|'PHEV'|'EREV')"), "'EV'", "V206")


def duplicate_key(luck: random.Random) -> Slip:
    line = somewhere(luck, r"^( *\w+: \S.*\n)(?!\s*\S*- )")
    indent = len(line[1]) - len(line[1].lstrip())
    return replaced(line.end(1), line.end(1), line[1], "Y006", at=indent)


def anchor(luck: random.Random) -> Slip:
    return group(somewhere(luck, r": ()[\[{\w]"), "&x ", "Y002")


def tag(luck: random.Random) -> Slip:
    return group(somewhere(luck, r": ()[\[{\w]"), "!!str ", "Y003")


def window_swapped(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"\bto: (2023-02-28)"), "2021-01-01", "V204")


def not_an_option(luck: random.Random) -> Slip:
    return group(
        somewhere(luck, r"(?:closed|commit_on|order_by|last_yuan|mode|per): (\w+)"),
        "maybe",
        "V206",
    )


def bad_name(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"\bid: ([\w-]+)"), luck.choice(("a b", "x/y", "price!")), "V210")


def undeclared_benefit(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"(?:sum: \[|pays: \[)(base),"), "bass", "R406")


def undeclared_reason(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"(?:refused|incomplete): (plate)"), "plates", "R406")


def wrong_sum(luck: random.Random) -> Slip:
    match = somewhere(luck, r"funding: ()\[\{from: city, share: 50%")
    return replaced(match.start(1), match.end(), "[{from: city, share: 40%", "R412")


def wrong_kind(luck: random.Random) -> Slip:
    return group(somewhere(luck, r"^(?:issuers|limits): (\[.*\])$"), "{a: b}", "K103")


def example_wrong(luck: random.Random) -> Slip:
    match = somewhere(luck, r"- (\{says.*amount: \d+)")
    return group(match, match[1] + "1", "E601")


SLIPS: tuple[Callable[[random.Random], Slip], ...] = (
    misspelt_key,
    unknown_fact,
    day_that_is_not,
    day_with_slashes,
    rate_above_everything,
    number_in_chinese_units,
    number_with_separators,
    giant_number,
    full_width_number,
    condition_with_units,
    condition_with_function,
    full_width_sign,
    text_for_a_price,
    never_an_energy,
    duplicate_key,
    anchor,
    tag,
    window_swapped,
    not_an_option,
    bad_name,
    undeclared_benefit,
    undeclared_reason,
    wrong_sum,
    wrong_kind,
    example_wrong,
)


def findings(text: str) -> list[tuple[int, int, str]]:
    loaded = parse("sample.yaml", text.encode(), Campaign)
    found = (*loaded.diagnostics, *check_campaign(loaded))
    return [(each.line, each.column, each.code) for each in found]


def test_the_sample_itself_has_no_finding():
    assert findings(SAMPLE) == []


@pytest.mark.parametrize("number", range(200))
def test_a_slip_is_found_where_it_stands(number):
    luck = random.Random(number)
    slip = SLIPS[number % len(SLIPS)](luck)
    found = findings(slip.text)
    assert (slip.line, slip.column, slip.code) in found
    assert len(found) <= 2, "one slip of the pen is not a page of findings"
