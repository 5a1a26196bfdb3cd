"""Importing sales: every format and encoding, dirty values, refused rows, persons never stored."""

import datetime as dt
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from promo.errors import InputError, PromoError
from promo.market.columns import date_of, load_sales_map, number_of, typed_rows
from promo.market.proposal import propose_map
from promo.market.sales import (
    ROW,
    find_encoding,
    grouped,
    import_sales,
    opened,
    read_imported,
    vehicles_of,
)

MAP = """
columns:
  month: 开票日期
  vehicle: 厂牌型号
  units: 数量
  price: 价税合计
  made_in: {from: 产地, table: {大连市: 大连}, otherwise: 外地}
  energy: {from: 燃料种类, table: {汽油: ICE, 电: BEV}}
"""
ROWS = [
    ["开票日期", "厂牌型号", "数量", "价税合计", "产地", "燃料种类"],
    ["2022/11/5", "东风日产牌A", "1", "¥147,800.00", "大连市", "汽油"],
    ["20221106", "东风日产牌A", "２", "147800", "大连市", "汽油"],
    ["2022年12月1日", "比亚迪牌B", "3", "12.98万", "深圳市", "电"],
    ["44870", "比亚迪牌B", "1", "129800元", "深圳市", "电"],
]
EXPECTED = [  # by hand: 44870 is 2022-11-05; 147,800 yuan is 14,780,000 fen
    (date(2022, 11, 1), "东风日产牌A", 3, 14_780_000, "大连", "ICE"),
    (date(2022, 11, 1), "比亚迪牌B", 1, 12_980_000, "外地", "BEV"),
    (date(2022, 12, 1), "比亚迪牌B", 3, 12_980_000, "外地", "BEV"),
]
COLUMNS = ("month", "vehicle", "units", "price", "made_in", "energy")


@pytest.fixture
def folder(tmp_path):
    """A folder with a blank and Chinese letters in its name."""
    made = tmp_path / "销量 2022"
    made.mkdir()
    return made


def loaded_map(folder: Path, text: str = MAP):
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return load_sales_map(str(path))


def csv(rows, separator=","):
    def cell(text):
        return f'"{text}"' if separator in text else text

    return "".join(separator.join(map(cell, row)) + "\r\n" for row in rows)


def imported(folder: Path, source: Path, text: str = MAP):
    return import_sales(str(source), loaded_map(folder, text), out=str(folder / "out.parquet"))


def value(report: pl.DataFrame, item: str) -> str:
    return report.filter(pl.col("item") == item)["value"].item()


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 (BOM)"),
        ("gb18030", "GB18030"),
        ("gbk", "GB18030"),
        ("utf-16", "UTF-16"),
    ],
)
def test_the_same_rows_come_out_of_every_encoding(folder, encoding, named):
    source = folder / "发票.csv"
    # GBK has the full-width sign of the yuan only
    source.write_bytes(csv(ROWS).replace("¥", "￥").encode(encoding))
    found = imported(folder, source)
    assert sorted(found.rows.select(COLUMNS).rows()) == sorted(EXPECTED)
    assert value(found.report, "encoding") == named
    assert found.rejected is None


def test_tabs_separate_too(folder):
    source = folder / "sales.txt"
    source.write_bytes(csv(ROWS, "\t").encode("gb18030"))
    assert sorted(imported(folder, source).rows.select(COLUMNS).rows()) == sorted(EXPECTED)


def test_the_same_rows_come_out_of_excel(folder):
    source = folder / "发票.xlsx"
    pl.DataFrame(ROWS[1:], schema=ROWS[0], orient="row").write_excel(source)
    assert sorted(imported(folder, source).rows.select(COLUMNS).rows()) == sorted(EXPECTED)


