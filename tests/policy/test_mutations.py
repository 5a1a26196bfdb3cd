"""Is every fault that can be planted in a campaign found at its place, and nothing else?

The files in `clean/` say all that the language can say and give no finding. A *fault* is one
change of such a file: a word misspelt, a value that cannot be, a reference to nothing, a rule that
contradicts another. Where it stands, and so where the finding must stand, follows from the change;
as what it must be found was written from the meaning of the rules, not from the checker's answer.
"""

from __future__ import annotations

import json
import posixpath
import re
import runpy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from promo.cli.app import app
from promo.errors import WARNINGS

CLEAN = Path(__file__).parent / "clean"
VARIANTS = ("23-", "24-", "25-")  # half of what they say stands in another file


# --- where things stand -----------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A value of a file: its path, from where to where it and its key stand, and what holds it."""

    path: str
    start: int
    end: int
    key: tuple[int, int] | None
    kind: str
    flow: bool
    inside: Part | None

    @property
    def place(self) -> int:
        """Where a finding about the whole entry stands: at its key, if it has one."""
        if self.inside is None:
            return 0
        return self.start if self.key is None else self.key[0]


@cache
def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


@cache
def parts(text: str) -> tuple[Part, ...]:
    """Every value of a file, by the marks of a plain YAML composer."""
    found: list[Part] = []

    def walk(node: Any, path: str, key: tuple[int, int] | None, inside: Part | None) -> None:
        start = node.start_mark.index
        end = start + len(text[start : node.end_mark.index].rstrip())
        flow = bool(getattr(node, "flow_style", False))
        part = Part(path, start, end, key, node.id, flow, inside)
        found.append(part)
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                place = (name.start_mark.index, name.end_mark.index)
                walk(value, f"{path}/{name.value}".lstrip("/"), place, part)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                walk(value, f"{path}/{number}", None, part)

    walk(yaml.compose(text, Loader=yaml.BaseLoader), "", None, None)
    return tuple(found)


def fits(path: str, pattern: str) -> bool:
    """Does a path fit a pattern, in which `*` stands for one step?"""
    steps, wanted = path.split("/"), pattern.split("/")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))


def part_at(text: str, path: str) -> Part:
    return next(part for part in parts(text) if part.path == path)


# --- changes ----------------------------------------------------------------------------------

Planted = tuple[str, int]  # a text with a fault, and at which character it must be found
Change = Callable[[str, Part], Planted]


def value(new: str, at: int = 0) -> Change:
    """Another value; the finding stands `at` characters into it."""

    def change(text: str, part: Part) -> Planted:
        if part.kind != "scalar" and not part.flow and part.key is not None:
            begun = text[: part.key[1]] + ": "  # it comes to stand behind its key
            return begun + new + text[part.end :], len(begun) + at
        return text[: part.start] + new + text[part.end :], part.start + at

    return change


def empty(text: str, part: Part) -> Planted:
    """Nothing behind the key."""
    return text[: part.start] + text[part.end :], part.place


def misspelt(text: str, part: Part) -> Planted:
    """Two letters of the key change places, or its last stands twice."""
    assert part.key is not None
    start, end = part.key
    name = text[start:end]
    swapped = name[0] + name[2] + name[1] + name[3:] if len(name) > 3 else name
    new = swapped if swapped != name else name[:-1] + name[-1] + name[-1]
    return text[:start] + new + text[end:], start


def renamed(new: str) -> Change:
    """Another key."""

    def change(text: str, part: Part) -> Planted:
        assert part.key is not None
        start, end = part.key
        return text[:start] + new + text[end:], start

    return change


def missing(text: str, part: Part) -> Planted:
    """The entry is not there; the finding stands where its mapping does."""
    assert part.key is not None
    assert part.inside is not None
    beside = [each for each in parts(text) if each.inside == part.inside]
    keys = [each.key[0] for each in beside if each.key is not None]
    later = [start for start in keys if start > part.key[0]]
    before = [each.end for each in beside if each.end <= part.key[0]]
    start = part.key[0] if later or not before else max(before)
    end = min(later, default=part.end)
    return text[:start] + text[end:], part.inside.place


def more(new: str, at: str = "") -> Change:
    """One more entry at the beginning of a mapping; the finding stands at some words of it."""

    def change(text: str, part: Part) -> Planted:
        assert part.kind == "mapping"
        offset = new.index(at)
        if part.flow:
            start = part.start + 1
            return text[:start] + new + ", " + text[start:], start + offset
        column = part.start - (text.rfind("\n", 0, part.start) + 1)
        begun = text[: part.start] + new + "\n" + " " * column
        return begun + text[part.start :], part.start + offset

    return change


def another(new: str, at: str = "") -> Change:
    """One more item at the end of a list; the finding stands at some words of it."""

    def change(text: str, part: Part) -> Planted:
        assert part.kind == "sequence"
        if part.flow:
            begun = text[: part.end - 1] + ("" if text[part.end - 2] == "[" else ", ")
            rest = text[part.end - 1 :]
        else:
            column = part.start - (text.rfind("\n", 0, part.start) + 1)
            begun = text[: part.end] + "\n" + " " * column + "- "
            rest = text[part.end :]
        return begun + new + rest, len(begun) + new.index(at)

    return change


def words(old: str, new: str, at: str | int = 0) -> Change:
    """Some words inside a value, such as a condition, are others."""

    def change(text: str, part: Part) -> Planted:
        start = text.index(old, part.start)
        assert start < part.end
        offset = at if isinstance(at, int) else new.index(at)
        return text[:start] + new + text[start + len(old) :], start + offset

    return change


def then(change: Change, path: str, *, key: bool = False, at: str = "") -> Change:
    """The same change, but what is wrong stands elsewhere: on a path from the value changed."""

    def changed(text: str, part: Part) -> Planted:
        new, _ = change(text, part)
        where = posixpath.normpath(posixpath.join("/", part.path, path)).lstrip("/")
        other = part_at(new, where)
        if key:
            return new, other.place
        return new, new.index(at, other.start)

    return changed


def line(new: str, at: int = 0) -> Change:
    """Some text before the line on which a value or its key stands."""

    def change(text: str, part: Part) -> Planted:
        start = text.rfind("\n", 0, part.place) + 1
        return text[:start] + new + text[start:], start + at

    return change


def behind(new: str, at: int = 0) -> Change:
    """Some text directly behind a value."""

    def change(text: str, part: Part) -> Planted:
        return text[: part.end] + new + text[part.end :], part.end + at

    return change


# --- faults -----------------------------------------------------------------------------------

# What a fault may bring with it: a key that is misspelt is also missing, a rate of 150 % breaks
# the sum, examples do not hold under rules that are wrong, full-width signs are found one by one.
REPEATED = frozenset({"V208"})
BRINGS = {
    "K101": {"K102"},
    "V203": {"R412"},
    "E602": {"E601"},
} | {code: {"E601", "E602"} for code in ("R401", "R402", "R404", "R405", "R406", "R410", "R411")}


@dataclass(frozen=True)
class Fault:
    """One kind of fault: in which values it can be planted, how, and as what it must be found.

    `codes` are the codes of which one must be found, `also` is what it may bring with it besides,
    `only` names the files in which it is a fault.
    """

    name: str
    where: str
    change: Change
    codes: str
    containing: str = ""
    only: str = ""
    also: str = ""

    def sites(self) -> list[tuple[Path, Part]]:
        """The values of the clean files in which it can be planted."""
        return [
            (path, part)
            for path in sorted(CLEAN.glob("*.yaml"))
            if not path.name.startswith(VARIANTS)
            and path.name.startswith(tuple(self.only.split()) or "")
            for part in parts(text_of(path))
            if fits(part.path, self.where)
            and self.containing in text_of(path)[part.start : part.end]
        ]


# --- faults of any key ------------------------------------------------------------------------

NAMED = ("benefits", "facts", "ordinary", "pots", "amounts")  # mappings whose keys are names


def skeleton(part: Part) -> str | None:
    """The path of a key without names and numbers; None where the key is a name itself."""
    steps = part.path.split("/")
    above = ["", *steps[:-1]]
    if part.key is None or above[-1] in NAMED:
        return None
    named = [
        "*" if step.isdecimal() or before in NAMED else step
        for before, step in zip(above, steps, strict=True)
    ]
    return "/".join(named)


