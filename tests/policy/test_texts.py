"""Texts are tried until every set of answers to patterns and comparisons has one."""

import random
import re
from itertools import product

import pytest

from promo.policy.cells import Cells, can_hold
from promo.policy.conditions import Not, like_regex
from promo.policy.eligibility import read_condition
from promo.policy.texts import texts

LETTERS = "ab%_"


def tree(text: str):
    return read_condition(text).tree


def outcome(text: str, named: list[str], patterns: list[str]) -> tuple[object, ...]:
    matched = (re.fullmatch(like_regex(pattern), text) is not None for pattern in patterns)
    return (text if text in named else None, *matched)


@pytest.mark.parametrize("seed", range(40))
def test_every_outcome_of_short_texts_is_found(seed):
    luck = random.Random(seed)
    patterns = [
        "".join(luck.choices(LETTERS, k=luck.randint(0, 4))) for _ in range(luck.randint(1, 3))
    ]
    named = ["".join(luck.choices("abc", k=luck.randint(0, 3))) for _ in range(luck.randint(0, 3))]
    found, complete = texts(named, patterns, ordered=False, count=1)
    assert complete
    tried = {outcome(text, named, patterns) for text in found}
    short = ("".join(letters) for size in range(6) for letters in product("abcd", repeat=size))
    assert {outcome(text, named, patterns) for text in short} <= tried


def test_patterns_are_told_apart():
    assert can_hold([tree("brand LIKE 'a%'"), tree("brand LIKE '%b'")]) is True
    both = [tree("brand LIKE 'a%'"), tree("brand LIKE '%b'"), tree("brand NOT LIKE 'a%b'")]
    assert can_hold(both) is False
    assert can_hold([tree("brand LIKE '_'"), tree("brand LIKE '__%'")]) is False
    assert can_hold([tree("brand LIKE '%新能源%'"), Not(tree("brand LIKE '%能源%'"))]) is False


def test_a_text_that_must_match_is_named_as_an_example():
    tests = [tree("vehicle_category LIKE 'M1%'"), tree("vehicle_category <> 'M1'")]
    example = Cells(tests).witness(tests)
    assert example is not None
    assert str(example["vehicle_category"]).startswith("M1")
    assert example["vehicle_category"] != "M1"


def test_texts_have_an_order():
    assert can_hold([tree("brand < 'b'"), tree("brand > 'a'")]) is True
    assert can_hold([tree("brand < 'a'"), tree("brand > 'b'")]) is False
    assert can_hold([tree("brand < ''")]) is False
    between = [tree("brand > 'a'"), tree("model > brand"), tree("model < 'b'")]
    assert can_hold(between) is True


def test_facts_of_text_are_compared_with_each_other():
    moved = [tree("residence <> registered_in"), tree("residence = '开封'")]
    assert can_hold([*moved, tree("registered_in = '开封'")]) is False
    assert can_hold([*moved, tree("registered_in <> '郑州'")]) is True
    three = [tree("maker <> brand"), tree("brand <> model"), tree("maker <> model")]
    assert can_hold(three) is True
