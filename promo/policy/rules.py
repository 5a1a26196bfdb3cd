"""What does a campaign pay for a purchase, and why?

One campaign is compiled once; the same expressions decide claims, run the examples, and give the
amounts per (type, vehicle) cell of the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from promo.policy.benefits import rounded
from promo.policy.campaign import Campaign, Window
from promo.policy.combination import cut, total
from promo.policy.conditions import POLARS_TYPES
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

    def decide(
        self,
        facts: pl.LazyFrame | pl.DataFrame,
        money_left: Mapping[str, int] | None = None,
    ) -> pl.DataFrame:
        """The decision on each purchase, each by itself: no limit and no queue is looked at.

        Adds `decision` (approved, refused, incomplete, waiting), `reasons` (ids), `missing` (the
        facts that a paper must still prove), `amount_fen`, and `benefit.<id>` for each benefit.
        `money_left` gives the fen left in some pots; the others have enough.
        """
        frame = facts.collect() if isinstance(facts, pl.LazyFrame) else facts
        own = frame.columns
        frame = with_all_facts(frame, self.facts)
        frame = frame.with_columns(**self._findings(frozenset(own)))
        frame = frame.with_columns(**self._payments(money_left or {}))
        names = [f"benefit.{name}" for name in self.campaign.benefits]
        return frame.with_columns(**self._verdict()).select(
            *own, "decision", "reasons", "missing", "amount_fen", *names
        )

    def _findings(self, known: frozenset[str]) -> dict[str, pl.Expr]:
        """Each test and each benefit alone, as columns of their own."""
        tests = {f"test {test.id}": test.expression for test in self.tests}
        alone = self._alone(known)
        return tests | {f"alone {name}": amount for name, amount in alone.items()}

    def _payments(self, money_left: Mapping[str, int]) -> dict[str, pl.Expr]:
        """What each benefit pays once combined, and what was due where the money ran short."""
        money = self.campaign.money
        open_pots = frozenset(
            pot.id for pot in money.pots if money_left.get(pot.id, 1) > 0 or not pot.pays
        )
        alone = {name: pl.col(f"alone {name}").fill_null(0) for name in self.campaign.benefits}
        due = self._combined(alone)
        funded = {
            name: amount if self._is_open(name, open_pots) else pl.lit(0, dtype=pl.Int64)
            for name, amount in alone.items()
        }
        paid = self._within_pots(self._combined(funded), open_pots, money_left)
        columns = {f"benefit.{name}": amount for name, amount in paid.items()}
        return columns | {"amount_fen": total(paid), "due": total(due)}

    def _within_pots(
        self,
        amounts: Mapping[str, pl.Expr],
        open_pots: frozenset[str],
        money_left: Mapping[str, int],
    ) -> dict[str, pl.Expr]:
        """The last yuan of a pot: the claim is refused by it, paid in part, or overspends."""
        paid = dict(amounts)
        for pot in self.campaign.money.pots:
            left = money_left.get(pot.id)
            if left is None or self.campaign.money.last_yuan == "overspend":
                continue
            drawn = {name: paid[name] for name in paid if self._source(name, open_pots) == pot.id}
            if self.campaign.money.last_yuan == "part":
                paid |= cut(drawn, pl.lit(left, dtype=pl.Int64))
                continue
            enough = total(drawn) <= left
            paid |= {name: pl.when(enough).then(drawn[name]).otherwise(0) for name in drawn}
        return paid

    def _verdict(self) -> dict[str, pl.Expr]:
        """Decision, reasons and amounts; a refusal outweighs a missing paper."""
        cases = self._cases()
        decision, reasons = pl.lit("approved"), _names({})
        for outcome, applies, why in reversed(cases):
            decision = pl.when(applies).then(pl.lit(outcome)).otherwise(decision)
            reasons = pl.when(applies).then(why).otherwise(reasons)
        approved = ~pl.any_horizontal(applies for _, applies, _ in cases)
        lacking = _names({name: pl.col(name).is_null() for name in self.facts})
        missing = pl.when(decision == "incomplete").then(lacking).otherwise(_names({}))
        amounts = {
            name: pl.when(approved).then(pl.col(name)).otherwise(0)
            for name in (*(f"benefit.{name}" for name in self.campaign.benefits), "amount_fen")
        }
        return {"decision": decision, "reasons": reasons, "missing": missing, **amounts}

    def _cases(self) -> tuple[tuple[str, pl.Expr, pl.Expr], ...]:
        """Why a purchase is not approved: outcome, whether it applies, and its reasons.

        The first that applies decides.
        """
        failed = {test.id: ~pl.col(f"test {test.id}").fill_null(value=True) for test in self.tests}
        unknown = {test.id: pl.col(f"test {test.id}").is_null() for test in self.tests}
        for name in self.campaign.benefits:
            unknown[f"benefit-{name}"] = pl.col(f"alone {name}").is_null()
        early = {"window-claim": self._early()}
        unpaid, due = pl.col("amount_fen") == 0, pl.col("due") > 0
        no_money = {"no-money": unpaid & due, "no-benefit": unpaid & ~due}
        return tuple(
            (outcome, pl.any_horizontal(*tests.values()), _names(tests))
            for outcome, tests in (
                ("refused", failed),
                ("incomplete", unknown),
                ("waiting", early),
                ("refused", no_money),
            )
        )

    def _early(self) -> pl.Expr:
        """Is the claim filed before the window for claims opens? It may be filed again."""
        window = self.campaign.windows.claim
        if window is None:
            return pl.lit(value=False)
        return (pl.col(CLOCKS["claim"]) < window.first).fill_null(value=False)

    def _is_open(self, benefit: str, open_pots: frozenset[str]) -> bool:
        pots = self.pots_of(benefit)
        return UNLIMITED in pots or not open_pots.isdisjoint(pots)

    def _has_open_pot(self, benefit: str, open_pots: frozenset[str]) -> pl.Expr:
        return pl.lit(value=self._is_open(benefit, open_pots))

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


def _names(held: Mapping[str, pl.Expr]) -> pl.Expr:
    """The names whose expression is true, in order, as a list."""
    if not held:
        return pl.lit([], dtype=pl.List(pl.String))
    named = [pl.when(test).then(pl.lit(name)) for name, test in held.items()]
    return pl.concat_list(named).list.drop_nulls()


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
        started = pl.lit(value=True) if name == "claim" else clock >= window.first
        in_time = started & (clock < window.end)
        tests.append(Test(f"window-{name}", in_time, (CLOCKS[name],), campaign.source or ""))
    return tuple(tests)


def _condition_tests(campaign: Campaign) -> tuple[Test, ...]:
    return tuple(
        Test(rule.id, rule.when.expression(), rule.when.facts, rule.source or "")
        for rule in campaign.eligibility
    )


def fact_frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Facts by name as a typed frame, one row each; what a row does not name is missing."""
    names = [name for name in FACTS if any(name in row for row in rows)]
    columns = [
        pl.Series(name, [row.get(name) for row in rows], dtype=POLARS_TYPES[FACTS[name].type])
        for name in names
    ]
    return pl.DataFrame(columns) if columns else pl.DataFrame({"row": range(len(rows))})
