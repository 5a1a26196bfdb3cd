"""What do a plant's weeks look like, drawn in characters?

Sales, orders, output and the dealers' stock with the campaign (thick) and without it (dotted),
what is built more or less because of it with its trough, and a letter a week for what binds.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from promo.report.plots import DOTTED, THICK, Line, lines_over_time
from promo.report.words import Language, chosen
from promo.schema import Words

_HEIGHT = 9
_PANELS = (
    ("sold", Words("销量", "sold")),
    ("ordered", Words("经销商订货", "ordered by dealers")),
    ("built", Words("产量", "built")),
    ("dealer_stock", Words("经销商库存", "stock of dealers")),
)
_NET = Words(
    "净多产，点线之间为九成抽样", "built, net; nine draws in ten between the dotted lines"
)
_BOTH = Words(
    "每周辆数：粗线有活动，点线没有", "cars a week: thick with, dotted without the campaign"
)
_BINDS = Words("每周的约束", "what binds, week by week")


def plant_weeks(weeks: pl.DataFrame, language: Language, *, width: int) -> list[str]:
    """One plant's weeks in panels and a strip, as lines; none where they cannot be drawn.

    The last week of the horizon is left out: it may be short.
    """
    weeks = weeks.head(-1)
    if weeks.height < 2:
        return []
    half = width // 2 - 1
    panels = [_both_worlds(weeks, name, half) for name, _ in _PANELS]
    net = [Line(weeks[name].to_list(), mark) for name, mark in _NET_LINES]
    below = _drawn(net, weeks, width)
    if below is None or any(panel is None for panel in panels):
        return []
    titles = [chosen(words, language) for _, words in _PANELS]
    drawn = [panel for panel in panels if panel is not None]
    lines = [chosen(_BOTH, language)]
    for left in (0, 2):
        lines += _beside(titles[left : left + 2], drawn[left : left + 2], half)
    lines += [chosen(_NET, language), *below]
    return [*lines, *_strip(weeks, language)]


_NET_LINES = (("extra_p05", DOTTED), ("extra_p95", DOTTED), ("extra", THICK))


def _both_worlds(weeks: pl.DataFrame, name: str, width: int) -> list[str] | None:
    without, with_ = (weeks[f"{name}_{world}"].to_list() for world in ("without", "with"))
    return _drawn([Line(without, DOTTED), Line(with_, THICK)], weeks, width)


def _drawn(lines: Sequence[Line], weeks: pl.DataFrame, width: int) -> list[str] | None:
    return lines_over_time(lines, [f"{week:%m-%d}" for week in weeks["week"]], width, _HEIGHT)


def _beside(titles: Sequence[str], panels: Sequence[list[str]], width: int) -> list[str]:
    """Two panels side by side under their titles."""
    from rich.cells import set_cell_size

    rows = max(map(len, panels))
    columns = [
        [title, *panel, *[""] * (rows - len(panel))]
        for title, panel in zip(titles, panels, strict=True)
    ]
    left, right = columns
    return [
        f"{set_cell_size(one, width)}  {other}".rstrip()
        for one, other in zip(left, right, strict=True)
    ]


def _strip(weeks: pl.DataFrame, language: Language) -> list[str]:
    """One letter a week for what binds in most draws, and what the letters are."""
    binding = weeks[f"binding_{language}"].to_list()
    names = list(dict.fromkeys(binding))
    letters = dict(zip(names, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False))
    strip = "".join(letters.get(name, "?") for name in binding)
    legend = ", ".join(f"{letter} {name}" for name, letter in letters.items())
    return [f"{chosen(_BINDS, language)}: {strip}", legend]