@cache
def keys_of_the_language() -> dict[str, str]:
    """Every key that the clean files use, by its path, and the kind of what stands behind it."""
    kinds: dict[str, str] = {}
    for path in sorted(CLEAN.glob("*.yaml")):
        if not path.name.startswith(VARIANTS):
            for part in parts(text_of(path)):
                name = skeleton(part)
                if name is not None:
                    kinds.setdefault(name, part.kind)
    return kinds


# Where a plain value may also be a mapping `{assumed: ...}`, or a word may be a policy.
EITHER = ("money/pots/*/amount", "money/pots/*/count", "money/rounding", "benefits/*/amount")


def of_every_key() -> Iterator[Fault]:
    for path, kind in keys_of_the_language().items():
        yield Fault(f"misspelt: {path}", path, misspelt, "K101")
        if kind == "scalar":
            yield Fault(f"empty: {path}", path, empty, "V201 V206 V210 C301")
            codes = "K103 V201" if path.startswith("benefits/*/amount/") else "K103"
            yield Fault(f"a list instead: {path}", path, value("[x]"), codes)
        elif path not in EITHER:
            codes = "K103 V201" if path.endswith("/range") else "K103"
            yield Fault(f"a word instead: {path}", path, value("maybe"), codes)


REQUIRED = (
    "id",
    "title",
    "title/en",
    "issuers",
    "currency",
    "windows",
    "windows/invoice/from",
    "windows/invoice/to",
    "eligibility",
    "eligibility/*/id",
    "eligibility/*/when",
    "eligibility/*/listed",
    "eligibility/*/listed/fact",
    "eligibility/*/listed/file",
    "benefits",
    "benefits/*/pay",
    "benefits/*/share",
    "benefits/*/share/of",
    "benefits/*/share/rate",
    "benefits/*/bands",
    "benefits/*/bands/on",
    "benefits/*/bands/closed",
    "benefits/*/bands/steps",
    "benefits/*/table/on",
    "benefits/*/table/amounts",
    "benefits/*/uplift/of",
    "benefits/*/uplift/rate",
    "benefits/*/points/of",
    "benefits/*/points/steps",
    "benefits/*/points/of/*/when",
    "benefits/*/points/of/*/points",
    "benefits/*/amount/why",
    "benefits/*/amount/range",
    "combine",
    "combine/cap/per_car",
    "money",
    "money/pots",
    "money/pots/*/id",
    "money/pots/*/amount",
    "money/pots/*/face",
    "money/pots/*/count",
    "money/pots/*/pays",
    "money/pots/*/amount/range",
    "money/pots/*/amount/why",
    "money/funding/*/from",
    "money/funding/*/share",
    "money/commit_on",
    "money/order_by",
    "money/last_yuan",
    "money/rounding",
    "money/rounding/to",
    "money/rounding/mode",
    "money/allocation/voucher/lapsed",
    "money/allocation/voucher/lapsed_holder",
    "money/allocation/lottery/seed",
    "money/allocation/lottery/draw_on",
    "money/allocation/reservation/lapsed",
    "money/allocation/reservation/prove_within_days",
    "money/quotas/*/max",
    "money/quotas/*/per",
    "money/payout/as",
    "limits/*/per",
    "limits/*/max",
    "holding/months",
    "holding/clawback",
    "amendments/*/id",
    "amendments/*/by",
    "amendments/*/from",
    "amendments/*/paid_claims",
    "silence/*/code",
    "silence/*/why",
    "examples",
    "examples/ordinary",
    "examples/cases/*/says",
    "examples/cases/*/refused",
)


def of_required_keys() -> Iterator[Fault]:
    for path in REQUIRED:
        # A file with a single pair of brackets left empty says something else.
        only = {"combine": "01", "combine/cap/per_car": "01", "money/pots": "01"}.get(path, "")
        only = {"money/order_by": "01", "money/last_yuan": "01"}.get(path, only)
        yield Fault(f"missing: {path}", path, missing, "K102", only=only)


# --- faults of typed values -------------------------------------------------------------------

DAYS = {
    "2024-02-30": "V202",
    "2023-02-29": "V202",
    "2023-13-01": "V202",
    "2023-00-10": "V202",
    "2023/03/01": "V201",
    "2023-3-1": "V201",
    "20230301": "V201",
    "2023年3月1日": "V201",
    "1667260800": "V201",
    "２０２３-03-01": "V208",
    "3023-01-01": "V211",
    "0001-01-01": "V211",
    "tomorrow": "V201",
}
MOMENTS = {
    "2023-03-01T25:00": "V202",
    "2023-03-01T24:01": "V202",
    "2023-03-01T18:60": "V202",
    "2023-03-01T9:00": "V201",
    "2023-03-01T09": "V201",
    "2023-03-01T09:00Z": "V201",
    "2023-03-01T09:00+08:00": "V201",
    "2023-02-29T09:00": "V202",
    "2023-03-01T０９:00": "V208",
    "2023-03-01Tnoon": "V201",
}
MONEY = {
    "10万": "V207",
    "2000元": "V207",
    "¥2000": "V207",
    "2k": "V207",
    "1_000": "V201",
    "'1,000'": "V201",
    "1e5": "V201",
    "-5": "V201",
    "100.001": "V201",
    "１０００": "V208",
    "9" * 30: "V205",
    "9" * 5_000: "V205",
    "0x10": "V201",
    "5%": "V201",
    ".inf": "V201",
    "一千": "V201",
}
RATES = {
    "120%": "V203",
    "5": "V203",
    "-1%": "V203",
    "5％": "V208",
    "0.001%": "V201",
    "5‰": "V201",
    "half": "V201",
    "1000000000000000%": "V203 V205",
}
COUNTS = {
    "1.5": "V201",
    "-1": "V201",
    "一": "V201",
    "3辆": "V207",
    "１": "V208",
    "1e3": "V201",
    "9" * 20: "V205",
}
CHOICES = {"maybe": "V206", "可能": "V206", "'MAYBE'": "V206", "' refuse'": "V206"}
NAMES = {
    "a b": "V210",
    "x/y": "V210",
    "../x": "V210",
    "a.b": "V210",
    "-x": "V210",
    "a" * 65: "V210",
    "'a\tb'": "V210 Y001",
    "ａｂ": "V208",
    "=1+2": "V210",
}
FLAGS = {"maybe": "V201", "1": "V201", "是": "V201", "True ": "V201", "TRUE": "V201"}
TYPED: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    (
        DAYS,
        (
            "windows/announced",
            "windows/invoice/from",
            "windows/invoice/to",
            "windows/order/from",
            "windows/order/to",
            "windows/registration/from",
            "windows/registration/to",
            "windows/claim/from",
            "windows/claim/before",
            "money/pots/*/opens",
            "money/pots/*/closes",
            "money/allocation/lottery/draw_on",
            "amendments/*/announced",
            "amendments/*/from",
            "examples/ordinary/invoice_date",
            "examples/ordinary/registration_date",
            "examples/ordinary/trade_in_registered",
            "examples/ordinary/claim_time",
            "examples/cases/*/facts/claim_date",
            "examples/cases/*/facts/claim_time",
        ),
    ),
    (
        MOMENTS,
        (
            "windows/invoice/from",
            "windows/invoice/to",
            "windows/claim/from",
            "windows/claim/to",
            "windows/claim/before",
            "money/pots/*/opens",
            "money/pots/*/closes",
            "examples/ordinary/voucher_expires",
            "examples/ordinary/invoice_date",
        ),
    ),
    (
        MONEY,
        (
            "benefits/*/pay",
            "benefits/*/share/cap",
            "benefits/*/share/floor",
            "benefits/*/bands/steps/*/0",
            "benefits/*/bands/steps/*/1",
            "benefits/*/bands/up_to",
            "benefits/*/points/steps/*/0",
            "benefits/*/points/steps/*/1",
            "benefits/*/table/amounts/*",
            "combine/cap/per_car",
            "money/pots/*/amount",
            "money/pots/*/amount/assumed",
            "money/pots/*/face",
            "money/payout/face",
            "money/payout/min_spend",
            "amendments/*/benefits/*/pay",
            "examples/ordinary/price",
            "examples/cases/*/facts/price",
            "examples/cases/*/facts/already_paid",
            "examples/cases/*/pots/*",
            "examples/cases/*/amount",
        ),
    ),
    (
        RATES,
        (
            "benefits/*/share/rate",
            "benefits/*/uplift/rate",
            "combine/cap/rate",
            "money/funding/*/share",
        ),
    ),
    (
        COUNTS,
        (
            "limits/*/max",
            "money/quotas/*/max",
            "money/pots/*/count",
            "money/payout/valid_days",
            "money/allocation/reservation/prove_within_days",
            "holding/months",
            "benefits/*/points/of/*/points",
        ),
    ),
    (
        CHOICES,
        (
            "benefits/*/bands/on",
            "benefits/*/bands/closed",
            "benefits/*/share/of",
            "benefits/*/table/on",
            "combine/cap/share_of",
            "money/commit_on",
            "money/order_by",
            "money/last_yuan",
            "money/rounding/to",
            "money/rounding/mode",
            "money/priority/*",
            "money/quotas/*/per",
            "money/payout/as",
            "money/pots/*/unused",
            "money/allocation/voucher/lapsed",
            "money/allocation/voucher/lapsed_holder",
            "money/allocation/reservation/lapsed",
            "limits/*/per",
            "limits/*/within",
            "limits/*/identity/*",
            "identity/*",
            "holding/clawback",
            "amendments/*/by",
            "amendments/*/paid_claims",
            "eligibility/*/listed/fact",
            "eligibility/*/listed/on",
            "silence/*/code",
            "money/pots/*/amount/status",
            "examples/ordinary/buyer_kind",
            "examples/ordinary/energy",
            "examples/cases/*/facts/trade_in",
        ),
    ),
    (
        NAMES,
        (
            "id",
            "eligibility/*/id",
            "money/pots/*/id",
            "money/pots/*/pays/*",
            "combine/sum/*",
            "combine/exclusive/*",
            "combine/best_of/*",
            "benefits/*/uplift/of/*",
            "money/allocation/voucher/for/*",
            "amendments/*/id",
            "amendments/*/withdraws/*",
            "amendments/*/eligibility/*/id",
            "excludes/*",
            "examples/cases/*/refused",
            "examples/cases/*/incomplete",
            "examples/cases/*/waiting",
            "examples/cases/*/undeclared",
        ),
    ),
    (
        FLAGS,
        (
            "money/unlimited",
            "money/allocation/voucher/must_match",
            "examples/cases/*/approved",
            "examples/cases/*/unpublished",
            "examples/ordinary/first_car",
            "examples/ordinary/maker_share_granted",
            "examples/cases/*/facts/battery_swap",
            "examples/cases/*/facts/paid_elsewhere",
        ),
    ),
)
# A key counts as a name for a choice in quotes, a nested part is no plain value.
NO_NESTED = {"combine/sum/*": "01", "combine/best_of/*": "12"}
EACH = 4  # slips of each typed value


