"""What does each of very many claims get? The rules as a small table over integer codes.

Every column of facts is cut into the classes that the rules can tell apart; the classes of a row
give its code, and the code its decision and amount. The table is made by the expressions of
`Rules` themselves, asked once for each code, so that no rule is stated twice. Requirements only
say whether all are fulfilled, one is open, or one fails. Where an amount follows a price, the
table holds the straight piece (a share of the price moved by a constant, between a least and a
most), found by asking the expressions at the ends of the class; one integer formula finishes.

Rules of another shape have no table, and the expressions decide.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import polars as pl

from promo.policy.benefits import PARTS, Benefit, Points, ShareOfPrice, Uplift
from promo.policy.campaign import Campaign
from promo.policy.coded import (
    APPROVED,
    DECISIONS,
    FULFILLED,
    MOST_CELLS,
    CodeTable,
    Decided,
    Gate,
    Pieces,
    Share,
    Slope,
)
from promo.policy.combination import Combination
from promo.policy.conditions import All, Compare, Condition, Constant, FactValue, Not, Some, Test
from promo.policy.measures import (
    Measure,
    UnsuitedError,
    answers,
    given,
    is_missing,
    measure,
    names_in,
    units,
)
from promo.policy.requirements import Entitlement, Requirement, entitlements
from promo.policy.rules import Rules, with_all_facts
from promo.schema import CLOCKS, Bools, Ints

HIGHEST_PRICE = 10**13  # fen; above it nobody looks
LARGE_FRAME = 50_000
GATE = "all requirements"


def decide_amounts(rules: Rules, frame: pl.DataFrame, *, threads: int = 1) -> Decided:
    """Decision and amount of each claim, each by itself, as `Rules.decide` gives them.

    Large frames go through the table where the rules have one. Facts may be narrow: whole numbers
    of any width for money (fen), numbers and days (since 1970), Enum or Categorical for words.
    """
    if frame.height >= LARGE_FRAME:
        table = code_table(rules)
        if table is not None:
            try:
                return table.decide(frame, threads=threads)
            except UnsuitedError:
                pass  # the words of this frame need the expressions
    return by_expressions(rules, frame)


def by_expressions(rules: Rules, frame: pl.DataFrame) -> Decided:
    """The same, by `Rules.decide`."""
    found = rules.decide(frame)
    decision = found["decision"].cast(pl.Enum(DECISIONS)).to_physical().cast(pl.UInt8)
    return Decided(decision.to_numpy(), found["amount_fen"].to_numpy())


# --- making the table -------------------------------------------------------------------------


def code_table(rules: Rules) -> CodeTable | None:
    """The table of a rule set; None where its amounts have another shape or the cells are many."""
    try:
        return _Maker(rules).table()
    except UnsuitedError:
        return None


class _Maker:
    """One rule set on its way to a table."""

    def __init__(self, rules: Rules) -> None:
        self.derived: dict[str, Test] = {}
        self.requirements = [
            part
            for requirement in rules.requirements
            for part in _parts(self.separated(requirement.condition.tree))
        ]
        campaign = self.campaign_for_cells(rules.campaign)
        self.rounding = campaign.money.rounding
        gate = Requirement(GATE, Condition(GATE, given(GATE)), "", "rule", ())
        self.rules = Rules(campaign, (gate,), entitlements(campaign))
        self.ceiling = _slope_of(rules.campaign.combination)
        self.nested = tuple(_nested_ceilings(campaign.combination))
        if not self.rounding.declared and (self.followed or self.ceiling is not None):
            raise UnsuitedError("a share of a price whose rounding is not declared")

    # reading the rules

    def separated(self, test: Test) -> Test:
        """The test with each comparison of two facts replaced by a truth of its own."""
        if isinstance(test, All | Some):
            return type(test)(tuple(self.separated(part) for part in test.parts))
        if isinstance(test, Not):
            return Not(self.separated(test.part))
        if len(names_in(test)) < 2:
            return test
        known = {each: name for name, each in self.derived.items()}
        name = known.get(test, f"comparison {len(self.derived)}")
        self.derived[name] = test
        return given(name)

    def campaign_for_cells(self, campaign: Campaign) -> Campaign:
        """The campaign without what the code knows already: requirements, and the ceiling."""
        amendments = tuple(
            each.model_copy(
                update={
                    "unless": self.condition(each.unless),
                    "benefits": self.benefits(each.benefits),
                    "eligibility": (),
                }
            )
            for each in campaign.amendments
        )
        combination, cap = campaign.combination, campaign.combination.cap
        if cap is not None:
            fixed = cap.model_copy(update={"share_of": None, "rate": None})
            kept = None if cap.per_car is None else fixed
            combination = combination.model_copy(update={"cap": kept})
        changes = {
            "amendments": amendments,
            "benefits": self.benefits(campaign.benefits),
            "combine": combination,
        }
        return campaign.model_copy(update=changes)

    def benefits(self, named: Mapping[str, Benefit]) -> dict[str, Benefit]:
        """The benefits with each comparison of two facts replaced."""
        return {name: self.benefit(benefit) for name, benefit in named.items()}

    def benefit(self, benefit: Benefit) -> Benefit:
        changes: dict[str, Any] = {"when": self.condition(benefit.when)}
        if isinstance(benefit, Points):
            merits = tuple(
                each.model_copy(update={"when": self.condition(each.when)})
                for each in benefit.points.of
            )
            changes["points"] = benefit.points.model_copy(update={"of": merits})
        return benefit.model_copy(update=changes)

    def condition(self, found: Condition | None) -> Condition | None:
        return None if found is None else Condition(found.text, self.separated(found.tree))

    @property
    def followed(self) -> set[str]:
        """The prices that some amount follows."""
        shares = {
            benefit.share.of
            for name in self.rules.public
            for benefit in self.rules.entitlements[name].benefits
            if isinstance(benefit, ShareOfPrice)
        }
        return shares | {each.fact for each in self.nested}

    # cells

    def table(self) -> CodeTable:
        """The table, cell by cell."""
        paying = list(self.paying_tests())
        tests = _by_measure((*self.requirements, *paying))
        measures = tuple(measure(name, own) for name, own in tests.items())
        compared = {name for test in self.derived.values() for name in names_in(test)}
        if not compared.union(tests).issuperset(self.rules.facts):
            raise UnsuitedError("a fact that is read in no test")
        places = {each.name: place for place, each in enumerate(measures)}
        axes = self.axes(measures, places, paying)
        gates, always = _gates(self.requirements, measures, places)
        cells = _Cells(measures, axes)
        if cells.count * 3 > MOST_CELLS:
            raise UnsuitedError("too many cells")
        slopes, pieces = _Pieced(self, cells).pieces()
        return CodeTable(
            measures,
            self.derived,
            axes,
            gates,
            always,
            pieces,
            slopes,
            self.ceiling,
            self.rounding,
        )

    def axes(
        self, measures: Sequence[Measure], places: Mapping[str, int], tests: Sequence[Test]
    ) -> dict[int, Ints]:
        """The measures that amounts depend on, with the digit of each class."""
        axes = {}
        for name, own in _by_measure(tests).items():
            place = places[name]
            if name in self.followed:  # a straight piece needs an unbroken range of prices
                axes[place] = np.arange(len(measures[place].values))
            else:
                axes[place] = measures[place].digits(own)
        return axes

    def paying_tests(self) -> Iterator[Test]:
        """Every test on which the amount or the decision on fulfilled requirements depends."""
        for entitlement in self.rules.entitlements.values():
            for version in entitlement.versions:
                if version.guard is not None:
                    yield version.guard
                if version.benefit is not None:
                    yield from _tests_of(version.benefit)
        yield from map(is_missing, sorted({each.fact for each in self.nested}))
        if self.rules.campaign.amendments:
            yield Compare(FactValue("already_paid"), ">", Constant(0))
            yield from (each.guard for each in self.rules.campaign.amendments)
        yield from self.clock_tests()

    def clock_tests(self) -> Iterator[Test]:
        """When claims may be filed first, and when pots are open."""
        money, window = self.rules.campaign.money, self.rules.campaign.windows.claim
        event = (money.order_by or "").removesuffix("_time")
        for pot in money.pots:
            if pot.is_dated and event in CLOCKS:
                yield pot.window.condition(event).tree
                yield pot.window.in_days(event).tree
        if window is not None:
            by_the_hour = ("claim_time", window.opens)
            clock, opens = by_the_hour if window.by_the_hour else (CLOCKS["claim"], window.first)
            yield Compare(FactValue(clock), "<", Constant(opens))


def _by_measure(tests: Iterable[Test]) -> dict[str, list[Test]]:
    """The largest parts of some tests that read one measure each, by its name."""
    found: dict[str, list[Test]] = {}
    for test in tests:
        for unit in units(test):
            found.setdefault(names_in(unit)[0], []).append(unit)
    return found


def _slope_of(combination: Combination) -> Slope | None:
    """The share of a price that a combination does not exceed."""
    cap = combination.cap
    if cap is None or cap.share_of is None or cap.rate is None:
        return None
    return Slope(cap.share_of, cap.rate)


def _nested_ceilings(combination: Combination) -> Iterator[Slope]:
    """The ceilings that follow a price, in this and all inner combinations."""
    own = _slope_of(combination)
    if own is not None:
        yield own
    for part in combination.parts:
        if not isinstance(part, str):
            yield from _nested_ceilings(part)


def _has_exclusive(combination: Combination) -> bool:
    nested = (part for part in combination.parts if not isinstance(part, str))
    return combination.kind == "exclusive" or any(map(_has_exclusive, nested))


def _parts(test: Test) -> Iterator[Test]:
    """What must hold one by one for a test to hold."""
    if isinstance(test, All):
        for part in test.parts:
            yield from _parts(part)
    else:
        yield test


def _tests_of(benefit: Benefit) -> Iterator[Test]:
    """The tests that a benefit makes, and whether what its amount reads is known."""
    if benefit.when is not None:
        yield benefit.when.tree
    if isinstance(benefit, Points):
        yield from (merit.when.tree for merit in benefit.points.of)
        return
    for test, _ in benefit.cases or ():
        yield from units(test)
    yield from map(is_missing, benefit.reads)


def _gates(
    requirements: Sequence[Test], measures: Sequence[Measure], places: Mapping[str, int]
) -> tuple[tuple[Gate, ...], int]:
    """What the requirements say; those that read one measure each are taken together."""
    alone: dict[int, Ints] = {}
    gates: list[Gate] = []
    always = FULFILLED
    for test in requirements:
        names = names_in(test)
        if not names:
            always = max(always, int(_status(pl.DataFrame({"": [0]}), test)[0]))
        elif len(names) == 1:
            place = places[names[0]]
            said = _status(measures[place].values.to_frame(), test)
            alone[place] = np.maximum(alone.get(place, said), said)
        else:
            gates.append(_gate(test, measures, places))
    single = [Gate((place,), (np.arange(len(said)),), said) for place, said in alone.items()]
    return (*single, *gates), always


def _gate(test: Test, measures: Sequence[Measure], places: Mapping[str, int]) -> Gate:
    own = tuple(places[name] for name in names_in(test))
    parts = _by_measure([test])
    digits = {place: measures[place].digits(parts[measures[place].name]) for place in own}
    cells = _Cells(measures, digits)
    if cells.count > MOST_CELLS:
        raise UnsuitedError("too many cells of one requirement")
    said = _status(cells.frame(), test).reshape(cells.shape)
    return Gate(own, tuple(digits.values()), said)


def _status(frame: pl.DataFrame, test: Test) -> Ints:
    """FULFILLED, OPEN or FAILED in each row."""
    return FULFILLED + 1 - answers(frame, [test])[:, 0]


class _Cells:
    """All combinations of digits of some measures, one row a cell, the first axis slowest."""

    def __init__(self, measures: Sequence[Measure], digits: Mapping[int, Ints]) -> None:
        self.measures = measures
        self.digits = digits
        self.shape = tuple(int(each.max()) + 1 for each in digits.values())
        self.count = prod(self.shape)

    def rows(self, place: int) -> Ints:
        """The class of a measure in each cell: the first class with the digit of the cell."""
        axis = list(self.digits).index(place)
        _, first = np.unique(self.digits[place], return_index=True)
        cells: Ints = first[np.indices(self.shape)[axis].ravel()]
        return cells

    def frame(self) -> pl.DataFrame:
        """One value of each measure in each cell."""
        columns = [self.measures[place].values.gather(self.rows(place)) for place in self.digits]
        return pl.DataFrame([pl.Series("", np.zeros(self.count, dtype=np.int8)), *columns])


# --- pieces -----------------------------------------------------------------------------------


class _Pieced:
    """The amounts of all cells: flat ones asked once, the others until the piece is known."""

    def __init__(self, maker: _Maker, cells: _Cells) -> None:
        self.maker = maker
        self.cells = cells
        self.frame = cells.frame()

    def pieces(self) -> tuple[tuple[Slope, ...], Pieces]:
        """The slopes that some cell follows, and what each cell gets."""
        less = self.topped_up()
        if less.any():
            whole = pl.when(pl.Series(~less)).then(pl.col("already_paid")).otherwise(0)
            self.frame = self.frame.with_columns(already_paid=whole)
        found = self.asked(self.maker.rules, self.frame, (True, None, False))
        decision, amount = (each.astype(np.int64) for each in found)
        slope, shift, least = np.zeros((3, len(amount)), dtype=np.int64)
        pieces = Pieces(decision, amount, slope, shift, least, np.tile(less, 3))
        named = []
        for followed, cells in self.slopes():
            named.append(followed)
            self.bend(pieces, len(named), followed, cells)
        shape = (3, *self.cells.shape)
        return tuple(named), pieces.each(lambda flat: flat.reshape(shape))

    def asked(self, rules: Rules, frame: pl.DataFrame, gates: Sequence[bool | None]) -> Decided:
        """The decision on each cell, for each answer of the requirements."""
        frames = [frame.with_columns(pl.lit(gate, dtype=pl.Boolean).alias(GATE)) for gate in gates]
        return by_expressions(rules, pl.concat(frames))

    def topped_up(self) -> Bools:
        """The cells that get what an amendment gives beyond what was paid before."""
        topped = pl.lit(value=False)
        for amendment in self.maker.rules.campaign.amendments:
            tops = pl.lit(value=amendment.paid_claims == "top_up")
            topped = pl.when(amendment.guard.expression()).then(tops).otherwise(topped)
        if not self.maker.rules.campaign.amendments:
            return np.zeros(self.cells.count, dtype=np.bool_)
        return self.where(topped & (pl.col("already_paid") > 0))

    # which cells follow a price

    def slopes(self) -> Iterator[tuple[Slope, Ints]]:
        """Each slope, and the cells whose amount follows it; no cell may follow two."""
        followed = list(self.shares())
        followed += [(each, self.known(each.fact)) for each in self.maker.nested]
        if not followed:
            return
        count = np.sum([cells for _, cells in followed], axis=0)
        self.refuse_mixed(count + self.uplifted(followed))
        for slope in dict.fromkeys(slope for slope, _ in followed):
            cells = [cells for each, cells in followed if each == slope]
            yield slope, np.flatnonzero(np.any(cells, axis=0))

    def shares(self) -> Iterator[tuple[Slope, Bools]]:
        """Each share of a price, and the cells in which it is paid."""
        for name in self.maker.rules.public:
            for benefit, applies in _applying(self.maker.rules.entitlements[name]):
                if isinstance(benefit, ShareOfPrice):
                    of = benefit.share.of
                    yield Slope(of, benefit.share.rate), self.where(applies) & self.known(of)

    def uplifted(self, followed: Sequence[tuple[Slope, Bools]]) -> Ints:
        """In how many ways a cell pays a share of a share of a price."""
        rules, found = self.maker.rules, np.zeros(self.cells.count, dtype=np.int64)
        for name in rules.public:
            for benefit, applies in _applying(rules.entitlements[name]):
                if isinstance(benefit, Uplift):
                    found += self.where(applies) & np.any([cells for _, cells in followed], axis=0)
        return found

    def known(self, fact: str) -> Bools:
        return self.where(pl.col(fact).is_not_null())

    def where(self, test: pl.Expr) -> Bools:
        frame = with_all_facts(self.frame, self.maker.rules.facts)
        found = frame.with_columns(test.fill_null(value=False).alias("found"))["found"]
        return found.to_numpy()

    def refuse_mixed(self, count: Ints) -> None:
        """Cells that pay and follow two prices, or a price beside an exclusive route."""
        campaign, steep = self.maker.rules.campaign, np.flatnonzero(count)
        frame = self.at_highest(self.frame[steep], steep)
        pays = self.asked(self.maker.rules, frame, (True,)).amount_fen > 0
        if np.any(pays & (count[steep] > 1)):
            raise UnsuitedError("an amount that follows two prices")
        if any(pot.face is not None for pot in campaign.money.pots) and pays.any():
            raise UnsuitedError("a share of a price paid from stocks by face value")
        if _has_exclusive(campaign.combination):
            without = {
                name: _without_shares(each) for name, each in self.maker.rules.entitlements.items()
            }
            rules = dataclasses.replace(self.maker.rules, entitlements=without)
            rest = self.asked(rules, frame, (True,)).amount_fen > 0
            if np.any(pays & rest):
                raise UnsuitedError("a share of a price beside an exclusive route")

    def at_highest(self, frame: pl.DataFrame, cells: Ints) -> pl.DataFrame:
        """Some cells with every price that is followed at its highest."""
        for name in sorted(self.maker.followed):
            if name in frame.columns:
                frame = _with_prices(frame, name, self.ends(name, cells)[1])
        return frame

    def ends(self, name: str, cells: Ints) -> tuple[Ints, Ints]:
        """The least and the highest price in some cells."""
        place = next(
            place
            for place, each in enumerate(self.cells.measures)
            if each.name == name and place in self.cells.digits
        )
        measure = self.cells.measures[place]
        least = measure.values[:-1].to_numpy()
        highest = np.append(least[1:] - 1, HIGHEST_PRICE)
        classes = np.minimum(self.cells.rows(place)[cells], len(least) - 1)
        return least[classes], highest[classes]

    # the straight piece of a cell

    def bend(self, pieces: Pieces, place: int, slope: Slope, cells: Ints) -> None:
        """Finds the piece of each cell that follows a slope.

        Such an amount never falls as the price rises and never rises faster than the rounded
        share; built from sums, ceilings and the better of two with constants, it is the share
        moved by a constant between a least and a most. So its values at the ends of the class and
        one value between them determine it.
        """
        low, high = self.ends(slope.fact, cells)
        least, most = self.amounts(slope, cells, low), self.amounts(slope, cells, high)
        rising = most > least
        cells, low, high = cells[rising], low[rising], high[rising]
        least, most = least[rising], most[rising]
        pieces.decision[cells] = APPROVED
        pieces.most[cells], pieces.least[cells] = most, least
        pieces.slope[cells] = place
        pieces.shift[cells] = self.shifts(slope, cells, (low, high), (least, most))

    def shifts(
        self, slope: Slope, cells: Ints, prices: tuple[Ints, Ints], amounts: tuple[Ints, Ints]
    ) -> Ints:
        """By how much the amount differs from the rounded share where it follows the price."""
        share = Share.of(slope, self.maker.rounding)
        (low, high), (least, most) = prices, amounts
        shift = most - share(high)
        left = np.flatnonzero(most - least != share(high) - share(low))
        tries = [*_guesses(slope, prices, amounts)]
        while len(left):
            tried = tries.pop(0) if tries else low + (high - low) // 2
            tried = np.clip(tried, low, high)[left]
            found = self.amounts(slope, cells[left], tried)
            known = (least[left] < found) & (found < most[left])
            shift[left[known]] = (found - share(tried))[known]
            below, above = found == least[left], found == most[left]
            low[left[below]], high[left[above]] = tried[below], tried[above]
            jumps = high[left] - low[left] <= 1  # from the least to the most within one fen
            shift[left[jumps]] = (most - share(high))[left[jumps]]
            left = left[~known & ~jumps]
        return shift

    def amounts(self, slope: Slope, cells: Ints, prices: Ints) -> Ints:
        """What some cells get at other prices, in fen."""
        frame = _with_prices(self.frame[cells], slope.fact, prices)
        found = self.asked(self.maker.rules, frame, (True,))
        return found.amount_fen.astype(np.int64)


def _guesses(
    slope: Slope, prices: tuple[Ints, Ints], amounts: tuple[Ints, Ints]
) -> Iterator[Ints]:
    """Prices at which the amount probably follows the price, seen from either end."""
    width = ((amounts[1] - amounts[0]) // 2 * (PARTS / max(slope.rate, 1))).astype(np.int64)
    yield prices[0] + width
    yield prices[1] - width


def _with_prices(frame: pl.DataFrame, name: str, prices: Ints) -> pl.DataFrame:
    """The frame with other prices, where it has any."""
    known = pl.col(name).is_not_null()
    return frame.with_columns(pl.when(known).then(pl.Series(name, prices)).alias(name))


def _applying(entitlement: Entitlement) -> Iterator[tuple[Benefit, pl.Expr]]:
    """Each version of a benefit and where it governs and applies."""
    passed: list[pl.Expr] = []
    for version in entitlement.versions:
        tests = [~each for each in passed]
        if version.guard is not None:
            tests.append(version.guard.expression())
            passed.append(version.guard.expression())
        if version.benefit is not None:
            if version.benefit.when is not None:
                tests.append(version.benefit.when.expression())
            yield version.benefit, pl.all_horizontal(pl.lit(value=True), *tests)


def _without_shares(entitlement: Entitlement) -> Entitlement:
    """The entitlement with every share of a price left out."""
    versions = tuple(
        dataclasses.replace(each, benefit=None) if isinstance(each.benefit, ShareOfPrice) else each
        for each in entitlement.versions
    )
    return dataclasses.replace(entitlement, versions=versions)
