"""The rule set of claims.yaml as an OpenFisca country package: thirteen variables of a claim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from .claims import COLUMNS, END, FIRST, Array

WHEN = "2022-09"
CLAIM = build_entity(key="claim", plural="claims", label="A claim", is_person=True)


def eligible(claim: Any, period: Any) -> Any:
    day, price = claim("invoice_date", period), claim("price", period)
    in_window = (day >= FIRST) * (day < END)
    own = (claim("buyer_kind", period) == 0) * (claim("registered_in", period) == 0)
    return in_window * own * (price >= 5_000_000)


def base(claim: Any, period: Any) -> Any:
    price, fuel = claim("price", period), claim("energy", period) <= 1
    tiers = [price >= 20_000_000, price >= 10_000_000, price >= 5_000_000]
    of_fuel = np.select(tiers, [500_000, 300_000, 200_000], 0)
    return np.where(fuel, of_fuel, np.select(tiers, [800_000, 500_000, 300_000], 0))


def local_made(claim: Any, period: Any) -> Any:
    return (claim("made_in", period) == 0) * 100_000


def old_car(claim: Any, period: Any) -> Any:
    old = claim("trade_in_age_years", period) >= 6
    return (claim("trade_in", period) > 0) * old * 300_000


def amount(claim: Any, period: Any) -> Any:
    alone = claim("base", period) + claim("local_made", period) + claim("old_car", period)
    ceiling = np.minimum(900_000, claim("price", period) * 8 // 10_000 * 100)
    return claim("eligible", period) * np.minimum(alone, ceiling)


STEPS: tuple[Callable[[Any, Any], Any], ...] = (eligible, base, local_made, old_car, amount)


def simulation(arrays: dict[str, Array], *, afresh: bool) -> Callable[[], Array]:
    """A run of the system on loaded columns.

    The inputs are set once and what was computed is forgotten before the next run; with `afresh`,
    each run makes its simulation and sets its inputs, as every new batch of claims would.
    """
    system = TaxBenefitSystem([CLAIM])
    for name in COLUMNS:
        system.add_variable(_variable(name))
    for step in STEPS:
        system.add_variable(_variable(step.__name__, formula=step))

    def filled() -> Any:
        made = SimulationBuilder().build_default_simulation(system, len(arrays["price"]))
        for name in COLUMNS:
            made.set_input(name, WHEN, arrays[name])
        return made

    kept = filled()

    def run() -> Array:
        made = filled() if afresh else kept
        for step in STEPS:
            made.delete_arrays(step.__name__)
        found: Array = made.calculate("amount", WHEN)
        return found

    return run


def _variable(name: str, **formula: Callable[[Any, Any], Any]) -> Any:
    kind = bool if name == "eligible" else int
    said = {"value_type": kind, "entity": CLAIM, "definition_period": DateUnit.MONTH}
    return type(name, (Variable,), said | formula)