def of_typed_values() -> Iterator[Fault]:
    for slips, paths in TYPED:
        waiting = list(slips.items())
        for path in paths:
            for _ in range(min(EACH, len(slips))):
                slip, codes = waiting.pop(0)
                waiting.append((slip, codes))
                only = NO_NESTED.get(path, "")
                name = f"{path}: {len(slip)} {slip[:20]}"
                yield Fault(name, path, value(slip), codes, only=only)


# --- faults of conditions ---------------------------------------------------------------------

# In `price >= 50000`: what stands instead, the word at which it is wrong, and as what.
CONDITIONS: tuple[tuple[str, str, str], ...] = (
    ("price >= 5万", "5万", "C301"),
    ("price >= 50_000", "50_000", "C301"),
    ("price >= 5e4", "5e4", "C301"),
    ("price >= 50000元", "50000元", "C301"),
    ("price >= 50,000", ",", "C301"),
    ("price >= 5", "5", "V207"),
    ("price >= '50000'", "'50000'", "C304"),
    ("price >= TRUE", "TRUE", "C304"),
    ("price >= DATE '2024-01-01'", "'2024-01-01'", "C304"),
    ("price >= NULL", "NULL", "C302"),
    ("price = NULL", "NULL", "C302"),
    ("price ≥ 50000", "≥", "V208 C302"),
    ("price >＝ 50000", "＝", "V208"),
    ("price ＞ 50000", "＞", "V208"),
    ("price >= ５００００", "５００００", "V208"),
    ("price == 50000", "==", "C302"),
    ("price != 50000", "!=", "C302"),
    ("price >= 50000 && price < 60000", "&&", "C302"),
    ("price >= 50000 and", "and", "C301"),
    ("price >= 50000 AND AND price < 60000", "AND price", "C301"),
    ("AND price >= 50000", "AND", "C301"),
    ("50000 <= price <= 60000", "<= 60000", "C301"),
    ("price >=", ">=", "C301"),
    (">= 50000", ">=", "C301"),
    ("price 50000", "50000", "C301"),
    ("prise >= 50000", "prise", "C303"),
    ("Price >= 50000", "Price", "C303"),
    ("价格 >= 50000", "价格", "C303"),
    ("campaign.price >= 50000", "campaign", "C302"),
    ("price", "price", "C304"),
    ("50000", "50000", "C304"),
    ("TRUE >= 50000", "50000", "C304"),
    ("price LIKE '5%'", "price", "C304"),
    ("price IN ()", ")", "C301 C302"),
    ("price IN 50000", "50000", "C301"),
    ("price IN (50000, price_ex_vat)", "price_ex_vat", "C302"),
    ("price IN (50000, '60000')", "'60000'", "C304"),
    ("price BETWEEN 50000", "50000", "C301"),
    ("price BETWEEN 50000 AND '60000'", "'60000'", "C304"),
    ("price >= ALL (SELECT 1)", "ALL", "C302"),
    ("price >= (SELECT 50000)", "SELECT", "C302"),
    ("EXISTS (SELECT 1)", "EXISTS", "C302"),
    ("MAX(price) >= 50000", "MAX", "C302"),
    ("ABS(price) >= 50000", "ABS", "C302"),
    ("COALESCE(price, 0) >= 50000", "COALESCE", "C302"),
    ("price * 2 >= 50000", "*", "C302"),
    ("price / 10000 >= 50000", "/", "C302"),
    ("price % 2 = 50000", "%", "C302"),
    ("price::int >= 50000", "::", "C302"),
    ("CAST(price AS int) >= 50000", "CAST", "C302"),
    ("CASE WHEN price > 50000 THEN TRUE END", "CASE", "C302"),
    ("price >= 50000 -- from the notice", "--", "C302"),
    ("price /* yuan */ >= 50000", "/*", "C302"),
    ("price >= 50000; DROP TABLE x", ";", "C302"),
    ("price >= $1", "$", "C302"),
    ("price >= ?", "?", "C302"),
    ("price >= :floor", ":", "C302"),
    ("@price >= 50000", "@", "C302"),
    ("price >= 50000 COLLATE x", "COLLATE", "C302 C301"),
    ("price >= 50000 AS floor", "AS", "C302 C301"),
    ("price >= 50000 且 price < 60000", "且", "C301"),
    ("price >= 50000 OR", "OR", "C301"),
    ("NOT", "NOT", "C301"),
    ("(price >= 50000", "50000", "C301"),
    ("price >= 50000)", ")", "C301"),
    ("price >= 99999999999999999999", "99999999999999999999", "V205"),
    ("price >= 50000.001", "50000.001", "C304"),
    ("price + 1 month >= 50000", ">=", "C301 C302"),
    ("price >= -50000 - DATE '2024-01-01'", "'2024-01-01'", "C304"),
    ("invoice_date >= '2024-01-01'", "'2024-01-01'", "C304"),
    ("invoice_date >= 20240101", "20240101", "C304"),
    ("invoice_date >= 2024-01-01", "2024", "C304 C301"),
    ("invoice_date >= DATE '2024-02-30'", "'2024-02-30'", "V202"),
    ("invoice_date >= DATE '01.02.2024'", "'01.02.2024'", "C301"),
    ("invoice_date >= CURRENT_DATE", "CURRENT_DATE", "C302"),
    ("invoice_date >= NOW()", "NOW", "C302"),
    ("invoice_date >= today", "today", "C302 C303"),
    ("invoice_date >= order_date + INTERVAL '1 lustrum'", "'1 lustrum'", "C302"),
    ("invoice_date >= order_date + 1.5", "1.5", "C304"),
    ("invoice_date + order_date >= DATE '2024-01-01'", "order_date", "C304"),
    ("buyer_kind = individual", "individual", "C303"),
    ("buyer_kind = ‘individual’", "‘individual’", "V208"),
    ("buyer_kind = 'individual", "'individual", "C301"),
    ("buyer_kind = 'person'", "'person'", "V206"),
    ("buyer_kind = '个人'", "'个人'", "V206"),
    ("buyer_kind = 1", "1", "C304"),
    ("buyer_kind IN ('individual' 'firm')", "'firm'", "C301"),
    ("buyer_kind IN ('individual'，'firm')", "，", "V208"),
    ("buyer_kind LIKE individual", "individual", "C303"),
    ("buyer_kind ~ 'ind'", "~", "C302"),
    ("buyer_kind || 'x' = 'individual'", "||", "C302"),
    ("energy = 'bev'", "'bev'", "V206"),
    ("energy IN ('BEV', 'EV')", "'EV'", "V206"),
    ("first_car = 1", "1", "C304"),
    ("first_car = 'true'", "'true'", "C304"),
    ("first_car > TRUE", "first_car", "C302"),
    ("first_car IS TRUE", "first_car", "C302 C301"),
    ("dealer IS 'A'", "dealer", "C302 C301"),
    ("dealer = LPAD('x', 4000000000, 'x')", "LPAD", "C302"),
    ("dealer = REPEAT('x', 4000000000)", "REPEAT", "C302"),
    ("dealer = READ_TEXT(passwd)", "READ_TEXT", "C302"),
    ("dealer ILIKE 'a%'", "ILIKE", "C302"),
    ("dealer LIKE 'a%' ESCAPE '!'", "ESCAPE", "C302"),
    ("dealer SIMILAR TO 'a'", "SIMILAR", "C302"),
    ("dealer = E'x'", "E", "C301 C302 C303"),
    ("dealer = '一' 或 dealer = '二'", "或", "C301"),
    ("seats >= price", "price", "C304"),
    ("seats >= energy", "energy", "C304"),
    ("price_ex_vat >= registration_date", "registration_date", "C304"),
)
# The rules fix the line where a parser stumbles, not the column.
LINE_ONLY = frozenset({"Y001", "Y005", "C305"})


