"""Which assumption moves the answer? Each at its low and its high end, all others as stated.

One at a time, and cars are taken at their means, so that nothing but the assumption differs.
Beside it, the share of the variance over the draws that each assumption explains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from promo.crew import Crew
from promo.pull_through import pull_through
from promo.results import Worlds, totals
from promo.schema import Assumption, Floats
from promo.simulation.draws import SCRAMBLES, ParameterDraws, joined_draws
from promo.simulation.worlds import BLOCK, Outcome, joined
from promo.study import Study, stated

HEADLINES = ("additional_cars_in_horizon", "built_in_horizon", "spend", "exhaustion_day")
BELIEFS = (0.0, 0.5, 1.0)
"""Believed chance of another round, whatever range the market file gives it."""
ADDITIONALITY = ("subsidised_cars", "additional_cars_in_window", "additional_cars_in_horizon")
FEWEST_STRATA = 4
"""Below this the strata are too wide: a straight line loses 1 / strata^2 of its share in them."""
PLANT_RUNS = 256
"""Variants that plants follow together; bounds the memory."""

Done: TypeAlias = Callable[[float], None]
"""Told which share of the work is done."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One assumption held at one end of its range."""

    assumption: Assumption
    end: float


def what_moves(study: Study, workers: Crew, done: Done) -> pl.DataFrame:
    """One row per assumption and headline measure: at its low end, at its high end, as stated.

    The day on which the money runs out counts as the end of the window where it lasts.
    """
    as_stated = stated(study.assumptions)
    tried = [a for a in study.assumptions if a.high > a.low]
    variants = [Variant(a, end) for a in tried for end in (a.low, a.high)]
    held = [as_stated, *(as_stated.holding(v.assumption.name, v.end) for v in variants)]
    concerns = study.uptake_names()
    moves = [True, *(v.assumption.name in concerns for v in variants)]
    outcome = _outcomes(study, held, moves, workers, done)
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


def by_belief(study: Study, workers: Crew, done: Done) -> pl.DataFrame:
    """Cars subsidised and additional by how far buyers believe in another round.

    All other assumptions are as stated and cars are taken at their means, as in `what_moves`.
    Who believes in another round hurries less: fewer cars are moved, and fewer are missing later.
    """
    as_stated = stated(study.assumptions)
    held = [as_stated.holding("renewal_belief", belief) for belief in BELIEFS]
    outcome = _outcomes(study, held, [True] * len(held), workers, done)
    cars = _found(study, held, outcome, ADDITIONALITY)
    frame = pl.DataFrame({"belief": BELIEFS, **dict(zip(ADDITIONALITY, cars.T, strict=True))})
    subsidised, net = pl.col("subsidised_cars"), pl.col("additional_cars_in_horizon")
    return frame.with_columns(
        additional_per_subsidised_car=pl.when(subsidised > 0).then(net / subsidised)
    )


def _outcomes(
    study: Study,
    held: Sequence[ParameterDraws],
    moves: Sequence[bool],
    workers: Crew,
    done: Done,
) -> Outcome:
    """Outcome of every variant; one that concerns plants only has the buyers of the base."""
    lived = joined_draws([h for h, moved in zip(held, moves, strict=True) if moved])
    blocks = [lived.take(slice(at, at + BLOCK)) for at in range(0, len(lived), BLOCK)]
    found = []
    for each in workers.outcomes(study, blocks, "means"):
        found.append(each)
        done(len(found) / len(blocks))
    place = np.cumsum(moves) - 1
    run = np.where(moves, place, 0)
    return joined(found).take(run)


def _found(
    study: Study, held: Sequence[ParameterDraws], outcome: Outcome, names: Sequence[str]
) -> Floats:
    """Each measure (V, M) in V variants of one draw."""
    worlds = Worlds(study, outcome, pull_through(study, joined_draws(held), outcome))
    return _stacked(worlds, names)


def _stacked(worlds: Worlds, names: Sequence[str]) -> Floats:
    """Each measure (R, M); the money that lasts counts as running out when the window ends."""
    found = totals(worlds)
    length = worlds.window.stop - worlds.window.start
    found["exhaustion_day"] = np.minimum(found["exhaustion_day"], length)
    return np.stack([found[name] for name in names], axis=1).astype(np.float64)


