"""How does a user's file of sales become the city's sales history?

`promo import`: CSV in any Chinese encoding, Excel or Parquet, read by a column map. Large files
are streamed: only month x vehicle is held in memory. What names a person is never stored; what
cannot be read is kept in a file beside the result, row by row with its reason.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from promo.errors import InputError, OutputError, PromoError, did_you_mean
from promo.market.calendar import month_starts
from promo.market.columns import ATTRIBUTES, REASONS, SalesMap, translated, typed_rows
from promo.market.vehicles import VEHICLE_SCHEMA
from promo.schema import SALES_COLUMNS, VEHICLE_COLUMNS, Words
from promo.textfile import Loaded, unfinished, write_atomic

BLOCK = 1 << 20
MOST_COLUMNS, LONGEST_LINE = 1000, 1 << 20
ROW = "file row"
_EXCEL = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_PARQUET = (".parquet", ".pq")

# Names of columns that point at a person or at one car; never stored.
_PERSONAL_NAME = re.compile(
    "购买方|买方|车主|姓名|所有人|身份|证件|证号码?$|手机|电话|联系|地址|住所|车架|识别代|发动机号|"
    "电机号|车牌|号牌|账号|银行|buyer|purchaser|owner|name$|id_?card|phone|mobile|address|vin|"
    "frame_number|engine_?num|plate_?n|account|^(syr|sfzm|sfzmhm|sfzmmc|clsbdh|fdjh|hphm|sjhm|"
    "zsxxdz)$",
    re.IGNORECASE,
)
_NOT_PERSONAL = re.compile(
    "销货|销售方|seller|dealer|brand|model|maker|厂|企业名称|buyer_kind", re.I
)
_PERSONAL_VALUE = r"^([A-HJ-NPR-Z0-9]{17}|\d{17}[\dXx]|1[3-9]\d{9})$"


# --- opening any file -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A user's file as a lazy table, rows numbered as the user sees them in the column `ROW`."""

    frame: pl.LazyFrame
    format: str
    encoding: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.frame.collect_schema().names() if name != ROW)


@contextmanager
def opened(source: str, *, sheet: str = "", header_line: int = 1) -> Iterator[SourceTable]:
    """Open CSV, Excel or Parquet; text in other encodings than UTF-8 through a temporary copy."""
    path = Path(source)
    if not path.is_file():
        raise PromoError(f"{source}: no such file")
    try:
        if path.suffix.lower() in _PARQUET:
            yield _narrow(_parquet(source), source)
        elif path.suffix.lower() in _EXCEL:
            yield _narrow(_excel(source, sheet, header_line), source)
        else:
            with tempfile.TemporaryDirectory(prefix="promo-") as folder:
                yield _narrow(_csv(source, folder, header_line), source)
    except pl.exceptions.PolarsError as error:
        first = str(error).strip().splitlines()[0]
        help = "check quotes and separators, or the first line with the names of the columns"
        raise PromoError(f"{source}: cannot be read as a table: {first}", help=help) from None
    except OSError as error:
        raise PromoError(f"{source}: {error.strerror or error}") from None


def _narrow(table: SourceTable, source: str) -> SourceTable:
    """The table, unless it has more columns than any table of sales."""
    columns = len(table.names)
    if columns > MOST_COLUMNS:
        help = "one row a sale, one column a fact: is the table turned, or the separator wrong?"
        raise PromoError(f"{source}: {columns:,} columns, more than {MOST_COLUMNS:,}", help=help)
    return table


def _parquet(source: str) -> SourceTable:
    frame = pl.scan_parquet(source)  # noqa: TID251 - this module is the sales history
    return SourceTable(frame.with_row_index(ROW, offset=1), "Parquet", "-")


