"""What a file says and where: encodings, YAML, values, places, tables, writing."""

import os
import time
from datetime import date, datetime
from pathlib import Path

import pytest

from promo.errors import InputError, OutputError
from promo.textfile import (
    Count,
    Day,
    FileModel,
    Finding,
    Flag,
    Identifier,
    Moment,
    Money,
    MoneyQuantity,
    Number,
    Rate,
    RateQuantity,
    Text,
    copy_folder,
    load,
    parse,
    read_table,
    resolve,
    write_atomic,
)


class Inner(FileModel):
    amount: Money
    on: Text | None = None


class Outer(FileModel):
    name: Identifier
    items: tuple[Inner, ...] = ()


class Everything(FileModel):
    money: Money = 0
    rate: Rate = 0.0
    day: Day | None = None
    moment: Moment | None = None
    count: Count = 0
    number: Number = 0.0
    flag: Flag = False
    budget: MoneyQuantity | None = None
    share: RateQuantity | None = None


def found(text: str | bytes, model: type[FileModel] = Outer) -> list[tuple[int, int, str]]:
    content = text.encode() if isinstance(text, str) else text
    return [(e.line, e.column, e.code) for e in parse("f.yaml", content, model).diagnostics]


def value(text: str) -> Everything:
    loaded = parse("f.yaml", text.encode(), Everything)
    assert loaded.value is not None, loaded.diagnostics
    return loaded.value


# --- bytes ------------------------------------------------------------------------------------


def test_utf_8_with_and_without_a_mark_reads_the_same():
    assert found("name: 开封") == []
    assert found(b"\xef\xbb\xbf" + "name: 开封\nx: 1".encode()) == [(2, 1, "K101")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("name: 开封市商务局".encode("gb18030"), "T003"),
        ("name: 开封".encode("utf-16"), "T003"),
        (b"name: a\x00b", "T004"),
        (b"\x89PNG\r\n\x1a\n", "T004"),
        (b"", "T005"),
        (b" \n\n", "T005"),
        (b"# only a remark\n", "T005"),
        (b"name: " + b"a" * (1 << 20), "T002"),
    ],
)
def test_what_is_not_text_is_named(content, code):
    assert found(content) == [(1, 1, code)]


def test_the_encoding_is_named_and_the_remedy_too():
    content = "name: 开封市商务局".encode("gb18030")
    finding = parse("f.yaml", content, Outer).diagnostics[0]
    assert "GB18030" in finding.message
    assert "UTF-8" in finding.help


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    assert [e.code for e in load(str(tmp_path / "none.yaml"), Outer).diagnostics] == ["T001"]
    assert [e.code for e in load(str(tmp_path), Outer).diagnostics] == ["T001"]


# --- YAML -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: a\nitems: [", (2, 9, "Y001")),
        ("name: &a b", (1, 7, "Y002")),
        ("name: !!str b", (1, 7, "Y003")),
        ("name: a\n---\nname: b", (2, 1, "Y004")),
        ("name: a\nname: b", (2, 1, "Y006")),
        ("开封: 1\n郑州: 2\n开封: 3\nname: a", (3, 1, "Y006")),
        ("name: a\n[x]: b", (2, 1, "Y007")),
        ("name: a\n<<: {x: 1}", (2, 1, "Y007")),
        ("name: a\nitems:\n\t- {amount: 1}", (3, 1, "Y001")),
        ("name: a\x07b", (1, 8, "Y001")),
    ],
)
def test_what_can_hide_content_is_refused_where_it_stands(text, place):
    lines = found(text)
    assert place[2] in {code for _, _, code in lines}
    if place[2] != "Y001":
        assert place in lines


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 100_000,
        "name: " + "[" * 100_000 + "]" * 100_000,
        "{a: " * 50_000,
        "- " * 50_000,
        "? " * 50_000,
        "\n".join(
            ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
            + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
        ),
        "name: " + "9" * 500_000,
        "name: a\nitems: [{amount: " + "9" * 500_000 + "}]",
        "name: a\n" + "\n".join(f"key{n}: 1" for n in range(20_000)),
        "name: '" + "''" * 200_000 + "'",
        "!" * 100_000,
        "&" * 100_000,
        "%" * 100_000,
    ],
)
def test_hostile_text_is_a_finding_within_two_seconds(hostile):
    started = time.perf_counter()
    assert found(hostile)
    assert time.perf_counter() - started < 2


