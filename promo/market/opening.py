"""The market as frames: vehicles, sales and buyers, read or generated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from promo.errors import InputError, PromoError
from promo.market import sales as imports
from promo.market.baseline import Baseline, ForecastRules, forecast
from promo.market.buyers import types_frame
from promo.market.calendar import month_start
from promo.market.market import BuyerType, Generated, Imported, Market, Published, import_command
from promo.market.synthetic import Margins, generate_sales
from promo.market.totals import load_totals, shared_out
from promo.market.vehicles import complete, group_slow_sellers, load_catalogue
from promo.schema import SALES_COLUMNS, VEHICLE_COLUMNS
from promo.textfile import Finding, exists, resolve


@dataclass(frozen=True, slots=True)
class OpenMarket:
    """A market ready to be asked.

    Attributes
    ----------
    vehicles : one row a vehicle, `VEHICLE_COLUMNS` and what else its catalogue tells
    sales : one row a month and vehicle, `SALES_COLUMNS`
    types : one row a buyer type, or a part of one by the value of its old car: see `types_frame`
    outside : the same with one row for buyers elsewhere, or None
    files : path and sha256 of every file that was read
    """

    market: Market
    vehicles: pl.DataFrame
    sales: pl.DataFrame
    types: pl.DataFrame
    outside: pl.DataFrame | None
    files: dict[str, str]

    def baseline(self, first_day: date, last_day: date) -> Baseline:
        """Expected cars per day and vehicle without the campaign."""
        return forecast(
            self.sales, self.vehicles, first_day, last_day, forecast_rules(self.market)
        )


def forecast_rules(market: Market) -> ForecastRules:
    """How this market's baseline is made."""
    return ForecastRules(
        method=market.forecast.method,
        quota=market.quota,
        generated=market.sales.generated is not None,
        country=market.calendar,
    )


def open_market(market: Market, path: str, before: date | None = None) -> OpenMarket:
    """Read or generate what the market file at `path` names.

    With `before`, only months before that day's month: the catalogue of imported sales is then
    what was on sale at that time, and nothing later is known.
    """
    generated, imported = market.sales.generated, market.sales.imported
    published = market.sales.published
    if generated is not None:
        vehicles, sales, files = _generated(generated, path)
    elif imported is not None:
        vehicles, sales, files = _imported(market, imported, path, before)
    elif published is not None:
        vehicles, sales, files = _published(published, path)
    else:
        raise ValueError("a market has sales")
    sales = _known(sales, before)
    return OpenMarket(market, vehicles, sales, types_frame(market.buyers), _outside(market), files)


def on_sale(market: Market, path: str) -> pl.DataFrame | None:
    """The vehicles of a market, one row each, or None where its files cannot tell."""
    generated, imported = market.sales.generated, market.sales.imported
    try:
        if generated is not None:
            catalogue, _ = load_catalogue(_linked(path, generated.catalogue))
            return None if catalogue is None else catalogue.vehicles
        if imported is not None and exists(imports.beside(path, imported.file)):
            rows = imports.read_imported(_linked(path, imported.file))
            return complete(imports.vehicles_of(rows)).select(*VEHICLE_COLUMNS)
    except PromoError:  # the check of the market says why
        return None
    return None


def _known(sales: pl.DataFrame, before: date | None) -> pl.DataFrame:
    """The months before that of a day; all where no day is given."""
    if before is None:
        return sales
    known = sales.filter(pl.col("month") < month_start(before))
    if known.is_empty():
        raise PromoError(
            f"there are no sales before {before:%Y-%m}",
            help="the market needs sales of at least three months before the announcement",
        )
    return known


def _linked(path: str, relative: str) -> str:
    try:
        return resolve(path, relative)
    except Finding as finding:
        raise InputError([finding.diagnostic]) from None


def _generated(
    generated: Generated, path: str
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    file = _linked(path, generated.catalogue)
    catalogue, findings = load_catalogue(file)
    if catalogue is None:
        raise InputError(findings)
    margins = Margins(
        cars_per_year=generated.cars_per_year.value,
        trend_per_year=generated.trend_per_year.value,
        months=generated.months,
        until=generated.until,
    )
    sales = generate_sales(catalogue.vehicles, catalogue.shares, margins, seed=generated.seed)
    return catalogue.vehicles, sales, {file: catalogue.digest}


def _published(
    published: Published, path: str
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    at_catalogue = _linked(path, published.catalogue)
    at_totals = _linked(path, published.totals)
    catalogue, findings = load_catalogue(at_catalogue)
    totals, more = load_totals(at_totals)
    if catalogue is None or totals is None:
        raise InputError((*findings, *more))
    sales = shared_out(totals.monthly, catalogue.vehicles, catalogue.shares)
    files = {at_catalogue: catalogue.digest, at_totals: totals.digest}
    return catalogue.vehicles, sales, files


def _imported(
    market: Market, imported: Imported, path: str, before: date | None
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    if not exists(imports.beside(path, imported.file)):
        help = f"bring them in with: {import_command(path, imported)}"
        raise PromoError(f"{imported.file}: these sales are not imported yet", help=help)
    file = _linked(path, imported.file)
    rows = _known(imports.read_imported(file), before)
    everything = complete(imports.vehicles_of(rows)).select(*VEHICLE_COLUMNS)
    sales = rows.select(*SALES_COLUMNS)
    vehicles, grouped = group_slow_sellers(
        everything, sales, keep=imported.keep_vehicles, place=market.place
    )
    return vehicles, grouped, {file: imports.digest(file)}


def _outside(market: Market) -> pl.DataFrame | None:
    if market.outside is None:
        return None
    one = BuyerType.model_construct(
        id="outside",
        share=1.0,
        income_monthly=market.outside.income_monthly,
        facts=market.outside.facts,
    )
    return types_frame((one,))
