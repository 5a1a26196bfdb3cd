"""Which column of a user's sales file holds what, and what is wrong with a row?

The column map (a YAML file) names the columns; here it becomes polars expressions that read dirty
values as people write them: thousands separators, currency signs, full-width digits, five ways to
write a date, 万元. Every row ends with a typed value in each column or with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Annotated, Any

import polars as pl
from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from promo.market.vehicles import HIGHEST_PRICE_YUAN, LOWEST_PRICE_YUAN, VEHICLE_SCHEMA
from promo.quantities import fault, number, one_of
from promo.schema import ENERGIES, FEN_PER_YUAN, Words
from promo.textfile import Count, FileModel, Identifier, KeyPath, Loaded, Text, load

PRICE_UNITS = {"元": 1, "yuan": 1, "万元": 10_000, "10k yuan": 10_000}
MOST_CARS_A_ROW = 1_000_000
MOST_WORDS = 500  # of a table: what a person writes by hand
MOST_LINES_ABOVE = 1000
ATTRIBUTES = tuple(name for name in VEHICLE_SCHEMA if name not in ("vehicle", "price"))
_TEXT_ATTRIBUTES = ("model", "brand", "maker", "made_in", "segment", "energy")


# --- the map file -----------------------------------------------------------------------------


class MonthColumns(FileModel):
    """A date column, or a year and a month column."""

    date: Text = ""
    year: Text = ""
    month: Text = ""

    @model_validator(mode="after")
    def _one_way(self) -> MonthColumns:
        parts = bool(self.year) and bool(self.month)
        if bool(self.date) == parts or bool(self.year) != bool(self.month):
            message = "the month is a date column, or a year and a month column"
            raise fault(
                "K103", message, "write 'month: 开票日期' or 'month: {year: .., month: ..}'"
            )
        return self


class ColumnRule(FileModel):
    """A column; perhaps only what a pattern finds in it; perhaps translated by a table.

    A value that the table does not hold becomes `otherwise`, or stays as it is.
    """

    source: Text = Field(alias="from")
    pattern: Text = ""
    table: dict[str, str] = Field(default_factory=dict)
    otherwise: Text = ""

    @model_validator(mode="after")
    def _readable_pattern(self) -> ColumnRule:
        if len(self.table) > MOST_WORDS:
            raise fault("K103", f"a table of at most {MOST_WORDS} words", path=("table",))
        if self.pattern:
            try:
                pl.select(pl.lit("").str.extract(self.pattern))
            except pl.exceptions.PolarsError:
                message = "this pattern cannot be read, or has no group"
                help = "write a regular expression with one group, such as '^([A-Z]+)'"
                raise fault("V201", message, help, path=("pattern",)) from None
        return self


def _as_date(value: object) -> object:
    return {"date": value} if isinstance(value, str) else value


def _as_rule(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_MonthRule = Annotated[MonthColumns, BeforeValidator(_as_date)]
_Rule = Annotated[ColumnRule, BeforeValidator(_as_rule)]
_Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
_PriceUnit = Annotated[
    str, PlainValidator(one_of(tuple(PRICE_UNITS))), WithJsonSchema({"enum": list(PRICE_UNITS)})
]


class Columns(FileModel):
    """Where each quantity stands; without `units` every row is one car."""

    month: _MonthRule
    vehicle: _Rule
    price: _Rule
    units: _Rule | None = None
    price_ex_vat: _Rule | None = None
    model: _Rule | None = None
    brand: _Rule | None = None
    maker: _Rule | None = None
    made_in: _Rule | None = None
    segment: _Rule | None = None
    energy: _Rule | None = None
    displacement_l: _Rule | None = None
    seats: _Rule | None = None

    def rules(self) -> dict[str, ColumnRule]:
        """The rules given, by name of what they find; the month apart."""
        named = {name: getattr(self, name) for name in type(self).model_fields if name != "month"}
        return {name: rule for name, rule in named.items() if rule is not None}


class SalesMap(FileModel):
    """How to read a file of sales or invoices."""

    columns: Columns
    id: Identifier | None = None
    constants: dict[str, str] = Field(default_factory=dict)
    filter: dict[str, _Texts] = Field(default_factory=dict)
    duplicates: _Texts = ()
    price_unit: _PriceUnit = "元"
    sheet: Text = ""
    header_line: Count = 1
    source: Text = ""

    @model_validator(mode="after")
    def _says_enough(self) -> SalesMap:
        for name, text in self.constants.items():
            _check_constant(name, text)
        if self.columns.energy is None and "energy" not in self.constants:
            help = "add a column, or 'constants: {energy: ICE}'"
            raise fault("K102", "nothing says the energy of the vehicles", help)
        if not 1 <= self.header_line <= MOST_LINES_ABOVE:
            message = f"lines count from 1 to {MOST_LINES_ABOVE}"
            raise fault("D903", message, "", path=("header_line",))
        return self

    def sources(self) -> Iterator[tuple[KeyPath, str]]:
        """Every column of the file that the map names, with its place in the map."""
        month = self.columns.month
        for part in ("date", "year", "month"):
            if name := getattr(month, part):
                yield ("columns", "month", part), name
        for target, rule in self.columns.rules().items():
            yield ("columns", target, "from"), rule.source
        for name in self.filter:
            yield ("filter", name), name
        for place, name in enumerate(self.duplicates):
            yield ("duplicates", place), name


def _check_constant(name: str, text: str) -> None:
    path: KeyPath = ("constants", name)
    if name not in ATTRIBUTES:
        help = "known: " + ", ".join(ATTRIBUTES)
        raise fault("K101", f"'{name}' is no attribute of a vehicle", help, path=path)
    if name == "energy" and text not in ENERGIES:
        raise fault("V206", f"no such energy: '{text}'", ", ".join(ENERGIES), path=path)
    if name not in _TEXT_ATTRIBUTES:
        number(text)


def load_sales_map(path: str) -> Loaded[SalesMap]:
    """The column map at a path, or what is wrong with it."""
    return load(path, SalesMap)


# --- reading dirty values ---------------------------------------------------------------------

_NOTHING = ("", "-", "--", "—", "N/A", "NA", "null", "NULL", "None", "nan")


def text_of(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as trimmed half-width text; what means nothing is null."""
    column = pl.col(name)
    if isinstance(dtype, pl.Float32 | pl.Float64):
        column = column.cast(pl.String).str.replace(r"\.0$", "")
    text = column.cast(pl.String).str.normalize("NFKC").str.strip_chars()
    return pl.when(text.is_in(_NOTHING)).then(None).otherwise(text)


