"""Which design is better, and do we know?

Designs on the same draws, and their differences with intervals of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from promo.appraisal import Appraisal, Progress, appraise_among
from promo.crew import Crew, crew
from promo.results import RATIOS
from promo.schema import MEASURES, Floats, Measure, MeasureKind, Words
from promo.simulation.uncertainty import measure
from promo.study import Study

MORE_IS_BETTER = (
    "additional_cars_in_window",
    "additional_cars_in_horizon",
    "additional_local_cars_in_window",
    "additional_local_cars_in_horizon",
    "built_in_window",
    "built_in_horizon",
    "leverage_net",
    "sales_value_additional",
    "output_value",
    "value_added",
    "person_months",
    "city_tax_return",
    "consumer_gain",
)
"""Of the others more is not better in itself, or, as with costs a car, less is."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Designs side by side.

    Attributes
    ----------
    differences : design, measure, mean, se, p05, p50, p95, marked, best; each design minus the
        first. `marked`: the interval excludes zero. `best`: the design that beats every other on
        this measure with an interval that excludes zero, or null.
    """

    appraisals: tuple[Appraisal, ...]
    differences: pl.DataFrame


def compare(
    studies: Sequence[Study],
    *,
    seed: int,
    draws: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Appraise each design on the same draws of everything they assume, and subtract."""
    with crew(studies, workers=workers) as hands:
        return compare_among(hands, seed=seed, draws=draws, progress=progress)


def compare_among(
    hands: Crew, *, seed: int, draws: int, progress: Progress | None = None
) -> Comparison:
    """Compare all studies of a crew."""
    count = len(hands.studies)
    appraisals = tuple(
        appraise_among(
            study, hands, seed=seed, draws=draws, progress=_part(progress, number, count)
        )
        for number, study in enumerate(hands.studies)
    )
    return Comparison(appraisals, differences(appraisals))


def _part(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Progress of one design as part of all."""
    if progress is None:
        return None

    def say(share: float, what: Words) -> None:
        progress((number + share) / count, what)

    return say


def differences(appraisals: Sequence[Appraisal]) -> pl.DataFrame:
    """Each design minus the first, measure by measure; none where one of two has no value."""
    names = design_names(appraisals)
    rows = []
    for kind in MEASURES.values():
        values = [_finite(each, kind.name) for each in appraisals]
        if not all(_has_value(each, kind.name) for each in appraisals):
            continue
        best = _best(values) if kind.name in MORE_IS_BETTER else None
        for name, value, appraisal in zip(names[1:], values[1:], appraisals[1:], strict=True):
            found = _difference(kind, appraisal, appraisals[0])
            marked = _told_apart(value, values[0])
            rows.append(
                (
                    name,
                    kind.name,
                    found.mean,
                    found.se,
                    found.p05,
                    found.p50,
                    found.p95,
                    marked,
                    None if best is None else names[best],
                )
            )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _has_value(appraisal: Appraisal, name: str) -> bool:
    """Whether a design has this measure in every draw, and a ratio as a whole too."""
    exists = name not in RATIOS or appraisal.measure(name).mean is not None
    return exists and bool(np.isfinite(_finite(appraisal, name)).all())


def _difference(kind: MeasureKind, one: Appraisal, other: Appraisal) -> Measure:
    """One design minus another; of two ratios of means the difference of the two."""
    draws = _finite(one, kind.name) - _finite(other, kind.name)
    found = measure(kind, draws, one.standing)
    if kind.name not in RATIOS:
        return found
    of_means = measure(kind, _pull(one, kind.name) - _pull(other, kind.name), one.standing)
    return replace(found, mean=of_means.mean, se=of_means.se)


def _pull(appraisal: Appraisal, name: str) -> Floats:
    """The ratio of the means as each draw pulls it (R,): of mean the ratio, by the delta method.

    To first order its standard error is that of the ratio.
    """
    over, under = (appraisal.measure(each).draws for each in RATIOS[name])
    whole = over.mean() / under.mean()
    return np.asarray(whole + (over - whole * under) / under.mean())


SCHEMA = {
    "design": pl.String,
    "measure": pl.String,
    "mean": pl.Float64,
    "se": pl.Float64,
    "p05": pl.Float64,
    "p50": pl.Float64,
    "p95": pl.Float64,
    "marked": pl.Boolean,
    "best": pl.String,
}


def design_names(appraisals: Sequence[Appraisal]) -> list[str]:
    """Campaign ids, numbered where two designs share one."""
    ids = [each.campaign_id for each in appraisals]
    return [
        each if ids.count(each) == 1 else f"{each} ({number + 1})"
        for number, each in enumerate(ids)
    ]


def _finite(appraisal: Appraisal, name: str) -> Floats:
    """Draws of a measure; money that never runs out lasts to the end of the window."""
    draws = appraisal.measure(name).draws
    if name != "exhaustion_day":
        return draws
    length = (appraisal.window[1] - appraisal.window[0]).days + 1
    return np.minimum(draws, float(length))


def _told_apart(one: Floats, other: Floats) -> bool:
    low, high = np.quantile(one - other, [0.05, 0.95], method="inverted_cdf")
    return bool(low > 0 or high < 0)


def _best(values: Sequence[Floats]) -> int | None:
    """The design that beats every other beyond doubt, if there is one."""
    first = int(np.argmax([value.mean() for value in values]))
    others = [value for number, value in enumerate(values) if number != first]
    return first if all(_told_apart(values[first], other) for other in others) else None
