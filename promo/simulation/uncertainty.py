"""How sure are we? A measure from its draws: mean, its standard error, quantiles, never.

A value that does not exist in a draw (money that never runs out) counts as larger than any
number. Quantiles are of draws, without interpolation. Ratios are ratios of means.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from promo.schema import Floats, Measure, MeasureKind, Standing, Words
from promo.simulation.draws import SCRAMBLES

NEVER = Words("每一种情形下都没有发生", "it happens in no draw")
NO_DENOMINATOR = Words(
    "分母的区间包含零或以下, 比值没有意义", "the interval of the denominator holds zero or less"
)


def measure(
    kind: MeasureKind,
    draws: Floats,
    standing: Standing,
    group: dict[str, str] | None = None,
) -> Measure:
    """A measure from one value a draw (R,); infinite where it never happens."""
    happened = np.isfinite(draws)
    never = 1.0 - float(happened.mean())
    low, middle, high = (_quantile(draws, q) for q in (0.05, 0.5, 0.95))
    return Measure(
        kind=kind,
        draws=draws,
        mean=float(draws[happened].mean()) if happened.any() else None,
        se=_standard_error(draws),
        p05=low,
        p50=middle,
        p95=high,
        never=never,
        standing=standing,
        group=group,
        reason=None if happened.any() else NEVER,
    )


def ratio(kind: MeasureKind, over: Floats, under: Floats, standing: Standing) -> Measure:
    """Ratio of the means of two measures (R,), or none where the lower one may be zero or less.

    In a draw whose lower one is not above zero the ratio does not exist and counts as larger than
    any number.
    """
    low = np.quantile(under, 0.05, method="inverted_cdf")
    draws = np.divide(over, under, out=np.full(over.shape, np.inf), where=under > 0)
    never = 1.0 - float((under > 0).mean())
    if low <= 0.0:
        none = (None, None, None, None, None)
        return Measure(kind, draws, *none, 0.0, standing, reason=NO_DENOMINATOR)
    by_scramble = _means(over) / _means(under)
    return Measure(
        kind=kind,
        draws=draws,
        mean=float(over.mean() / under.mean()),
        se=float(by_scramble.std(ddof=1) / np.sqrt(by_scramble.size)),
        p05=_quantile(draws, 0.05),
        p50=_quantile(draws, 0.5),
        p95=_quantile(draws, 0.95),
        never=never,
        standing=standing,
    )


def probability(
    kind: MeasureKind, happened: Floats, standing: Standing, group: dict[str, str] | None = None
) -> Measure:
    """Share of draws in which a thing happens; its interval is that of the estimate.

    Quantiles of an indicator say nothing: the ends are 1.645 standard errors away, in [0, 1].
    """
    found = measure(kind, happened, standing, group)
    if found.mean is None:
        return found
    reach = 1.645 * (found.se or 0.0)
    low, high = max(0.0, found.mean - reach), min(1.0, found.mean + reach)
    return replace(found, p05=low, p50=found.mean, p95=high)


def interval(draws: Floats) -> tuple[Floats, Floats]:
    """Ends of the 90 % interval over the first axis."""
    low, high = np.quantile(draws, [0.05, 0.95], axis=0, method="inverted_cdf")
    return low, high


def _quantile(draws: Floats, share: float) -> float | None:
    value = float(np.quantile(draws, share, method="inverted_cdf"))
    return value if np.isfinite(value) else None


def _means(draws: Floats) -> Floats:
    """Mean of each scrambling (S,); draw r belongs to scrambling r modulo `SCRAMBLES`."""
    return np.asarray(draws.reshape(-1, SCRAMBLES).mean(axis=0))


def _standard_error(draws: Floats) -> float | None:
    """Of the mean over the draws in which it happens, from independent scramblings."""
    if draws.size % SCRAMBLES:
        return None
    by_scramble = draws.reshape(-1, SCRAMBLES)
    happened = np.isfinite(by_scramble)
    counts = happened.sum(axis=0)
    if (counts == 0).any():
        return None
    means = np.where(happened, by_scramble, 0.0).sum(axis=0) / counts
    return float(means.std(ddof=1) / np.sqrt(SCRAMBLES))
