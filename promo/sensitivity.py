"""Which assumption moves the answer? Each at its low and its high end, on the same draws.

One at a time: the other assumptions keep the values of their draws, and cars are taken at their
means, so that nothing but the assumption differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl

from promo.pull_through import pull_through
from promo.results import Worlds, totals
from promo.schema import Assumption
from promo.simulation.draws import ParameterDraws
from promo.simulation.worlds import Outcome, means
from promo.study import Study

DRAWS = 8
"""Draws on which each end is tried; the first ones of the run."""
HEADLINES = ("additional_cars_in_horizon", "built_in_horizon", "spend", "exhaustion_day")

Mapper = Callable[
    [Callable[[Assumption], list[float]], Iterable[Assumption]], Iterable[list[float]]
]


def what_moves(study: Study, draws: ParameterDraws, each: Mapper) -> pl.DataFrame:
    """One row per assumption and headline measure: its value at the low end, at the high end.

    `each` applies a function to all assumptions in order, on as many workers as it likes. The day
    on which the money runs out counts as the end of the window where it lasts.
    """
    few = draws.take(slice(0, DRAWS))
    base_outcome = study.stage.block(few).live(means)
    base = _headlines(study, few, base_outcome)
    concerns_uptake = study.uptake_names()

    def ends(assumption: Assumption) -> list[float]:
        values = []
        for end in (assumption.low, assumption.high):
            held = few.holding(assumption.name, end)
            outcome = base_outcome
            if assumption.name in concerns_uptake:
                outcome = study.stage.block(held).live(means)
            values += _headlines(study, held, outcome)
        return values

    tried = [a for a in study.assumptions if a.high > a.low]
    rows = [
        (a.name, a.words.zh, a.words.en, measure, a.low, a.high, low, high, middle)
        for a, found in zip(tried, each(ends, tried), strict=True)
        for measure, low, high, middle in zip(
            HEADLINES, found[: len(HEADLINES)], found[len(HEADLINES) :], base, strict=True
        )
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


SCHEMA = {
    "assumption": pl.String,
    "words_zh": pl.String,
    "words_en": pl.String,
    "measure": pl.String,
    "low_value": pl.Float64,
    "high_value": pl.Float64,
    "at_low": pl.Float64,
    "at_high": pl.Float64,
    "at_base": pl.Float64,
}


def _headlines(study: Study, draws: ParameterDraws, outcome: Outcome) -> list[float]:
    worlds = Worlds(study, outcome, pull_through(study, draws, outcome))
    found = totals(worlds)
    length = worlds.window.stop - worlds.window.start
    return [
        float(np.minimum(found[name], length).mean())
        if name == "exhaustion_day"
        else float(found[name].mean())
        for name in HEADLINES
    ]
