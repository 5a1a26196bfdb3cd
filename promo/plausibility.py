"""Where does this design stand against published responses, and is its result to be believed?

Levers at the draws of the run beside the response catalogue. A median beyond the largest
published response is warned of; one beyond it by more than papers on one programme differ stops
the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

from promo.demand.assumptions import BEHAVIOUR
from promo.demand.published import APART, LEVERS, SHORTEST_DAYS
from promo.errors import Diagnostic, InputError
from promo.results import Worlds, totals
from promo.schema import Floats, Words
from promo.simulation.draws import ParameterDraws
from promo.simulation.streams import OUTSIDE
from promo.simulation.uncertainty import interval
from promo.study import Study


def beside_published(worlds: Worlds, draws: ParameterDraws) -> pl.DataFrame:
    """One row per lever: this design over the draws, the published range, where it stands.

    A lever that has no value in any draw (nobody is subsidised) is left out.
    """
    responses, benefit = _responses(worlds)
    found = {**worlds.study.stage.levers(draws), **responses}
    rows = []
    for name, lever in LEVERS.items():
        values = found[name][np.isfinite(found[name])]
        if values.size:
            middle = float(np.quantile(values, 0.5, method="inverted_cdf"))
            ends = (float(each) for each in interval(values))
            published = (lever.lowest, lever.highest(benefit))
            verdict = lever.verdict(middle, benefit)
            said = (lever.words.zh, lever.words.en, lever.unit)
            rows.append((name, *said, middle, *ends, *published, verdict))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def catalogue() -> pl.DataFrame:
    """The published responses, one a row; those of a model hold for one of its versions too."""
    rows = [
        {
            "lever": name,
            "study_zh": each.study.zh,
            "study_en": each.study.en,
            "benefit_share": each.benefit,
            "low": each.low,
            "high": each.high,
            "source": each.source,
            "status": each.status,
        }
        for name, lever in LEVERS.items()
        for each in lever.published
    ]
    return pl.DataFrame(rows, schema=CATALOGUE)


def warnings(beside: pl.DataFrame) -> tuple[Words, ...]:
    """Where the median of this design lies beyond every published response."""
    rows = beside.filter(pl.col("verdict") == "above").iter_rows(named=True)
    return tuple(
        Words(
            f"超过已公布的最大反应({row['published_high']:.3g}): {row['words_zh']} "
            f"{row['p50']:.3g}。",
            f"Beyond the largest published response ({row['published_high']:.3g}): "
            f"{row['words_en']} {row['p50']:.3g}.",
        )
        for row in rows
    )


def refuse_absurd(study: Study, beside: pl.DataFrame, moving: pl.DataFrame) -> None:
    """Raise where the result is larger than any published response explains, and name suspects."""
    absurd = beside.filter(pl.col("verdict") == "absurd").iter_rows(named=True)
    found = list(_findings(study, absurd, _suspects(study, moving)))
    if found:
        raise InputError(found)


def _findings(study: Study, rows: Iterable[dict[str, Any]], suspects: str) -> Iterator[Diagnostic]:
    for row in rows:
        lever = LEVERS[row["lever"]]
        yield Diagnostic(
            study.path,
            1,
            1,
            "G752",
            f"no published response explains {lever.words.en} = {row['p50']:.3g}, beyond "
            f"{APART * row['published_high']:.3g}",
            help=f"published are {row['published_low']:.3g} to {row['published_high']:.3g} "
            f"[{lever.largest.study.en}; {lever.largest.source}]; look first at "
            f"{', '.join(lever.assumptions) or suspects}",
        )


def _suspects(study: Study, moving: pl.DataFrame) -> str:
    """Assumptions about people outside their built-in ranges, else what moves the answer most."""
    usual = {each.name: each for each in BEHAVIOUR}
    strange = [
        f"{stated.name} ({stated.value:g})"
        for stated in study.assumptions
        for built_in in [usual.get(stated.name)]
        if built_in and not built_in.low <= stated.value <= built_in.high
    ]
    return ", ".join(strange) or _strongest(study, moving)


def _strongest(study: Study, moving: pl.DataFrame) -> str:
    """The assumption that moves additional cars most, with its stated value."""
    swing = (pl.col("at_high") - pl.col("at_low")).abs()
    rows = moving.filter(pl.col("measure") == "additional_cars_in_horizon").sort(
        swing, descending=True, nulls_last=True
    )
    if not rows.height:
        return study.campaign.id
    name = str(rows["assumption"][0])
    value = next(a.value for a in study.assumptions if a.name == name)
    return f"{name} ({value:g})"


def _responses(worlds: Worlds) -> tuple[dict[str, Floats], float]:
    """Responses of the run (R,), and its benefit as a share of the price of what it pays for.

    A city may draw buyers from elsewhere without limit, a country cannot: the catalogue says
    nothing of them, and they are left out. Who buys for money that is gone has responded as well.
    """
    found, outcome, window = totals(worlds), worlds.outcome, worlds.window
    bought = outcome.bought.sum(axis=2)
    additional = found["additional_cars_in_window"] - bought[:, OUTSIDE]
    usual = outcome.without_campaign[:, window].sum(axis=(1, 2))
    usual = usual * max(1.0, SHORTEST_DAYS / (window.stop - window.start))
    value = found["sales_value_subsidised"].sum()
    return {
        "sales_response": _ratio(additional, usual),
        "additional_per_car": _ratio(additional, bought.sum(axis=1) - bought[:, OUTSIDE]),
    }, float(found["spend"].sum() / value) if value > 0 else 0.0


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Part of a whole (R,), not a number where there is no whole."""
    found = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, whole, out=found, where=whole > 0))


SCHEMA = {
    "lever": pl.String,
    "words_zh": pl.String,
    "words_en": pl.String,
    "unit": pl.String,
    "p50": pl.Float64,
    "p05": pl.Float64,
    "p95": pl.Float64,
    "published_low": pl.Float64,
    "published_high": pl.Float64,
    "verdict": pl.String,
}
CATALOGUE = {
    "lever": pl.String,
    "study_zh": pl.String,
    "study_en": pl.String,
    "benefit_share": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "source": pl.String,
    "status": pl.String,
}
