"""How do synthetic sales and invoices reach a file that people can open?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from promo.errors import OutputError
from promo.market.calendar import days_between
from promo.market.market import load_market
from promo.market.opening import OpenMarket, open_market
from promo.market.synthetic import Trade, invoice_blocks
from promo.schema import FEN_PER_YUAN
from promo.textfile import unfinished


def write_sales(market: str, out: str) -> int:
    """The market's sales by month and vehicle, prices in yuan; the number of rows."""
    opened = open_market(load_market(market).required(), market)
    in_yuan = pl.col("price", "price_ex_vat") / FEN_PER_YUAN
    table = opened.sales.join(opened.vehicles, on="vehicle", maintain_order="left")
    return _write(out, [table.with_columns(in_yuan).rename({"month": "date"})])


def write_invoices(market: str, out: str, *, rows: int, seed: int) -> int:
    """Invoices over the last year of the market's sales; the number of rows."""
    opened = open_market(load_market(market).required(), market)
    return _write(out, invoice_blocks(_trade(opened), rows=rows, seed=seed))


def _trade(opened: OpenMarket) -> Trade:
    """What was sold in the last twelve months of the history, and on which days."""
    months: list[date] = opened.sales["month"].unique().sort().to_list()
    recent = months[-12:]
    sold = (
        opened.sales.filter(pl.col("month") >= recent[0])
        .group_by("vehicle")
        .agg(pl.col("units").sum().cast(pl.Float64))
    )
    shares = opened.vehicles.select("vehicle").join(
        sold, on="vehicle", how="left", maintain_order="left"
    )["units"]
    next_month = (recent[-1] + timedelta(days=32)).replace(day=1)
    days = days_between(recent[0], next_month - timedelta(days=1))
    return Trade(opened.vehicles, shares.fill_null(0.0), days)


def _write(out: str, blocks: Iterable[pl.DataFrame]) -> int:
    """All blocks as one file, whole or not at all; CSV for people has a byte-order mark."""
    target = Path(out)
    write = _parquet if target.suffix == ".parquet" else _csv
    try:
        with unfinished(target) as temporary:
            count = write(temporary, blocks)
            temporary.replace(target)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise OutputError(f"cannot write {out}: {reason}") from None
    return count


def _parquet(path: Path, blocks: Iterable[pl.DataFrame]) -> int:
    table = pl.concat(list(blocks))
    table.write_parquet(path)
    return table.height


def _csv(path: Path, blocks: Iterable[pl.DataFrame]) -> int:
    count = 0
    with path.open("wb") as stream:
        for place, block in enumerate(blocks):
            # Not into the stream itself: Ctrl-C would be lost in there.
            text = block.write_csv(include_bom=place == 0, include_header=place == 0)
            stream.write(text.encode())
            count += block.height
    return count