# --- values -----------------------------------------------------------------------------------


def test_values_are_read_by_their_type():
    read = value(
        "money: 50000.5\nrate: 5 %\nday: 2024-02-29\nmoment: 2022-12-31T24:00\n"
        "count: 12\nnumber: -3.5\nflag: yes\n"
    )
    assert (read.money, read.rate, read.count, read.number) == (5_000_050, 0.05, 12, -3.5)
    assert (read.day, read.moment, read.flag) == (date(2024, 2, 29), datetime(2023, 1, 1), True)


def test_published_and_assumed_numbers():
    read = value(
        "budget: {assumed: 20, range: [10, 40], why: never published}\nshare: {assumed: 5%, "
        "range: 2%..8%, why: judged, status: judgement, source: a page}"
    )
    assert read.budget is not None
    assert read.share is not None
    assert (read.budget.low, read.budget.value, read.budget.high) == (1_000, 2_000, 4_000)
    assert (read.share.low, read.share.high, read.share.status) == (0.02, 0.08, "judgement")
    published = value("budget: 20").budget
    assert published is not None
    assert (published.assumed, published.low, published.high) == (False, 2_000, 2_000)


@pytest.mark.parametrize(
    ("written", "code", "help"),
    [
        ("money: 10万", "V207", "100000"),
        ("money: 5万元", "V207", "50000"),
        ("money: 1.5亿", "V207", "150000000"),
        ("money: 1_000", "V201", "1000"),
        ('money: "1,000"', "V201", "1000"),
        ("money: 1e5", "V201", "100000"),
        ("money: １００", "V208", "100"),
        ("money: 1.234", "V201", "two decimals"),
        ("money: -1", "V201", ""),
        ("money: 99999999999999999999", "V205", "digits"),
        ("money: 1e400", "V205", "digits"),
        ("money: nan", "V201", ""),
        ("money: [1]", "K103", ""),
        ("rate: 1200 %", "V203", "'12%'"),
        ("rate: -5%", "V203", ""),
        ("count: 1.5", "V201", ""),
        ("day: 2022-02-30", "V202", ""),
        ("day: 1667260800", "V201", "2022-11-01"),
        ("day: 2022/3/5", "V201", "2022-03-05"),
        ("day: 2022年3月5日", "V201", "2022-03-05"),
        ("moment: 2022-12-31T24:01", "V202", ""),
        ("moment: 2022-12-31T25:00", "V202", ""),
        ("flag: 1", "V201", "true"),
        ("budget: {assumed: 50, range: [10, 40], why: x}", "V209", ""),
    ],
)
def test_a_value_that_is_not_meant_so_is_refused_with_a_remedy(written, code, help):
    loaded = parse("f.yaml", written.encode(), Everything)
    assert [each.code for each in loaded.diagnostics] == [code]
    assert help in loaded.diagnostics[0].help


# --- places -----------------------------------------------------------------------------------


def test_all_findings_of_a_file_come_together_with_their_places():
    text = "nmae: 开封\nitems:\n  - {amount: 10万}\n  - {on: 价格}\n  - {amount: 1, amount: 2}\n"
    assert found(text) == [
        (1, 1, "K101"),
        (3, 14, "V207"),
        (4, 5, "K102"),
        (5, 17, "Y006"),
    ]


def test_columns_count_characters_not_bytes():
    assert found("name: a\nitems: [{on: 开封市商务局, amount: x}]") == [(2, 30, "V201")]


