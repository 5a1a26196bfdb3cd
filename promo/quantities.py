"""What does a written value mean: yuan, a share, a day, a count, an assumed number with its range?

Every value of a file arrives as text and is read here strictly, so that `10万`, `1_000`, `1e5`,
full-width digits or 30 February are findings with a remedy instead of numbers nobody meant. The
types are annotations for the file models: `price: Money`, `rate: Rate`, `starts: Day`.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from promo.errors import did_you_mean
from promo.schema import FEN_PER_YUAN, Assumption, Words

KeyPath: TypeAlias = tuple[str | int, ...]
Reader: TypeAlias = Callable[[object], float]

_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9][0-9_,' ]*(\.[0-9_]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?[eE][+-]?[0-9]+")
_WITH_UNIT = re.compile(
    r"(?:人民币|RMB|CNY|￥|¥)?\s*([0-9]+(?:\.[0-9]+)?)\s*"
    r"(万|亿|千|百|w|W|k|K|m|M)?\s*(元|圆|块|yuan|RMB|CNY|辆|台|cars)?"
)
_UNITS = {"百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "m": 10**6, "亿": 10**8}
_LARGEST = Decimal(10) ** 13
MOST_PER_CAR = 100_000_000 * FEN_PER_YUAN
FIRST_YEAR, LAST_YEAR = 1980, 2099  # other years are slips of the pen
LARGEST_FACTOR = 10  # of what a file states as the amount of a benefit
OPEN_END = "open"
NO_END = datetime(9999, 12, 31)
_SHOWN = 40
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOOSE_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_EIGHT_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_FLAGS = dict.fromkeys(("true", "yes", "on", "是", "真"), "true") | dict.fromkeys(
    ("false", "no", "off", "否", "假"), "false"
)
_IDENTIFIER = re.compile(r"[^\W_][\w-]{0,63}")


# --- faults -----------------------------------------------------------------------------------


def fault(
    code: str,
    message: str,
    help: str = "",
    *,
    path: KeyPath = (),
    span: tuple[int, int] | None = None,
    fix: str | None = None,
) -> PydanticCustomError:
    """A finding about a value; `path` leads below the value, `span` is (offset, length) inside.

    `fix` is what `--fix` may write in place of the whole value: its plain form, never an amount.
    """
    context: dict[str, Any] = {"message": message, "help": help, "path": path, "span": span}
    context["fix"] = fix
    return PydanticCustomError(code, "{message}", context)


def together(faults: Sequence[PydanticCustomError], value: object) -> ValidationError:
    """Several findings about one value, raised at once."""
    details = [InitErrorDetails(type=each, input=value) for each in faults]
    return ValidationError.from_exception_data("value", details)


def shown(text: str) -> str:
    """The text as a message may quote it: on one line and not endless."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"


def plain_text(value: object) -> str:
    """The text of a plain entry; a list or mapping in its place is a finding."""
    if isinstance(value, str):
        return value
    kind = "a mapping" if isinstance(value, dict) else "a list"
    help = "write one value behind the key"
    raise fault("K103", f"a plain value was expected, not {kind}", help)


def full_width(text: str) -> str | None:
    """The text in plain characters, if it holds full-width digits, letters or punctuation."""
    if not any("！" <= letter <= "～" or letter in "　。、《》￥" for letter in text):
        return None
    return unicodedata.normalize("NFKC", text).replace("。", ".").replace("、", ",")


def _refuse_full_width(text: str, mended: str | None = None) -> None:
    """Raise for full-width characters; `mended` is what may be written for the whole text."""
    plain = full_width(text)
    if plain is not None:
        plain = mended or _without_unit(plain) or plain
        message = f"full-width characters in '{shown(text)}'"
        raise fault("V208", message, f"write '{plain}'", fix=mended)


def _without_unit(text: str) -> str | None:
    """The plain number behind `10万`, `5万元` or `¥1000`."""
    unit = _WITH_UNIT.fullmatch(text) if len(text) < 40 else None
    if unit is None or unit[0] == unit[1]:
        return None
    return _plain_form(Decimal(unit[1]) * _UNITS.get((unit[2] or "").lower(), 1))


# --- numbers ----------------------------------------------------------------------------------