def test_typed_excel_cells_and_a_title_line_are_read(folder):
    source = folder / "typed.xlsx"
    frame = pl.DataFrame(
        {
            "开票日期": [date(2022, 11, 5), date(2022, 12, 1)],
            "厂牌型号": ["A", "B"],
            "数量": [3, 4],
            "价税合计": [147800.5, 99000.0],
            "产地": ["大连市", None],
            "燃料种类": ["汽油", "电"],
        }
    )
    frame.write_excel(source, position="A2")
    found = imported(folder, source, MAP + "header_line: 2\n")
    assert found.rows.select(COLUMNS).rows() == [
        (date(2022, 11, 1), "A", 3, 14_780_050, "大连", "ICE"),
        (date(2022, 12, 1), "B", 4, 9_900_000, "外地", "BEV"),
    ]


def test_the_same_rows_come_out_of_parquet(folder):
    source = folder / "sales.parquet"
    pl.DataFrame(
        {
            "开票日期": [dt.datetime(2022, 11, 5, 13), dt.datetime(2022, 12, 31, 23, 59)],
            "厂牌型号": ["A", "A"],
            "数量": pl.Series([1, 2], dtype=pl.Int32),
            "价税合计": [100000.0, 100000.0],
            "产地": ["大连市", "大连市"],
            "燃料种类": ["汽油", "汽油"],
        }
    ).write_parquet(source)
    found = imported(folder, source)
    assert found.rows.select("month", "units").rows() == [
        (date(2022, 11, 1), 1),
        (date(2022, 12, 1), 2),
    ]


def test_a_long_gb18030_file_survives_characters_across_block_borders(folder, monkeypatch):
    monkeypatch.setattr("promo.market.sales.BLOCK", 7)  # cuts nearly every Chinese character
    source = folder / "sales.csv"
    source.write_bytes(csv(ROWS).encode("gb18030"))
    assert find_encoding(str(source)) == "gb18030"
    assert sorted(imported(folder, source).rows.select(COLUMNS).rows()) == sorted(EXPECTED)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x00\x01binary", b"\xff\x81,\x00", b"a,b\n\xff\xff\n"]
)
def test_what_is_no_text_is_refused_without_a_traceback(folder, content):
    source = folder / "sales.csv"
    source.write_bytes(content)
    with pytest.raises(PromoError):
        imported(folder, source)
    assert not (folder / "out.parquet").exists()


def test_refused_rows_are_kept_with_row_number_and_reason(folder):
    good = ["2022-11-05", "A", "2", "100000", "大连市", "汽油"]
    bad = {
        3: (["2022-02-30", *good[1:]], "month missing or unreadable"),
        4: (["1889-01-01", *good[1:]], "month outside 1990 to 2100"),
        5: ([good[0], "", *good[2:]], "vehicle missing"),
        6: ([*good[:2], "two", *good[3:]], "number of cars missing or unreadable"),
        7: ([*good[:2], "-1", *good[3:]], "negative number of cars (a return)"),
        8: ([*good[:2], "1.5", *good[3:]], "number of cars is not whole"),
        9: ([*good[:3], "0", *good[4:]], "price zero or negative"),
        10: ([*good[:3], "面议", *good[4:]], "price missing or unreadable"),
        11: (
            [*good[:3], "12.98", *good[4:]],
            "price outside 5,000 to 20 million yuan (is the unit right?)",
        ),
        12: ([*good[:5], "蒸汽"], "energy not in the table"),
        13: (["合计", "合计", "9", "900000", "", ""], "line of totals"),
        14: (["", "", "", "", "", ""], "empty row or total"),
    }
    source = folder / "dirty.csv"
    rows = [ROWS[0], good, *(row for row, _ in bad.values())]
    source.write_bytes(csv(rows).encode("gb18030"))
    found = imported(folder, source)
    assert found.rows["units"].sum() == 2
    assert found.rejected is not None
    assert Path(found.rejected).read_bytes().startswith(b"\xef\xbb\xbf")  # opens in Excel
    kept = pl.scan_csv(found.rejected, infer_schema=False).collect()  # noqa: TID251 - a test
    assert dict(kept.select(pl.col("行号 row").cast(pl.Int64), "reason").rows()) == {
        line: reason for line, (_, reason) in bad.items()
    }
    assert kept.filter(pl.col("reason") == "energy not in the table")["燃料种类"].item() == "蒸汽"
    assert value(found.report, "accepted") == "1"
    assert value(found.report, "rows read") == "13"


