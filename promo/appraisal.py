"""What would this campaign do? The whole model on one page.

Campaign + market + manufacturers -> `Appraisal`: with the campaign minus without it, in every
draw of the assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import polars as pl

from promo.schema import Assumption, Measure, Standing, Words

Progress: TypeAlias = Callable[[float, Words], None]
"""Called with the share of the work done and what is being done."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What determined the result, and nothing else: no time of day, host or absolute path."""

    inputs: Mapping[str, str]
    seed: int
    draws: int
    versions: Mapping[str, str]
    git_commit: str | None
    dirty: bool | None


@dataclass(frozen=True, slots=True)
class Appraisal:
    """The answer for one design, with every table the reports print.

    Attributes
    ----------
    window : first and last day on which a purchase can earn money
    measures : in the order of `schema.MEASURES`; grouped ones follow their whole
    sensitivity : assumption, words_zh, words_en, measure, low_value, high_value, at_low, at_high,
        at_base; one row per assumption and headline measure
    spend_path : day, mean, p05, p50, p95 of cumulative public money, yuan
    monthly_sales : month, without, with_, additional, additional_p05, additional_p95
    vehicles : vehicle, model, energy, price_yuan, local, subsidised, the five parts, additional
    identity : term, words_zh, words_en, cars, p05, p95
    plants : plant, month, built_without, built_with, extra, extra_p05, extra_p95,
        dealer_stock_without, dealer_stock_with, capacity, utilisation_with
    accounts : side, item, words_zh, words_en, level, yuan, p05, p95, standing
    backtest : error of the forecast beside the naive forecasts'
    draws : one row a draw, one column an ungrouped measure
    """

    title: Words
    campaign_id: str
    place: str
    currency: str
    window: tuple[date, date]
    horizon_end: date
    budget_pots: tuple[str, ...]
    standing: Standing
    standing_reasons: tuple[Words, ...]
    measures: tuple[Measure, ...]
    assumptions: tuple[Assumption, ...]
    sensitivity: pl.DataFrame
    spend_path: pl.DataFrame
    monthly_sales: pl.DataFrame
    vehicles: pl.DataFrame
    identity: pl.DataFrame
    plants: pl.DataFrame
    accounts: pl.DataFrame
    backtest: pl.DataFrame
    warnings: tuple[Words, ...]
    limits: tuple[Words, ...]
    provenance: Provenance
    draws: pl.DataFrame

    def measure(self, name: str) -> Measure:
        """The measure of this name for the whole campaign."""
        return next(m for m in self.measures if m.kind.name == name and m.group is None)
