"""Which vehicles are on sale, at what price, made where?

A vehicle is a trim: one row of the catalogue, from a small CSV file beside the market or from
imported sales. A catalogue of thousands of announcement numbers is cut to the best sellers; the
others are grouped by place of production, energy and price, so that no sale is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from promo.errors import Diagnostic, did_you_mean
from promo.quantities import shown
from promo.schema import ENERGIES, FEN_PER_YUAN, VEHICLE_COLUMNS
from promo.textfile import Table, read_table

LOWEST_PRICE_YUAN, HIGHEST_PRICE_YUAN = 5_000, 20_000_000

COLUMN_TYPES: dict[str, pl.DataType] = {
    "price": pl.Int64(),
    "price_ex_vat": pl.Int64(),
    "displacement_l": pl.Float64(),
    "seats": pl.Float64(),
}
VEHICLE_SCHEMA = pl.Schema({name: COLUMN_TYPES.get(name, pl.String()) for name in VEHICLE_COLUMNS})

VEHICLE_FACTS: dict[str, str] = {
    "vehicle_category": "text?",
    "miles_per_gallon": "number?",
    "list_price": "money?",
    "list_price_ex_vat": "money?",
    "electric_range_km": "number?",
    "battery_kwh": "number?",
    "co2_g_km": "number?",
    "emission_class": "number?",
}
"""Facts of a vehicle that a catalogue may tell besides its columns, where rules ask for them."""

_CATALOGUE = {
    "vehicle": "text",
    "model": "text?",
    "brand": "text?",
    "maker": "text?",
    "made_in": "text",
    "segment": "text?",
    "energy": "text",
    "price": "money",
    "price_ex_vat": "money?",
    "displacement_l": "number?",
    "seats": "number?",
    "share": "share?",
    **VEHICLE_FACTS,
}

# Price bands stand in for segments where a catalogue names none: from (yuan), name.
PRICE_BANDS: tuple[tuple[int, str], ...] = (
    (0, "5万元以下"),
    (50_000, "5-8万元"),
    (80_000, "8-12万元"),
    (120_000, "12-18万元"),
    (180_000, "18-25万元"),
    (250_000, "25-35万元"),
    (350_000, "35万元以上"),
)
UNKNOWN = "未知"
OTHERS = "其他"
PRICE_FIFTHS = 5


def without_vat(price: pl.Expr) -> pl.Expr:
    """The price without VAT of 13 %, in whole fen, half a fen up: 550,000.00 -> 486,725.66."""
    return (price.cast(pl.Int64) * 200 + 113) // 226


def price_band(price_fen: pl.Expr) -> pl.Expr:
    """The name of the price band of a price in fen."""
    chain: Any = pl
    for start, name in reversed(PRICE_BANDS):
        chain = chain.when(price_fen >= start * FEN_PER_YUAN).then(pl.lit(name))
    band: pl.Expr = chain.otherwise(None)
    return band


def complete(vehicles: pl.DataFrame) -> pl.DataFrame:
    """Fill what a catalogue may leave out: model, brand, maker, segment, price without VAT."""
    maker = pl.coalesce("maker", pl.lit(UNKNOWN))
    filled = vehicles.with_columns(
        model=pl.coalesce("model", "vehicle"),
        maker=maker,
        brand=pl.coalesce("brand", maker),
        made_in=pl.coalesce("made_in", pl.lit(UNKNOWN)),
        segment=pl.coalesce("segment", price_band(pl.col("price"))),
        price_ex_vat=pl.coalesce("price_ex_vat", without_vat(pl.col("price"))),
    )
    return filled.cast(VEHICLE_SCHEMA)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The vehicles of a CSV file.

    Attributes
    ----------
    vehicles : one row a vehicle with `VEHICLE_COLUMNS`, and those of `VEHICLE_FACTS` it tells
    shares : one share of the city's sales a vehicle, same order, summing to one
    digest : sha256 of the file
    """

    vehicles: pl.DataFrame
    shares: pl.Series
    digest: str


def load_catalogue(path: str) -> tuple[Catalogue | None, tuple[Diagnostic, ...]]:
    """The catalogue of a file such as `vehicles.csv`, or what is wrong with it."""
    table = read_table(path, _CATALOGUE)
    if table.value is None:
        return None, table.diagnostics
    findings = (*table.diagnostics, *_row_findings(table, table.value))
    if findings:
        return None, findings
    shares = table.value["share"].fill_null(0.0)
    vehicles = complete(table.value.drop("share", *VEHICLE_FACTS))
    told = [name for name in VEHICLE_FACTS if not table.value[name].is_null().all()]
    vehicles = vehicles.select(*VEHICLE_COLUMNS).with_columns(table.value.select(told))
    return Catalogue(vehicles, shares / shares.sum(), table.digest), ()


def _row_findings(table: Table, rows: pl.DataFrame) -> list[Diagnostic]:
    """Unknown energies, vehicles named twice or impossible, shares that miss 100 %."""
    found = []
    seen: set[str] = set()
    for row, (vehicle, energy) in enumerate(rows.select("vehicle", "energy").iter_rows()):
        if energy not in ENERGIES:
            help = did_you_mean(energy, ENERGIES)
            found.append(table.diagnostic(row, "V206", f"no such energy: '{energy}'", help=help))
        if vehicle in seen:
            found.append(
                table.diagnostic(row, "R410", f"the vehicle '{shown(vehicle)}' stands twice")
            )
        seen.add(vehicle)
    found += [each for name in _POSSIBLE for each in _impossible(table, rows, name)]
    total = float(rows["share"].fill_null(0.0).sum())
    if not rows.is_empty() and abs(total - 1) > 0.005:
        message = f"the shares add up to {total:.1%}, not to 100 %"
        found.append(table.diagnostic(0, "R412", message))
    return found


