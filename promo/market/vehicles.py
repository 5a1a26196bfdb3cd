"""Which vehicles are on sale, at what price, made where?

A vehicle is a trim: one row of the catalogue, from a small CSV file beside the market or from
imported sales. A catalogue of thousands of announcement numbers is cut to the best sellers; the
others are grouped by place of production, energy and price, so that no sale is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from promo.errors import Diagnostic, did_you_mean
from promo.schema import ENERGIES, FEN_PER_YUAN, VEHICLE_COLUMNS
from promo.textfile import Table, read_table

COLUMN_TYPES: dict[str, pl.DataType] = {
    "price": pl.Int64(),
    "price_ex_vat": pl.Int64(),
    "displacement_l": pl.Float64(),
    "seats": pl.Float64(),
}
VEHICLE_SCHEMA: dict[str, pl.DataType] = {
    name: COLUMN_TYPES.get(name, pl.String()) for name in VEHICLE_COLUMNS
}

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
PRICE_FIFTHS = 5


def without_vat(price: pl.Expr) -> pl.Expr:
    """The price without VAT of 13 %, in whole fen, half a fen up: 550,000.00 -> 486,725.66."""
    return (price * 200 + 113) // 226


def price_band(price_fen: pl.Expr) -> pl.Expr:
    """The name of the price band of a price in fen."""
    breaks = [start * FEN_PER_YUAN for start, _ in PRICE_BANDS[1:]]
    names = [name for _, name in PRICE_BANDS]
    return price_fen.cut(breaks, labels=names, left_closed=True).cast(pl.String)


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
    return filled.cast(dict(VEHICLE_SCHEMA))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The vehicles of a CSV file.

    Attributes
    ----------
    vehicles : one row a vehicle with `VEHICLE_COLUMNS`
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
    vehicles = complete(table.value.drop("share")).select(*VEHICLE_COLUMNS)
    return Catalogue(vehicles, shares / shares.sum(), table.digest), ()


def _row_findings(table: Table, rows: pl.DataFrame) -> list[Diagnostic]:
    """Energies that do not exist, vehicles named twice, free cars, shares that miss 100 %."""
    found = []
    seen: set[str] = set()
    for row, (vehicle, energy, price) in enumerate(
        rows.select("vehicle", "energy", "price").iter_rows()
    ):
        if energy not in ENERGIES:
            help = did_you_mean(energy, ENERGIES)
            found.append(table.diagnostic(row, "V206", f"no such energy: '{energy}'", help=help))
        if vehicle in seen:
            found.append(table.diagnostic(row, "R410", f"the vehicle '{vehicle}' stands twice"))
        if price <= 0:
            found.append(table.diagnostic(row, "D903", f"'{vehicle}' has no price"))
        seen.add(vehicle)
    total = float(rows["share"].fill_null(0.0).sum())
    if not rows.is_empty() and abs(total - 1) > 0.005:
        message = f"the shares add up to {total:.1%}, not to 100 %"
        found.append(table.diagnostic(0, "R412", message))
    return found


# --- a catalogue out of sales ---------------------------------------------------------------


def group_slow_sellers(
    vehicles: pl.DataFrame, sales: pl.DataFrame, *, keep: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the best sellers of the last twelve months; group the rest; lose no car.

    The rest is grouped by place of production, energy and fifth of the price (each fifth holds a
    fifth of the cars). A group's price and displacement are means weighted by cars, its name says
    what it is. Returns vehicles and sales, both sorted.
    """
    latest = sales.select(pl.col("month").max().dt.offset_by("-11mo")).item()
    recent = (
        sales.filter(pl.col("month") >= latest)
        .group_by("vehicle")
        .agg(recent=pl.col("units").sum())
    )
    ever = sales.group_by("vehicle").agg(ever=pl.col("units").sum())
    ranked = (
        vehicles.join(recent, on="vehicle", how="left")
        .join(ever, on="vehicle", how="left")
        .with_columns(pl.col("recent", "ever").fill_null(0))
        .sort(["recent", "ever", "vehicle"], descending=[True, True, False])
        .with_row_index("rank")
    )
    kept = (pl.col("rank") < keep) & (pl.col("recent") > 0)
    grouped = _group_names(ranked.filter(~kept))
    names = pl.concat(
        [ranked.filter(kept).select("vehicle", new="vehicle"), grouped.select("vehicle", "new")]
    )
    catalogue = pl.concat(
        [ranked.filter(kept).select(*VEHICLE_COLUMNS), _group_rows(grouped)]
    ).sort("vehicle")
    return catalogue, _renamed(sales, names)


def _group_names(rest: pl.DataFrame) -> pl.DataFrame:
    """The rest with the name `new` of its group."""
    ordered = rest.sort("price", "vehicle")
    cars = pl.col("ever").cum_sum() - pl.col("ever") / 2
    fifth = (cars * PRICE_FIFTHS / pl.col("ever").sum().clip(1)).floor().clip(0, PRICE_FIFTHS - 1)
    return ordered.with_columns(fifth=fifth.cast(pl.Int64) + 1).with_columns(
        new=pl.format("其他·{}·{}·价格{}档", "made_in", "energy", "fifth")
    )


def _group_rows(grouped: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("ever").clip(1)

    def mean(name: str) -> pl.Expr:
        known = pl.col(name).is_not_null()
        total = (pl.col(name).cast(pl.Float64) * weight).sum()
        return pl.when(known.any()).then(total / weight.filter(known).sum())

    rows = (
        grouped.group_by("new", "made_in", "energy")
        .agg(
            price=mean("price").round().cast(pl.Int64),
            price_ex_vat=mean("price_ex_vat").round().cast(pl.Int64),
            displacement_l=mean("displacement_l").round(1),
            seats=mean("seats").round(),
        )
        .with_columns(
            vehicle=pl.col("new"),
            model=pl.col("new"),
            brand=pl.lit("其他"),
            maker=pl.lit("其他"),
            segment=price_band(pl.col("price")),
        )
    )
    return rows.select(*VEHICLE_COLUMNS).cast(dict(VEHICLE_SCHEMA))  # type: ignore[arg-type]


def _renamed(sales: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    return (
        sales.join(names, on="vehicle", how="inner")
        .group_by("month", vehicle=pl.col("new"))
        .agg(pl.col("units").sum().cast(pl.Int64))
        .sort("month", "vehicle")
    )