def of_conditions() -> Iterator[Fault]:
    for new, at, codes in CONDITIONS:
        where, old = "eligibility/*/when", "price >= 50000"
        change = words(old, new, at)
        yield Fault(f"condition: {new}", where, change, codes, containing=old, only="01")
    others: tuple[tuple[str, Change, str, str], ...] = (
        ("not closed", value('"vehicle_use = \'private"', 15), "C301", "16"),
        ("a year as a day", words("DATE '2018-05-01'", "'2018'"), "C304", "04"),
        ("a day that is not", words("'2018-05-01'", "'2018-04-31'"), "V202", "04"),
        ("a pattern of a day", words("residence LIKE '%县%'", "price LIKE '%县%'"), "C304", "15"),
        ("empty", value('""'), "C301", ""),
        ("blank", value('"   "'), "C301", ""),
        ("of 4,001 letters", value('"price >= 50000' + " " * 3_990 + '"'), "C305", ""),
        ("of 1,001 items", value('"price IN (' + "50000, " * 1_000 + '1)"'), "C305 ", ""),
        ("33 deep", value('"' + "(" * 33 + "price >= 50000" + ")" * 33 + '"'), "C305", ""),
        ("33 times not", value('"' + "NOT " * 33 + 'first_car"'), "C305", ""),
        ("a number", value("5"), "C304", ""),
        ("a NUL", value('"price >= 50000\\0"', at=15), "C301 C302", ""),
    )
    for name, change, codes, only in others:
        where = "eligibility/2/when" if only == "04" else "eligibility/*/when"
        where = "eligibility/0/when" if only == "16" else where
        where = "eligibility/1/when" if only == "15" else where
        yield Fault(f"condition: {name}", where, change, codes, only=only)
    inner = (
        ("benefits/*/when", " IN ", " INN ", "C301 C302"),
        ("benefits/*/points/of/*/when", "400", "四百", "C301 C303"),
        ("amendments/*/unless", "DATE", "TODAY", "C301 C302"),
        ("amendments/*/benefits/*/when", "energy", "Energy", "C303"),
        ("amendments/*/eligibility/*/when", "400000", "40", "V207"),
    )
    for where, old, new, codes in inner:
        yield Fault(f"{where}: {new}", where, words(old, new, new.strip()), codes, containing=old)


# --- faults of meaning ------------------------------------------------------------------------


def of_windows() -> Iterator[Fault]:
    for clock in ("order", "invoice", "registration"):
        path = f"windows/{clock}"
        yield Fault(f"{clock} ends early", f"{path}/to", value("2001-01-01"), "V204")
        late = then(value("2098-01-01"), "../to")
        yield Fault(f"{clock} starts late", f"{path}/from", late, "V204", only="01 04 16")
    yield Fault("before is not after from", "windows/claim/before", value("2024-01-01"), "V204")
    both = more("before: 2099-01-01")
    yield Fault("two ends", "windows/invoice", both, "K101", only="01")
    late = value("2098-01-01")
    yield Fault("announced too late", "windows/announced", late, "V204", only="01 04 07 10")
    no_clock = then(value("{announced: 2022-01-01}"), ".", key=True)
    yield Fault("no clock at all", "windows", no_clock, "K102", only="13")
    approval = more("approval: {from: 2022-01-01, to: open}")
    yield Fault("an unknown clock", "windows", approval, "K101")
    till = more("till: 2099-01-01")
    yield Fault("till instead of to", "windows/invoice", till, "K101", only="01")


def rule(when: str) -> Change:
    """One more rule behind the others; the finding stands at its condition."""
    return another(f'{{id: planted, when: "{when}"}}', '"')


CONTRADICTIONS = (  # in which file nobody fulfils what
    ("01", "price < 50000"),
    ("01", "invoice_date < DATE '2023-03-01'"),
    ("01", "registration_date > DATE '2023-06-30'"),
    ("01", "price > 60000 AND price < 60000"),
    ("01", "energy = 'BEV' AND energy = 'ICE'"),
    ("01", "energy = 'BEV' AND NOT energy LIKE 'B%'"),
    ("01", "seats > 5 AND seats < 3"),
    ("01", "order_date < invoice_date AND invoice_date < order_date"),
    ("01", "first_car AND NOT first_car"),
    ("01", "FALSE"),
    ("01", "dealer = '甲' AND dealer IS NULL"),
    ("01", "price_ex_vat + 1000 < price_ex_vat"),
    ("02", "buyer_kind = 'public body'"),
    ("02", "invoice_date = DATE '2022-10-01'"),
    ("04", "trade_in = 'none'"),
    ("07", "energy = 'ICE'"),
    ("07", "trade_in_owned_since = invoice_date"),
    ("09", "vehicle_class LIKE '摩托%'"),
    ("12", "miles_per_gallon < 22"),
    ("13", "displacement_l > 2 OR price_ex_vat > 300000"),
    ("14", "dealer = '没有的店'"),
    ("15", "model = '没有的车'"),
    ("17", "price > 500000"),
    ("21", "price BETWEEN 150000 AND 160000"),
    ("29", "trade_in_date < invoice_date - INTERVAL '7 months'"),
)
IDLE = (  # in which file everybody else fulfils what
    ("01", "price > 1000"),
    ("01", "price >= 50000"),
    ("01", "NOT buyer_kind = 'firm'"),
    ("04", "trade_in <> 'none'"),
    ("07", "invoice_date >= DATE '2023-03-01'"),
    ("09", "vehicle_class <> '摩托车'"),
    ("13", "price_ex_vat < 300001"),
    ("17", "price >= 60000 OR price <= 500000"),
    ("21", "seats < 8"),
)


def of_rules() -> Iterator[Fault]:
    for only, when in CONTRADICTIONS:
        yield Fault(f"nobody: {when}", "eligibility", rule(when), "R401", only=only)
    for only, when in IDLE:
        yield Fault(f"everybody: {when}", "eligibility", rule(when), "R403", only=only)
    same = another("{id: individual, when: \"energy = 'BEV'\"}", "individual")
    yield Fault("a rule declared twice", "eligibility", same, "R410", only="01")
    both = more("listed: {fact: dealer, file: dealers.csv, on: invoice_date}")
    yield Fault("a condition and a list", "eligibility/0", both, "K101", only="01")
    neither = value("{id: nothing, source: 公告}")
    yield Fault("neither of them", "eligibility/0", neither, "K102", only="01")


