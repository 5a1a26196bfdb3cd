"""What do the compiled rules pay on each cell that an eligible purchase can reach?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

from promo.policy.benefits import PARTS, ShareOfPrice
from promo.policy.cells import Cells, TooManyCellsError
from promo.policy.conditions import FactValue, Plain, Test
from promo.policy.rules import Rules, fact_frame
from promo.quantities import MOST_PER_CAR
from promo.report.notice.axes import Axis, Scale, capping_prices, shared_prices
from promo.schema import FEN_PER_YUAN

MOST_CELLS = 2_000
MOST_PLACES = 200  # on one axis
Place: TypeAlias = tuple[int, ...]  # one index for each axis
_FAR = 1_000_000 * FEN_PER_YUAN  # prices tried above the last bound
_UNITS = tuple(FEN_PER_YUAN * 10**power for power in (4, 3, 2, 1, 0))


@dataclass(frozen=True, slots=True)
class Amount:
    """What is paid: a fixed sum, shares of prices on top, or by the preceding provisions (None).

    Attributes
    ----------
    shares : fact and rate in ten-thousandths of each share that varies within the cell
    """

    fixed: int | None
    shares: tuple[tuple[str, int], ...] = ()
    published: bool = True


NOTHING = Amount(0)


def amounts_by_place(rules: Rules, axes: Sequence[Axis]) -> dict[Place, Amount]:
    """What is paid at each place that a purchase that qualifies can take.

    Raises `TooManyCellsError`.
    """
    counts = [axis.count for axis in axes]
    if prod(counts) > MOST_CELLS or max(counts, default=0) > MOST_PLACES:
        raise TooManyCellsError
    given = [each.condition.tree for each in rules.requirements] + _after_opening(rules)
    tests = all_tests(axes)
    purchases = dict(_purchases(axes, Cells([*tests, *given]), given))
    return _amounts(rules, axes, purchases)


def _after_opening(rules: Rules) -> list[Test]:
    """A claim before the window opens waits; the amounts are of those that do not."""
    window = rules.campaign.windows.claim
    return [window.condition("claim").tree] if window is not None else []


def _purchases(
    axes: Sequence[Axis], cells: Cells, given: Sequence[Test]
) -> Iterator[tuple[Place, Mapping[str, Plain | None]]]:
    """One purchase that qualifies for each combination of places that has one."""
    for answers, purchase in cells.decisions(all_tests(axes), given):
        if None not in answers:
            yield place_of(axes, [bool(answer) for answer in answers]), purchase


def all_tests(axes: Sequence[Axis]) -> list[Test]:
    """The tests that tell the places apart, axis by axis."""
    return [test for axis in axes for test in axis.tests]


def place_of(axes: Sequence[Axis], answers: Sequence[bool]) -> Place:
    """The place on each axis, from the answers to all their tests."""
    place, rest = [], list(answers)
    for axis in axes:
        own, rest = rest[: len(axis.tests)], rest[len(axis.tests) :]
        place.append(axis.index(own))
    return tuple(place)


def _amounts(
    rules: Rules, axes: Sequence[Axis], purchases: Mapping[Place, Mapping[str, Plain | None]]
) -> dict[Place, Amount]:
    """What the compiled rules pay on each cell."""
    tried: list[dict[str, Plain | None]] = []
    places: list[Place] = []
    for place, purchase in purchases.items():
        for prices in _several(rules, axes, place):
            tried.append({**purchase, **prices})
            places.append(place)
    decided = rules.decide(fact_frame(tried)).iter_rows(named=True) if tried else iter(())
    by_place: dict[Place, list[dict[str, Any]]] = {}
    for row, place in zip(decided, places, strict=True):
        by_place.setdefault(place, []).append(row)
    return {place: _amount(rules, rows) for place, rows in by_place.items()}


def _several(rules: Rules, axes: Sequence[Axis], place: Place) -> list[dict[str, Plain | None]]:
    """Prices within the cell that show whether what is paid varies with them.

    Round ones, so that rounding does not matter, for those of which a benefit is a share; both
    ends, since what a ceiling leaves only rises, for those of which a cap is one.
    """
    shared, capping = shared_prices(rules), tuple(capping_prices(rules.campaign.combination))
    ends = {name: _ends(axes, place, name) for name in dict.fromkeys((*shared, *capping))}
    tried = {name: _round_prices(*ends[name]) if name in shared else [] for name in ends}
    for name in capping:
        tried[name] += ends[name]
    usual: dict[str, Plain | None] = {name: prices[0] for name, prices in tried.items()}
    several = [{**usual, name: price} for name, prices in tried.items() for price in prices]
    return several or [usual]


def _ends(axes: Sequence[Axis], place: Place, name: str) -> tuple[int, int]:
    """The lowest and the highest price in the cell, in fen."""
    for axis, at in zip(axes, place, strict=True):
        if isinstance(axis, Scale) and axis.value == FactValue(name):
            low, above = axis.bounds[at - 1] if at > 0 else (1, False)
            high, included = axis.bounds[at] if at < len(axis.bounds) else (MOST_PER_CAR, True)
            assert isinstance(low, int)
            assert isinstance(high, int)
            return max(low + above, 1), high - (not included)
    return 1, MOST_PER_CAR


def _round_prices(first: int, last: int) -> list[int]:
    """Up to three round prices between two."""
    last = min(last, first + _FAR)
    for unit in _UNITS:
        least, most = -(-first // unit), last // unit
        if most - least >= 2:
            return [each * unit for each in (least, (least + most) // 2, most)]
    return [first, last]


def _amount(rules: Rules, rows: Sequence[dict[str, Any]]) -> Amount:
    """What is paid over some purchases of one cell."""
    counted = [
        row for row in rows if row["decision"] in ("approved", "undeclared") or _unpaid(row)
    ]
    paid = [row for row in counted if row["decision"] == "approved"]
    if not paid:
        return NOTHING if counted and all(map(_unpaid, counted)) else Amount(None)
    if any(map(_unpaid, counted)) or len(paid) == 1 < len(rows):
        return Amount(None)
    published = all(row["amount_published"] for row in paid)
    fixed, shares = 0, []
    for name in rules.public:
        amounts = {row[f"benefit.{name}"] for row in paid}
        if len(amounts) == 1:
            fixed += amounts.pop()
            continue
        share = _share(rules, name, paid)
        if share is None:
            return Amount(None, published=published)
        shares.append(share)
    return Amount(fixed, tuple(shares), published)


def _unpaid(row: Mapping[str, Any]) -> bool:
    """Does a purchase that qualifies get nothing?"""
    return row["decision"] == "refused" and set(row["reasons"]) <= {"no-benefit", "no-money"}


def _share(rules: Rules, name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[str, int] | None:
    """The fact and rate of which a benefit is a share in all these purchases."""
    unit = rules.campaign.money.rounding.to
    for benefit in rules.entitlements[name].benefits:
        if isinstance(benefit, ShareOfPrice):
            of, rate = benefit.share.of, benefit.share.rate
            exact = [row[of] * rate / PARTS for row in rows]
            if all(
                abs(row[f"benefit.{name}"] - each) < unit
                for row, each in zip(rows, exact, strict=True)
            ):
                return of, rate
    return None
