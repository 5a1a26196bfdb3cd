"""The claims of `rules-10m`: eight narrow columns, about three in four eligible.

Written twice, so that every peer reads what suits it: Parquet with words (Enum), and one NumPy
file a column with the words as small integers.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from promo.schema import ENERGIES, FACTS

PLACES = ("开封", "郑州", "洛阳", "新乡", "商丘", "许昌", "周口", "安阳")
WORDS: dict[str, tuple[str, ...]] = {
    "buyer_kind": FACTS["buyer_kind"].choices,
    "registered_in": PLACES,
    "energy": ENERGIES,
    "made_in": PLACES,
    "trade_in": FACTS["trade_in"].choices,
}
COLUMNS = (
    "buyer_kind",
    "registered_in",
    "invoice_date",
    "price",
    "energy",
    "made_in",
    "trade_in",
    "trade_in_age_years",
)
EPOCH = date(1970, 1, 1)
FIRST = (date(2022, 6, 1) - EPOCH).days
END = (date(2023, 1, 1) - EPOCH).days  # the first day that is too late
CAMPAIGN = Path(__file__).parent / "claims.yaml"
Array = npt.NDArray[Any]


def draw(rows: int, seed: int = 7) -> dict[str, Array]:
    """Claims as narrow integers: words by their place in `WORDS`, fen, days since 1970, years."""
    luck = np.random.default_rng(seed)
    price = np.exp(luck.normal(16.35, 0.55, rows)).clip(2_000_000, 80_000_000).astype(np.int32)
    bounds = np.array((5_000_000, 10_000_000, 20_000_000), dtype=np.int32)
    on_bound = luck.random(rows) < 0.02
    beside = luck.integers(-1, 2, rows, dtype=np.int32)
    price = np.where(on_bound, luck.choice(bounds, rows) + beside, price)
    scrapped = luck.choice(3, rows, p=(0.6, 0.25, 0.15)).astype(np.uint8)
    age = np.where(scrapped > 0, luck.integers(1, 16, rows), 0)
    return {
        "buyer_kind": luck.choice(3, rows, p=(0.95, 0.04, 0.01)).astype(np.uint8),
        "registered_in": luck.choice(8, rows, p=(0.9, *(7 * [0.1 / 7]))).astype(np.uint8),
        "invoice_date": luck.integers(FIRST - 8, END + 8, rows, dtype=np.int32),
        "price": price,
        "energy": luck.choice(6, rows, p=(0.5, 0.06, 0.16, 0.03, 0.24, 0.01)).astype(np.uint8),
        "made_in": luck.choice(8, rows, p=(0.3, *(7 * [0.1]))).astype(np.uint8),
        "trade_in": scrapped,
        "trade_in_age_years": age.astype(np.int8),
    }


def as_frame(columns: dict[str, Array]) -> pl.DataFrame:
    """The same claims as a narrow frame: words as Enum, days as Date."""
    series = []
    for name in COLUMNS:
        found = pl.Series(name, columns[name])
        if name in WORDS:
            words = pl.Series(name, WORDS[name], dtype=pl.Enum(WORDS[name]))
            found = words.gather(found)
        series.append(found.cast(pl.Date) if name == "invoice_date" else found)
    return pl.DataFrame(series)


def write(folder: Path, rows: int) -> None:
    """The claims as `claims.parquet` (lz4, with a claim number) and as `<column>.npy`."""
    columns = draw(rows)
    for name, values in columns.items():
        np.save(folder / f"{name}.npy", values)
    number = pl.Series("claim", np.arange(rows, dtype=np.int32))
    frame = as_frame(columns).insert_column(0, number)
    frame.write_parquet(folder / "claims.parquet", compression="lz4")


def read_arrays(folder: Path, rows: int) -> dict[str, Array]:
    """The first claims of a folder, column by column."""
    return {name: np.load(folder / f"{name}.npy")[:rows].copy() for name in COLUMNS}