def test_a_later_clean_import_removes_the_old_file_of_refused_rows(folder):
    source = folder / "sales.csv"
    source.write_bytes(csv([*ROWS, ["x", "A", "1", "100000", "", "汽油"]]).encode())
    first = imported(folder, source)
    assert first.rejected is not None
    source.write_bytes(csv(ROWS).encode())
    assert imported(folder, source).rejected is None
    assert not Path(first.rejected).exists()


def test_a_refused_cell_does_not_run_in_excel(folder):
    source = folder / "sales.csv"
    row = ["2022-11-05", "=cmd|' /C calc'!A0", "-1", "100000", "-大连", "汽油"]
    source.write_bytes(csv([*ROWS, row]).encode())
    found = imported(folder, source)
    last = Path(str(found.rejected)).read_text("utf-8-sig").splitlines()[-1]
    assert "'=cmd" in last
    assert "'-大连" in last
    assert ",-1," in last  # a number stays one


INVOICES = """
columns: {month: 日期, vehicle: 型号, price: 价}
constants: {energy: ICE, made_in: 开封}
duplicates: 车架号
"""


def invoice_file(folder: Path) -> Path:
    source = folder / "invoices.csv"
    source.write_text(
        "日期,型号,价,车架号,购买方名称,身份证号\n"
        "2022-11-05,A,100000,LFV2A1151H3201804,张三,110105194912310021\n"
        "2022-11-06,A,110000,LBEHDAEB58Y038860,李四,110105194912310022\n"
        "2022-11-07,A,100000,LFV2A1151H3201804,张三,110105194912310021\n"
        "2022-11-08,A,120000,,王五,110105194912310023\n",
        encoding="utf-8",
    )
    return source


def test_the_same_car_twice_counts_once_and_the_price_is_the_mean(folder):
    found = imported(folder, invoice_file(folder), INVOICES)
    # 100,000 and 110,000 and 120,000 (no number: kept); the second LFV2... is a duplicate
    assert found.rows.select("units", "price", "made_in").rows() == [(3, 11_000_000, "开封")]
    assert value(found.report, "rejected: duplicate") == "1"
    assert found.rejected is not None
    assert Path(found.rejected).read_text("utf-8-sig").splitlines()[1].startswith("4,")


def test_persons_and_car_numbers_are_in_no_file_that_is_written(folder):
    found = imported(folder, invoice_file(folder), INVOICES)
    written = [folder / "out.parquet", Path(str(found.rejected))]
    # uncompressed, so that a leak would be seen
    found.rows.write_parquet(folder / "plain.parquet", compression="uncompressed")
    for path in [*written, folder / "plain.parquet"]:
        content = path.read_bytes()
        for secret in ("张三", "李四", "LFV2A1151H3201804", "110105194912310021"):
            assert secret.encode() not in content
    dropped = value(found.report, "personal columns dropped")
    assert dropped == "车架号, 购买方名称, 身份证号"


def test_a_map_that_would_store_persons_is_refused_at_its_place(folder):
    text = "columns:\n  month: 日期\n  vehicle: 车架号\n  price: 价\nconstants: {energy: ICE}\n"
    with pytest.raises(InputError) as caught:
        imported(folder, invoice_file(folder), text)
    (finding,) = caught.value.diagnostics
    assert (finding.line, finding.column, finding.code) == (3, 12, "V206")


def test_a_column_that_is_not_there_is_named_with_the_nearest_one(folder):
    source = folder / "sales.csv"
    source.write_bytes(csv(ROWS).encode())
    with pytest.raises(InputError) as caught:
        imported(folder, source, MAP.replace("价税合计", "价税和计"))
    (finding,) = caught.value.diagnostics
    assert finding.code == "D901"
    assert finding.line == 6
    assert "价税合计" in finding.help


def test_a_map_without_energy_is_refused(folder):
    loaded = loaded_map(folder, "columns: {month: a, vehicle: b, price: c}\n")
    assert [each.code for each in loaded.diagnostics] == ["K102"]


