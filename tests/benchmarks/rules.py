"""rules-10m: ten million claims against the rule set of claims.yaml, beside named peers.

    python -m tests.benchmarks.rules [--rows 10000000] [--repeats 5]

Prints two Markdown tables: on loaded columns, and from file to file. Every arm must give the same
amounts. Arms that take one claim at a time get fewer rows; compare rates, not times.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from . import claims
from .harness import Arm, agree, machine, race, say, table

PEERS = "tests.benchmarks.peers"
PACKAGES = (
    "polars",
    "numpy",
    "duckdb",
    "openfisca-core",
    "business-rules",
    "rule-engine",
    "zen-engine",
)
FEN, BOTH = "amount", "decision and amount"
# The largest number of rows, and what a run gives back.
ARMS = {
    "product": (None, BOTH),
    "product_two_threads": (None, BOTH),
    "duckdb_sql": (None, f"{FEN}, to NumPy"),
    "duckdb_table": (None, f"{FEN}, as a table"),
    "polars_by_hand": (None, FEN),
    "numpy_select": (None, FEN),
    "openfisca": (None, f"{FEN}; inputs set before"),
    "openfisca_afresh": (None, f"{FEN}; inputs set in time"),
    "product_expressions": (1_000_000, f"{BOTH}, with reasons"),
    "python_loop": (1_000_000, FEN),
    "zen": (50_000, FEN),
    "rule_engine": (50_000, FEN),
    "business_rules": (10_000, FEN),
}
FILES = {
    "product_file": "claim and amount, lz4 Parquet",
    "duckdb_file": "claim and amount, lz4 Parquet",
    "polars_file": "claim and amount, lz4 Parquet",
}


def main() -> None:
    """Runs both races and prints what they gave."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    loaded = [
        Arm(f"{PEERS}:{name}", min(most or asked.rows, asked.rows), returns)
        for name, (most, returns) in ARMS.items()
    ]
    files = [Arm(f"{PEERS}:{name}", asked.rows, returns) for name, returns in FILES.items()]
    say(machine(PACKAGES))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        claims.write(folder, asked.rows)
        for arms, against in ((loaded, "openfisca"), (files, "duckdb_file")):
            race(arms, folder, asked.repeats)
            say("", table(arms, against), "")
            say(f"Same amounts in every arm: {'yes' if agree(arms) else 'NO'}")
    say(f"Load at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
