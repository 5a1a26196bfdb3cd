"""What did the city buy? Imported sales."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from promo.schema import VEHICLE_COLUMNS


def read_imported(path: str) -> pl.DataFrame:
    """The rows that `promo import` wrote: `SALES_COLUMNS` and `VEHICLE_COLUMNS`."""
    return pl.read_parquet(path)  # noqa: TID251 - this module is the sales history


def vehicles_of(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a vehicle, as it stood in the last month it was sold."""
    return rows.sort("month").group_by("vehicle").last().select(*VEHICLE_COLUMNS).sort("vehicle")


def digest(path: str) -> str:
    """The sha256 of a file of any size."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