def variance_shares(worlds: Worlds, draws: ParameterDraws) -> pl.DataFrame:
    """Share of the variance of each headline measure that each assumption explains alone.

    From the draws of the run themselves. What the shares leave is the luck of buyers and what
    assumptions do together. Null where a measure does not vary, or draws are too few.
    """
    tried = [a.name for a in worlds.study.assumptions if a.high > a.low]
    if len(draws) < FEWEST_STRATA * SCRAMBLES or not tried:
        return pl.DataFrame(schema=SHARES)
    assumed = np.stack([draws[name] for name in tried], axis=1)
    rows = [
        (name, measure, *found)
        for measure, measured in zip(HEADLINES, _stacked(worlds, HEADLINES).T, strict=True)
        for name, *found in zip(tried, *first_order(assumed, measured), strict=True)
    ]
    return pl.DataFrame(rows, schema=SHARES, orient="row").fill_nan(None)


def first_order(assumed: Floats, measured: Floats) -> tuple[Floats, Floats]:
    """First-order indices (A,) of assumptions (R, A) on a measure (R,), with standard errors.

    The index is Var E(Y | X) / Var Y (Sobol' 1993), estimated as a correlation ratio from
    replicated samples (McKay 1995): the r-th smallest X of every scrambling make a stratum. Its 16
    values are independent of each other, so the mean of the variances inside strata estimates
    E Var(Y | X) without bias. Errors are the jackknife's over scramblings, rather too large than
    too small (Efron and Stein 1981). Not a number where the measure does not vary.

    Few points in many dimensions have assumptions high and low together, within a scrambling. So
    the strong ones are found first, and what the others of them explain by a straight line in
    their ranks is taken off before an assumption is judged; the index stays the same.
    """
    from scipy.stats import rankdata

    if measured.std() == 0:
        return (np.full(assumed.shape[1], np.nan),) * 2
    scaled = ((measured - measured.mean()) / measured.std())[:, np.newaxis]
    share, error = _correlation_ratio(assumed, scaled, scaled)
    strong = share > 2 * error
    ranks = rankdata(assumed[:, strong], axis=0) / len(scaled)
    ranks -= ranks.mean(axis=0)
    told = ranks * np.linalg.lstsq(ranks, scaled[:, 0], rcond=None)[0]
    rest = np.repeat(scaled - told.sum(axis=1, keepdims=True), strong.size, axis=1)
    rest[:, strong] += told
    return _correlation_ratio(assumed, rest, scaled)


def _correlation_ratio(assumed: Floats, rest: Floats, measured: Floats) -> tuple[Floats, Floats]:
    """Variance of `rest` (R, A or 1) between strata of each assumption over that of `measured`."""
    order = np.argsort(assumed.reshape(-1, SCRAMBLES, assumed.shape[1]), axis=0, kind="stable")
    by_scramble = rest.reshape(-1, SCRAMBLES, rest.shape[1])
    strata = np.take_along_axis(np.broadcast_to(by_scramble, order.shape), order, axis=0)
    whole = measured.reshape(-1, SCRAMBLES, 1)
    share = (_between(strata) / _variance(whole))[0]
    left_out = _between(strata, out=1) / _variance(whole, out=1)
    return share, np.sqrt((SCRAMBLES - 1) * left_out.var(axis=0))


def _between(strata: Floats, *, out: int = 0) -> Floats:
    """Variance between strata (B, S, A): that of all less the mean of those inside."""
    sums, squares, count = _sums(strata, out)
    inside = ((squares - sums**2 / count) / (count - 1)).mean(axis=0)
    return np.asarray(_variance(strata, out=out) - inside)


def _variance(strata: Floats, *, out: int = 0) -> Floats:
    sums, squares, count = _sums(strata, out)
    return np.asarray(squares.mean(axis=0) / count - (sums.mean(axis=0) / count) ** 2)


def _sums(strata: Floats, out: int) -> tuple[Floats, Floats, int]:
    """Sums, sums of squares and count of each stratum; with `out` 1 less each value in turn."""
    sums, squares = strata.sum(axis=1, keepdims=True), (strata**2).sum(axis=1, keepdims=True)
    return sums - out * strata, squares - out * strata**2, SCRAMBLES - out


SHARES = {
    "assumption": pl.String,
    "measure": pl.String,
    "variance_share": pl.Float64,
    "variance_share_se": pl.Float64,
}
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