def test_ten_thousand_yuan_is_a_unit_of_prices(folder):
    source = folder / "sales.csv"
    source.write_text("年,月,型号,销量,价\n2022,11,A,5,12.98\n2022,13,A,5,12.98\n", "utf-8")
    text = (
        "columns: {month: {year: 年, month: 月}, vehicle: 型号, units: 销量, price: 价}\n"
        "constants: {energy: BEV}\nprice_unit: 万元\n"
    )
    found = imported(folder, source, text)
    assert found.rows.select("units", "price").rows() == [(5, 12_980_000)]
    assert value(found.report, "rejected: month") == "1"  # there is no thirteenth month


def test_gaps_and_filter_are_reported(folder):
    source = folder / "sales.csv"
    source.write_text(
        "城市,月,型号,价\n天津,2022-01,A,100000\n天津,2022-04,A,100000\n北京,2022-02,A,100000\n",
        "utf-8",
    )
    text = (
        "columns: {month: 月, vehicle: 型号, price: 价}\n"
        "constants: {energy: ICE}\nfilter: {城市: [天津]}\n"
    )
    found = imported(folder, source, text)
    assert value(found.report, "gaps") == "2022-02, 2022-03"
    assert value(found.report, "filtered out") == "1"
    assert value(found.report, "months") == "2022-01..2022-04 (2)"


def test_nothing_left_is_an_error_that_says_why(folder):
    source = folder / "sales.csv"
    source.write_text("月,型号,价\n2022-01,A,0\n", "utf-8")
    text = "columns: {month: 月, vehicle: 型号, price: 价}\nconstants: {energy: ICE}\n"
    with pytest.raises(PromoError, match="price zero"):
        imported(folder, source, text)


def test_what_was_written_is_read_back_and_the_same_import_gives_the_same_bytes(folder):
    source = folder / "sales.csv"
    source.write_bytes(csv(ROWS).encode())
    found = imported(folder, source)
    first = (folder / "out.parquet").read_bytes()
    assert read_imported(str(folder / "out.parquet")).equals(found.rows)
    imported(folder, source)
    assert (folder / "out.parquet").read_bytes() == first
    vehicles = vehicles_of(found.rows)
    assert vehicles["vehicle"].to_list() == ["东风日产牌A", "比亚迪牌B"]
    assert vehicles["price"].to_list() == [14_780_000, 12_980_000]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2022/11/5", date(2022, 11, 5)),
        ("2022.11.05", date(2022, 11, 5)),
        ("20221105", date(2022, 11, 5)),
        ("2022年11月5日", date(2022, 11, 5)),
        ("２０２２－１１－０５", date(2022, 11, 5)),
        ("2022-11-05 13:20:11", date(2022, 11, 5)),
        ("2022年11月", date(2022, 11, 1)),
        ("2022-11", date(2022, 11, 1)),
        ("202211", date(2022, 11, 1)),
        ("44870", date(2022, 11, 5)),
        ("44870.0", date(2022, 11, 5)),
        ("2022-02-30", None),
        ("20221305", None),
        ("5/11/2022", None),
        ("昨天", None),
        ("", None),
    ],
)
def test_dates_as_people_write_them(text, day):
    frame = pl.DataFrame({"d": [text]})
    assert frame.select(date_of("d", pl.String())).item() == day


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("147,800.00", 147_800.0),
        ("¥147800", 147_800.0),
        ("￥ 147 800元", 147_800.0),
        ("１４７８００", 147_800.0),
        ("14.78万", 147_800.0),
        ("14.78万元", 147_800.0),
        ("-3", -3.0),
        ("1.5L", 1.5),
        ("abc", None),
        ("inf", None),
        ("--", None),
    ],
)
def test_numbers_as_people_write_them(text, number):
    found = pl.DataFrame({"n": [text]}).select(number_of("n", pl.String())).item()
    assert found == pytest.approx(number) if number is not None else found is None


def kinds_of_work(query: pl.LazyFrame) -> set[str]:
    """The kinds of nodes of polars' physical plan for its streaming engine."""
    plan = query.show_graph(raw_output=True, plan_stage="physical", engine="streaming")
    return set(re.findall(r'label="([a-z-]+)', plan))


