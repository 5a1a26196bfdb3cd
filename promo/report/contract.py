"""What does the public JSON object of a result hold? Names here never change their meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import polars as pl

from promo.appraisal import Appraisal, Provenance
from promo.plausibility import catalogue
from promo.report.numbers import currency_of
from promo.report.words import Language, chosen
from promo.schema import Assumption, Json, Measure

APPRAISAL_SCHEMA = "promo/appraisal/1"
COMPARISON_SCHEMA = "promo/comparison/1"


def appraisal_object(appraisal: Appraisal, language: Language) -> Json:
    """`promo/appraisal/1`: the language decides the words and never a number."""
    return {
        "schema": APPRAISAL_SCHEMA,
        "campaign": {
            "id": appraisal.campaign_id,
            "title": chosen(appraisal.title, language),
            "place": appraisal.place,
            "currency": appraisal.currency,
            "window": [day.isoformat() for day in appraisal.window],
            "horizon_end": appraisal.horizon_end.isoformat(),
            "pots": list(appraisal.budget_pots),
        },
        "standing": appraisal.standing.value,
        "standing_reasons": [chosen(reason, language) for reason in appraisal.standing_reasons],
        "provenance": provenance_object(appraisal.provenance),
        "assumptions": [assumption_object(a, language) for a in appraisal.assumptions],
        "warnings": [chosen(text, language) for text in appraisal.warnings],
        "limits": [chosen(text, language) for text in appraisal.limits],
        "measures": [measure_object(measure, language) for measure in appraisal.measures],
        "luck_alone": [measure_object(measure, language) for measure in appraisal.luck_alone],
        "exhaustion": [_row(row, language) for row in appraisal.exhaustion.to_dicts()],
        "sensitivity": [_row(row, language) for row in appraisal.sensitivity.to_dicts()],
        "additionality": [_row(row, language) for row in appraisal.additionality.to_dicts()],
        "beside_published": [_row(row, language) for row in appraisal.beside_published.to_dicts()],
        "response_catalogue": [_row(row, language) for row in catalogue().to_dicts()],
        **_told_of_plants(appraisal, language),
    }


def _told_of_plants(appraisal: Appraisal, language: Language) -> Json:
    """Tables of the plants that are there only where an enterprise's file tells of them."""
    return {
        name: [_row(row, language) for row in frame.to_dicts()]
        for name, frame in appraisal.told_of_plants.items()
    }


def _row(row: dict[str, object], language: Language) -> Json:
    """A row of a frame, with its words in one language and its days as text."""
    other = "_zh" if language == "en" else "_en"
    kept = {key: value for key, value in row.items() if not key.endswith(other)}
    return {
        key.removesuffix(f"_{language}").replace("words", "label"): plain(
            value.isoformat() if isinstance(value, date) else value
        )
        for key, value in kept.items()
    }


def measure_object(measure: Measure, language: Language) -> Json:
    """One measure with its spread over the draws."""
    return {
        "name": measure.kind.name,
        "label": chosen(measure.kind.words, language),
        "unit": currency_of(measure.kind.unit),
        "basis": measure.kind.basis,
        "group": measure.group,
        "mean": finite(measure.mean),
        "se": finite(measure.se),
        "p05": finite(measure.p05),
        "p50": finite(measure.p50),
        "p95": finite(measure.p95),
        "never": finite(measure.never),
        "standing": measure.standing.value,
        "reason": chosen(measure.reason, language) if measure.reason else None,
    }


def assumption_object(assumption: Assumption, language: Language) -> Json:
    """One number that was not published: value, range, source, status."""
    return {
        "name": assumption.name,
        "label": chosen(assumption.words, language),
        "unit": currency_of(assumption.unit),
        "value": finite(assumption.value),
        "range": [finite(assumption.low), finite(assumption.high)],
        "source": assumption.source,
        "status": assumption.status,
    }


def provenance_object(provenance: Provenance) -> Json:
    """What determined the result."""
    return {
        "inputs": dict(sorted(provenance.inputs.items())),
        "seed": provenance.seed,
        "draws": provenance.draws,
        "versions": dict(sorted(provenance.versions.items())),
        "git_commit": provenance.git_commit,
        "dirty": provenance.dirty,
    }


def comparison_object(
    appraisals: Sequence[Appraisal], differences: pl.DataFrame, language: Language
) -> Json:
    """`promo/comparison/1`: each design, and each difference with its own interval."""
    rows = differences.to_dicts()
    return {
        "schema": COMPARISON_SCHEMA,
        "designs": [appraisal_object(appraisal, language) for appraisal in appraisals],
        "differences": [{key: plain(value) for key, value in row.items()} for row in rows],
    }


def finite(value: float | None) -> float | None:
    """A number that JSON has; what is infinite or undefined is null."""
    return None if value is None or not math.isfinite(value) else float(value)


def plain(value: object) -> object:
    """A cell of a frame as JSON has it."""
    return finite(value) if isinstance(value, float) else value
