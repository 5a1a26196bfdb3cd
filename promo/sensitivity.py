"""Which assumption moves the answer? Each at its low and its high end, all others as stated.

One at a time, and cars are taken at their means, so that nothing but the assumption differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from promo.crew import Crew
from promo.pull_through import pull_through
from promo.results import Worlds, totals
from promo.schema import Assumption, Floats
from promo.simulation.draws import ParameterDraws, joined_draws
from promo.simulation.worlds import BLOCK, Outcome, joined
from promo.study import Study, stated

HEADLINES = ("additional_cars_in_horizon", "built_in_horizon", "spend", "exhaustion_day")
BELIEFS = (0.0, 0.5, 1.0)
"""Believed chance of another round, whatever range the market file gives it."""
ADDITIONALITY = ("subsidised_cars", "additional_cars_in_window", "additional_cars_in_horizon")
PLANT_RUNS = 96
"""Variants that plants follow together; bounds the memory."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One assumption held at one end of its range."""

    assumption: Assumption
    end: float


def what_moves(study: Study, workers: Crew) -> pl.DataFrame:
    """One row per assumption and headline measure: at its low end, at its high end, as stated.

    The day on which the money runs out counts as the end of the window where it lasts.
    """
    as_stated = stated(study.assumptions)
    tried = [a for a in study.assumptions if a.high > a.low]
    variants = [Variant(a, end) for a in tried for end in (a.low, a.high)]
    held = [as_stated, *(as_stated.holding(v.assumption.name, v.end) for v in variants)]
    concerns = study.uptake_names()
    moves = [True, *(v.assumption.name in concerns for v in variants)]
    outcome = _outcomes(study, held, moves, workers)
    base, *found = [
        row
        for first in range(0, len(held), PLANT_RUNS)
        for part in [slice(first, first + PLANT_RUNS)]
        for row in _found(study, held[part], outcome.take(np.arange(len(held))[part]), HEADLINES)
    ]
    rows = [
        (a.name, a.words.zh, a.words.en, name, a.low, a.high, *(float(x) for x in values))
        for number, a in enumerate(tried)
        for name, *values in zip(
            HEADLINES, found[2 * number], found[2 * number + 1], base, strict=True
        )
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def by_belief(study: Study, workers: Crew) -> pl.DataFrame:
    """Cars subsidised and additional by how far buyers believe in another round.

    All other assumptions are as stated and cars are taken at their means, as in `what_moves`.
    Who believes in another round hurries less: fewer cars are moved, and fewer are missing later.
    """
    as_stated = stated(study.assumptions)
    held = [as_stated.holding("renewal_belief", belief) for belief in BELIEFS]
    outcome = _outcomes(study, held, [True] * len(held), workers)
    cars = _found(study, held, outcome, ADDITIONALITY)
    frame = pl.DataFrame({"belief": BELIEFS, **dict(zip(ADDITIONALITY, cars.T, strict=True))})
    subsidised, net = pl.col("subsidised_cars"), pl.col("additional_cars_in_horizon")
    return frame.with_columns(
        additional_per_subsidised_car=pl.when(subsidised > 0).then(net / subsidised)
    )


def _outcomes(
    study: Study, held: Sequence[ParameterDraws], moves: Sequence[bool], workers: Crew
) -> Outcome:
    """Outcome of every variant; one that concerns plants only has the buyers of the base."""
    lived = joined_draws([h for h, moved in zip(held, moves, strict=True) if moved])
    blocks = [lived.take(slice(at, at + BLOCK)) for at in range(0, len(lived), BLOCK)]
    outcome = joined(list(workers.outcomes(study, blocks, "means")))
    place = np.cumsum(moves) - 1
    run = np.where(moves, place, 0)
    return outcome.take(run)


def _found(
    study: Study, held: Sequence[ParameterDraws], outcome: Outcome, names: Sequence[str]
) -> Floats:
    """Each measure (V, M) in V variants of one draw."""
    worlds = Worlds(study, outcome, pull_through(study, joined_draws(held), outcome))
    found = totals(worlds)
    length = worlds.window.stop - worlds.window.start
    found["exhaustion_day"] = np.minimum(found["exhaustion_day"], length)
    return np.stack([found[name] for name in names], axis=1).astype(np.float64)


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