def of_benefits() -> Iterator[Fault]:
    steps = "benefits/*/bands/steps"
    yield Fault("bands fall", f"{steps}/1/0", then(value("40000"), ".."), "R404", only="01")
    yield Fault("bands start alike", f"{steps}/1/0", then(value("50000"), ".."), "R404", only="01")
    last = another("[150000, 9000]", "[")
    yield Fault("a band too low behind the others", steps, last, "R404", only="01")
    yield Fault("no bands", steps, value("[]"), "K103", only="01")
    many = value("[" + ", ".join(f"[{50000 + n}, 1]" for n in range(201)) + "]")
    yield Fault("201 bands", steps, many, "K103", only="01")
    yield Fault("a band of three", f"{steps}/0", value("[50000, 1, 2]"), "K103", only="01")
    yield Fault("a band of one", f"{steps}/0", value("[50000]"), "K103", only="01")
    yield Fault("bands in 万元", f"{steps}/0/0", value("5"), "V207", only="01")
    gap = then(value("60000"), "..")
    yield Fault("a gap below the bands", f"{steps}/0/0", gap, "R405", only="01 02")
    above = then(value("1.5"), ".")
    yield Fault("a gap above the bands", "benefits/*/bands/up_to", above, "R405", only="21")
    closed = then(value("upper"), "../steps/0")
    yield Fault("the other end is closed", "benefits/base/bands/closed", closed, "R405", only="01")
    yield Fault("the end is no end", "benefits/*/bands/up_to", value("1.3"), "R404", only="21")
    out_of_reach = another("[700000, 9000]", "[")
    yield Fault("a band nobody reaches", steps, out_of_reach, "R402", only="11")
    yield Fault("floor above cap", "benefits/*/share/floor", value("9000"), "R401", only="04")
    steps = "benefits/*/points/steps"
    yield Fault("points fall", f"{steps}/1/0", then(value("1"), ".."), "R404")
    yield Fault("points without merits", "benefits/*/points/of", value("[]"), "K103")
    yield Fault("points without steps", steps, value("[]"), "K103")
    yield Fault("a table of nothing", "benefits/*/table/amounts", value("{}"), "K103", only="03")
    two = then(more("pay: 5"), "bands", key=True)
    yield Fault("two forms", "benefits/base", two, "K101", only="01")
    yield from of_conditions_of_benefits()
    yield from of_uplifts()


def of_conditions_of_benefits() -> Iterator[Fault]:
    nobody = (
        ("01", "price < 50000"),
        ("01", "buyer_kind = 'firm'"),
        ("02", "energy IN ('ICE') AND price < 40000"),
        ("04", "trade_in = 'none'"),
        ("07", "trade_in_age_years < 0"),
        ("10", "co2_g_km > 135"),
        ("13", "displacement_l > 3"),
        ("18", "registered_in = '外地'"),
    )
    place = {"01": "new-energy", "02": "electric", "04": "replace", "07": "young"}
    place |= {"10": "zero", "13": "cut", "18": "bonus"}
    for only, when in nobody:
        path = f"benefits/{place[only]}"
        change = value(f'"{when}"')
        if only == "13":
            yield Fault(f"no one: {when}", path, more(f'when: "{when}"', '"'), "R402", only=only)
        else:
            yield Fault(f"no one: {when}", f"{path}/when", change, "R402", only=only)
    everyone = (
        ("01", "new-energy", "price >= 50000"),
        ("01", "new-energy", "energy IN ('ICE', 'HEV', 'PHEV', 'EREV', 'BEV', 'FCEV')"),
        ("10", "low-income", "household_income >= 0"),
        ("18", "bonus", "registered_in <> '外地'"),
        ("18", "b", "energy <> 'BEV' OR energy = 'BEV'"),
    )
    for only, name, when in everyone:
        path = f"benefits/{name}/when"
        change = value(f'"{when}"')
        yield Fault(f"everyone: {when}", path, change, "R419", only=only, also="E601")
    meet = (
        ("02", "electric", "energy <> 'ICE'", 1),
        ("04", "replace", "trade_in <> 'none'", 2),
        ("07", "old", "trade_in_age_years >= 5", 1),
        ("11", "middle-lease", "lease_months >= 11 AND lease_months <= 23", 2),
        ("21", "electric", "displacement_l < 1", 1),
        ("29", "other", "trade_in_emission_class >= 3", 1),
        ("32", "swap", "battery_swap OR battery_invoiced_apart", 1),
    )
    for only, name, when, number in meet:
        path = f"benefits/{name}/when"
        change = then(value(f'"{when}"'), f"/combine/exclusive/{number}")
        yield Fault(f"two routes meet: {when}", path, change, "R416", only=only)


def of_uplifts() -> Iterator[Fault]:
    of = "benefits/*/uplift/of"
    yield Fault("an uplift of nothing", of, value("[]"), "K103", only="10")
    yield Fault("an uplift of the unknown", of, another("bass", "bass"), "R406", only="10")
    yield Fault("an uplift of itself", of, another("low-income", "low"), "R406", only="10")
    yield Fault("an uplift of another", of, another("maker", "maker"), "R406", only="11")


def of_references() -> Iterator[Fault]:
    unknown = another("planted", "planted")
    for path in ("combine/sum", "combine/exclusive", "combine/best_of", "money/pots/*/pays"):
        yield Fault(f"{path} names nothing", path, unknown, "R406")
    yield Fault("a voucher for nothing", "money/allocation/voucher/for", unknown, "R406")
    yield Fault("nothing is withdrawn", "amendments/*/withdraws", unknown, "R406")
    for outcome in ("refused", "incomplete", "waiting", "undeclared"):
        path = f"examples/cases/*/{outcome}"
        yield Fault(f"{outcome} for no reason", path, value("planted"), "R406")
    no_pot = then(value("{planted: 0}"), "planted", key=True)
    yield Fault("a pot that is none", "examples/cases/*/pots", no_pot, "R406", only="01")
    again = another("base", "base")
    yield Fault("combined twice", "combine/sum", again, "R410", only="01")
    uncombined = then(value("[base]"), "/benefits/new-energy", key=True)
    yield Fault("never combined", "combine/sum", uncombined, "R407", only="01")
    unpaid = then(value("[base]"), "/benefits/new-energy", key=True)
    yield Fault("paid by no pot", "money/pots/0/pays", unpaid, "R411", only="01")
    links = (
        ("market", "28"),
        ("manufacturers/0", "28"),
        ("eligibility/*/listed/file", "14"),
        ("eligibility/*/listed/file", "15"),
    )
    targets = (
        ("not-there.yaml", "P801"),
        ("linked", "P801"),
        ("../../../../../../../../etc/passwd", "P802"),
        ("/etc/passwd", "P802"),
        ("../../clean-outside.csv", "P802"),
        ("https://example.org/x.yaml", "P801"),
        ("~/x.yaml", "P801"),
        ('"a\\0b"', "P801"),
        ("x" * 5_000, "P801"),
    )
    for where, only in links:
        for target, code in targets:
            yield Fault(f"{where} of {only}: {target[:30]}", where, value(target), code, only=only)


def of_combinations() -> Iterator[Fault]:
    yield Fault("two kinds", "combine", more("best_of: [base]"), "K101", only="01")
    no_kind = then(value("{cap: {per_car: 6000}}"), ".", key=True)
    yield Fault("no kind", "combine", no_kind, "K102", only="01")
    none = then(value("[]"), ".")
    yield Fault("nothing combined", "combine/sum", none, "K103", only="01")
    nothing = then(value("{}"), ".", key=True)
    yield Fault("a cap of nothing", "combine/cap", nothing, "K102", only="01")
    no_rate = then(value("{per_car: 9000, share_of: price}"), ".", key=True)
    yield Fault("a share of a cap without rate", "combine/cap", no_rate, "K102", only="17")
    no_base = then(value("{per_car: 9000, rate: 4%}"), ".", key=True)
    yield Fault("a rate of nothing", "combine/cap", no_base, "K102", only="17")


