"""The rule set of claims.yaml, written by hand for each peer as its users would write it.

Every peer gets the words of a claim as small integers (see `claims.WORDS`) and returns the amounts
in fen; only the product's own arms also return the decision.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from .claims import CAMPAIGN, COLUMNS, END, FIRST, WORDS, Array, read_arrays

# A run gives the amounts, or, where they were left in a table or a file, what reads them back.
Run: TypeAlias = Callable[[], Array | Callable[[], Array]]
FUEL = tuple(WORDS["energy"].index(word) for word in ("ICE", "HEV"))
EARLIEST, LATEST = FIRST, END - 1


def product(folder: Path, rows: int, threads: int = 1) -> Run:
    """promo, by code and table: decision and amount of every claim."""
    table, frame = _compiled(), _frame(folder, rows)

    def run() -> Array:
        found: Array = table.decide(frame, threads=threads).amount_fen
        return found

    return run


def product_two_threads(folder: Path, rows: int) -> Run:
    """The same on two threads."""
    return product(folder, rows, threads=2)


def product_expressions(folder: Path, rows: int) -> Run:
    """promo's own polars expressions with reasons: what the table stands in for."""
    rules, frame = _rules(), _frame(folder, rows)

    def run() -> Array:
        found: Array = rules.decide(frame)["amount_fen"].to_numpy()
        return found

    return run


def _rules() -> Any:
    from promo.policy.campaign import Campaign
    from promo.policy.rules import compile_rules
    from promo.textfile import parse

    loaded = parse(str(CAMPAIGN), CAMPAIGN.read_bytes(), Campaign)
    if loaded.value is None:
        raise ValueError(loaded.diagnostics)
    return compile_rules(loaded.value)


def _compiled() -> Any:
    from promo.policy.code_table import code_table

    table = code_table(_rules())
    if table is None:
        raise ValueError("the rule set of the benchmark has no table")
    return table


def _frame(folder: Path, rows: int) -> Any:
    import polars as pl

    source = folder / "claims.parquet"
    frame = pl.read_parquet(source, columns=list(COLUMNS), n_rows=rows)  # noqa: TID251 - ours
    return frame.rechunk()


# --- from file to file: claim number and amount as lz4 Parquet ---------------------------------


def product_file(folder: Path, rows: int) -> Run:
    """promo: reads the Parquet file, decides on two threads, writes number and amount."""
    import polars as pl

    table = _compiled()
    source, target = folder / "claims.parquet", folder / "paid-promo.parquet"

    def run() -> Callable[[], Array]:
        frame = pl.read_parquet(source).rechunk()  # noqa: TID251 - ours
        amount = pl.Series("amount_fen", table.decide(frame, threads=2).amount_fen)
        frame.select("claim", amount).write_parquet(target, compression="lz4")
        return lambda: _amounts(target)

    return run


def polars_file(folder: Path, rows: int) -> Run:
    """polars by hand, lazily from file to file."""
    import polars as pl

    source, target = folder / "claims.parquet", folder / "paid-polars.parquet"
    places = [pl.col(name).to_physical() for name in (*WORDS, "invoice_date")]

    def run() -> Callable[[], Array]:
        frame = pl.scan_parquet(source)  # noqa: TID251 - ours
        narrow = frame.with_columns(places)
        narrow.select("claim", _in_polars()).sink_parquet(target, compression="lz4")
        return lambda: _amounts(target)

    return run


def duckdb_file(folder: Path, rows: int) -> Run:
    """DuckDB: COPY (SELECT number, CASE ... FROM the file) TO a file, words as they stand."""
    import duckdb

    base = duckdb.connect()
    source, target = folder / "claims.parquet", folder / "paid-duckdb.parquet"
    words = {f"{name} = 0": f"{name} = '{first[0]}'" for name, first in WORDS.items()}
    words |= {
        "trade_in > 0": "trade_in <> 'none'",
        f"energy <= {FUEL[-1]}": "energy IN ('ICE', 'HEV')",
        f"BETWEEN {EARLIEST} AND {LATEST}": "BETWEEN DATE '2022-06-01' AND DATE '2022-12-31'",
    }
    amount = SQL
    for number, word in words.items():
        amount = amount.replace(number, word)

    def run() -> Callable[[], Array]:
        query = f"SELECT claim, {amount} AS amount_fen FROM '{source}'"
        base.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION lz4)")
        return lambda: _amounts(target)

    return run


def _amounts(target: Path) -> Array:
    """The amounts of a file in the order of the claims."""
    import polars as pl

    paid = pl.read_parquet(target).sort("claim")  # noqa: TID251 - ours
    return paid["amount_fen"].to_numpy()


# --- on loaded columns ------------------------------------------------------------------------