@pytest.mark.parametrize("extra", ["", "duplicates: 车辆识别代号\n"])
def test_invoices_are_grouped_without_holding_their_rows(folder, extra):
    source = folder / "invoices.csv"
    source.write_text(
        "开票日期,厂牌型号,价税合计,不含税价,产地,燃料种类,车辆识别代号\n", encoding="utf-8"
    )
    text = MAP.replace("  units: 数量\n", "  price_ex_vat: 不含税价\n") + extra
    sales_map = loaded_map(folder, text).required()
    with opened(str(source)) as table:
        query = grouped(typed_rows(table.frame, sales_map, ROW))
        work = kinds_of_work(query)
        # The control: a translation by `replace` holds a whole column, and the plan shows it.
        control = kinds_of_work(table.frame.select(pl.col("产地").replace({"开封": "K"})))
    assert "group-by" in work
    assert "columnar-function" in control
    assert not work & {"columnar-function", "in-memory-map", "in-memory-source"}


# --- proposals --------------------------------------------------------------------------------


def test_the_proposal_for_an_invoice_file_imports_it(folder):
    source = folder / "发票.csv"
    header = (
        "发票号码,开票日期,购买方名称,购买方身份证号码,厂牌型号,产地,燃料种类,"
        "车辆识别代号,价税合计,不含税价\n"
    )
    row = (
        "1,2022-11-05,张三,110105194912310021,A牌,开封市,纯电动,LFV2A1151H3201804,99000,87610.62\n"
    )
    source.write_bytes((header + row).encode("gb18030"))
    text = propose_map(str(source))
    found = imported(folder, source, text)
    assert found.rows.select("units", "price", "price_ex_vat", "made_in", "energy").rows() == [
        (1, 9_900_000, 8_761_062, "开封市", "BEV")
    ]
    assert "购买方名称" in text.split("personal")[1]


def test_the_proposal_guesses_unnamed_columns_from_their_values(folder):
    source = folder / "sales.csv"
    source.write_text(
        "c1,c2,c3,c4\n202201,TV7164GMD,106800,12\n202202,TJ7101E,37800,7\n", encoding="utf-8"
    )
    text = propose_map(str(source))
    found = imported(folder, source, text)
    assert found.rows.select("month", "vehicle", "units", "price").rows() == [
        (date(2022, 1, 1), "TV7164GMD", 12, 10_680_000),
        (date(2022, 2, 1), "TJ7101E", 7, 3_780_000),
    ]
    assert "guessed from the values" in text


def test_the_proposal_asks_where_nothing_fits(folder):
    source = folder / "odd.csv"
    source.write_text("a,b\nx,y\n", encoding="utf-8")
    text = propose_map(str(source))
    assert "which column is the date?" in text
    assert "which column is the vehicle?" in text
    assert loaded_map(folder, text).diagnostics  # and it cannot be used as it is


def test_the_proposal_for_the_real_file_needs_only_its_city(folder, data_folder):
    source = Path(data_folder) / "china_cities_model_month.parquet"
    text = propose_map(str(source))
    for line in ("month: {year: year, month: month}", "vehicle: noticenum", "price: MSRP"):
        assert line in text
    assert "Beijing, Shijiazhuang, Tianjin" in text
    tianjin = text.replace("filter: {city: Beijing}", "filter: {city: Tianjin}")
    found = imported(folder, source, tianjin)
    assert value(found.report, "cars") == "1160058"  # the file's own total for Tianjin


def test_the_map_of_the_tianjin_campaign_finds_the_local_cars(folder, data_folder):
    here = Path(__file__).parents[2] / "campaigns" / "tianjin" / "sales-map.yaml"
    loaded = load_sales_map(str(here))
    source = f"{data_folder}/china_cities_model_month.parquet"
    found = import_sales(source, loaded, out=str(folder / "tianjin.parquet"))
    local = found.rows.filter(pl.col("made_in") == "天津")
    assert local["units"].sum() == 135_502  # TV and TJ in the file, by a sum over prefixes
    assert set(local["maker"].unique()) == {"TV", "TJ"}
    assert found.rejected is None
    assert value(found.report, "months") == "2010-01..2014-12 (60)"