# What a vehicle can be: least, most, and how many of the frame's units make the one shown.
_POSSIBLE: dict[str, tuple[float, float, int]] = {
    "price": (LOWEST_PRICE_YUAN, HIGHEST_PRICE_YUAN, FEN_PER_YUAN),
    "price_ex_vat": (LOWEST_PRICE_YUAN / 2, HIGHEST_PRICE_YUAN, FEN_PER_YUAN),
    "displacement_l": (0, 20, 1),
    "seats": (1, 100, 1),
}


def _impossible(table: Table, rows: pl.DataFrame, name: str) -> list[Diagnostic]:
    """Prices, engines and seats that no vehicle has."""
    least, most, per_unit = _POSSIBLE[name]
    outside = (rows[name] < least * per_unit) | (rows[name] > most * per_unit)
    return [
        table.diagnostic(
            row,
            "D903",
            f"'{shown(rows['vehicle'][row])}' has {name} {rows[name][row] / per_unit:,.10g}",
            help=f"write {least:,g} to {most:,g}",
        )
        for row in outside.fill_null(value=False).arg_true().to_list()
    ]


# --- a catalogue out of sales ---------------------------------------------------------------


def group_slow_sellers(
    vehicles: pl.DataFrame, sales: pl.DataFrame, *, keep: int, place: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the best sellers of the last twelve months; group the rest; lose no car.

    The rest, and what has not sold for three months, is grouped by place of production, energy
    and fifth of the price (each fifth holds a fifth of the cars); what is built in `place` by
    maker too, so that its plant still finds it. A group's price and displacement are means
    weighted by cars, its name says what it is. Returns vehicles and sales, both sorted.
    """
    ranked = _ranked(vehicles, sales)
    kept = (pl.col("rank") < keep) & pl.col("on_sale")
    grouped = _group_names(ranked.filter(~kept), place)
    alone = ranked.filter(kept)
    names = pl.concat([alone.select("vehicle", new="vehicle"), grouped.select("vehicle", "new")])
    catalogue = pl.concat([alone.select(*VEHICLE_COLUMNS), _group_rows(grouped)])
    return catalogue.sort("vehicle"), _renamed(sales, names)


def _ranked(vehicles: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Vehicles by cars of the last twelve months: `rank`, `ever` (cars), `on_sale`."""
    ago = (pl.col("month").max() - pl.col("month")).over(pl.lit(1)).dt.total_days()
    counted = (
        sales.with_columns(ago=ago)
        .group_by("vehicle")
        .agg(
            recent=pl.col("units").filter(pl.col("ago") < 345).sum(),
            on_sale=pl.col("units").filter(pl.col("ago") < 75).sum() > 0,
            ever=pl.col("units").sum(),
        )
    )
    return (
        vehicles.join(counted, on="vehicle", how="inner")
        .sort(["recent", "ever", "vehicle"], descending=[True, True, False])
        .with_row_index("rank")
    )


def _group_names(rest: pl.DataFrame, place: str) -> pl.DataFrame:
    """The rest with the name `new` of its group, its `fifth` and its `group_maker`."""
    cars = pl.col("ever").cum_sum() - pl.col("ever") / 2
    fifth = (cars * PRICE_FIFTHS / pl.col("ever").sum().clip(1)).floor().clip(0, PRICE_FIFTHS - 1)
    local = pl.col("made_in") == place
    return (
        rest.sort("price", "vehicle")
        .with_columns(
            fifth=fifth.cast(pl.Int64) + 1,
            group_maker=pl.when(local).then("maker").otherwise(pl.lit(OTHERS)),
            where=pl.when(local).then(pl.format("{}·{}", "made_in", "maker")).otherwise("made_in"),
        )
        .with_columns(new=pl.format(OTHERS + "·{}·{}·价格{}档", "where", "energy", "fifth"))
    )


def _group_rows(grouped: pl.DataFrame) -> pl.DataFrame:
    """One row a group, described by its cars."""
    weight = pl.col("ever").clip(1)

    def mean(name: str) -> pl.Expr:
        known = pl.col(name).is_not_null()
        total = (pl.col(name).cast(pl.Float64) * weight).sum()
        return pl.when(known.any()).then(total / weight.filter(known).sum())

    rows = (
        grouped.group_by("new", "made_in", "energy", "group_maker")
        .agg(
            price=mean("price").round().cast(pl.Int64),
            price_ex_vat=mean("price_ex_vat").round().cast(pl.Int64),
            displacement_l=mean("displacement_l").round(1),
            seats=mean("seats").round(),
        )
        .with_columns(
            vehicle=pl.col("new"),
            model=pl.col("new"),
            brand=pl.col("group_maker"),
            maker=pl.col("group_maker"),
            segment=price_band(pl.col("price")),
        )
    )
    return rows.select(*VEHICLE_COLUMNS).cast(VEHICLE_SCHEMA)


def _renamed(sales: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    return (
        sales.join(names, on="vehicle", how="inner")
        .group_by("month", vehicle=pl.col("new"))
        .agg(pl.col("units").sum().cast(pl.Int64))
        .sort("month", "vehicle")
    )