def numpy_select(folder: Path, rows: int) -> Run:
    """numpy np.select over whole columns."""
    c = read_arrays(folder, rows)

    fen = [np.int32(each) for each in (0, 100_000, 200_000, 300_000, 500_000, 800_000, 900_000)]
    nothing, one, two, three, five, eight, nine = fen

    def run() -> Array:
        price, fuel = c["price"], c["energy"] <= FUEL[-1]
        tiers = [price >= 20_000_000, price >= 10_000_000, price >= 5_000_000]
        of_fuel = np.select(tiers, [five, three, two], nothing)
        amount = np.where(fuel, of_fuel, np.select(tiers, [eight, five, three], nothing))
        amount += np.where(c["made_in"] == 0, one, nothing)
        trade_in = (c["trade_in"] > 0) & (c["trade_in_age_years"] >= 6)
        amount += np.where(trade_in, three, nothing)
        amount = np.minimum(np.minimum(amount, nine), price * 8 // 10_000 * 100)
        eligible = (c["buyer_kind"] == 0) & (c["registered_in"] == 0) & tiers[2]
        eligible &= (c["invoice_date"] >= EARLIEST) & (c["invoice_date"] <= LATEST)
        found: Array = np.where(eligible, amount, nothing)
        return found

    return run


def polars_by_hand(folder: Path, rows: int) -> Run:
    """One polars expression, when/then, narrow columns."""
    import polars as pl

    frame, paid = pl.DataFrame(read_arrays(folder, rows)), _in_polars()

    def run() -> Array:
        found: Array = frame.select(paid)["amount_fen"].to_numpy()
        return found

    return run


def _in_polars() -> Any:
    import polars as pl

    price, fuel = pl.col("price"), pl.col("energy") <= FUEL[-1]

    def tiered(third: int, second: int, first: int) -> pl.Expr:
        values = [pl.lit(value, dtype=pl.Int32) for value in (third, second, first)]
        return (
            pl.when(price >= 20_000_000)
            .then(values[0])
            .when(price >= 10_000_000)
            .then(values[1])
            .otherwise(values[2])
        )

    of_fuel, of_new = tiered(500_000, 300_000, 200_000), tiered(800_000, 500_000, 300_000)
    amount = pl.when(fuel).then(of_fuel).otherwise(of_new)
    trade_in = (pl.col("trade_in") > 0) & (pl.col("trade_in_age_years") >= 6)
    amount = amount + pl.when(pl.col("made_in") == 0).then(100_000).otherwise(0)
    amount = amount + pl.when(trade_in).then(300_000).otherwise(0)
    capped = pl.min_horizontal(amount, pl.lit(900_000, dtype=pl.Int32), price * 8 // 10_000 * 100)
    eligible = (
        (pl.col("buyer_kind") == 0)
        & (pl.col("registered_in") == 0)
        & pl.col("invoice_date").is_between(EARLIEST, LATEST)
        & (price >= 5_000_000)
    )
    return pl.when(eligible).then(capped).otherwise(0).cast(pl.Int32).alias("amount_fen")


SQL = f"""
CASE WHEN buyer_kind = 0 AND registered_in = 0
      AND invoice_date BETWEEN {EARLIEST} AND {LATEST} AND price >= 5000000
THEN least(
    CASE WHEN energy <= {FUEL[-1]}
         THEN CASE WHEN price >= 20000000 THEN 500000 WHEN price >= 10000000 THEN 300000
              ELSE 200000 END
         ELSE CASE WHEN price >= 20000000 THEN 800000 WHEN price >= 10000000 THEN 500000
              ELSE 300000 END
    END
    + CASE WHEN made_in = 0 THEN 100000 ELSE 0 END
    + CASE WHEN trade_in > 0 AND trade_in_age_years >= 6 THEN 300000 ELSE 0 END,
    900000, price * 8 // 10000 * 100)
ELSE 0 END::INTEGER"""


def duckdb_sql(folder: Path, rows: int) -> Run:
    """DuckDB, CASE WHEN over a table in memory, the result as a NumPy array."""
    base = _duckdb(folder, rows)

    def run() -> Array:
        found: Array = base.sql(f"SELECT {SQL} AS amount FROM claims").fetchnumpy()["amount"]
        return np.asarray(found)

    return run


def duckdb_table(folder: Path, rows: int) -> Run:
    """DuckDB, the same, the result kept as a table of its own."""
    base = _duckdb(folder, rows)

    def read() -> Array:
        return np.asarray(base.sql("SELECT amount FROM paid").fetchnumpy()["amount"])

    def run() -> Callable[[], Array]:
        base.execute(f"CREATE OR REPLACE TEMP TABLE paid AS SELECT {SQL} AS amount FROM claims")
        return read

    return run


def _duckdb(folder: Path, rows: int) -> Any:
    import duckdb

    base = duckdb.connect()
    arrays = read_arrays(folder, rows)
    base.register("arrays", arrays)
    base.execute("CREATE TABLE claims AS SELECT * FROM arrays")
    base.unregister("arrays")
    return base


def openfisca(folder: Path, rows: int) -> Run:
    """OpenFisca-core, thirteen variables: eight inputs, four steps, the amount."""
    from .openfisca_system import simulation

    return simulation(read_arrays(folder, rows), afresh=False)


def openfisca_afresh(folder: Path, rows: int) -> Run:
    """The same, with the inputs set inside the clock."""
    from .openfisca_system import simulation

    return simulation(read_arrays(folder, rows), afresh=True)


def business_rules(folder: Path, rows: int) -> Run:
    """business-rules (Venmo), five rules with actions, claim by claim."""
    from .row_engines import by_business_rules

    return by_business_rules(_claims(folder, rows))


def rule_engine(folder: Path, rows: int) -> Run:
    """rule-engine, two compiled rules, claim by claim."""
    from .row_engines import by_rule_engine

    return by_rule_engine(_claims(folder, rows))


def zen(folder: Path, rows: int) -> Run:
    """zen-engine, two compiled expressions, claim by claim."""
    from .row_engines import by_zen

    return by_zen(_claims(folder, rows))


def python_loop(folder: Path, rows: int) -> Run:
    """Plain Python over tuples."""
    from .row_engines import by_loop

    return by_loop(_claims(folder, rows))


def _claims(folder: Path, rows: int) -> list[dict[str, int]]:
    arrays = read_arrays(folder, rows)
    columns = (arrays[name].tolist() for name in COLUMNS)
    return [dict(zip(COLUMNS, values, strict=True)) for values in zip(*columns, strict=True)]