def test_a_misspelt_key_is_not_also_missing():
    loaded = parse("f.yaml", b"nmae: a", Outer)
    assert [(e.code, e.help) for e in loaded.diagnostics] == [("K101", "did you mean 'name'?")]


@pytest.mark.parametrize(
    ("written", "offset", "place"),
    [
        ("name: abc def", 4, (1, 11)),
        ("name: 'abc def'", 4, (1, 12)),
        ("name: 'it''s x'", 5, (1, 14)),
        ('name: "ab\\tc def"', 5, (1, 14)),
        ("name: |\n  abc\n  def", 4, (3, 3)),
        ("name: >\n  abc\n  def", 4, (3, 3)),
        ("name: 'abc\n  def'", 4, (2, 3)),
    ],
)
def test_a_place_inside_a_value_is_found_through_quotes_and_folds(written, offset, place):
    loaded = parse("f.yaml", written.encode(), Outer)
    finding = loaded.diagnostic(("name",), "C301", "here", span=(offset, 1))
    assert (finding.line, finding.column) == place


def test_required_raises_everything_at_once():
    with pytest.raises(InputError) as raised:
        parse("f.yaml", b"name: a\nx: 1\ny: 2", Outer).required()
    assert len(raised.value.diagnostics) == 2


# --- tables -----------------------------------------------------------------------------------

COLUMNS = {"vehicle": "text", "price": "money", "litres": "number?"}


def table(tmp_path: Path, content: str):
    path = tmp_path / "vehicles.csv"
    path.write_bytes(content.encode())
    return read_table(str(path), COLUMNS)


def test_a_table_is_typed_and_money_is_in_fen(tmp_path):
    read = table(tmp_path, '\ufeffvehicle,price,litres\n"瑞虎, 8",89900.5,1.6\n秦,99800,\n')
    assert read.value is not None
    assert read.value.rows() == [("瑞虎, 8", 8_990_050, 1.6), ("秦", 9_980_000, None)]


def test_faults_of_a_table_are_found_in_their_cell(tmp_path):
    read = table(tmp_path, 'vehicle,price,litres\n"瑞虎, 8",10万,1.6\n秦,99800\n')
    places = [(e.line, e.column, e.code) for e in read.diagnostics]
    assert places == [(2, 9, "D902"), (3, 1, "D903")]
    assert [e.code for e in table(tmp_path, "vehicle\na\n").diagnostics] == ["D901"]


# --- files ------------------------------------------------------------------------------------


def test_links_stay_inside_the_folder_of_campaigns(tmp_path):
    place = tmp_path / "campaigns" / "kaifeng"
    place.mkdir(parents=True)
    for name in ("q4.yaml", "market.yaml", "../shared.yaml", "../../outside.yaml"):
        (place / name).write_text("id: a")
    base = str(place / "q4.yaml")
    assert Path(resolve(base, "market.yaml")).is_file()
    assert Path(resolve(base, "../shared.yaml")).is_file()
    for relative, code in (
        ("../../outside.yaml", "P802"),
        ("/etc/passwd", "P802"),
        ("nothing.yaml", "P801"),
        ("a\x00b", "P801"),
        ("x" * 5_000, "P801"),
    ):
        with pytest.raises(Finding) as raised:
            resolve(base, relative)
        assert raised.value.diagnostic.code == code


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    target = tmp_path / "结果.json"
    write_atomic(str(target), b"old")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OutputError):
        write_atomic(str(target), b"new")
    assert target.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["结果.json"]


def test_copying_never_overwrites(tmp_path):
    source = tmp_path / "campaigns"
    source.mkdir()
    (source / "a.yaml").write_text("id: a")
    target = tmp_path / "copy of 开封"
    assert [Path(each).name for each in copy_folder(str(source), str(target))] == ["a.yaml"]
    with pytest.raises(OutputError):
        copy_folder(str(source), str(target))
