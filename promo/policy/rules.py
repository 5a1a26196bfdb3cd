"""What does a campaign pay for a purchase, and why?

One campaign is compiled once; the same expressions decide claims, run the examples, and give the
amounts per (type, vehicle) cell of the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from promo.policy.benefits import Benefit, rounded
from promo.policy.campaign import Amendment, Campaign, Window
from promo.policy.combination import columns, cut, steps, total
from promo.policy.conditions import POLARS_TYPES, Condition, FactValue, leaves
from promo.policy.money import NOT_DECLARED, Pot, Rounding
from promo.policy.requirements import Entitlement, Requirement, Version, entitlements, requirements
from promo.schema import CLOCKS, FACTS

UNLIMITED = "unlimited"
NO_FEN = pl.lit(0, dtype=pl.Int64)
Named = dict[str, pl.Expr]


@dataclass(frozen=True, slots=True)
class Rules:
    """A compiled campaign."""

    campaign: Campaign
    requirements: tuple[Requirement, ...]
    entitlements: dict[str, Entitlement]

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
        read = {fact for each in self.requirements for fact in each.facts}
        read.update(fact for each in self.entitlements.values() for fact in each.facts)
        for amendment in self.campaign.amendments:
            read.update(_facts_of(amendment), {"already_paid"})
        read.update(self._clocks_of_pots(), self._clock_of_claims())
        return tuple(name for name in FACTS if name in read)

    def _clocks_of_pots(self) -> set[str]:
        """The facts that tell whether a pot is open, where pots open and close."""
        event = (self.campaign.money.order_by or "").removesuffix("_time")
        dated = any(pot.is_dated for pot in self.campaign.money.pots)
        return {CLOCKS[event], f"{event}_time"} if dated and event in CLOCKS else set()

    def _clock_of_claims(self) -> set[str]:
        """The fact that tells whether a claim comes too early, also where none comes too late."""
        window = self.campaign.windows.claim
        if window is None:
            return set()
        return {"claim_time" if window.by_the_hour else CLOCKS["claim"]}

    @property
    def public(self) -> tuple[str, ...]:
        """The benefits paid from public money, in the order of the file."""
        return tuple(name for name, each in self.entitlements.items() if each.is_public)

    @property
    def private(self) -> tuple[str, ...]:
        """What makers or dealers give beside the public money."""
        return tuple(name for name, each in self.entitlements.items() if not each.is_public)

    def rounding_of_ceilings(self, *, up: bool = False) -> Rounding:
        """How ceilings are rounded; where the notice leaves it open, to the fen down or up."""
        rounding = self.campaign.money.rounding
        if rounding.declared:
            return rounding
        return Rounding.model_construct(to=1, mode="up" if up else "down")

    def offers(self, cells: pl.DataFrame, open_pots: frozenset[str]) -> pl.DataFrame:
        """What each pot would pay to each cell, in fen: one row a cell, `pot.<id>` columns.

        A voucher of a round is taken to be redeemed before its pot closes.

        A fact that `cells` does not carry at all is taken as fulfilled by the buyer where a
        condition of eligibility reads it; a null in a column that is there means no money.
        """
        known = frozenset(cells.columns)
        frame = with_all_facts(cells, self.facts)
        approved = pl.all_horizontal(
            pl.lit(value=True),
            *(fulfilled(requirement, known) for requirement in self.requirements),
        )
        alone = self._alone(self._parts(known))
        frame = frame.with_columns(approved.alias("approved"), **steps("alone", alone))
        paid = {
            name: pl.when("approved", self._is_served(name, amount, open_pots, rounds=True))
            .then(amount.fill_null(0))
            .otherwise(0)
            for name, amount in columns("alone", self.public).items()
        }
        frame = self._combined(frame, paid, "combined")
        drawn = self._drawn(columns("combined", self.public), open_pots, rounds=True)
        by_pot = {f"pot.{pot}": total(amounts) for pot, amounts in drawn.items()}
        return frame.with_columns(**by_pot).select(*by_pot)

    def decide(
        self,
        facts: pl.LazyFrame | pl.DataFrame,
        money_left: Mapping[str, int] | None = None,
    ) -> pl.DataFrame:
        """The decision on each purchase, each by itself: no queue is looked at.

        Adds `decision` (approved, refused, incomplete, waiting, undeclared), `reasons` (ids),
        `missing` (the facts that a paper must still prove), `amount_fen`, `amount_published`,
        `benefit.<id>` for each benefit, and `beside.<id>` for private money. `money_left` gives
        the fen left in some pots; the others have enough.
        """
        frame = facts.collect() if isinstance(facts, pl.LazyFrame) else facts
        own = frame.columns
        frame = self.worked(frame, money_left or {})
        named = [f"benefit.{name}" for name in self.public]
        named += [f"beside.{name}" for name in self.private]
        verdict = ("decision", "reasons", "missing", "amount_fen", "amount_published")
        frame = frame.with_columns(**self._decision())
        return frame.with_columns(**self._verdict()).select(*own, *verdict, *named)

    def worked(self, frame: pl.DataFrame, money_left: Mapping[str, int]) -> pl.DataFrame:
        """The steps that lead to a decision, as columns: fen, or true, false and null.

        `test <id>` of each requirement; `parts <id>` (ten-thousandths of a fen) and `alone <id>`
        of each benefit by itself; `rest <id>` once combined and less what was paid before;
        `benefit.<id>` as far as the money reaches; `amount_fen`, `due`, `due now`.
        """
        known = frozenset(frame.columns)
        frame = with_all_facts(frame, self.facts).with_columns(**self._findings(known))
        return self._with_payments(frame, money_left)

    def _with_payments(self, frame: pl.DataFrame, money_left: Mapping[str, int]) -> pl.DataFrame:
        """What each benefit pays once combined, what was due, and where a policy is lacking.

        Each step reads the columns of the one before: expressions of expressions would grow
        without bound where pots or benefits are many.
        """
        open_pots = frozenset(
            pot.id
            for pot in self.campaign.money.pots
            if money_left.get(pot.id, 1) > 0 or not pot.pays
        )
        alone = {name: pl.col(f"alone {name}").fill_null(0) for name in self.public}
        funded = {
            name: pl.when(self._is_served(name, amount, open_pots)).then(amount).otherwise(0)
            for name, amount in alone.items()
        }
        frame = self._combined(frame, funded, "funded")
        frame = self._combined(frame, alone, "due")
        frame = self._combined(frame, alone, "due up", self.rounding_of_ceilings(up=True))
        for step, rest in (("funded", "to pay"), ("due", "rest")):
            amounts = self._less_paid_before(columns(step, self.public))
            frame = frame.with_columns(**steps(rest, amounts))
        drawn = self._drawn(columns("to pay", self.public), open_pots)
        paid, short = self._within_pots(drawn, money_left)
        frame = frame.with_columns(
            **{f"benefit.{name}": amount for name, amount in paid.items()},
            due=total(columns("due", self.public)),
            short=short,
        )
        return frame.with_columns(
            **{
                "amount_fen": total({name: pl.col(f"benefit.{name}") for name in self.public}),
                "due now": total(columns("rest", self.public)),
                "open ceiling": pl.col("due") != total(columns("due up", self.public)),
            }
        )

    # what each rule says

    def _findings(self, known: frozenset[str]) -> Named:
        """Each requirement and each benefit alone, as columns of their own."""
        tests = {f"test {each.id}": each.condition.expression() for each in self.requirements}
        parts = self._parts(known)
        alone = self._alone(parts)
        return tests | steps("parts", parts) | steps("alone", alone)

    def _parts(self, known: frozenset[str]) -> Named:
        """What each benefit would pay by itself, in ten-thousandths of a fen; null if unknown."""
        rounding = self.campaign.money.rounding
        mode = rounding.mode if rounding.declared else "down"  # what is open is told by its base
        parts: Named = {}
        alone: Named = {}
        for name in sorted(self.entitlements, key=lambda each: len(self.entitlements[each].of)):
            parts[name] = _amount(self.entitlements[name], alone, known)
            alone[name] = rounded(parts[name], rounding.to, mode)
        return {name: parts[name] for name in self.entitlements}

    def _alone(self, parts: Mapping[str, pl.Expr]) -> Named:
        """What each benefit would pay by itself, in whole units of rounding."""
        rounding = self.campaign.money.rounding
        return {
            name: rounded(amount, rounding.to, rounding.mode) for name, amount in parts.items()
        }

    # what the money allows

    def _within_pots(
        self, drawn: Mapping[str, Named], money_left: Mapping[str, int]
    ) -> tuple[Named, pl.Expr]:
        """The last yuan of a pot: refused, paid in part, overspent; and whether one is short."""
        policy = self.campaign.money.last_yuan
        paid: dict[str, list[pl.Expr]] = {name: [] for name in self.public}
        short = [pl.lit(value=False)]
        for pot, amounts in drawn.items():
            kept, left = amounts, money_left.get(pot)
            if left is not None and policy == "part":
                kept = cut(amounts, pl.lit(left, dtype=pl.Int64))
            elif left is not None and policy != "overspend":
                enough = total(amounts) <= left
                kept = {name: pl.when(enough).then(amounts[name]).otherwise(0) for name in amounts}
                short.append(~enough)
            for name, amount in kept.items():
                paid[name].append(amount)
        sums = {name: pl.sum_horizontal(NO_FEN, *amounts) for name, amounts in paid.items()}
        return sums, pl.any_horizontal(short)

    def _less_paid_before(self, due: Named) -> Named:
        """Each benefit less what was paid on this claim before, where an amendment tops it up."""
        topped = self._on_paid_claims("top_up")
        if topped is None:
            return due
        already = pl.when(topped).then(pl.col("already_paid").fill_null(0)).otherwise(0)
        before, rest = NO_FEN, dict[str, pl.Expr]()
        for name, amount in due.items():
            left = (before + amount - already).clip(lower_bound=0)
            rest[name] = pl.min_horizontal(left, amount)
            before = before + amount
        return rest

    def _on_paid_claims(self, policy: str) -> pl.Expr | None:
        """Is the claim governed by an amendment that treats paid claims so? None: by none."""
        if not self.campaign.amendments:
            return None
        found = pl.lit(None, dtype=pl.String)
        for amendment in self.campaign.amendments:
            governs = amendment.guard.expression()
            found = pl.when(governs).then(pl.lit(amendment.paid_claims)).otherwise(found)
        return found.fill_null("keep") == policy

    # the verdict

    def _decision(self) -> Named:
        """Decision and reasons; a refusal outweighs a missing paper."""
        decision, reasons = pl.lit("approved"), _names({})
        for outcome, applies, why in reversed(self._cases()):
            decision = pl.when(applies).then(pl.lit(outcome)).otherwise(decision)
            reasons = pl.when(applies).then(why).otherwise(reasons)
        return {"decision": decision, "reasons": reasons}

    def _verdict(self) -> Named:
        """What follows from the decision: papers that are missing, amounts."""
        approved = pl.col("decision") == "approved"
        missing = pl.when(pl.col("decision") == "incomplete").then(_names(self._lacking()))
        amounts = {name: pl.col(name) for name in ("amount_fen", *self._benefit_columns())}
        amounts |= {f"beside.{name}": pl.col(f"alone {name}") for name in self.private}
        kept = {
            name: pl.when(approved).then(amount).otherwise(0) for name, amount in amounts.items()
        }
        return {
            "missing": missing.otherwise(_names({})),
            "amount_published": approved & self._published(),
            **kept,
        }

    def _benefit_columns(self) -> tuple[str, ...]:
        return tuple(f"benefit.{name}" for name in self.public)

    def _cases(self) -> tuple[tuple[str, pl.Expr, pl.Expr], ...]:
        """Why a purchase is not approved: outcome, whether it applies, and its reasons.

        The first that applies decides.
        """
        failed = {
            each.id: ~pl.col(f"test {each.id}").fill_null(value=True) for each in self.requirements
        }
        early = {"window-claim": self._early()}
        unpaid, due, due_now = (
            pl.col("amount_fen") == 0,
            pl.col("due") > 0,
            pl.col("due now") > 0,
        )
        settled = self._paid_before() & ((due & ~due_now) | self._kept())
        no_money = {
            "already-paid": settled,
            "no-money": unpaid & due_now & ~settled,
            "no-benefit": unpaid & ~due,
        }
        return tuple(
            (outcome, pl.any_horizontal(*tests.values()), _names(tests))
            for outcome, tests in (
                ("refused", failed),
                ("incomplete", self._unknown()),
                ("waiting", early),
                ("undeclared", self._undeclared()),
                ("refused", no_money),
            )
        )

    def _unknown(self) -> Named:
        """The requirements and benefits that a missing fact leaves open."""
        unknown = {each.id: pl.col(f"test {each.id}").is_null() for each in self.requirements}
        for name in self.public:
            unknown[f"benefit-{name}"] = pl.col(f"parts {name}").is_null()
        return unknown

    def _lacking(self) -> Named:
        """The facts that are missing where something open reads them."""
        unknown = self._unknown()
        readers: dict[str, list[pl.Expr]] = {name: [] for name in self.facts}
        read = [(each.id, each.facts) for each in self.requirements]
        read += [(f"benefit-{name}", self.entitlements[name].facts) for name in self.public]
        for reader, facts in read:
            for fact in facts:
                readers[fact].append(unknown[reader])
        return {
            name: pl.col(name).is_null() & pl.any_horizontal(tests)
            for name, tests in readers.items()
            if tests and FACTS[name].changing != "ledger"
        }

    def _undeclared(self) -> Named:
        """The policies that the notice leaves open and that decide this case."""
        cases = {}
        if not self.campaign.money.rounding.declared:
            inexact = (
                pl.col(f"parts {name}").is_not_null() & pl.col(f"alone {name}").is_null()
                for name in self.public
            )
            cases["rounding"] = pl.any_horizontal(pl.col("open ceiling"), *inexact)
        if self.campaign.money.last_yuan == NOT_DECLARED:
            cases["last-yuan"] = pl.col("short")
        open_claims = self._on_paid_claims(NOT_DECLARED)
        if open_claims is not None:
            cases["paid-claims"] = open_claims & self._paid_before()
        return cases or {"nothing": pl.lit(value=False)}

    def _paid_before(self) -> pl.Expr:
        if not self.campaign.amendments:
            return pl.lit(value=False)
        return pl.col("already_paid").fill_null(0) > 0

    def _kept(self) -> pl.Expr:
        """Do claims that were paid stay as they are?"""
        kept = self._on_paid_claims("keep")
        return pl.lit(value=False) if kept is None else kept

    def _published(self) -> pl.Expr:
        """Is every amount that is paid one that somebody published?"""
        guessed = [
            (pl.col(f"benefit.{name}") > 0) & _assumed(self.entitlements[name])
            for name in self.public
        ]
        return ~pl.any_horizontal(pl.lit(value=False), *guessed)

    def _early(self) -> pl.Expr:
        """Is the claim filed before the window for claims opens? It may be filed again."""
        window = self.campaign.windows.claim
        if window is None:
            return pl.lit(value=False)
        if window.by_the_hour:
            return (pl.col("claim_time") < window.opens).fill_null(value=False)
        return (pl.col(CLOCKS["claim"]) < window.first).fill_null(value=False)

    # pots

    def _routes(
        self, benefit: str, amount: pl.Expr, open_pots: frozenset[str], *, rounds: bool
    ) -> list[tuple[str, pl.Expr | None]]:
        """The open pots that may pay a benefit and when each does; None: always."""
        if self.campaign.money.unlimited:
            return [(UNLIMITED, None)]
        routes: list[tuple[str, pl.Expr | None]] = []
        passed: list[pl.Expr] = []
        for pot in self.campaign.money.pots:
            if benefit not in pot.pays or pot.id not in open_pots:
                continue
            fits = [
                *self._on_time(pot, rounds=rounds),
                *([] if pot.face is None else [amount == pot.face]),
            ]
            tests = [*fits, *(~each for each in passed)]
            routes.append((pot.id, pl.all_horizontal(tests) if tests else None))
            if not fits:
                break
            passed.append(pl.all_horizontal(fits))
        return routes

    def _on_time(self, pot: Pot, *, rounds: bool) -> list[pl.Expr]:
        """Does the event that orders claims lie between the opening and the closing of a pot?

        Vouchers are drawn, not claimed, between them: claims are not held to it, unless `rounds`
        are simulated. An event that is not dated is in time.
        """
        allocation, order_by = self.campaign.money.allocation, self.campaign.money.order_by
        drawn = allocation is not None and allocation.voucher is not None
        if (drawn and not rounds) or order_by is None or not pot.is_dated:
            return []
        event = order_by.removesuffix("_time")
        if event not in CLOCKS:
            return []
        window = pot.window
        by_hour = window.condition(event).expression() if window.by_the_hour else pl.lit(None)
        by_day = window.in_days(event).expression()
        return [by_hour.fill_null(by_day).fill_null(value=True)]

    def _is_served(
        self, benefit: str, amount: pl.Expr, open_pots: frozenset[str], *, rounds: bool = False
    ) -> pl.Expr:
        """Would some open pot pay this amount of a benefit?"""
        routes = [test for _, test in self._routes(benefit, amount, open_pots, rounds=rounds)]
        if any(test is None for test in routes):
            return pl.lit(value=True)
        return pl.any_horizontal(
            pl.lit(value=False), *(each for each in routes if each is not None)
        )

    def _drawn(
        self, amounts: Mapping[str, pl.Expr], open_pots: frozenset[str], *, rounds: bool = False
    ) -> dict[str, Named]:
        """What each pot pays of each benefit: the first open pot that fits pays it."""
        drawn: dict[str, Named] = {
            pot: {} for pot in [each.id for each in self.campaign.money.pots] or [UNLIMITED]
        }
        for name, amount in amounts.items():
            for pot, test in self._routes(name, amount, open_pots, rounds=rounds):
                part = amount if test is None else pl.when(test).then(amount).otherwise(0)
                drawn[pot][name] = part
        return drawn

    def _combined(
        self,
        frame: pl.DataFrame,
        paid: Mapping[str, pl.Expr],
        step: str,
        rounding: Rounding | None = None,
    ) -> pl.DataFrame:
        """The frame with `<step> <id>`, what each benefit pays once combined.

        Open roundings of ceilings go down unless another is given.
        """
        combination = self.campaign.combination
        frame = combination.over(frame, paid, rounding or self.rounding_of_ceilings(), step)
        named = {name for _, name in combination.named()}
        apart = {name: NO_FEN for name in self.public if name not in named}
        return frame.with_columns(**steps(step, apart))


def fulfilled(requirement: Requirement, known: frozenset[str]) -> pl.Expr:
    """Does a cell fulfil a requirement? Facts that no cell carries are taken as fulfilled."""
    condition: Condition = requirement.condition
    if requirement.by_day is not None and not known.issuperset(condition.facts):
        condition = requirement.by_day
    return condition.expression().fill_null(value=not known.issuperset(condition.facts))


def _amount(entitlement: Entitlement, alone: Named, known: frozenset[str]) -> pl.Expr:
    """The amount of the version that governs, in ten-thousandths of a fen."""
    *later, first = entitlement.versions
    amount = _version_amount(first, alone, known)
    for version in reversed(later):
        if version.guard is not None:
            governs = version.guard.expression()
            newer = _version_amount(version, alone, known)
            chosen = pl.when(governs).then(newer).otherwise(amount)
            amount = pl.when(governs.is_not_null()).then(chosen)
    return amount


def _version_amount(version: Version, alone: Named, known: frozenset[str]) -> pl.Expr:
    benefit: Benefit | None = version.benefit
    if benefit is None:
        return NO_FEN
    amount = benefit.amount(alone)
    if f"scale.{version.scale}" in known:
        scaled = amount.cast(pl.Float64) * pl.col(f"scale.{version.scale}")
        amount = scaled.round().cast(pl.Int64)
    if benefit.when is None:
        return amount
    applies = benefit.when.expression()
    return pl.when(applies.is_not_null()).then(pl.when(applies).then(amount).otherwise(0))


def _assumed(entitlement: Entitlement) -> pl.Expr:
    """Is the amount of the version that governs our assumption?"""
    *later, first = entitlement.versions
    assumed = pl.lit(value=_is_assumed(first))
    for version in reversed(later):
        if version.guard is not None:
            governs = version.guard.expression()
            assumed = pl.when(governs).then(pl.lit(value=_is_assumed(version))).otherwise(assumed)
    return assumed


def _is_assumed(version: Version) -> bool:
    return version.benefit is not None and version.benefit.uncertainty is not None


def _facts_of(amendment: Amendment) -> set[str]:
    """The facts that tell which text governs."""
    return {node.name for node in leaves(amendment.guard) if isinstance(node, FactValue)}


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
    return Rules(campaign, requirements(campaign), entitlements(campaign))


def fact_frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Facts by name as a typed frame, one row each; what a row does not name is missing."""
    names = [name for name in FACTS if any(name in row for row in rows)]
    columns = [
        pl.Series(name, [row.get(name) for row in rows], dtype=POLARS_TYPES[FACTS[name].type])
        for name in names
    ]
    return pl.DataFrame(columns) if columns else pl.DataFrame({"row": range(len(rows))})
