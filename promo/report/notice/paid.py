"""What do the compiled rules pay on each cell that an eligible purchase can reach?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from promo.policy.benefits import PARTS, ShareOfPrice
from promo.policy.cells import Cells, TooManyCellsError
from promo.policy.conditions import FactValue, Plain, Test
from promo.policy.rules import Rules, fact_frame
from promo.report.notice.axes import Axis, Scale
from promo.schema import FEN_PER_YUAN

MOST_CELLS = 5_000
Place: TypeAlias = tuple[int, ...]  # one index for each axis
_ROUND_PRICES = tuple(yuan * FEN_PER_YUAN for yuan in (100_000, 200_000, 300_000))
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
    given = [each.condition.tree for each in rules.requirements] + _after_opening(rules)
    tests = tests_of(axes)
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
    for count, (answers, purchase) in enumerate(cells.decisions(tests_of(axes), given)):
        if count > MOST_CELLS:
            raise TooManyCellsError
        if None not in answers:
            yield place_of(axes, [bool(answer) for answer in answers]), purchase


def tests_of(axes: Sequence[Axis]) -> list[Test]:
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
    varied = [name for name in _shared(rules) if _scale_of(axes, name) is not None]
    free = [name for name in _shared(rules) if _scale_of(axes, name) is None]
    tried: list[dict[str, Plain | None]] = []
    places: list[Place] = []
    for place, purchase in purchases.items():
        for several in _several(axes, place, varied, free):
            tried.append({**purchase, **several})
            places.append(place)
    if not tried:
        return {}
    decided = rules.decide(fact_frame(tried)).iter_rows(named=True)
    by_place: dict[Place, list[dict[str, Any]]] = {}
    for row, place in zip(decided, places, strict=True):
        by_place.setdefault(place, []).append(row)
    return {place: _amount(rules, rows) for place, rows in by_place.items()}


def _shared(rules: Rules) -> tuple[str, ...]:
    """The facts of which some benefit is a share."""
    benefits = (each for name in rules.public for each in rules.entitlements[name].benefits)
    read = (each.share.of for each in benefits if isinstance(each, ShareOfPrice))
    return tuple(dict.fromkeys(read))


def _scale_of(axes: Sequence[Axis], name: str) -> int | None:
    for place, axis in enumerate(axes):
        if isinstance(axis, Scale) and axis.value == FactValue(name):
            return place
    return None


def _several(
    axes: Sequence[Axis], place: Place, varied: Sequence[str], free: Sequence[str]
) -> list[dict[str, Plain | None]]:
    """Round values, within the cell, of the prices of which a share is paid."""
    usual: dict[str, Plain | None] = dict.fromkeys(free, _ROUND_PRICES[0])
    tried = [{**usual, name: price} for name in free for price in _ROUND_PRICES]
    for name in varied:
        at = _scale_of(axes, name)
        assert at is not None
        axis = axes[at]
        assert isinstance(axis, Scale)
        tried += [{**usual, name: price} for price in _round_prices(axis, place[at])]
    return tried or [usual]


def _round_prices(axis: Scale, place: int) -> list[int]:
    """Up to three round prices within an interval."""
    low, above = axis.bounds[place - 1] if place > 0 else (0, False)
    high, with_high = axis.bounds[place] if place < len(axis.bounds) else (None, False)
    assert isinstance(low, int)
    first = max(low + 1 if above else low, 1)
    if high is None:
        return [(first // _UNITS[0] + step) * _UNITS[0] for step in (1, 5, 20)]
    assert isinstance(high, int)
    last = high if with_high else high - 1
    for unit in _UNITS:
        least, most = -(-first // unit), last // unit
        if most - least >= 2:
            return [each * unit for each in (least, (least + most) // 2, most)]
    return [first, last] if last >= first else []


def _amount(rules: Rules, rows: Sequence[dict[str, Any]]) -> Amount:
    """What is paid over some purchases of one cell."""
    counted = [
        row for row in rows if row["decision"] in ("approved", "undeclared") or _unpaid(row)
    ]
    paid = [row for row in counted if row["decision"] == "approved"]
    if not paid:
        return NOTHING if counted and all(map(_unpaid, counted)) else Amount(None)
    if any(map(_unpaid, counted)):
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