def of_money() -> Iterator[Fault]:
    pots = "money/pots"
    yield Fault("no pots", pots, then(value("[]"), ".", key=True), "K102 K103", only="01")
    many = ", ".join(f"{{id: p{n}, amount: 1, pays: [base, new-energy]}}" for n in range(21))
    yield Fault("21 pots", pots, value(f"[{many}]"), "K103", only="01")
    same = another("{id: main, amount: 5, pays: [base]}", "main")
    yield Fault("a pot declared twice", pots, same, "R410", only="01")
    idle = another("{id: idle, amount: 5, pays: []}", "idle")
    yield Fault("a pot that pays nothing", pots, idle, "R408", only="01")
    both = more("amount: 5", "amount")
    yield Fault("a face and an amount", f"{pots}/0", both, "K101", only="02")
    unlimited = then(more("unlimited: true"), "pots", key=True)
    yield Fault("unlimited, and a pot", "money", unlimited, "K101", only="01")
    odd = value("4999")
    yield Fault("a face that nobody gets", f"{pots}/1/face", odd, "R408", only="02", also="R411")
    yield Fault("a pot closes before it opens", f"{pots}/0/closes", value("2024-04-01"), "V204")
    early = value("2024-04-05")
    rest = value("next_pot")
    yield Fault("the last round leaves to none", f"{pots}/2/unused", rest, "R406", only="05")
    yield Fault("a round before the one before", f"{pots}/1/opens", early, "R421", only="05")
    share = "money/funding/0/share"
    for new in ("49%", "50.01%", "100%", "0%"):
        sum_ = then(value(new), "/money/funding")
        yield Fault(f"funding with {new}", share, sum_, "R412", only="01")
    same = another("{from: 市财政, share: 0%}", "市")
    yield Fault("a payer twice", "money/funding", same, "R410", only="01")
    for event in ("registration", "claim", "approval"):
        late = value(f"{event}_time")
        yield Fault(f"ordered by the {event}", "money/order_by", late, "R409", only="01")
    for event, only in (("order", "01"), ("invoice", "02"), ("registration", "02")):
        early = then(value(event), "../order_by")
        yield Fault(f"committed on the {event}", "money/commit_on", early, "R409", only=only)
    quota = another("{per: dealer, max: 7}", "dealer")
    yield Fault("two quotas alike", "money/quotas", quota, "R410", only="14")
    limit = another("{per: vin, max: 7}", "vin")
    yield Fault("two limits alike", "limits", limit, "R410", only="01")
    lots = more("lottery: {seed: x, draw_on: 2024-01-01}")
    ways = then(lots, ".", key=True)
    yield Fault("vouchers and lots", "money/allocation", ways, "K101 K102", only="08")
    nothing = then(value("{}"), ".", key=True)
    yield Fault("an allocation of nothing", "money/allocation", nothing, "K102", only="08")
    rate = value("{share: {of: price, rate: 2%}}")
    faceless = then(rate, "/money/allocation/voucher/must_match")
    yield Fault(
        "a voucher without faces", "benefits/voucher", faceless, "R424", only="08", also="R406"
    )
    span = "money/pots/0/amount/range"
    yield Fault("a range without its value", span, value("[1, 2]"), "V209")
    yield Fault("a range upside down", span, value("[40000000, 1]"), "V209")
    yield Fault("a range with one end", span, value("[1]"), "V201")
    yield Fault("a factor without 1", "benefits/*/amount/range", value("110%..150%"), "V209")
    yield Fault("a factor above 10", "benefits/*/amount/range", value("50%..2000%"), "V211")
    yield Fault("assumed what", "benefits/*/amount/assumed", value("3"), "V201")


def of_amendments() -> Iterator[Fault]:
    empty_one = another(
        "{id: planted, by: invoice, from: 2023-10-01, paid_claims: keep}", "planted"
    )
    yield Fault("an amendment of nothing", "amendments", empty_one, "R422", only="19")
    same = another(
        "{id: again, by: invoice, from: 2023-10-01, paid_claims: keep, "
        "benefits: {base: {pay: 2000}}}",
        "again",
    )
    yield Fault("an amendment that says the same", "amendments", same, "R422", only="19")
    double = another(
        "{id: hydrogen, by: invoice, from: 2023-10-01, paid_claims: keep, withdraws: [base]}",
        "hydrogen",
    )
    yield Fault("an amendment declared twice", "amendments", double, "R410", only="19")
    late = value("{when: \"price > 400000 AND energy = 'FCEV'\", pay: 1}")
    never = then(late, "when")
    where = "amendments/1/benefits/hydrogen"
    yield Fault("amended for no one", where, never, "R402", only="19")
    all_of_them = then(value('{when: "price >= 80000", pay: 1}'), "when")
    yield Fault("amended for everyone", where, all_of_them, "R419", only="19", also="E601")
    unpaid = then(renamed("helium"), "../helium", key=True)
    yield Fault("an unpaid new benefit", where, unpaid, "R411", only="19", also="R406 R407")


def of_open_policies() -> Iterator[Fault]:
    word = value("not_declared")
    for path in (
        "money/last_yuan",
        "money/rounding",
        "money/rounding/mode",
        "money/pots/*/unused",
        "money/allocation/voucher/lapsed",
        "money/allocation/voucher/lapsed_holder",
        "money/allocation/reservation/lapsed",
        "holding/clawback",
        "amendments/*/paid_claims",
    ):
        not_silenced = "01 04 05 07 08 10 19"
        change = then(word, "..") if path.endswith("/mode") else word
        yield Fault(f"not declared: {path}", path, change, "S703", only=not_silenced, also="E601")
    yield Fault("no reason for silence", "silence/0", value("{code: S703}"), "K102", only="16")
    yield Fault("an error silenced", "silence/0/code", value("R401"), "V206", only="16")


def of_sources() -> Iterator[Fault]:
    def no_source(path: str, *, key: bool = False) -> Change:
        return then(missing, path, key=key)

    pot = no_source("../money/pots/0/amount")
    yield Fault("a pot without source", "source", pot, "S701", only="05")
    for only, name in (("05", "flat/pay"), ("13", "cut/share"), ("14", "base/pay")):
        change = no_source(f"../benefits/{name}", key=True)
        yield Fault(f"no source for {name}", "source", change, "S701", only=only)
    local = rule("made_in = '开源'")
    yield Fault(
        "only cars of the local plant", "eligibility", local, "S702", only="28", also="E602"
    )
    plain = rule("made_in IN ('开源') AND price < 500000")
    yield Fault("only local cars, and more", "eligibility", plain, "S702", only="28", also="E602")


def of_examples() -> Iterator[Fault]:
    def case(text: str, at: str = "{") -> Change:
        return another(text, at)

    cases = "examples/cases"
    for only, text in (
        ("01", "{says: wrong, facts: {price: 128000}, amount: 3001}"),
        ("01", "{says: a fen too little, amount: 1999.99}"),
        ("01", "{says: refused for another reason, facts: {price: 1000}, refused: plate}"),
        ("01", "{says: not refused, refused: plate}"),
        ("01", "{says: not incomplete, facts: {price: 1000}, incomplete: price-floor}"),
        ("01", "{says: not approved, facts: {price: 1000}, approved: true}"),
        ("01", "{says: approved, approved: false}"),
        ("02", "{says: not waiting, waiting: window-claim}"),
        ("03", "{says: published, unpublished: true}"),
        ("16", "{says: declared, undeclared: rounding}"),
        ("17", "{says: a fen below the floor, facts: {price: 59999.99}, approved: true}"),
        ("19", "{says: a day too early, facts: {invoice_date: 2023-05-31}, amount: 2000}"),
    ):
        yield Fault(f"example: {text[7:30]}", cases, case(text), "E601", only=only)
    yield Fault("a case of nothing", cases, case("{says: x}"), "K102", only="01")
    two = case("{says: x, amount: 1, refused: plate}", "refused")
    yield Fault("two outcomes", cases, two, "K101", only="01")
    odd = case("{says: x, facts: {pricce: 1}, amount: 1}", "pricce")
    yield Fault("a case of an unknown fact", cases, odd, "C303", only="01")
    ordinary = "examples/ordinary"
    refused = then(value("49999.99"), "..")
    yield Fault("ordinarily refused", f"{ordinary}/price", refused, "E602", only="01")
    lacking = then(value("null"), "..")
    yield Fault("ordinarily incomplete", f"{ordinary}/registered_in", lacking, "E602", only="01")
    late = then(value("2024-01-01"), "..")
    yield Fault("ordinarily late", f"{ordinary}/invoice_date", late, "E602", only="01")
    yield Fault("an unknown ordinary fact", ordinary, more("colour: 红", "colour"), "C303")
    unread = more("co2_g_km: 100", "co2")
    yield Fault("a fact that no rule reads", ordinary, unread, "R418", only="01")
    ledger = more("paid_to_firm: 0", "paid")
    yield Fault("a count that no rule reads", ordinary, ledger, "R418", only="01")


# --- faults of the YAML, whatever it says -----------------------------------------------------


