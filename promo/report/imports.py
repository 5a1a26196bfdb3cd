"""What was understood of a file of sales, and what is its quality?"""

from __future__ import annotations

import polars as pl

from promo import textfile
from promo.market.columns import REASONS, SalesMap, typed_rows
from promo.market.sales import ROW, ImportedSales, opened
from promo.report import words
from promo.report.tables import Column, Form, Table
from promo.report.terminal import Page
from promo.report.words import Language
from promo.schema import FEN_PER_YUAN, Words

_FIRST_ROWS = 5
_LOOKED_AT = 2000
_SHOWN = {
    "month": Words("月份", "month"),
    "vehicle": Words("车型", "vehicle"),
    "units": Words("辆", "cars"),
    "price": Words("价格(元)", "price (yuan)"),
    "reason": Words("拒绝原因", "refused because"),
}
_FORMS: dict[str, Form] = {"month": "month", "units": "cars", "price": "cars"}


def quality_text(made: ImportedSales, language: Language, *, width: int, plain: bool) -> str:
    """The quality report of an import."""
    item = words.chosen(Words("项目", "item"), language)
    value = words.heading("content", language)
    columns = (Column(f"words_{language}", item), Column("value", value))
    title = words.chosen(Words("导入质量", "Quality of the import"), language)
    page = Page(language, width=width, plain=plain)
    page.table(Table("quality", title, columns, made.report))
    return page.text()


def understood_text(
    source: str, map_text: str, language: Language, *, width: int, plain: bool
) -> str:
    """The first rows of a file as a proposed map reads them; empty where the map has gaps."""
    sales_map = textfile.parse("map.yaml", map_text.encode(), SalesMap).value
    if sales_map is None:
        return ""
    with opened(source, sheet=sales_map.sheet, header_line=sales_map.header_line) as table:
        rows = typed_rows(table.frame.head(_LOOKED_AT), sales_map, ROW).head(_FIRST_ROWS).collect()
    columns = tuple(
        Column(name, words.chosen(heading, language), _FORMS.get(name, "text"))
        for name, heading in _SHOWN.items()
    )
    title = words.chosen(Words("这样理解前几行", "The first rows are understood as"), language)
    page = Page(language, width=width, plain=plain)
    page.table(Table("understood", title, columns, _readable(rows, language)))
    return page.text()


def _readable(rows: pl.DataFrame, language: Language) -> pl.DataFrame:
    reasons = {name: words.chosen(entry, language) for name, entry in REASONS.items()}
    yuan = (pl.col("price") / FEN_PER_YUAN).round().cast(pl.Int64)
    return rows.select(
        pl.col("month").cast(pl.Date),
        "vehicle",
        pl.col("units").cast(pl.Int64, strict=False),
        yuan.alias("price"),
        pl.col("reason").replace(reasons).fill_null(""),
    )