def number_of(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as numbers: `¥147,800.00`, `１２８００`, `12.98万`, `-3`; else null."""
    if dtype.is_numeric():
        return pl.col(name).cast(pl.Float64)
    text = text_of(name, dtype)
    ten_thousands = text.str.contains(r"万元?$")
    bare = text.str.replace_all(r"[¥￥,，\s]|RMB|CNY|万?元?$|辆$|台$|L$", "")
    plain = bare.cast(pl.Float64, strict=False)
    found = pl.when(ten_thousands).then(plain * 10_000).otherwise(plain)
    return pl.when(found.is_finite()).then(found)


def date_of(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as days: `2022/11/5`, `20221105`, `2022年11月5日`, `2022-11`, Excel serials."""
    if dtype.is_temporal():
        return pl.col(name).cast(pl.Date)
    text = text_of(name, dtype)
    hyphens = text.str.replace_all(r"[/.年月]", "-").str.replace(r"日", "").str.strip_chars("-")
    parts = hyphens.str.extract(r"^(\d{4}-\d{1,2}(?:-\d{1,2})?)(?:[ T].*)?$")
    whole = pl.when(parts.str.count_matches("-", literal=True) == 1).then(parts + "-1")
    written = pl.coalesce(whole, parts).str.to_date("%Y-%m-%d", strict=False)
    digits = text.str.extract(r"^(\d+)(?:\.0+)?$")
    length = digits.str.len_chars()
    compact = pl.when(length == 6).then(digits + "01").when(length == 8).then(digits)
    serial = pl.when(length == 5).then(digits.cast(pl.Int64, strict=False))
    # 1899-12-30: Excel's day 0, since it believes that 1900 was a leap year
    excel = pl.date(1899, 12, 30) + pl.duration(days=serial)
    return pl.coalesce(written, compact.str.to_date("%Y%m%d", strict=False), excel)


# --- rows -------------------------------------------------------------------------------------

REASONS: dict[str, Words] = {
    "empty": Words("空行或合计行", "empty row or total"),
    "total line": Words("合计行", "line of totals"),
    "month": Words("年月缺失或无法识别", "month missing or unreadable"),
    "month range": Words("年月不在1990至2100年之间", "month outside 1990 to 2100"),
    "vehicle": Words("车型缺失", "vehicle missing"),
    "units": Words("数量缺失或无法识别", "number of cars missing or unreadable"),
    "units negative": Words("数量为负(退货或红字)", "negative number of cars (a return)"),
    "units part": Words("数量不是整数", "number of cars is not whole"),
    "price": Words("价格缺失或无法识别", "price missing or unreadable"),
    "price zero": Words("价格为零或负", "price zero or negative"),
    "price range": Words(
        "价格不在5千元至2千万元之间(单位是否应为万元)",
        "price outside 5,000 to 20 million yuan (is the unit right?)",
    ),
    "energy": Words("动力类型不在表内", "energy not in the table"),
    "duplicate": Words("重复行(同一辆车或发票)", "duplicate of the same car or invoice"),
}


def _mapped(rule: ColumnRule, dtype: pl.DataType) -> pl.Expr:
    """Text of a column after its pattern and table."""
    text = text_of(rule.source, dtype)
    if rule.pattern:
        text = text.str.extract(rule.pattern)
    otherwise = pl.lit(rule.otherwise) if rule.otherwise else text
    if rule.table:
        return translated(text, rule.table, otherwise)
    return pl.coalesce(text, otherwise)


def translated(text: pl.Expr, table: Mapping[str, str], otherwise: pl.Expr) -> pl.Expr:
    """Each text as a table says, or else `otherwise`.

    A chain of conditions, since `replace` makes the streaming engine hold the whole column.
    """
    chain: Any = pl
    for written, meant in table.items():
        chain = chain.when(text == written).then(pl.lit(meant))
    found: pl.Expr = chain.otherwise(otherwise)
    return found


def month_expression(columns: MonthColumns, schema: pl.Schema) -> pl.Expr:
    """The first day of the row's month, or null."""
    if columns.date:
        return date_of(columns.date, schema[columns.date]).dt.truncate("1mo")
    year = number_of(columns.year, schema[columns.year])
    month = number_of(columns.month, schema[columns.month])
    known = year.is_between(1, 9999) & month.is_between(1, 12) & (month == month.floor())
    safe_year = pl.when(known).then(year).otherwise(1).cast(pl.Int32)
    safe_month = pl.when(known).then(month).otherwise(1).cast(pl.Int8)
    return pl.when(known).then(pl.date(safe_year, safe_month, 1))


def _fen(rule: ColumnRule, schema: pl.Schema, unit: int) -> pl.Expr:
    yuan = number_of(rule.source, schema[rule.source]) * unit
    safe = pl.when(yuan.abs() < 1e12).then(yuan)  # beyond it the fen no longer fit a float
    return (safe * FEN_PER_YUAN).round().cast(pl.Int64)


def values(sales_map: SalesMap, schema: pl.Schema) -> dict[str, pl.Expr]:
    """An expression for the month, the units and every vehicle column."""
    rules, unit = sales_map.columns.rules(), PRICE_UNITS[sales_map.price_unit]
    found: dict[str, pl.Expr] = {
        "month": month_expression(sales_map.columns.month, schema),
        "units": pl.lit(1.0),
    }
    for name in VEHICLE_SCHEMA:
        found[name] = pl.lit(None, dtype=VEHICLE_SCHEMA[name])
    for name, text in sales_map.constants.items():
        found[name] = pl.lit(text).cast(VEHICLE_SCHEMA[name])
    for name, rule in rules.items():
        dtype = schema[rule.source]
        if name in ("price", "price_ex_vat"):
            found[name] = _fen(rule, schema, unit)
        elif name in ("units", "displacement_l", "seats"):
            found[name] = number_of(rule.source, dtype)
        else:
            found[name] = _mapped(rule, dtype)
    litres = found["displacement_l"]  # 1498 is millilitres
    found["displacement_l"] = pl.when(litres > 50).then(litres / 1000).otherwise(litres)
    return found


def reason_expression() -> pl.Expr:
    """Why a row of values is refused (a key of `REASONS`), or null; the first reason counts."""
    month, units, price = pl.col("month"), pl.col("units"), pl.col("price")
    year = month.dt.year()
    lowest, highest = LOWEST_PRICE_YUAN * FEN_PER_YUAN, HIGHEST_PRICE_YUAN * FEN_PER_YUAN
    tests = {
        "empty": pl.all_horizontal(pl.col("month", "vehicle", "price").is_null()),
        "total line": pl.col("vehicle").str.contains(r"^(合计|总计|小计|总和|[Tt]otal)"),
        "month": month.is_null(),
        "month range": ~year.is_between(1990, 2100),
        "vehicle": pl.col("vehicle").is_null(),
        "units": units.is_null() | (units > MOST_CARS_A_ROW),
        "units negative": units < 0,
        "units part": units != units.floor(),
        "price": price.is_null(),
        "price zero": price <= 0,
        "price range": ~price.is_between(lowest, highest),
        "energy": ~pl.col("energy").is_in(ENERGIES) | pl.col("energy").is_null(),
    }
    chain: Any = pl
    for name, test in tests.items():
        chain = chain.when(test).then(pl.lit(name))
    reason: pl.Expr = chain.otherwise(None)
    return reason


def kept_by_filter(sales_map: SalesMap, schema: pl.Schema) -> pl.Expr:
    """Does the row belong to what the map asks for?"""
    tests = [
        text_of(name, schema[name]).is_in(wanted).fill_null(value=False)
        for name, wanted in sales_map.filter.items()
    ]
    return reduce(lambda one, other: one & other, tests, pl.lit(value=True))


def typed_rows(table: pl.LazyFrame, sales_map: SalesMap, row: str) -> pl.LazyFrame:
    """Every row the filter keeps: its number `row`, typed values, `reason` it is refused or null.

    The raw columns of the map stay beside them, prefixed `raw `, for the file of refused rows.
    Duplicates are found by a hash that lives only while the file is read.
    """
    schema = table.collect_schema()
    personal = set(sales_map.duplicates)
    raw = list(dict.fromkeys(name for _, name in sales_map.sources()))
    kept_raw = [pl.col(name).alias(f"raw {name}") for name in raw if name not in personal]
    typed = (
        table.filter(kept_by_filter(sales_map, schema))
        .select(pl.col(row), *kept_raw, *_identity(sales_map, schema), **values(sales_map, schema))
        .with_columns(reason=reason_expression())
    )
    if not sales_map.duplicates:
        return typed
    identity = pl.when(pl.col("reason").is_null()).then("identity")
    repeated = identity.is_not_null() & ~identity.is_first_distinct()
    reason = pl.when(repeated).then(pl.lit("duplicate")).otherwise("reason")
    return typed.with_columns(reason=reason).drop("identity")


def _identity(sales_map: SalesMap, schema: pl.Schema) -> list[pl.Expr]:
    if not sales_map.duplicates:
        return []
    parts = [text_of(name, schema[name]) for name in sales_map.duplicates]
    known = pl.all_horizontal([part.is_not_null() for part in parts])
    joined = pl.concat_str(parts, separator="\x1f")
    return [pl.when(known).then(joined.hash(2022)).alias("identity")]
