"""What do the spending and the sales look like over time, drawn in characters?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from promo.report.numbers import Scale, number, scale_of
from promo.report.words import Language, chosen
from promo.schema import Words

_HEIGHT = 14
_PANEL = 9
_QUANTILES = ("p05", "p50", "p95")
THICK, DOTTED = "hd", "."
_SALES = Words(
    "每月辆数: 粗线有活动, 点线没有", "cars a month: thick with, dotted without the campaign"
)
_NET = Words(
    "每月净增辆数, 点线之间为九成抽样",
    "additional cars a month, net; nine draws in ten between the dotted lines",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: a value at each time, and how it is drawn."""

    values: Sequence[float]
    marker: str


def monthly_sales(
    months: pl.DataFrame, language: Language, *, width: int
) -> list[tuple[str, list[str]]]:
    """City sales with and without, and the difference with its interval: captions and lines.

    Every month is drawn, those at the ends as short as they are: a campaign may fill the first.
    None where there is one month only, or it cannot be drawn.
    """
    if months.height < 2:
        return []
    labels = [f"{month:%Y-%m}" for month in months["month"]]
    panels = (
        (_SALES, (("without", DOTTED), ("with_", THICK))),
        (_NET, (("additional_p05", DOTTED), ("additional_p95", DOTTED), ("additional", THICK))),
    )
    made = []
    for caption, names in panels:
        lines = [Line(months[name].to_list(), marker) for name, marker in names]
        drawn = lines_over_time(lines, labels, width, _PANEL)
        if drawn is None:
            return []
        made.append((chosen(caption, language), drawn))
    return made


def lines_over_time(
    lines: Sequence[Line], labels: Sequence[str], width: int, height: int
) -> list[str] | None:
    """Lines drawn by plotext over labelled times, or None where the installed plotext cannot."""
    try:
        import plotext

        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(width, height)
        places = list(range(len(labels)))
        dense = np.linspace(0, places[-1], 4 * width)
        for line in lines:
            values = np.interp(dense, places, line.values)
            figure.draw(figure.signal(dense.tolist(), values.tolist(), marker=line.marker))
        ticks = places[:: max(1, len(places) // max(2, width // 16))]
        figure.ruler("x").ticks(ticks, [labels[place] for place in ticks])
        low = min(min(line.values) for line in lines)
        high = max(max(line.values) for line in lines)
        levels = [low, 0.0 if low < 0 < high else (low + high) / 2, high]
        figure.ruler("y").ticks(levels, [f"{level:,.0f}" for level in levels])
        return unpainted(figure.build().string()).splitlines()
    except (ImportError, AttributeError, TypeError):
        return None


def spend_curve(path: pl.DataFrame, language: Language, *, width: int, plain: bool) -> str:
    """Cumulative public money by day: the median and the bounds of nine draws in ten."""
    if path.height < 2:
        return ""
    scale = scale_of("CNY", path["p95"].to_list())
    drawn = None if plain else _drawn(path, scale, width)
    return drawn or _bars(path, scale, language, width)


def legend(language: Language, unit: str) -> str:
    """What the three lines of the plot are."""
    if language == "zh":
        return f"{unit}；粗线为中位数，点线之间为九成抽样"
    return f"{unit}; thick line: median, dotted lines: nine draws in ten lie between"


def unit_of(path: pl.DataFrame, language: Language) -> str:
    """The unit of money of the curve."""
    return chosen(scale_of("CNY", path["p95"].to_list()).unit, language)


def _drawn(path: pl.DataFrame, scale: Scale, width: int) -> str | None:
    """The curve drawn by plotext, or None where the installed plotext cannot."""
    try:
        import plotext

        figure = plotext.figure
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(width, _HEIGHT)
        days = list(range(path.height))
        for name in _QUANTILES:
            values = (path[name] / scale.divisor).to_list()
            figure.draw(figure.signal(days, values, marker="hd" if name == "p50" else "."))
        ticks = days[:: max(1, path.height // 4)]
        figure.ruler("x").ticks(ticks, [f"{path['day'][day]:%m-%d}" for day in ticks])
        top = float(path["p95"].to_numpy().max()) / scale.divisor
        levels = [top * step / 4 for step in range(5)]
        figure.ruler("y").ticks(levels, [f"{level:,.0f}" for level in levels])
        return unpainted(figure.build().string())
    except (ImportError, AttributeError, TypeError):
        return None


def unpainted(text: str) -> str:
    """The drawing without the colour codes of the terminal."""
    lines = text.replace("\x1b[0m", "").splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _bars(path: pl.DataFrame, scale: Scale, language: Language, width: int) -> str:
    """One line a week, with a bar of plain characters and the interval in figures."""
    weekly = path.gather_every(7, offset=6 if path.height > 7 else 0)
    top = max(float(path["p95"].to_numpy().max()), 1.0)
    figures = [_figures(row, scale) for row in weekly.iter_rows(named=True)]
    room = width - 6 - max(map(len, figures)) - 4
    lines = [chosen(scale.unit, language)]
    for row, text in zip(weekly.iter_rows(named=True), figures, strict=True):
        bar = "#" * round(room * row["p50"] / top)
        lines.append(f"{row['day']:%m-%d} |{bar:<{room}} {text}")
    return "\n".join(lines)


def _figures(row: dict[str, float], scale: Scale) -> str:
    middle, low, high = (number(row[name], scale) for name in ("p50", "p05", "p95"))
    return f"{middle} ({low}~{high})"