def _plain_form(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _refuse_large(number: Decimal, text: str) -> Decimal:
    if abs(number) > _LARGEST:
        raise fault("V205", f"the number '{shown(text)}' is too large", "check the digits")
    return number


def decimal(value: object) -> Decimal:
    """A number written plainly: digits, one point, perhaps a minus sign."""
    text = plain_text(value)
    _refuse_full_width(text)
    if _PLAIN_NUMBER.fullmatch(text):
        if len(text) > 40:
            raise fault("V205", f"the number '{shown(text)}' is too large", "check the digits")
        return _refuse_large(Decimal(text), text)
    raise _not_a_number(text)


def _not_a_number(text: str) -> PydanticCustomError:
    if text == "":
        return fault("V201", "a number was expected, nothing is written here")
    plain = _without_unit(text)
    if plain is not None:
        return fault("V207", f"'{text}' carries a unit", f"write '{plain}'")
    if _GROUPED.fullmatch(text) and len(text) < 40:
        plain = _plain_form(Decimal(re.sub(r"[_,' +]", "", text)))
        return fault("V201", f"'{text}' is not a plain number", f"write '{plain}'")
    if _EXPONENT.fullmatch(text) and len(text) < 40:
        return _exponent(text)
    return fault("V201", f"a number was expected, not '{shown(text)}'")


def _exponent(text: str) -> PydanticCustomError:
    exponent = int(re.split("[eE]", text)[1])
    if exponent > 12:
        return fault("V205", f"the number '{text}' is too large", "check the digits")
    help = f"write '{_plain_form(Decimal(text))}'" if exponent > -12 else ""
    return fault("V201", f"'{text}' is not a plain number", help)


def money(value: object) -> int:
    """Yuan as written, in fen: `50000` is 5,000,000 fen; at most two decimals, not negative."""
    number = decimal(value)
    if number < 0:
        raise fault("V201", f"an amount of money below zero: {value}")
    fen = number * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise fault("V201", f"'{value}' has parts of a fen", "write at most two decimals")
    return int(fen)


def amount_per_car(value: object) -> int:
    """Yuan for one car, in fen: what no car has ever been paid or sold for is a slip."""
    fen = money(value)
    if fen > MOST_PER_CAR:
        most = MOST_PER_CAR // FEN_PER_YUAN
        raise fault(
            "V205",
            f"the number '{shown(plain_text(value))}' is too large for one car",
            f"write at most {most}",
        )
    return fen


def _share(value: object) -> Decimal:
    text = plain_text(value)
    _refuse_full_width(text)
    if text.endswith("%"):
        return decimal(text[:-1].rstrip()) / 100
    return decimal(text)


def rate(value: object) -> float:
    """A share from 0 to 1, written `5%` or `0.05`."""
    return float(_rate(value))


def _rate(value: object) -> Decimal:
    share = _share(value)
    if 0 <= share <= 1:
        return share
    text = plain_text(value)
    if share < 0:
        raise fault("V203", f"a rate below 0 %: {text}")
    help = f"write '{_plain_form(share)}%'" if share <= 100 else "write a share such as '5%'"
    if text.endswith("%") and share < 2:
        help = "write '100%' or less"
    raise fault("V203", f"a rate above 100 %: {text}", help)


def basis_points(value: object) -> int:
    """A rate in whole hundredths of a per cent, so that amounts come out to the fen."""
    points = _rate(value) * 10_000
    if points != points.to_integral_value():
        raise fault(
            "V201", f"the rate '{value}' is finer than 0.01 %", "write at most two decimals"
        )
    return int(points)


def factor(value: object) -> float:
    """A multiplier written `150%` or `1.5`; it may exceed 1."""
    share = _share(value)
    if share < 0:
        raise fault("V203", f"a factor below zero: {value}")
    return float(share)


def number(value: object) -> float:
    """Any plain number."""
    return float(decimal(value))


def count(value: object) -> int:
    """A whole number from 0."""
    found = decimal(value)
    if found < 0 or found != found.to_integral_value():
        raise fault("V201", f"a whole number was expected, not '{value}'")
    return int(found)


def flag(value: object) -> bool:
    """True or false, also yes or no."""
    text = plain_text(value)
    known = {"true": True, "yes": True, "false": False, "no": False}
    if text not in known:
        plain = _FLAGS.get(text.lower())
        help = f"write '{plain}'" if plain else "write 'true' or 'false'"
        raise fault("V201", f"true or false was expected, not '{shown(text)}'", help, fix=plain)
    return known[text]


def between(read: Reader, least: float, most: float) -> Reader:
    """A reader that refuses what lies outside the numbers the model is made for."""

    def bounded(value: object) -> float:
        found = read(value)
        if least <= found <= most:
            return found
        message = f"'{shown(plain_text(value))}' is not possible here"
        raise fault("V211", message, f"write {plainly(least)} to {plainly(most)}")

    return bounded


def plainly(bound: float) -> str:
    """A bound as the analyst would write it."""
    return _plain_form(Decimal(str(bound)))


# --- days -------------------------------------------------------------------------------------


def day(value: object) -> date:
    """A day written `2022-11-01`."""
    text = plain_text(value)
    plain = _plain_day(text)
    _refuse_full_width(text, plain)
    written = _DAY.fullmatch(text)
    if written is None:
        raise _not_a_day(text, plain)
    try:
        found = date(int(written[1]), int(written[2]), int(written[3]))
    except ValueError:
        raise fault("V202", f"the day {text} does not exist", _last_of_month(text)) from None
    return in_calendar(found, text)


def in_calendar(found: date, text: str) -> date:
    """The day, unless it lies in a year that no campaign is planned or remembered in."""
    if FIRST_YEAR <= found.year <= LAST_YEAR:
        return found
    message = f"'{shown(text)}' lies outside {FIRST_YEAR} to {LAST_YEAR}"
    raise fault("V211", message, "check the year")


def _last_of_month(text: str) -> str:
    """What to write for 30 February."""
    year, month = int(text[:4]), int(text[5:7])
    if not (year and 1 <= month <= 12 and text[8:] > "28"):
        return ""
    last = monthrange(year, month)[1]
    return f"write '{year:04}-{month:02}-{last}', the last day of that month"


def _plain_day(text: str) -> str | None:
    """The day that a loose writing can only mean: `2022/11/1` is `2022-11-01`."""
    plain = full_width(text) or text
    loose = _LOOSE_DAY.fullmatch(plain) or _EIGHT_DIGITS.fullmatch(plain)
    if loose is None or not FIRST_YEAR <= int(loose[1]) <= LAST_YEAR:
        return None
    try:
        return date(int(loose[1]), int(loose[2]), int(loose[3])).isoformat()
    except ValueError:
        return None


def _plain_moment(text: str) -> str | None:
    """The moment that a loose writing can only mean."""
    plain = full_width(text) or text
    written, separator, time = plain.partition("T" if "T" in plain else " ")
    found = _plain_day(written)
    if found is None or (separator and not _TIME.fullmatch(time)):
        return None
    return found + separator + time


def _not_a_day(text: str, plain: str | None = None) -> PydanticCustomError:
    help = f"write '{plain}'" if plain else "write a day as '2022-11-01'"
    return fault("V201", f"a day was expected, not '{shown(text)}'", help, fix=plain)


def moment(value: object) -> datetime:
    """A day, or a day and a time: `2022-12-31T24:00` is the first instant of the next day."""
    text = plain_text(value)
    plain = _plain_moment(text)
    _refuse_full_width(text, plain)
    if plain not in {None, text}:
        raise _not_a_day(text, plain)
    written, separator, time = text.partition("T" if "T" in text else " ")
    midnight = datetime.combine(day(written), datetime.min.time())
    return midnight + _time(time, text) if separator else midnight


def calendar_day(value: object) -> date:
    """A day, or the day on which a moment lies: `2022-12-31T24:00` still belongs to the 31st."""
    text = plain_text(value)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T.*", text, re.DOTALL):
        moment(value)
        return day(text[: len("2022-12-31")])
    return day(value)


def _time(time: str, text: str) -> timedelta:
    parts = _TIME.fullmatch(time)
    if parts is None:
        raise fault("V201", f"a time was expected, not '{shown(text)}'", "write 'T24:00'")
    hours, minutes, seconds = int(parts[1]), int(parts[2]), int(parts[3] or 0)
    exists = (hours < 24 and minutes < 60 and seconds < 60) or (hours, minutes, seconds) == (
        24,
        0,
        0,
    )
    if not exists:
        raise fault("V202", f"the time {shown(text)} does not exist")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def window_close(value: object) -> datetime:
    """The first instant after a window.

    The end is written as a day or a minute, which belong to the window, as `T24:00`, or as `open`.
    """
    text = plain_text(value)
    if text == OPEN_END:
        return NO_END
    instant = moment(text)
    if text.endswith(("T24:00", "T24:00:00", " 24:00", " 24:00:00")):
        return instant
    by_length = {
        len("2022-12-31"): timedelta(days=1),
        len("2022-12-31T23:59"): timedelta(minutes=1),
    }
    return instant + by_length.get(len(text), timedelta(seconds=1))


# --- words ------------------------------------------------------------------------------------


def words(value: object) -> str:
    """A text that says something."""
    text = plain_text(value)
    if not text.strip() or text == "null":
        raise fault("V201", "a text was expected, nothing is written here")
    return text


def identifier(value: object) -> str:
    """A name for references and reason codes: letters, digits and hyphens."""
    text = plain_text(value)
    plain = full_width(text) or ""
    _refuse_full_width(text, plain if _IDENTIFIER.fullmatch(plain) else None)
    if _IDENTIFIER.fullmatch(text):
        return text
    slug = re.sub(r"[\W_]+", "-", text).strip("-")
    help = f"write '{slug}'" if slug and len(slug) <= 64 else "use letters, digits and hyphens"
    raise fault("V210", f"'{shown(text)}' cannot be a name", help)


def one_of(names: Sequence[str]) -> Callable[[object], str]:
    """A reader of one word out of a list."""

    def read(value: object) -> str:
        text = plain_text(value)
        if text in names:
            return text
        plain = full_width(text)
        fix = plain if plain in names else None
        message = f"'{shown(text)}' is not allowed here"
        raise fault("V206", message, did_you_mean(plain or text, names), fix=fix)

    return read


_AS_NUMBER = WithJsonSchema({"type": ["number", "string"]})
_AS_TEXT = WithJsonSchema({"type": "string"})
_AS_DAY = WithJsonSchema({"type": "string", "format": "date"})

Money: TypeAlias = Annotated[int, PlainValidator(money), _AS_NUMBER]
AmountPerCar: TypeAlias = Annotated[int, PlainValidator(amount_per_car), _AS_NUMBER]
Rate: TypeAlias = Annotated[float, PlainValidator(rate), _AS_NUMBER]
BasisPoints: TypeAlias = Annotated[int, PlainValidator(basis_points), _AS_NUMBER]
Factor: TypeAlias = Annotated[float, PlainValidator(factor), _AS_NUMBER]
Number: TypeAlias = Annotated[float, PlainValidator(number), _AS_NUMBER]
Count: TypeAlias = Annotated[int, PlainValidator(count), WithJsonSchema({"type": "integer"})]
Flag: TypeAlias = Annotated[bool, PlainValidator(flag), WithJsonSchema({"type": "boolean"})]
Day: TypeAlias = Annotated[date, PlainValidator(day), _AS_DAY]
Moment: TypeAlias = Annotated[datetime, PlainValidator(moment), _AS_TEXT]
WindowClose: TypeAlias = Annotated[datetime, PlainValidator(window_close), _AS_TEXT]
Text: TypeAlias = Annotated[str, PlainValidator(words), _AS_TEXT]
Identifier: TypeAlias = Annotated[
    str,
    PlainValidator(identifier),
    WithJsonSchema({"type": "string", "pattern": r"^[^\W_][\w-]*$"}),
]


# --- models -----------------------------------------------------------------------------------


class FileModel(BaseModel):
    """A mapping of a file: frozen, strict, without room for unknown keys."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True
    )
    extendable: ClassVar[bool] = False  # may such a file begin with `extends:`?

    @model_validator(mode="before")
    @classmethod
    def _note_known_keys(cls, raw: object, info: ValidationInfo) -> object:
        """Keep which keys were allowed where, for the nearest name of a misspelt one."""
        if isinstance(info.context, dict) and isinstance(raw, dict):
            fields = cls.model_fields.items()
            info.context[id(raw)] = tuple(field.alias or name for name, field in fields)
        return raw


class Title(FileModel):
    """A name in both languages."""

    zh: Text
    en: Text

    @property
    def words(self) -> Words:
        return Words(zh=self.zh, en=self.en)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of the world: published, or assumed with a range and a reason.

    `value`, `low` and `high` are in the type's own unit: fen for money, shares for rates.
    `per_unit` brings them to the unit shown to people (100 fen a yuan).
    """

    value: float
    low: float
    high: float
    assumed: bool = False
    source: str = ""
    status: str = "verified"
    why: str = ""
    per_unit: int = 1

    def assumption(self, name: str, unit: str, words: Words, source: str = "") -> Assumption:
        """The quantity as an entry in the list of assumptions, in the unit shown to people."""
        return Assumption(
            name=name,
            value=self.value / self.per_unit,
            low=self.low / self.per_unit,
            high=self.high / self.per_unit,
            unit=unit,
            source=self.source or self.why or source,
            status=self.status,
            words=words,
        )


STATUSES = (
    "verified",
    "verified second hand",
    "derived",
    "recalled",
    "judgement",
    "not published",
    "measured",
)


class _Assumed(FileModel):
    """The written form `{assumed: 3, range: [2, 4], why: ...}`; the reader depends on the type."""

    assumed: Annotated[object, PlainValidator(lambda raw: raw)]
    range: Annotated[object, PlainValidator(lambda raw: raw)]
    why: Text
    source: Text = ""
    status: Annotated[str, PlainValidator(one_of(STATUSES)), _AS_TEXT] = "not published"


def span_of(value: object, read: Reader) -> tuple[float, float]:
    """The two ends of a range written `[2, 4]` or `2..4`."""
    ends: tuple[object, ...] = value if isinstance(value, tuple) else ()
    if isinstance(value, str):
        ends = tuple(part.strip() for part in value.split(".."))
    if len(ends) != 2:
        raise fault("V201", "a range has two ends", "write '[2, 4]' or '2..4'", path=("range",))
    low, high = (_read(read, end, ("range", place)) for place, end in enumerate(ends))
    if low > high:
        raise fault("V209", "the range ends before it starts", "swap its ends", path=("range",))
    return low, high


def _read(read: Reader, value: object, path: KeyPath) -> float:
    try:
        return read(value)
    except PydanticCustomError as error:
        context = error.context or {}
        raise fault(error.type, context["message"], context["help"], path=path) from None


def quantity(read: Reader, per_unit: int = 1) -> Callable[[object, ValidationInfo], Quantity]:
    """A reader of published or assumed numbers, given the reader of the number itself."""

    def parse(value: object, info: ValidationInfo) -> Quantity:
        if not isinstance(value, dict):
            published = read(value)
            return Quantity(published, published, published, per_unit=per_unit)
        form = _Assumed.model_validate(value, context=info.context)
        middle = _read(read, form.assumed, ("assumed",))
        low, high = span_of(form.range, read)
        return _within(form, (low, middle, high), per_unit)

    return parse


def _within(form: _Assumed, numbers: tuple[float, float, float], per_unit: int) -> Quantity:
    low, middle, high = numbers
    if not low <= middle <= high:
        raise fault("V209", "the range does not hold the assumed value", path=("range",))
    return Quantity(
        middle,
        low,
        high,
        assumed=True,
        source=form.source,
        status=form.status,
        why=form.why,
        per_unit=per_unit,
    )


def _assumed_amount(value: object, info: ValidationInfo) -> Quantity:
    """`{assumed: true, range: 50%..150%, why: ...}`: a factor of 1 on all amounts of a benefit."""
    if not isinstance(value, dict):
        help = "write '{assumed: true, range: 50%..150%, why: ...}'"
        raise fault("K103", "a mapping was expected, that says what is assumed", help)
    form = _Assumed.model_validate(value, context=info.context)
    if form.assumed != "true":
        raise fault("V201", "only 'true' can stand here", "write 'true'", path=("assumed",))
    low, high = span_of(form.range, between(factor, 0, LARGEST_FACTOR))
    return _within(form, (low, 1.0, high), 1)


_WHY: dict[str, Any] = {
    "why": {"type": "string"},
    "source": {"type": "string"},
    "status": {"enum": list(STATUSES)},
}


def _schema_of(assumed: dict[str, Any], *plain: dict[str, Any]) -> WithJsonSchema:
    ends = {"anyOf": [{"type": "array", "minItems": 2, "maxItems": 2}, {"type": "string"}]}
    form = {
        "type": "object",
        "properties": {"assumed": assumed, "range": ends, **_WHY},
        "required": ["assumed", "range", "why"],
        "additionalProperties": False,
    }
    return WithJsonSchema({"anyOf": [*plain, form]})


_NUMBER: dict[str, Any] = {"type": ["number", "string"]}
AS_QUANTITY = _schema_of(_NUMBER, _NUMBER)

MoneyQuantity: TypeAlias = Annotated[
    Quantity, PlainValidator(quantity(money, FEN_PER_YUAN)), AS_QUANTITY
]
RateQuantity: TypeAlias = Annotated[Quantity, PlainValidator(quantity(rate)), AS_QUANTITY]
CountQuantity: TypeAlias = Annotated[Quantity, PlainValidator(quantity(count)), AS_QUANTITY]
NumberQuantity: TypeAlias = Annotated[Quantity, PlainValidator(quantity(number)), AS_QUANTITY]
AssumedAmount: TypeAlias = Annotated[
    Quantity, PlainValidator(_assumed_amount), _schema_of({"const": True})
]
