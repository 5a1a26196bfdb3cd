"""What does a campaign pay for a purchase, and why?

One campaign is compiled once; the same expressions decide claims, run the examples, and give the
amounts per (type, vehicle) cell of the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from promo.policy.benefits import rounded
from promo.policy.campaign import Campaign, Window
from promo.policy.combination import total
from promo.policy.eligibility import POLARS_TYPES
from promo.schema import CLOCKS, FACTS

UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Test:
    """One condition that must hold: its reason code, its expression, the facts it reads."""

    id: str
    expression: pl.Expr
    facts: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Rules:
    """A compiled campaign."""

    campaign: Campaign
    tests: tuple[Test, ...]

    @property
    def first_day(self) -> date:
        """The first day on which a purchase can earn money."""
        return self._purchase.first

    @property
    def last_day(self) -> date:
        """The last day on which a purchase can earn money."""
        return self._purchase.last

    @property
    def _purchase(self) -> Window:
        window = self.campaign.windows.purchase
        if window is None:  # the file model refuses such a campaign
            raise ValueError("a campaign without a dated purchase")
        return window

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that some rule reads, in the order of the schema."""
        read = {fact for test in self.tests for fact in test.facts}
        for benefit in self.campaign.benefits.values():
            read.update(benefit.facts)
        return tuple(name for name in FACTS if name in read)

    def pots_of(self, benefit: str) -> tuple[str, ...]:
        """The pots that pay a benefit, in the order in which they are drawn on."""
        if self.campaign.money.unlimited:
            return (UNLIMITED,)
        return tuple(pot.id for pot in self.campaign.money.pots if benefit in pot.pays)

    def offers(self, cells: pl.DataFrame, open_pots: frozenset[str]) -> pl.DataFrame:
        """What each pot would pay to each cell, in fen: one row a cell, `pot.<id>` columns.

        A fact that `cells` does not carry at all is taken as fulfilled by the buyer where a
        condition of eligibility reads it; a null in a column that is there means no money.
        """
        known = frozenset(cells.columns)
        frame = with_all_facts(cells, self.facts)
        approved = pl.all_horizontal(
            pl.lit(value=True),
            *(
                test.expression.fill_null(value=not known.issuperset(test.facts))
                for test in self.tests
            ),
        )
        alone = self._alone(known)
        paid = {
            name: pl.when(approved & self._has_open_pot(name, open_pots))
            .then(amount.fill_null(0))
            .otherwise(0)
            for name, amount in alone.items()
        }
        drawn = self._drawn(paid, open_pots)
        named = {f"pot.{pot}": amount for pot, amount in drawn.items()}
        return frame.with_columns(**named).select(*named)

    def _has_open_pot(self, benefit: str, open_pots: frozenset[str]) -> pl.Expr:
        pots = self.pots_of(benefit)
        return pl.lit(value=UNLIMITED in pots or not open_pots.isdisjoint(pots))

    def _alone(self, known: frozenset[str]) -> dict[str, pl.Expr]:
        """What each benefit would pay by itself, in whole units; null where a fact is missing."""
        rounding = self.campaign.money.rounding
        amounts = {}
        for name, benefit in self.campaign.benefits.items():
            amount = benefit.amount()
            if f"scale.{name}" in known:
                scaled = amount.cast(pl.Float64) * pl.col(f"scale.{name}")
                amount = scaled.round().cast(pl.Int64)
            amount = rounded(amount, rounding.to, rounding.mode)
            if benefit.when is not None:
                applies = benefit.when.expression()
                unknown = pl.lit(None, dtype=pl.Int64)
                amount = (
                    pl.when(applies.is_null())
                    .then(unknown)
                    .otherwise(pl.when(applies).then(amount).otherwise(0))
                )
            amounts[name] = amount
        return amounts

    def _combined(self, paid: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
        amounts = self.campaign.combination.amounts(paid, self.campaign.money.rounding)
        nothing = pl.lit(0, dtype=pl.Int64)
        return {name: amounts.get(name, nothing) for name in self.campaign.benefits}

    def _drawn(self, paid: Mapping[str, pl.Expr], open_pots: frozenset[str]) -> dict[str, pl.Expr]:
        """What each pot pays: every benefit is drawn from its first open pot."""
        combined = self._combined(paid)
        source = {name: self._source(name, open_pots) for name in combined}
        pots = [pot.id for pot in self.campaign.money.pots] or [UNLIMITED]
        return {
            pot: total({name: combined[name] for name in combined if source[name] == pot})
            for pot in pots
        }

    def _source(self, benefit: str, open_pots: frozenset[str]) -> str | None:
        pots = self.pots_of(benefit)
        return next((pot for pot in pots if pot == UNLIMITED or pot in open_pots), None)


def with_all_facts(frame: pl.DataFrame, facts: tuple[str, ...]) -> pl.DataFrame:
    """The frame with a typed column for every fact, null where it was absent."""
    absent = [
        pl.lit(None, dtype=POLARS_TYPES[FACTS[name].type]).alias(name)
        for name in facts
        if name not in frame.columns
    ]
    present = [
        pl.col(name).cast(POLARS_TYPES[FACTS[name].type])
        for name in facts
        if name in frame.columns
    ]
    return frame.with_columns(absent + present)


def compile_rules(campaign: Campaign) -> Rules:
    """The rules of a campaign as expressions."""
    return Rules(campaign, (*_window_tests(campaign), *_condition_tests(campaign)))


def _window_tests(campaign: Campaign) -> tuple[Test, ...]:
    tests = []
    for name, window in campaign.windows.named():
        clock = pl.col(CLOCKS[name])
        in_time = (clock >= window.first) & (clock < window.end)
        tests.append(Test(f"window-{name}", in_time, (CLOCKS[name],), campaign.source or ""))
    return tuple(tests)


def _condition_tests(campaign: Campaign) -> tuple[Test, ...]:
    return tuple(
        Test(rule.id, rule.when.expression(), rule.when.facts, rule.source or "")
        for rule in campaign.eligibility
    )
