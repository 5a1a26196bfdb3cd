"""How much for which purchase? The table of amounts, found by running the rules.

Every fact on which an amount depends is cut where some benefit changes. On each cell that an
eligible purchase can reach, the compiled rules decide one purchase (several where an amount is a
share of a price); equal neighbours are merged. So the table cannot disagree with what is paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from promo.policy.cells import TooManyCellsError
from promo.policy.rules import Rules
from promo.report.notice.axes import Axis, Scale, axes_of, axis_name, short_label
from promo.report.notice.outline import Grid
from promo.report.notice.paid import NOTHING, Amount, Place, amounts_by_place
from promo.report.notice.voice import Voice

MOST_ROWS = 200
MOST_PERMUTED = 5  # axes


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the places on each axis, None where any will do, and what is paid there."""

    places: tuple[frozenset[int] | None, ...]
    amount: Amount


@dataclass(frozen=True, slots=True)
class Standard:
    """The amounts by the facts on which they depend, for purchases that qualify.

    Attributes
    ----------
    unpaid : whether some purchase that qualifies gets nothing
    amended : whether claims may have been paid before
    """

    axes: tuple[Axis, ...]
    rows: tuple[Row, ...]
    unpaid: bool
    amended: bool

    def grid(self, voice: Voice) -> Grid | None:
        """The table in words; None where there is no row."""
        if not self.rows:
            return None
        used = [
            place
            for place in range(len(self.axes))
            if any(row.places[place] is not None for row in self.rows)
        ]
        headings = [axis_name(self.axes[place], voice) for place in used]
        any_word = voice.say("不限", "any")
        rows = []
        for row in self.rows:
            cells = []
            for place in used:
                places = row.places[place]
                cells.append(any_word if places is None else self._label(place, places, voice))
            rows.append((*cells, amount_text(row.amount, voice)))
        if not used:
            headings, rows = (
                [voice.say("车辆", "car")],
                [(voice.say("符合第二部分条件的", "every one that qualifies"), rows[0][-1])],
            )
        title = voice.say(
            "资金充足时每车补贴合计（第二部分的条件全部符合）",
            "Total per car while there is money, where all of section 2 holds",
        )
        return Grid(title, (*headings, voice.say("补贴合计", "total")), tuple(rows))

    def _label(self, place: int, places: frozenset[int], voice: Voice) -> str:
        axis = self.axes[place]
        said = axis.label(places, voice)
        if isinstance(axis, Scale):
            return short_label(said, axis_name(axis, voice), voice)
        return said

    def remarks(self, voice: Voice) -> Iterator[str]:
        """What must be said under the table."""
        if self.unpaid:
            yield voice.say(
                "表中没有列出的情形，没有补贴。", "What the table does not list is not paid."
            )
        if self.amended:
            yield voice.say(
                "表中是此前没有付过款的申请的金额。",
                "The table is for claims on which nothing was paid before.",
            )
        if any(not row.amount.published for row in self.rows):
            yield voice.say(
                "标有“推定”的金额没有公布。", "Amounts marked 'assumed' are not published."
            )


def amount_text(amount: Amount, voice: Voice) -> str:
    """What is paid, in words."""
    if amount.fixed is None:
        text = voice.say("按前述各项计算", "by the provisions above")
    else:
        parts = [voice.share(fact, rate) for fact, rate in amount.shares]
        parts += [voice.money(amount.fixed)] if amount.fixed or not parts else []
        text = voice.say("，另加", " plus ").join(parts)
    return text if amount.published else text + voice.say("（推定）", " (assumed)")


def standard(rules: Rules) -> Standard | None:
    """The table of amounts; None where there are too many cells or rows to be of use."""
    axes = tuple(axes_of(rules))
    try:
        amounts = amounts_by_place(rules, axes)
    except TooManyCellsError:
        return None
    order, rows = _fewest_rows(axes, amounts)
    if len(rows) > MOST_ROWS:
        return None
    unpaid = any(amount == NOTHING for amount in amounts.values())
    ordered = tuple(axes[place] for place in order)
    return Standard(ordered, tuple(rows), unpaid, bool(rules.campaign.amendments))


def _fewest_rows(
    axes: Sequence[Axis], amounts: Mapping[Place, Amount]
) -> tuple[tuple[int, ...], list[Row]]:
    """The order of axes that needs the fewest rows, the usual one where several do."""
    usual = tuple(range(len(axes)))
    orders = permutations(usual) if len(axes) <= MOST_PERMUTED else iter([usual])
    found = []
    for order in orders:
        ordered = {tuple(place[at] for at in order): each for place, each in amounts.items()}
        found.append((order, list(_rows([axes[at] for at in order], ordered))))
    return min(found, key=lambda each: len(each[1]))


def _rows(axes: Sequence[Axis], amounts: Mapping[Place, Amount]) -> Iterator[Row]:
    """The rows below some axes: places of the first axis with the same rest are one."""
    if all(amount == NOTHING for amount in amounts.values()):
        return
    if not axes:
        yield Row((), next(iter(amounts.values())))
        return
    rests: dict[int, dict[Place, Amount]] = {}
    for place, amount in sorted(amounts.items(), key=lambda each: each[0]):
        rests.setdefault(place[0], {})[place[1:]] = amount
    groups = _groups(axes[0], rests)
    for group in groups:
        places = None if len(groups) == 1 else frozenset(group)
        for row in _rows(axes[1:], rests[group[0]]):
            yield Row((places, *row.places), row.amount)


def _groups(axis: Axis, rests: Mapping[int, Mapping[Place, Amount]]) -> list[list[int]]:
    """Places with the same rest; of a scale only neighbours."""
    groups: list[list[int]] = []
    for place, rest in rests.items():
        candidates = groups[-1:] if isinstance(axis, Scale) else groups
        same = next((group for group in candidates if rests[group[0]] == rest), None)
        if same is None:
            groups.append([place])
        else:
            same.append(place)
    return groups
