"""What do a plant's weeks look like, drawn in characters?

Sales, orders, output and the dealers' stock with the campaign (thick) and without it (dotted),
what is built more or less because of it with its trough, and a letter a week for what binds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from promo.report.plots import unpainted
from promo.report.words import Language, chosen
from promo.schema import Words

_HEIGHT = 9
_THICK, _DOTTED = "hd", "."
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


@dataclass(frozen=True, slots=True)
class _Line:
    values: Sequence[float]
    marker: str


def plant_weeks(weeks: pl.DataFrame, language: Language, *, width: int) -> list[str]:
    """One plant's weeks in panels and a strip, as lines; none where they cannot be drawn.

    The last week of the horizon is left out: it may be short.
    """
    weeks = weeks.head(-1)
    if weeks.height < 2:
        return []
    half = width // 2 - 1
    panels = [_both_worlds(weeks, name, half) for name, _ in _PANELS]
    net = [_Line(weeks[name].to_list(), mark) for name, mark in _NET_LINES]
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


_NET_LINES = (("extra_p05", _DOTTED), ("extra_p95", _DOTTED), ("extra", _THICK))


def _both_worlds(weeks: pl.DataFrame, name: str, width: int) -> list[str] | None:
    without, with_ = (weeks[f"{name}_{world}"].to_list() for world in ("without", "with"))
    return _drawn([_Line(without, _DOTTED), _Line(with_, _THICK)], weeks, width)


def _drawn(lines: Iterable[_Line], weeks: pl.DataFrame, width: int) -> list[str] | None:
    """Lines by week drawn by plotext, or None where the installed plotext cannot."""
    try:
        import plotext

        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(width, _HEIGHT)
        places = list(range(weeks.height))
        lines = list(lines)
        dense = np.linspace(0, places[-1], 4 * width)
        for line in lines:
            values = np.interp(dense, places, line.values)
            figure.draw(figure.signal(dense.tolist(), values.tolist(), marker=line.marker))
        ticks = places[:: max(1, weeks.height // max(2, width // 16))]
        figure.ruler("x").ticks(ticks, [f"{weeks['week'][place]:%m-%d}" for place in ticks])
        low = min(min(line.values) for line in lines)
        high = max(max(line.values) for line in lines)
        levels = [low, (low + high) / 2, high]
        figure.ruler("y").ticks(levels, [f"{level:,.0f}" for level in levels])
        return unpainted(figure.build().string()).splitlines()
    except (ImportError, AttributeError, TypeError):
        return None


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
