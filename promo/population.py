"""Who is lost at which rule, in cars and in money?

The purchases that would be made without the campaign, on average luck and at the stated
assumptions, pass the rules in the order of the file. Nobody reacts to the campaign here: these are
expected cars, not a forecast of claims. Buyers from outside are not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from promo.policy.money import Pot
from promo.policy.rules import Rules, fulfilled, with_all_facts
from promo.schema import CLOCKS, Bools, Floats, Ints
from promo.simulation import offers
from promo.study import Study, stated

POPULATION_COLUMNS: dict[str, Any] = {
    "rule": pl.String,
    "kind": pl.String,
    "cars_before": pl.Float64,
    "cars_lost": pl.Float64,
    "money_lost_fen": pl.Float64,
    "cars_left": pl.Float64,
    "money_left_fen": pl.Float64,
    "assumed": pl.List(pl.String),
}
NO_BENEFIT = "no-benefit"


@dataclass(frozen=True, slots=True)
class _Purchases:
    """All (day, type, vehicle) cells of the window.

    Attributes
    ----------
    facts : one row a cell
    cars : (N,) expected cars
    paid : benefit -> (N,) fen that it would pay if every rule were kept
    told : the facts that market, catalogue and calendar tell
    """

    facts: pl.DataFrame
    cars: Floats
    paid: dict[str, Ints]
    told: frozenset[str]

    @property
    def fen(self) -> Ints:
        """What each cell would get if every rule were kept, (N,)."""
        nothing = np.zeros(self.cars.size, dtype=np.int64)
        return sum(self.paid.values(), start=nothing)


def explain_population(study: Study) -> pl.DataFrame:
    """Who is lost at which rule, among those who would buy in the window without the campaign?

    One row for each requirement in the order of the file, then `no-benefit` for purchases that
    keep every rule and get nothing, then one row for each benefit (kind `benefit`): whom it does
    not reach and whom it does, among the purchases that keep every rule.

    `cars_*` are expected cars; `money_lost_fen` is what the cars lost would have got had they kept
    every rule, and `money_left_fen` the same of the cars left; of a benefit it is what it pays.
    `assumed` are facts of the rule that no file tells: as in the simulation they are taken as
    fulfilled, or as is usual. Money is as if no pot ran out.
    """
    rules = study.stage.programme.rules
    purchases = _purchases(study, rules)
    rows = [*_requirements(rules, purchases), *_benefits(rules, purchases)]
    return pl.DataFrame(rows, schema=POPULATION_COLUMNS)


def _purchases(study: Study, rules: Rules) -> _Purchases:
    """What is bought without the campaign on the days on which a purchase counts."""
    setting, market = study.stage.setting, study.market
    days = [n for n, day in enumerate(setting.days) if rules.first_day <= day <= rules.last_day]
    planned = study.stage.block(stated(study.assumptions)).planned
    shares = planned.shares[0][setting.period[days]]  # (D, I, J)
    cars = planned.daily[0].T[days][:, :, None] * shares
    counter = study.campaign.windows.claim
    facts = offers.cells(
        [setting.days[day] for day in days],
        market.types,
        market.vehicles,
        date.min if counter is None else counter.first,
    )
    told = {*market.types.columns, *market.vehicles.columns, *CLOCKS.values()}
    told |= {f"{event}_time" for event in CLOCKS}
    return _Purchases(facts, cars.ravel(), _paid(rules, facts), frozenset(told))


def _paid(rules: Rules, facts: pl.DataFrame) -> dict[str, Ints]:
    """What each benefit would pay to each cell that keeps every rule, in fen."""
    money = rules.campaign.money
    split = [
        (name, pot.model_copy(update={"id": f"{pot.id}.{name}", "pays": (name,)}))
        for pot in money.pots
        for name in pot.pays
    ] or [(name, Pot.model_construct(id=name, pays=(name,))) for name in rules.public]
    pots = tuple(pot for _, pot in split)
    terms = money.model_copy(update={"pots": pots, "unlimited": False})
    campaign = rules.campaign.model_copy(update={"money": terms})
    every = replace(rules, campaign=campaign, requirements=())
    paid = every.offers(facts, frozenset(pot.id for pot in pots))
    found = {name: np.zeros(facts.height, dtype=np.int64) for name in rules.public}
    for name, pot in split:
        found[name] += paid[f"pot.{pot.id}"].to_numpy()
    return found


def _requirements(rules: Rules, purchases: _Purchases) -> Iterator[dict[str, Any]]:
    known = frozenset(purchases.facts.columns)
    frame = with_all_facts(purchases.facts, rules.facts)
    left: Bools = np.ones(purchases.cars.size, dtype=np.bool_)
    for each in rules.requirements:
        holds = frame.select(fulfilled(each, known)).to_series().to_numpy()
        yield _row(purchases, each.id, each.kind, left, left & holds) | {
            "assumed": _assumed(each.facts, purchases)
        }
        left = left & holds
    yield _row(purchases, NO_BENEFIT, NO_BENEFIT, left, left & (purchases.fen > 0))


def _benefits(rules: Rules, purchases: _Purchases) -> Iterator[dict[str, Any]]:
    known = frozenset(purchases.facts.columns)
    frame = with_all_facts(purchases.facts, rules.facts)
    tests = [pl.lit(value=True), *(fulfilled(each, known) for each in rules.requirements)]
    passed = frame.select(pl.all_horizontal(tests)).to_series().to_numpy()
    for name, fen in purchases.paid.items():
        row = _row(purchases, name, "benefit", passed, passed & (fen > 0))
        yield row | {
            "money_lost_fen": 0.0,
            "money_left_fen": float(purchases.cars @ (fen * passed)),
            "assumed": _assumed(rules.entitlements[name].facts, purchases),
        }


def _row(
    purchases: _Purchases, rule: str, kind: str, before: Bools, after: Bools
) -> dict[str, Any]:
    cars, fen = purchases.cars, purchases.fen
    lost = before & ~after
    return {
        "rule": rule,
        "kind": kind,
        "cars_before": float(cars @ before),
        "cars_lost": float(cars @ lost),
        "money_lost_fen": float(cars @ (fen * lost)),
        "cars_left": float(cars @ after),
        "money_left_fen": float(cars @ (fen * after)),
        "assumed": [],
    }


def _assumed(facts: Sequence[str], purchases: _Purchases) -> list[str]:
    return [fact for fact in facts if fact not in purchases.told]
