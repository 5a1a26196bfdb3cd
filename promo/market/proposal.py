"""Which column map would fit a file that comes without one?

Columns are recognised by their names, in Chinese, in English and in the pinyin initials of
registration extracts, then by what their values look like. The proposal is the text of a map file
that says what was guessed and what is still open.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import polars as pl

from promo.market.columns import date_of, number_of, text_of
from promo.market.sales import ROW, SourceTable, is_personal, opened

_Test: TypeAlias = Callable[[pl.DataFrame, str], bool]
SAMPLE_ROWS = 20_000
FEWEST_READABLE = 0.9

# Names by what a column holds, the surest first; compared in lower case without blanks and units.
_NAMES: dict[str, tuple[str, ...]] = {
    "date": (
        *("开票日期", "invoicedate", "issuedate", "dateofissue", "销售日期", "上险日期"),
        *("注册日期", "登记日期", "初次登记日期", "ccdjrq", "年月", "统计月份", "日期", "date"),
    ),
    "year": ("year", "年", "年份"),
    "month": ("month", "月", "月份"),
    "vehicle": (
        *("noticenum", "公告型号", "车辆型号", "clxh", "厂牌型号", "brandmodel", "labeltype"),
        *("manumodel", "配置", "款型", "trim", "vehicle", "车型", "model", "车系"),
    ),
    "units": (
        *("销量", "上险量", "销售量", "数量", "台数", "辆数", "units", "sales", "quantity"),
        *("volume",),
    ),
    "price_ex_vat": ("不含税价", "taxexclusiveprice", "amountexcludingtax", "priceexvat"),
    "price": (
        *("价税合计", "价税合计小写", "pricetaxlow", "pricetax", "total", "msrp", "指导价"),
        *("官方指导价", "成交价", "含税价", "价格", "售价", "price"),
    ),
    "model": ("车系", "车型", "通用名称", "model", "series"),
    "brand": ("品牌", "中文品牌", "clpp1", "商标", "brand"),
    "maker": (
        *("生产企业名称", "生产企业", "厂商", "制造厂名称", "zzcmc", "汽车生产企业名称"),
        *("manufacturer", "maker", "makerprefix", "企业"),
    ),
    "made_in": ("产地", "origin", "manufacturinglocation", "cd", "madein"),
    "segment": ("级别", "车型级别", "levelname", "segment", "车身形式"),
    "energy": (
        *("燃料种类", "燃料类型", "能源类型", "燃料/能源类型", "动力类型", "动力类别", "rlzl"),
        *("energy", "fuel", "fueltype"),
    ),
    "displacement_l": ("排量", "displacementl", "displacement", "pl"),
    "seats": ("限乘人数", "核定载客", "核定载客数", "座位数", "seatingcapacity", "hdzk", "seats"),
    "city": ("城市", "地市", "city", "cityname", "所属城市"),
    "vin": ("车辆识别代号", "车辆识别代号/车架号码", "车架号", "vin", "vinnum", "clsbdh"),
}
_ENERGIES = {
    "ICE": ("汽油", "柴油", "天然气", "A", "B", "petrol", "gasoline", "diesel", "ICE"),
    "HEV": ("油电混合", "混合动力", "普通混合动力", "HEV", "hybrid"),
    "PHEV": ("插电式混合动力", "插电混动", "插混", "PHEV"),
    "EREV": ("增程式", "增程", "增程式电动", "EREV"),
    "BEV": ("纯电动", "纯电", "电", "C", "electric", "BEV", "EV"),
    "FCEV": ("燃料电池", "氢", "氢燃料", "FCEV"),
}
_ENERGY_OF = {text: energy for energy, texts in _ENERGIES.items() for text in texts}
_OPTIONAL = ("model", "brand", "maker", "made_in", "segment", "displacement_l", "seats")


def _plain(name: str) -> str:
    """A column name as it is compared: no case, blanks, underlines, units in brackets."""
    half_width = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"\((?:万?元|l|升|辆|台|座|ml)\)|[\s_\-()]", "", half_width)


@dataclass(slots=True)
class _Guess:
    """What has been recognised so far."""

    table: SourceTable
    sample: pl.DataFrame
    found: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def free(self) -> list[str]:
        used = set(self.found.values())
        return [name for name in self.sample.columns if name not in used]

    def dtype(self, name: str) -> pl.DataType:
        return self.sample.schema[name]

    def texts(self, name: str) -> list[str]:
        """The different values of a column in the whole file, sorted."""
        text = text_of(name, self.dtype(name)).alias("text")
        found = self.table.frame.select(text).unique().collect(engine="streaming")["text"]
        return [str(each) for each in found.drop_nulls().sort()]


def propose_map(source: str) -> str:
    """The text of a column map for a file of sales or invoices."""
    with opened(source) as table:
        guess = _Guess(table, table.frame.head(SAMPLE_ROWS).drop(ROW).collect())
        _by_name(guess)
        _by_value(guess)
        return "\n".join(_lines(guess)) + "\n"


def _by_name(guess: _Guess) -> None:
    plain = {name: _plain(name) for name in guess.sample.columns}
    for target, names in _NAMES.items():
        for known in names:
            fits = [name for name in guess.free if plain[name] == known]
            fits = [name for name in fits if target == "vin" or not is_personal(name)]
            if fits:
                guess.found[target] = fits[0]
                break


def _by_value(guess: _Guess) -> None:
    """Recognise month, vehicle, price and units by their values where no name told them."""
    if "date" not in guess.found and not {"year", "month"} <= guess.found.keys():
        _first_fit(guess, "date", _looks_like_date)
    for target, test in (
        ("vehicle", _looks_like_vehicle),
        ("price", _looks_like_price),
        ("units", _looks_like_units),
    ):
        if target not in guess.found:
            _first_fit(guess, target, test)


def _first_fit(guess: _Guess, target: str, test: _Test) -> None:
    for name in guess.free:
        if not is_personal(name) and test(guess.sample, name):
            guess.found[target] = name
            guess.notes.append(f"{target}: 按数值猜测, 请核对 / guessed from the values: {name}")
            return


def _share(sample: pl.DataFrame, test: pl.Expr) -> float:
    share = sample.select(test.fill_null(value=False).mean()).item()
    return float(share or 0.0)


def _looks_like_date(sample: pl.DataFrame, name: str) -> bool:
    dtype = sample.schema[name]
    year = date_of(name, dtype).dt.year()
    readable = year.is_between(1995, 2060)
    if dtype.is_numeric():  # five digits may be a price as well as an Excel serial
        readable &= text_of(name, dtype).str.len_chars() >= 6
    return _share(sample, readable) >= FEWEST_READABLE


def _looks_like_vehicle(sample: pl.DataFrame, name: str) -> bool:
    text = text_of(name, sample.schema[name])
    return _share(sample, text.str.contains(r"^[A-Z]{2,3}\d{4}")) >= FEWEST_READABLE


def _looks_like_price(sample: pl.DataFrame, name: str) -> bool:
    price = number_of(name, sample.schema[name])
    return _share(sample, price.is_between(15_000, 3_000_000)) >= FEWEST_READABLE


def _looks_like_units(sample: pl.DataFrame, name: str) -> bool:
    units = number_of(name, sample.schema[name])
    return (
        _share(sample, units.is_between(0, 20_000) & (units == units.floor())) >= FEWEST_READABLE
    )


# --- the text of the proposal -----------------------------------------------------------------


def _lines(guess: _Guess) -> list[str]:
    lines = [
        "# 由 promo import 提出的列映射, 请核对 / proposed by `promo import`: check before use",
        f"# {guess.table.format}, {guess.table.encoding}",
        *(f"# {note}" for note in guess.notes),
        "columns:",
        *_month_lines(guess),
        _required(guess, "vehicle", "哪一列是车型 / which column is the vehicle?"),
        _required(guess, "price", "哪一列是价格 / which column is the price?"),
        _units_line(guess),
    ]
    for target in ("price_ex_vat", *_OPTIONAL):
        if target in guess.found:
            lines.append(f"  {target}: {_quoted(guess.found[target])}")
    return [*lines, *_energy_lines(guess), *_rest(guess)]


def _month_lines(guess: _Guess) -> list[str]:
    if "date" in guess.found:
        return [f"  month: {_quoted(guess.found['date'])}"]
    if {"year", "month"} <= guess.found.keys():
        year, month = _quoted(guess.found["year"]), _quoted(guess.found["month"])
        return [f"  month: {{year: {year}, month: {month}}}"]
    return ["  # month: ?   # 哪一列是日期 / which column is the date?"]


def _required(guess: _Guess, target: str, question: str) -> str:
    if target in guess.found:
        return f"  {target}: {_quoted(guess.found[target])}"
    return f"  # {target}: ?   # {question}"


def _units_line(guess: _Guess) -> str:
    if "units" in guess.found:
        return f"  units: {_quoted(guess.found['units'])}"
    return "  # 没有 units: 每行算一辆车 / no units: every row is one car"


def _energy_lines(guess: _Guess) -> list[str]:
    name = guess.found.get("energy")
    if name is None:
        return ["constants: {energy: ICE}   # 没有动力类型列, 请核对 / no column of energy: check"]
    seen = guess.texts(name)
    known = [f"{_quoted(each)}: {_ENERGY_OF[each]}" for each in seen if each in _ENERGY_OF]
    lines = [f"  energy: {{from: {_quoted(name)}, table: {{{', '.join(known)}}}}}"]
    unknown = [each for each in seen if each not in _ENERGY_OF]
    if unknown:
        lines.append(f"  # 未识别的动力类型 / unknown energies: {', '.join(unknown[:8])}")
    return lines


def _rest(guess: _Guess) -> list[str]:
    lines = [*_filter_lines(guess), *_unit_lines(guess)]
    if "vin" in guess.found and "units" not in guess.found:
        note = "只用于去重, 不保存 / only to drop repeated cars, never stored"
        lines.append(f"duplicates: {_quoted(guess.found['vin'])}   # {note}")
    personal = [name for name in guess.sample.columns if is_personal(name)]
    if personal:
        lines.append(
            f"# 个人信息列不保存 / personal columns are not stored: {', '.join(personal)}"
        )
    return lines


def _filter_lines(guess: _Guess) -> list[str]:
    name = guess.found.get("city")
    if name is None:
        return []
    seen = guess.texts(name)
    more = " ..." if len(seen) > 6 else ""
    values = f"# 文件中有 / in the file: {', '.join(seen[:6])}{more}"
    return [f"filter: {{{_quoted(name)}: {_quoted(seen[0])}}}   {values}"] if seen else []


def _unit_lines(guess: _Guess) -> list[str]:
    name = guess.found.get("price")
    if name is None:
        return []
    price = guess.sample.select(number_of(name, guess.dtype(name)).median()).item()
    named = "万元" in unicodedata.normalize("NFKC", name)
    unit = "万元" if named or (price is not None and price < 1_000) else "元"
    median = "" if price is None else f"   # 中位数 / median {price:,.10g}"
    return [f"price_unit: {unit}{median}"]


def _quoted(text: str) -> str:
    """A text as a YAML scalar."""
    if re.fullmatch(r"[^\W\d][\w]*", text) and text.lower() not in ("null", "true", "false"):
        return text
    return json.dumps(text, ensure_ascii=False)