def of_yaml() -> Iterator[Fault]:
    for where, only in (
        ("currency", "01"),
        ("windows/announced", "04"),
        ("benefits/flat/pay", "05"),
    ):
        yield Fault(f"an anchor at {where}", where, words("", "&x "), "Y002", only=only)
        yield Fault(f"a tag at {where}", where, words("", "!!str "), "Y003", only=only)
        yield Fault(f"an alias at {where}", where, value("*x"), "Y002", only=only)
        yield Fault(f"an @ at {where}", where, words("", "@"), "Y001", only=only)
        yield Fault(f"a backquote at {where}", where, words("", "`"), "Y001", only=only)
        bell = words("", "\a")
        yield Fault(f"a bell at {where}", where, bell, "Y001", only=only)
        colon = words("", "x: ")
        yield Fault(f"one colon more at {where}", where, colon, "Y001 K103", only=only)
        yield Fault(f"a tab before {where}", where, line("\t"), "Y001", only=only)
    for where, only in (("currency", "01"), ("money", "05"), ("examples", "26")):
        at = len("currency: CNY\n") if where == "currency" else 0
        again = line("currency: CNY\n", at)
        yield Fault(f"currency stands twice at {where}", where, again, "Y006", only=only)
        yield Fault(f"a document before {where}", where, line("---\n"), "Y004", only=only)
        yield Fault(f"a merge key before {where}", where, line("<<: {}\n"), "Y007", only=only)
        yield Fault(f"a list as key before {where}", where, line("[a]: 1\n"), "Y007", only=only)
        yield Fault(
            f"a key of Chinese before {where}", where, line("规则: 1\n"), "K101", only=only
        )
        width = line("title：x\n")
        yield Fault(f"a full-width colon before {where}", where, width, "Y001", only=only)
    deep = value("[" * 40 + "]" * 40)
    yield Fault("40 lists deep", "issuers/0", deep, "Y005", only="01")
    wide = value("{a: " * 40 + "1" + "}" * 40)
    yield Fault("40 mappings deep", "issuers/0", wide, "Y005", only="01")


FAULTS = tuple(
    fault
    for kind in (
        of_every_key,
        of_required_keys,
        of_typed_values,
        of_conditions,
        of_windows,
        of_rules,
        of_benefits,
        of_references,
        of_combinations,
        of_money,
        of_amendments,
        of_open_policies,
        of_sources,
        of_examples,
        of_yaml,
    )
    for fault in kind()
)


# --- the test ---------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Spot:
    """A finding: its place, from 1, in the file that was checked, and its code."""

    line: int
    column: int
    code: str
    file: str = ""  # another file


def spot(text: str, at: int, code: str) -> Spot:
    """The place of a character."""
    before = text[:at]
    return Spot(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1, code)


@dataclass(frozen=True)
class Findings:
    """What `promo check FILE --json` says, and its exit code."""

    exit_code: int
    errors: frozenset[Spot] = frozenset()
    warnings: frozenset[Spot] = frozenset()

    @property
    def every(self) -> frozenset[Spot]:
        return self.errors | self.warnings


