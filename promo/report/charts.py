"""What do the spending and the sales look like, as pictures that print?

Small SVG templates without scripts or fonts of their own; all coordinates are computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup, escape

from promo.report.numbers import number, scale_of

WIDTH, HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 30
_SVG = (
    '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
    "<title>{label}</title>{content}</svg>"
)
_TEXT = '<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
_LINE = '<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where a value between `low` and `high` stands on the picture."""

    count: int
    low: float
    high: float

    def x(self, place: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * place / max(1, self.count - 1)

    def middle(self, place: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (place + 0.5) / self.count

    def y(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (value - self.low) / span


def spend_path(path: pl.DataFrame, label: str) -> Markup:
    """Cumulative spend: the median within the band of nine draws in ten."""
    if path.height < 2:
        return Markup("")
    axes = _Axes(path.height, 0.0, float(path["p95"].to_numpy().max()) or 1.0)
    low, middle, high = (path[name].to_list() for name in ("p05", "p50", "p95"))
    band = _points(axes, high) + " " + " ".join(reversed(_points(axes, low).split()))
    step = max(1, path.height // 6)
    days = [(axes.x(i), f"{path['day'][i]:%m-%d}") for i in range(0, path.height, step)]
    pieces = [
        Markup('<polygon class="band" points="{}"/>').format(band),
        Markup('<polyline class="middle" points="{}"/>').format(_points(axes, middle)),
        _levels(axes, "CNY"),
        *(_label(x, HEIGHT - 10, text, "middle") for x, text in days),
    ]
    return _picture(label, pieces)


def monthly_sales(sales: pl.DataFrame, label: str) -> Markup:
    """Additional cars by month: a bar for the mean, a whisker for nine draws in ten."""
    if sales.height == 0:
        return Markup("")
    lows, highs = sales["additional_p05"].to_list(), sales["additional_p95"].to_list()
    axes = _Axes(sales.height, min(0.0, *lows), max(1.0, *highs))
    pieces = [_levels(axes, "cars")]
    for place, row in enumerate(sales.iter_rows(named=True)):
        pieces += _bar(
            axes, place, row["additional"], row["additional_p05"], row["additional_p95"]
        )
        if place % max(1, sales.height // 8) == 0:
            pieces.append(
                _label(axes.middle(place), HEIGHT - 10, f"{row['month']:%Y-%m}", "middle")
            )
    return _picture(label, pieces)


def _bar(axes: _Axes, place: int, mean: float, low: float, high: float) -> list[Markup]:
    half = 0.3 * (WIDTH - _LEFT - _RIGHT) / axes.count
    top, bottom = sorted((axes.y(mean), axes.y(0.0)))
    x = axes.middle(place)
    bar = Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    whisker = Markup(_LINE).format(kind="whisker", x1=x, x2=x, y1=axes.y(low), y2=axes.y(high))
    return [bar.format(x - half, top, 2 * half, bottom - top), whisker]


def _points(axes: _Axes, values: Sequence[float]) -> str:
    return " ".join(f"{axes.x(i):.1f},{axes.y(value):.1f}" for i, value in enumerate(values))


def _levels(axes: _Axes, unit: str) -> Markup:
    """Five horizontal lines with their values, and the line of zero."""
    steps = [axes.low + (axes.high - axes.low) * step / 4 for step in range(5)]
    scale = scale_of(unit, steps)
    pieces = []
    for value in steps:
        y = axes.y(value)
        pieces.append(Markup(_LINE).format(kind="grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y))
        pieces.append(_label(_LEFT - 6, y + 4, number(value, scale), "end"))
    zero = axes.y(0.0)
    pieces.append(Markup(_LINE).format(kind="zero", x1=_LEFT, x2=WIDTH - _RIGHT, y1=zero, y2=zero))
    return Markup("").join(pieces)


def _label(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup(_TEXT).format(x=x, y=y, text=escape(text), anchor=anchor)


def _picture(label: str, pieces: Sequence[Markup]) -> Markup:
    content = Markup("").join(pieces)
    return Markup(_SVG).format(width=WIDTH, height=HEIGHT, label=label, content=content)
