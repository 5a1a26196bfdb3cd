"""Can a market file say this instead of the built-in assumptions about people?"""

from __future__ import annotations

from collections.abc import Mapping

from promo.demand.assumptions import BEHAVIOUR, BOUNDS, CLAIMING, POOL, RUSH, WON
from promo.errors import Diagnostic, did_you_mean
from promo.textfile import Loaded, Quantity
from promo.textfile.places import M


def override_findings(loaded: Loaded[M], named: Mapping[str, Quantity]) -> list[Diagnostic]:
    """Overrides that name no built-in assumption, and numbers the formulas are not made for."""
    known = {a.name for a in (*BEHAVIOUR, *POOL, *CLAIMING.values(), RUSH, *WON.values())}
    unknown = [
        loaded.diagnostic(
            ("behaviour", name),
            "K101",
            f"unknown assumption '{name}'",
            help=did_you_mean(name, known),
            at_key=True,
        )
        for name in named
        if name not in known
    ]
    impossible = [
        loaded.diagnostic(
            ("behaviour", name),
            "V211",
            f"{name} of {quantity.low:g} to {quantity.high:g} is not possible",
            help=f"stay within {BOUNDS[name][0]:g} to {BOUNDS[name][1]:g}",
        )
        for name, quantity in named.items()
        if name in BOUNDS
        and not BOUNDS[name][0] <= quantity.low <= quantity.high <= BOUNDS[name][1]
    ]
    return [*unknown, *impossible]