def checked(path: Path) -> Findings:
    result = CliRunner().invoke(app, ["check", str(path), "--json"])
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    by_severity: dict[str, set[Spot]] = {"error": set(), "warning": set()}
    for each in json.loads(result.stdout)["findings"]:
        assert each["message"]
        file = Path(each["file"]).name
        other = "" if file == path.name else file
        where = Spot(each["line"], each["column"], each["code"], other)
        by_severity[each["severity"]].add(where)
    errors, warnings = map(frozenset, by_severity.values())
    return Findings(result.exit_code, errors, warnings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the clean files and all they link to."""
    copy = tmp_path_factory.mktemp("campaigns") / "clean"
    shutil.copytree(CLEAN, copy)
    return copy


def assert_found(folder: Path, fault: Fault, path: Path, part: Part) -> None:
    """Some wanted finding is there at its place, and no error that the fault does not bring."""
    text, at = fault.change(text_of(path), part)
    assert text != text_of(path)
    file = folder / f"planted-{path.name}"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    found = checked(file)
    told = f"{fault.name} in {path.name}\n" + "\n".join(map(str, sorted(found.every)))
    codes = set(fault.codes.split())
    wanted = spot(text, at, "")
    by_line = bool(codes & LINE_ONLY)
    met = {
        each.code
        for each in found.every
        if each.code in codes
        and each.line == wanted.line
        and (by_line or each.column == wanted.column)
        and not each.file
    }
    assert met, f"not found: {codes} at {wanted.line}:{wanted.column}\n{told}"
    brought = set(fault.also.split()).union(met, *(BRINGS.get(code, ()) for code in met))
    strays = [each for each in found.errors if each.code not in brought]
    again = [each for each in found.errors if each.code in met and each.code not in REPEATED]
    assert not strays and len(again) <= 1, f"besides: {strays}\n{told}"  # noqa: PT018
    assert found.exit_code == int(bool(found.errors))
    assert found.errors or met <= WARNINGS


def title(fault: Fault) -> str:
    return re.sub(r"\W+", "-", fault.name)[:70]


@pytest.mark.parametrize("fault", FAULTS, ids=title)
def test_a_planted_fault_is_found_at_its_place_and_nothing_else(
    fault: Fault, folder: Path
) -> None:
    sites = fault.sites()
    assert sites, f"no clean file in which to plant: {fault.name}"
    assert_found(folder, fault, *sites[0])


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=title)
def test_it_is_found_wherever_it_is_planted(fault: Fault, folder: Path) -> None:
    for path, part in fault.sites():
        assert_found(folder, fault, path, part)


def test_the_corpus_is_as_large_as_asked() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 200
    assert len(list(CLEAN.glob("*.yaml"))) >= 50


@pytest.mark.parametrize("path", sorted(CLEAN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_clean_file_gives_no_finding(path: Path) -> None:
    assert checked(path) == Findings(0)


def drawn(seed: int) -> str:
    """A campaign drawn by lot, clean by construction."""
    made = runpy.run_path(str(CLEAN / "make.py"))
    return str(made["campaign"](seed))


def test_the_files_made_by_lot_are_those_that_are_kept() -> None:
    for path in CLEAN.glob("made-*.yaml"):
        assert text_of(path) == drawn(int(path.stem[-2:]))


@pytest.mark.parametrize("seed", range(100, 140))
def test_a_campaign_drawn_by_lot_gives_no_finding(seed: int, folder: Path) -> None:
    file = folder / "planted.yaml"
    file.write_text(drawn(seed), encoding="utf-8")
    found = checked(file)
    file.unlink()
    assert found == Findings(0)


# --- lists beside a campaign ------------------------------------------------------------------

LISTS = (  # what stands instead of what in dealers.csv; in which line it is found, as what
    ("name,from,to", "nmae,from,to", 1, "D901"),
    ("name,from,to", "名称,from,to", 1, "D901"),
    ("name,from,to\n", "", 1, "D901"),
    ("2023-04-01,", "2023-04-31,", 3, "V202"),
    ("2023-04-01,", "2023/04/01,", 3, "V201"),
    ("2023-04-01,", "２０２３-04-01,", 3, "V208"),
    ("2023-04-01,", "1023-04-01,", 3, "V211"),
    ("2023-04-01,", "=TODAY(),", 3, "V201"),
    ("2023-06-15", "2023-01-01", 5, "V204"),
    ("2023-06-15", "2023-06-15,x", 5, "D903"),
    ("下溪长安,,2023-04-30", "下溪长安", 4, "D903"),
    ("下溪长安,", ",", 4, "D902"),
    ('"下溪,比亚迪"', "下溪,比亚迪", 5, "D903"),
    ('"下溪,比亚迪"', '"下溪,比亚迪', 5, "D902 D903"),
)


@pytest.mark.parametrize(("old", "new", "line", "codes"), LISTS)
def test_a_fault_in_a_list_is_found_in_the_list(
    old: str, new: str, line: int, codes: str, tmp_path: Path
) -> None:
    folder = tmp_path / "campaigns" / "clean"
    shutil.copytree(CLEAN, folder)
    text = (folder / "dealers.csv").read_text(encoding="utf-8")
    assert old in text
    (folder / "dealers.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    found = checked(folder / "14-dated-list-of-dealers.yaml")
    places = {(each.file, each.line) for each in found.errors}
    assert places == {("dealers.csv", line)}
    assert {each.code for each in found.errors} <= set(codes.split())


WHOLE_LISTS: tuple[tuple[str, bytes, str], ...] = (
    ("of nobody", b"name,from,to\n", "V211"),
    ("of 5,001", b"name\n" + b"".join(b"n%d\n" % n for n in range(5_001)), "V211"),
    ("in GBK", "name\n下溪一汽大众\n".encode("gb18030"), "T003"),
    ("in UTF-16", "name\n下溪一汽大众\n".encode("utf-16"), "T003"),
    ("a workbook", b"PK\x03\x04" + b"\x00" * 100, "T004"),
    ("empty", b"", "T005"),
    ("above 1 MiB", b"name\n" + b"x" * (1 << 20), "T002"),
)


@pytest.mark.parametrize(("content", "code"), [each[1:] for each in WHOLE_LISTS], ids=lambda x: "")
def test_a_list_that_is_none_is_found(content: bytes, code: str, tmp_path: Path) -> None:
    folder = tmp_path / "campaigns" / "clean"
    shutil.copytree(CLEAN, folder)
    (folder / "dealers.csv").write_bytes(content)
    found = checked(folder / "14-dated-list-of-dealers.yaml")
    assert {each.code for each in found.errors} == {code}


@pytest.mark.parametrize(
    ("rows", "has_gap"),
    [
        ("甲,,\n", False),
        ("甲,2023-03-01,2023-06-30\n", False),
        ("甲,,2023-04-30\n乙,2023-05-01,\n", False),
        ("乙,2023-05-01,\n甲,,2023-05-15\n", False),
        ("甲,2023-03-02,\n", True),
        ("甲,,2023-06-29\n", True),
        ("甲,,2023-04-30\n乙,2023-05-02,\n", True),
    ],
)
def test_a_day_on_which_nobody_is_listed_is_found(
    rows: str, has_gap: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "campaigns" / "clean"
    folder.mkdir(parents=True)
    text = text_of(CLEAN / "14-dated-list-of-dealers.yaml").split("  cases:")[0] + "  cases: []\n"
    text = text.replace("dealer: 下溪一汽大众", "dealer: 甲").replace("2023-03-10", "2023-03-20")
    (folder / "dealers.csv").write_text("name,from,to\n" + rows, encoding="utf-8")
    file = folder / "listed.yaml"
    file.write_text(text, encoding="utf-8")
    place = spot(text, text.index("dealers.csv"), "R423")
    assert checked(file).every == ({place} if has_gap else set())


# --- files that extend others -----------------------------------------------------------------

BASE = "22-base-of-variants.yaml"
EXTENDING = (  # a variant, the words at which it is wrong, as what
    (f"extends: {BASE}\nid: x\nmony: {{}}\n", "mony", "K101"),
    (f"extends: {BASE}\nid: x\nwindows: {{invoice: {{to: 2024-02-30}}}}\n", "2024-02-30", "V202"),
    (f"extends: {BASE}\nid: x\nwindows: {{invoice: {{to: 2024-01-31}}}}\n", "2024-01-31", "V204"),
    (f"extends: {BASE}\nid: x\nbenefits: {{base: {{pay: 10万}}}}\n", "10万", "V207"),
    (f"extends: {BASE}\nid: x\nbenefits: {{more: {{pay: 5}}}}\n", "extends", "K102"),
    (f"extends: {BASE}\nid: x\nmoney: null\n", "extends", "K102"),
    (f"extends: {BASE}\nid: x\ntitle: {{en: null}}\n", "title", "K102"),
    (f"extends: {BASE}\nid: x\nexamples: {{ordinary: {{price: 1}}}}\n", "{price", "E602"),
    ("extends: not-there.yaml\nid: x\n", "not-there.yaml", "P801"),
    ("extends: linked\nid: x\n", "linked", "P801"),
    ("extends: ../../../../../etc/passwd\nid: x\n", "../..", "P802"),
    ("extends: /etc/passwd\nid: x\n", "/etc", "P802"),
    ("extends: planted.yaml\nid: x\n", "planted.yaml", "P804"),
    (f"extends: [{BASE}, planted.yaml]\nid: x\n", "planted.yaml", "P804"),
    ("extends: {a: b}\nid: x\n", "extends", "K103"),
    ("extends: []\nid: x\n", "extends", "K103"),
    ("extends:\nid: x\n", "extends", "K103"),
    (f"extends: [{BASE}, [{BASE}]]\nid: x\n", "extends", "K103"),
    (f"extends: &a {BASE}\nid: x\n", "&a", "Y002"),
    (f"extend: {BASE}\nid: x\n", "extend", "K101"),
    (
        f"extends: {BASE}\nextends: {BASE}\nid: x\n",
        "extends: 22-base-of-variants.yaml\nid",
        "Y006",
    ),
)


@pytest.mark.parametrize(("text", "at", "code"), EXTENDING)
def test_a_fault_of_a_variant_is_found_in_the_variant(
    text: str, at: str, code: str, folder: Path
) -> None:
    file = folder / "planted.yaml"
    file.write_text(text, encoding="utf-8")
    found = checked(file)
    file.unlink()
    wanted = spot(text, text.index(at), code)
    assert wanted in found.errors
    codes = {each.code for each in found.errors}
    assert codes == {code} or codes <= {"K101", "K102"}
    assert found.exit_code == 1


def test_a_fault_of_the_base_is_found_in_the_base(tmp_path: Path) -> None:
    folder = tmp_path / "campaigns" / "clean"
    shutil.copytree(CLEAN, folder)
    base = text_of(CLEAN / BASE)
    text = base.replace("price >= 60000", "prise >= 60000")
    (folder / BASE).write_text(text, encoding="utf-8")
    place = spot(text, text.index("prise"), "C303")
    wanted = Spot(place.line, place.column, "C303", BASE)
    assert wanted in checked(folder / "23-variant-dearer.yaml").errors


def test_two_variants_in_conflict_are_named_at_the_second(tmp_path: Path) -> None:
    folder = tmp_path / "campaigns" / "clean"
    shutil.copytree(CLEAN, folder)
    longer = folder / "24-variant-longer.yaml"
    text = text_of(longer) + "benefits: {base: {pay: 5000}}\n"
    longer.write_text(text, encoding="utf-8")
    place = spot(text, text.index("pay: 5000"), "R417")
    wanted = Spot(place.line, place.column, "R417", longer.name)
    assert checked(folder / "25-two-variants-together.yaml").errors == {wanted}


def test_files_that_extend_each_other_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "campaigns" / "clean"
    folder.mkdir(parents=True)
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        text = f"extends: {other}.yaml\nid: {name}\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    wanted = Spot(1, 10, "P804", "three.yaml")
    assert checked(folder / "one.yaml").errors == {wanted}


# --- files that are no text -------------------------------------------------------------------

ENCODINGS: tuple[tuple[str, Callable[[bytes], bytes], str], ...] = (
    ("GB18030", lambda text: text.decode().encode("gb18030"), "T003"),
    ("Big5", lambda text: text.decode().encode("big5", "replace"), "T003"),
    ("UTF-16", lambda text: text.decode().encode("utf-16"), "T003"),
    ("UTF-16 without mark", lambda text: text.decode().encode("utf-16-le"), "T004"),
    ("UTF-32", lambda text: text.decode().encode("utf-32"), "T003 T004"),
    ("one byte of Latin", lambda text: text + b"# caf\xe9\n", "T003"),
    ("cut in a letter", lambda text: text + "# 开".encode()[:-1], "T003"),
    ("a lone surrogate", lambda text: text + b"# \xed\xa0\x80\n", "T003"),
    ("an overlong slash", lambda text: text + b"# \xc0\xaf\n", "T003"),
    ("a NUL", lambda text: text + b"\x00", "T004"),
    ("a picture", lambda text: b"\x89PNG\r\n" + text, "T004"),
    ("two encodings", lambda text: text + "# 开封".encode("gb18030") + b"\n", "T003"),
    ("above 1 MiB", lambda text: text + b"#" * (1 << 20), "T002"),
)


@pytest.mark.parametrize(("spoil", "codes"), [each[1:] for each in ENCODINGS], ids=lambda x: "")
def test_a_file_that_is_no_text_is_said_to_be_none(
    spoil: Callable[[bytes], bytes], codes: str, folder: Path
) -> None:
    file = folder / "planted.yaml"
    file.write_bytes(spoil((CLEAN / "01-price-bands-and-electric-bonus.yaml").read_bytes()))
    found = checked(file)
    file.unlink()
    assert {(each.line, each.column) for each in found.every} == {(1, 1)}
    assert {each.code for each in found.errors} <= set(codes.split())
    assert len(found.errors) == 1
