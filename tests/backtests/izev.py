"""What does an announced shortage do to money taken at the claim, and which designs avoid it?

    python tests/backtests/izev.py

Runs `campaigns/canada/izev-2025.yaml`, shaped after the end of Canada's iZEV in January 2025, and
its variants on the same draws, and prints the tables of docs/runs.md.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from promo.appraisal import live
from promo.crew import crew
from promo.schema import Floats, Ints
from promo.simulation.draws import draw_parameters
from promo.simulation.worlds import Outcome
from promo.study import Study, load_study

CANADA = Path(__file__).parents[2] / "campaigns" / "canada"
DESIGNS = {
    "announced, as it was": "izev-2025.yaml",
    "nobody says a word": "izev-2025-silent.yaml",
    "the sale takes the money": "izev-2025-at-purchase.yaml",
    "vouchers drawn first": "izev-2025-vouchers.yaml",
}
DRAWS, SEED = 256, 1
AMOUNT = 5_000
LOW = 0.24
"""Share of the pot left when its end was announced: 71.8 million dollars."""


@dataclass(frozen=True)
class Run:
    """One design in all draws."""

    study: Study
    outcome: Outcome

    @property
    def first(self) -> date:
        setting = self.study.stage.setting
        return setting.days[setting.window[0]]

    @property
    def paid(self) -> Floats:
        """Million dollars (R, D) paid, by day of the claim."""
        return np.asarray(self.outcome.spent.sum(axis=2) / 1e8)

    @property
    def budget(self) -> Floats:
        return np.asarray(self.outcome.budget.sum(axis=1) / 1e8)

    @property
    def announced(self) -> Ints:
        """Day (R,) on whose evening a quarter of the pot, as announced, is left or less."""
        left = self.budget[:, None] - self.paid.cumsum(axis=1)
        return np.asarray((left <= LOW * self.budget[:, None]).argmax(axis=1))

    def after(self, days: int) -> Floats:
        """Million dollars (R,) claimed and paid on the day so long after that evening."""
        rows = np.arange(len(self.paid))
        there = np.minimum(self.announced + days, self.paid.shape[1] - 1)
        return np.asarray(self.paid[rows, there])

    @property
    def left(self) -> Floats:
        """Million dollars (R,) left on that evening."""
        day = np.arange(self.paid.shape[1])
        return self.budget - (self.paid * (day <= self.announced[:, None])).sum(axis=1)

    @property
    def run(self) -> Floats:
        """Million dollars (R,) claimed and paid in the three days after the announcement."""
        return np.asarray(sum(self.after(days) for days in (1, 2, 3)))

    @property
    def december(self) -> Floats:
        month = [(self.first + timedelta(days=d)).month == 12 for d in range(self.paid.shape[1])]
        return np.asarray(self.paid[:, month].sum(axis=1))

    @property
    def ends(self) -> Floats:
        """Day (R,) on which the money is gone."""
        return np.asarray(self.outcome.closing.min(axis=1))

    @property
    def unpaid(self) -> Floats:
        """Cars (R,) bought for money that was gone when they were claimed."""
        return np.asarray(self.outcome.unpaid.sum(axis=(1, 2)))

    def day(self, number: float) -> str:
        found = self.first + timedelta(days=int(number)) if np.isfinite(number) else None
        return f"{found:%d %b}" if found else "never"


@functools.cache
def studies() -> dict[str, Study]:
    return {name: load_study(str(CANADA / file)) for name, file in DESIGNS.items()}


@functools.cache
def the_run(design: str, draws: int = DRAWS) -> Run:
    """One design, once a process; all have the same draws of what they share."""
    study, shared = studies()[design], [each.assumptions for each in studies().values()]
    names = list(dict.fromkeys(each.name for assumed in shared for each in assumed))
    drawn = draw_parameters(
        study.assumptions, seed=SEED, draws=draws, shapes=study.shapes(), names=names
    )
    with crew([study], workers=1) as hands:
        return Run(study, live(study, hands, drawn, lambda share, what: None))


# --- the page ---------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def spread(values: Floats, form: Callable[[float], str]) -> str:
    """The median, and nine draws in ten."""
    middle, low, high = np.quantile(values, [0.5, 0.05, 0.95], method="inverted_cdf")
    return f"{form(middle)} ({form(low)} to {form(high)})"


def whole(value: float) -> str:
    return f"{value:,.0f}"


def million(value: float) -> str:
    return f"{value:,.1f}"


def compared_table() -> str:
    run = the_run("announced, as it was")
    rows = [
        ["claims of December, million", "more than 122", spread(run.december, million), "fitted"],
        ["announced", "10 Jan", spread(run.announced, run.day), "fitted"],
        ["left then, million", "71.8", spread(run.left, million), "24 % of the pot: set"],
        [
            "claimed in the three days after, million",
            "48, of which 43 by one maker",
            spread(run.run, million),
            "half: how many wait, and that they come in three days, is fitted to it",
        ],
        [
            "days from the announcement to the end",
            "3",
            spread(run.ends - run.announced - 1, million),
            "half, likewise",
        ],
        ["cars unpaid", "2,295", spread(run.unpaid, whole), "half, likewise"],
        ["money unpaid, million", "11", spread(run.unpaid * AMOUNT / 1e6, million), ""],
    ]
    return table(["output", "published", "ours, median (9 draws in 10)", "fitted?"], rows)


def days_table() -> str:
    rows = []
    for days in range(-2, 6):
        cells = [
            spread(the_run(name).after(days), million)
            for name in ("announced, as it was", "nobody says a word")
        ]
        rows.append([f"{days:+d}" if days else "the day", *cells])
    header = ["day", "announced on its evening", "nobody says a word"]
    return table([header[0], *(f"{name}, million" for name in header[1:])], rows)


def designs_table() -> str:
    rows = []
    for name in DESIGNS:
        run = the_run(name)
        share = run.run / run.left
        rows.append(
            [
                name,
                "-" if "vouchers" in name else spread(100 * share, whole),
                spread(run.ends, run.day),
                spread(run.unpaid, whole),
                spread(run.unpaid * AMOUNT / 1e6, million),
                spread(run.paid.sum(axis=1), million),
            ]
        )
    header = ["design", "claimed in three days, % of what was left", "gone, or promised"]
    return table([*header, "cars unpaid", "money unpaid, million", "paid, million"], rows)


TABLES = {
    "runs: compared": compared_table,
    "runs: days": days_table,
    "runs: designs": designs_table,
}


def main() -> None:
    """Print every table."""
    for name, make in TABLES.items():
        sys.stdout.write(f"{name}\n\n{make()}\n\n")


if __name__ == "__main__":
    main()
