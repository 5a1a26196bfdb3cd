"""The rule set of claims.yaml for engines that take one claim at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from .claims import COLUMNS, END, FIRST, Array

Claims: TypeAlias = Sequence[dict[str, int]]
ELIGIBLE = (
    "buyer_kind == 0 and registered_in == 0 and price >= 5000000"
    f" and invoice_date >= {FIRST} and invoice_date < {END}"
)


def by_loop(claims: Claims) -> Callable[[], Array]:
    """Tuples and if."""
    rows = [tuple(claim[name] for name in COLUMNS) for claim in claims]

    def run() -> Array:
        return np.array([_amount(row) for row in rows], dtype=np.int64)

    return run


def _amount(row: tuple[int, ...]) -> int:
    kind, place, day, price, energy, made_in, trade_in, age = row
    if kind or place or price < 5_000_000 or not FIRST <= day < END:
        return 0
    tier = (price >= 10_000_000) + (price >= 20_000_000)
    found = ((200_000, 300_000, 500_000) if energy <= 1 else (300_000, 500_000, 800_000))[tier]
    found += 100_000 * (made_in == 0) + 300_000 * (trade_in > 0 and age >= 6)
    return min(found, 900_000, price * 8 // 10_000 * 100)


def by_rule_engine(claims: Claims) -> Callable[[], Array]:
    """rule-engine: a rule that matches and one that evaluates to the amount."""
    import rule_engine

    names = dict.fromkeys(COLUMNS, rule_engine.DataType.FLOAT)
    context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(names))
    matches = rule_engine.Rule(ELIGIBLE, context=context)
    fuel = "(price >= 20000000 ? 500000 : (price >= 10000000 ? 300000 : 200000))"
    new = "(price >= 20000000 ? 800000 : (price >= 10000000 ? 500000 : 300000))"
    alone = (
        f"(energy <= 1 ? {fuel} : {new}) + (made_in == 0 ? 100000 : 0)"
        " + (trade_in > 0 and trade_in_age_years >= 6 ? 300000 : 0)"
    )
    amount = rule_engine.Rule(alone, context=context)

    def run() -> Array:
        paid = np.zeros(len(claims), dtype=np.int64)
        for place, claim in enumerate(claims):
            if matches.matches(claim):
                share = claim["price"] * 8 // 10_000 * 100
                paid[place] = min(int(amount.evaluate(claim)), 900_000, share)
        return paid

    return run


def by_zen(claims: Claims) -> Callable[[], Array]:
    """zen-engine: two compiled expressions."""
    import zen

    eligible = zen.compile_expression(ELIGIBLE)
    fuel = "(price >= 20000000 ? 500000 : (price >= 10000000 ? 300000 : 200000))"
    new = "(price >= 20000000 ? 800000 : (price >= 10000000 ? 500000 : 300000))"
    amount = zen.compile_expression(
        f"min([(energy <= 1 ? {fuel} : {new}) + (made_in == 0 ? 100000 : 0)"
        " + (trade_in > 0 and trade_in_age_years >= 6 ? 300000 : 0),"
        " 900000, floor(price * 8 / 10000) * 100])"
    )

    def run() -> Array:
        paid = np.zeros(len(claims), dtype=np.int64)
        for place, claim in enumerate(claims):
            if eligible.evaluate(claim):
                paid[place] = amount.evaluate(claim)
        return paid

    return run


def by_business_rules(claims: Claims) -> Callable[[], Array]:
    """business-rules: conditions as data, actions that change the claim."""
    from business_rules import run_all
    from business_rules.actions import BaseActions, rule_action
    from business_rules.fields import FIELD_NUMERIC
    from business_rules.variables import BaseVariables, numeric_rule_variable

    def of(name: str) -> Any:
        def read(self: Any) -> int:
            return int(self.claim[name])

        read.__name__ = name
        return numeric_rule_variable(read)

    def hold(self: Any, claim: dict[str, int]) -> None:
        self.claim = claim

    named = {name: of(name) for name in COLUMNS} | {"__init__": hold}
    variables = type("Variables", (BaseVariables,), named)

    class Actions(BaseActions):  # type: ignore[misc]
        def __init__(self, claim: dict[str, int]) -> None:
            self.claim = claim
            self.paid = 0

        @rule_action(params={"fen": FIELD_NUMERIC})  # type: ignore[untyped-decorator]
        def add(self, fen: int) -> None:
            self.paid += fen

    rules = [_rule(tests, fen) for tests, fen in _RULES]

    def run() -> Array:
        paid = np.zeros(len(claims), dtype=np.int64)
        for place, claim in enumerate(claims):
            actions = Actions(claim)
            run_all(rules, variables(claim), actions, stop_on_first_trigger=False)
            paid[place] = min(actions.paid, 900_000, claim["price"] * 8 // 10_000 * 100)
        return paid

    return run


_ELIGIBLE = (
    ("buyer_kind", "equal_to", 0),
    ("registered_in", "equal_to", 0),
    ("invoice_date", "greater_than_or_equal_to", FIRST),
    ("invoice_date", "less_than", END),
    ("price", "greater_than_or_equal_to", 5_000_000),
)
_FUEL, _NEW = ("energy", "less_than_or_equal_to", 1), ("energy", "greater_than", 1)
_SECOND = ("price", "greater_than_or_equal_to", 10_000_000)
_THIRD = ("price", "greater_than_or_equal_to", 20_000_000)
_RULES: tuple[tuple[tuple[tuple[str, str, int], ...], int], ...] = (
    ((_FUEL,), 200_000),
    ((_FUEL, _SECOND), 100_000),
    ((_FUEL, _THIRD), 200_000),
    ((_NEW,), 300_000),
    ((_NEW, _SECOND), 200_000),
    ((_NEW, _THIRD), 300_000),
    ((("made_in", "equal_to", 0),), 100_000),
    (
        (
            ("trade_in", "greater_than", 0),
            ("trade_in_age_years", "greater_than_or_equal_to", 6),
        ),
        300_000,
    ),
)


def _rule(tests: tuple[tuple[str, str, int], ...], fen: int) -> dict[str, Any]:
    every = [
        {"name": name, "operator": operator, "value": value}
        for name, operator, value in (*_ELIGIBLE, *tests)
    ]
    return {
        "conditions": {"all": every},
        "actions": [{"name": "add", "params": {"fen": fen}}],
    }