def _excel(source: str, sheet: str, header_line: int) -> SourceTable:
    # All cells as text: a column that holds both numbers and words then loses neither.
    import fastexcel

    options = {"header_row": header_line - 1}
    try:
        frame = pl.read_excel(  # noqa: TID251 - this module is the sales history
            source,
            sheet_name=sheet or None,
            infer_schema_length=0,
            read_options=options,
            drop_empty_rows=False,
        )
    except (fastexcel.FastExcelError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise PromoError(f"{source}: cannot be read as Excel: {first}") from None
    rows = frame.lazy().with_row_index(ROW, offset=header_line + 1)
    return SourceTable(rows, "Excel", "-")


def _csv(source: str, folder: str, header_line: int) -> SourceTable:
    encoding = find_encoding(source)
    path = source
    if encoding not in ("utf-8", "utf-8-sig"):
        path = str(Path(folder) / "utf-8.csv")
        _transcode(source, encoding, path)
    separator = _separator(path, header_line)
    frame = pl.scan_csv(  # noqa: TID251 - this module is the sales history
        path, infer_schema=False, separator=separator, skip_lines=header_line - 1
    )
    shown = {
        "utf-8": "UTF-8",
        "utf-8-sig": "UTF-8 (BOM)",
        "gb18030": "GB18030",
        "utf-16": "UTF-16",
    }
    named = f"CSV ({'tab' if separator == chr(9) else separator})"
    return SourceTable(frame.with_row_index(ROW, offset=header_line + 1), named, shown[encoding])


def _blocks(path: str) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block
    except OSError as error:
        raise PromoError(f"{path}: cannot be read: {error.strerror}") from None


def _decoded(path: str, encoding: str) -> Iterator[str]:
    """The text of a file in blocks, strictly; raises UnicodeDecodeError where it is not."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    for block in _blocks(path):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def find_encoding(path: str) -> str:
    """utf-8, utf-8-sig, utf-16 or gb18030: the first that decodes every byte of the file."""
    head = next(_blocks(path), b"")
    if not head.strip():
        raise PromoError(f"{path}: the file is empty")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in head:
        raise PromoError(f"{path}: this is not a text file", help="save it as CSV or .xlsx")
    for encoding in ("utf-8", "gb18030"):
        try:
            for _ in _decoded(path, encoding):
                pass
        except UnicodeDecodeError:
            continue
        return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else encoding
    help = "save it again as 'CSV UTF-8' in Excel"
    raise PromoError(f"{path}: the text is neither UTF-8 nor GB18030", help=help)


def _transcode(source: str, encoding: str, target: str) -> None:
    try:
        with Path(target).open("w", encoding="utf-8", newline="") as stream:
            for text in _decoded(source, encoding):
                stream.write(text)
    except UnicodeDecodeError:
        raise PromoError(f"{source}: broken {encoding} text") from None
    except OSError as error:
        raise OutputError(f"no room for a UTF-8 copy of {source}: {error.strerror}") from None


def _separator(path: str, header_line: int) -> str:
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        header = ""
        for _ in range(header_line):
            header = stream.readline(LONGEST_LINE)
            if len(header) == LONGEST_LINE:
                raise PromoError(f"{path}: a line without end", help="save it as CSV or .xlsx")
    return max(",\t;|", key=header.count)


# --- what names a person ----------------------------------------------------------------------


def is_personal(name: str) -> bool:
    """Does a column of this name hold persons or single cars?

    >>> [is_personal(name) for name in ("购买方名称", "VIN", "syr", "价税合计", "brand_name")]
    [True, True, True, False, False]
    """
    return bool(_PERSONAL_NAME.search(name)) and not _NOT_PERSONAL.search(name)


def _check_columns(table: SourceTable, loaded: Loaded[SalesMap], sales_map: SalesMap) -> None:
    """Refuse a map that names columns the file has not, or that would store persons."""
    found = []
    for keypath, name in sales_map.sources():
        place = keypath[:-1] if keypath[-1] in ("from", "date") else keypath
        at_key = keypath[0] == "filter"
        if name not in table.names:
            message = f"the file has no column '{name}'"
            help = did_you_mean(name, table.names)
            found.append(loaded.diagnostic(place, "D901", message, help=help, at_key=at_key))
        elif keypath[0] == "columns" and is_personal(name):
            message = f"the column '{name}' holds personal data; it is never stored"
            help = "map another column, or name it under 'duplicates' to drop repeated rows"
            found.append(loaded.diagnostic(place, "V206", message, help=help))
    if found:
        raise InputError(found)


def _refuse_personal_values(rows: pl.DataFrame) -> None:
    looks = rows.select(pl.col("vehicle").unique().str.contains(_PERSONAL_VALUE).mean()).item()
    if looks is not None and looks > 0.5:
        message = "the column mapped to 'vehicle' holds single cars or persons, not vehicles"
        raise PromoError(message, help="map the model code (车辆型号), not the VIN")


# --- the import -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportedSales:
    """What an import made.

    Attributes
    ----------
    rows : `SALES_COLUMNS` and `VEHICLE_COLUMNS`, one row per month and vehicle, sorted
    report : item, words_zh, words_en, value (text): what was read, refused, covered
    rejected : path of the file of refused rows, or None where none was refused
    """

    rows: pl.DataFrame
    report: pl.DataFrame
    rejected: str | None


def import_sales(source: str, loaded: Loaded[SalesMap], *, out: str) -> ImportedSales:
    """Read a file of sales or invoices by a map, write the history to `out` (Parquet).

    Refused rows go to `<out>.rejected.csv` with their row numbers and reasons.
    """
    sales_map = loaded.required()
    options = {"sheet": sales_map.sheet, "header_line": sales_map.header_line}
    with opened(source, **options) as table:  # type: ignore[arg-type]
        _check_columns(table, loaded, sales_map)
        typed = typed_rows(table.frame, sales_map, ROW)
        groups, reasons, read = _collected(table.frame, typed)
        rows = _finished(groups)
        if rows.is_empty():
            raise PromoError(_nothing(source, reasons), help="check the map and its filter")
        _refuse_personal_values(rows)
        rejected = _write_rejected(typed, reasons, out)
    try:
        write_atomic(out, _parquet_bytes(rows))
    except OutputError:
        if rejected is not None:  # both files or none
            Path(rejected).unlink(missing_ok=True)
        raise
    counted = _Counted(read, reasons, rows, groups)
    return ImportedSales(rows, quality_report(table, sales_map, counted), rejected)


_PRICES = ("price", "price_ex_vat")
_DESCRIBED = tuple(name for name in ATTRIBUTES if name != "price_ex_vat")


def _collected(table: pl.LazyFrame, typed: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Accepted rows by month and vehicle, refused ones by reason, and how many were read."""
    everything = grouped(typed).collect(engine="streaming")
    reasons = everything.group_by("reason").agg(pl.col("lines").sum()).sort("reason")
    read = table.select(pl.len()).collect(engine="streaming").item()
    return everything.filter(pl.col("reason").is_null()), reasons, int(read)


def grouped(typed: pl.LazyFrame) -> pl.LazyFrame:
    """Rows by reason, month and vehicle, in one pass that holds only the groups in memory.

    Everything is prepared before the grouping: the streaming engine holds all rows where an
    aggregation contains a condition.
    """
    accepted = pl.col("reason").is_null()
    prepared = typed.with_columns(
        pl.when(accepted).then("month").alias("month"),
        pl.when(accepted).then("vehicle").alias("vehicle"),
        pl.when(accepted).then("units").cast(pl.Int64).alias("units"),
    ).with_columns(part for name in _PRICES for part in _weighted(name))
    return prepared.group_by("reason", "month", "vehicle").agg(
        pl.col("units", *(f"{name} x units" for name in _PRICES)).sum(),
        pl.col([f"units with {name}" for name in _PRICES]).sum(),
        pl.col(_PRICES).max(),
        pl.col(_DESCRIBED).min(),
        pl.col(_DESCRIBED).max().name.suffix(" otherwise"),
        pl.len().alias("lines"),
    )


def _weighted(name: str) -> tuple[pl.Expr, pl.Expr]:
    """Money of a row and the cars it stands for; whole fen, so sums do not depend on the order."""
    money = pl.col(name) * pl.col("units")
    units = pl.when(pl.col(name).is_not_null()).then("units")
    return money.alias(f"{name} x units"), units.alias(f"units with {name}")


def _finished(groups: pl.DataFrame) -> pl.DataFrame:
    """Prices as means weighted by cars, in whole fen; columns and order of the history."""

    def mean(name: str) -> pl.Expr:
        total, units = pl.col(f"{name} x units"), pl.col(f"units with {name}")
        weighted = (total + units // 2) // units
        return pl.when(units > 0).then(weighted).otherwise(pl.col(name)).alias(name)

    return (
        groups.with_columns(mean("price"), mean("price_ex_vat"))
        .select(*SALES_COLUMNS, *(name for name in VEHICLE_COLUMNS if name != "vehicle"))
        .cast(_HISTORY)
        .sort("month", "vehicle")
    )


_HISTORY = pl.Schema(
    {"month": pl.Date(), "vehicle": pl.String(), "units": pl.Int64(), **VEHICLE_SCHEMA}
)


def _nothing(source: str, reasons: pl.DataFrame) -> str:
    named = [
        f"{lines} x {REASONS[reason].en}"
        for reason, lines in reasons.select("reason", "lines").iter_rows()
        if reason is not None
    ]
    return f"{source}: no row could be used ({'; '.join(named) or 'no row passes the filter'})"


def _parquet_bytes(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def rejected_path(out: str) -> str:
    return f"{out.removesuffix('.parquet')}.rejected.csv"


def _write_rejected(typed: pl.LazyFrame, reasons: pl.DataFrame, out: str) -> str | None:
    """The refused rows as CSV for people: row number, reason in both languages, mapped cells."""
    target = Path(rejected_path(out))
    if reasons["reason"].drop_nulls().is_empty():
        target.unlink(missing_ok=True)
        return None
    zh = {name: words.zh for name, words in REASONS.items()}
    en = {name: words.en for name, words in REASONS.items()}
    raw = [name for name in typed.collect_schema().names() if name.startswith("raw ")]
    refused = typed.filter(pl.col("reason").is_not_null()).select(
        pl.col(ROW).alias("行号 row"),
        translated(pl.col("reason"), zh, pl.col("reason")).alias("原因"),
        translated(pl.col("reason"), en, pl.col("reason")).alias("reason"),
        *(_harmless(name).alias(name.removeprefix("raw ")) for name in raw),
    )
    _sink(refused, target)
    return str(target)


def _harmless(name: str) -> pl.Expr:
    """A cell as text that Excel will not run as a formula; negative numbers stay as they are."""
    text = pl.col(name).cast(pl.String)
    formula = text.str.contains(r"^([=+@\t\r]|-[^\d.,¥])")
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)


def _sink(frame: pl.LazyFrame, target: Path) -> None:
    try:
        with unfinished(target) as temporary:
            frame.sink_csv(temporary, include_bom=True)
            temporary.replace(target)
    except (OSError, pl.exceptions.ComputeError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise OutputError(f"cannot write {target}: {reason}") from None


# --- the quality report -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counted:
    read: int
    reasons: pl.DataFrame
    rows: pl.DataFrame
    groups: pl.DataFrame

    def lines(self, reason: str | None) -> int:
        found = self.reasons.filter(pl.col("reason").eq_missing(reason))["lines"]
        return int(found.sum())


def quality_report(table: SourceTable, sales_map: SalesMap, counted: _Counted) -> pl.DataFrame:
    """What was read, how, what was refused and what the history covers, one line an item."""
    kept = int(counted.reasons["lines"].sum())
    used = {name for _, name in sales_map.sources()}
    personal = [name for name in table.names if is_personal(name)]
    stored = used - set(sales_map.duplicates)
    lines: list[tuple[str, Words, str]] = [
        ("format", Words("文件格式", "format"), table.format),
        ("encoding", Words("编码", "encoding"), table.encoding),
        ("rows read", Words("读入行数", "rows read"), str(counted.read)),
        ("filtered out", Words("筛选排除", "left out by the filter"), str(counted.read - kept)),
        ("accepted", Words("采用行数", "rows accepted"), str(counted.lines(None))),
        *_refused(counted),
        *_covered(counted.rows),
        ("price unit", Words("价格单位", "unit of prices"), _price_unit(sales_map, counted)),
        (
            "conflicts",
            Words("属性前后不一的车型", "vehicles described in more than one way"),
            str(_conflicts(counted.groups)),
        ),
        (
            "personal columns dropped",
            Words("未保存的个人信息列", "personal columns dropped"),
            ", ".join(name for name in personal if name not in stored) or "-",
        ),
    ]
    rows = [(item, words.zh, words.en, value) for item, words, value in lines]
    names = ("item", "words_zh", "words_en", "value")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _refused(counted: _Counted) -> list[tuple[str, Words, str]]:
    return [
        (f"rejected: {name}", Words(f"拒绝: {words.zh}", f"rejected: {words.en}"), str(lines))
        for name, words in REASONS.items()
        if (lines := counted.lines(name)) or name == "duplicate"
    ]


def _covered(rows: pl.DataFrame) -> list[tuple[str, Words, str]]:
    seen = rows["month"].unique().sort().to_list()
    gaps = [month for month in month_starts(seen[0], seen[-1]) if month not in set(seen)]
    return [
        (
            "months",
            Words("覆盖月份", "months"),
            f"{seen[0]:%Y-%m}..{seen[-1]:%Y-%m} ({len(seen)})",
        ),
        ("gaps", Words("缺失月份", "gaps"), ", ".join(f"{gap:%Y-%m}" for gap in gaps) or "-"),
        ("cars", Words("车辆数", "cars"), str(rows["units"].sum())),
        ("vehicles", Words("车型数", "vehicles"), str(rows["vehicle"].n_unique())),
    ]


def _price_unit(sales_map: SalesMap, counted: _Counted) -> str:
    """The declared unit, and a doubt where most prices only make sense in the other."""
    refused = counted.lines("price range")
    if refused > counted.lines(None):
        return f"{sales_map.price_unit} (?)"
    return sales_map.price_unit


def _conflicts(groups: pl.DataFrame) -> int:
    """How many vehicles are described in more than one way."""
    by_vehicle = groups.group_by("vehicle").agg(
        pl.col(_DESCRIBED).min(), pl.col([f"{name} otherwise" for name in _DESCRIBED]).max()
    )
    differ = [pl.col(name).ne_missing(pl.col(f"{name} otherwise")) for name in _DESCRIBED]
    return by_vehicle.filter(pl.any_horizontal(differ)).height


# --- reading it again -------------------------------------------------------------------------


def read_imported(path: str) -> pl.DataFrame:
    """The rows that `promo import` wrote: `SALES_COLUMNS` and `VEHICLE_COLUMNS`."""
    try:
        rows = pl.read_parquet(path)  # noqa: TID251 - this module is the sales history
        return rows.select(*_HISTORY).cast(_HISTORY)
    except (pl.exceptions.PolarsError, OSError):
        help = "import the sales again with 'promo import'"
        raise PromoError(f"{path}: this is not a file of imported sales", help=help) from None


def vehicles_of(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a vehicle: described as in its last month, prices as means of its last year."""
    by_month = rows.sort("month", "vehicle")
    weight = pl.col("units").clip(1)
    last_year = pl.col("month") > pl.col("month").max().dt.offset_by("-12mo")

    def mean(name: str) -> pl.Expr:
        weights = weight.filter(last_year & pl.col(name).is_not_null())
        total = (pl.col(name) * weight).filter(last_year).sum()
        return (total / weights.sum()).round().cast(pl.Int64, strict=False).alias(name)

    described = [name for name in VEHICLE_COLUMNS if name not in ("price", "price_ex_vat")]
    return (
        by_month.group_by("vehicle", maintain_order=True)
        .agg(pl.col(described[1:]).last(), mean("price"), mean("price_ex_vat"))
        .select(*VEHICLE_COLUMNS)
        .sort("vehicle")
    )


def beside(path: str, relative: str) -> str:
    """The path of a file named relative to another, whether it is there or not."""
    return os.path.normpath(str(Path(path).parent / relative))


def digest(path: str) -> str:
    """The sha256 of a file of any size."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
