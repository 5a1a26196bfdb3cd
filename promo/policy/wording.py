"""Are the words of a condition allowed, before any parser sees them?

Every letter belongs to a word here, so that nothing can be skipped in silence; numbers with units,
full-width signs, functions, the clock and comments are refused at their word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic_core import PydanticCustomError

from promo.errors import did_you_mean
from promo.policy.conditions import IntervalUnit
from promo.quantities import fault, full_width, shown
from promo.schema import FACTS

MAX_DEPTH = 32
MAX_ITEMS = 1_000

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<quoted>\"[^\"]*\"|[‘’“”][^‘’“”]*[‘’“”])"
    r"|(?P<comment>--|/\*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<other>::|!=|==|&&|\|\|)"
    r"|(?P<sign><>|<=|>=|[=<>()+\-,])"
    r"|(?P<odd>.)",
    re.DOTALL,
)
_KEYWORDS = frozenset(
    [
        "AND",
        "OR",
        "NOT",
        "BETWEEN",
        "IN",
        "LIKE",
        "IS",
        "NULL",
        "TRUE",
        "FALSE",
        "DATE",
        "TIMESTAMP",
        "INTERVAL",
    ]
)
INTERVAL_UNITS: dict[str, IntervalUnit] = {
    "SECOND": "s",
    "MINUTE": "m",
    "HOUR": "h",
    "DAY": "d",
    "WEEK": "w",
    "MONTH": "mo",
    "YEAR": "y",
}
_UNIT_WORDS = frozenset(unit + end for unit in INTERVAL_UNITS for end in ("", "S"))
_INTERVAL = re.compile(
    rf"[0-9]{{1,5}}|' *[0-9]{{1,5}}( +({'|'.join(sorted(_UNIT_WORDS))}))? *'", re.IGNORECASE
)
_SQL_WORDS = frozenset(
    [
        "AS",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST",
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "UNION",
        "EXISTS",
        "ANY",
        "ALL",
        "SOME",
        "OVER",
        "PARTITION",
        "DISTINCT",
        "ILIKE",
        "SIMILAR",
        "REGEXP",
        "RLIKE",
        "ESCAPE",
        "COLLATE",
        "UNKNOWN",
        "ISNULL",
        "NOTNULL",
        "XOR",
        "DIV",
        "MOD",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "NOW",
        "TODAY",
        "SUM",
        "COUNT",
        "AVG",
        "MIN",
        "MAX",
        "IF",
        "IIF",
        "COALESCE",
        "NULLIF",
        "EXTRACT",
        "LPAD",
        "UPPER",
        "LOWER",
        "LENGTH",
        "SUBSTRING",
        "TRIM",
        "ABS",
        "ROUND",
        "FLOOR",
        "CEIL",
        "ARRAY",
        "ROW",
        "VALUES",
        "WITH",
        "AT",
        "TIME",
        "ZONE",
        "FILTER",
        "WITHIN",
    ]
)
_CLOCK = frozenset(
    [
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "NOW",
        "TODAY",
    ]
)
PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?")
_CHINESE_UNIT = re.compile(r"(\d+(?:\.\d+)?)(百|千|万|亿|w|W|k|K)?(元|块)?")
_UNITS = {"百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "亿": 10**8}
_SIGNS_INSTEAD = {"!=": "<>", "==": "=", "&&": "AND", "||": "OR", "！": "", '"': "'"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int


def tokens_of(text: str) -> list[Token]:
    found = (
        Token(match.lastgroup or "", match.group(), match.start())
        for match in _TOKEN.finditer(text)
    )
    return [token for token in found if token.kind != "space"]


def at_word(token: Token, code: str, message: str, help: str = "") -> PydanticCustomError:
    return fault(code, message, help, span=(token.start, len(token.text)))


def _quoted_fault(token: Token) -> PydanticCustomError:
    """Only straight single quotes hold a text."""
    inner = token.text[1:-1]
    if token.text[0] == '"':
        return at_word(token, "C303", f"{shown(token.text)} names a fact", f"write '{inner}'")
    return at_word(token, "V208", f"quotation marks around {shown(inner)}", f"write '{inner}'")


def word_faults(tokens: Sequence[Token]) -> list[PydanticCustomError]:
    """The faults of single words; reading ends at the first word that is not allowed at all."""
    faults: list[PydanticCustomError] = []
    for place, token in enumerate(tokens):
        following = tokens[place + 1].text if place + 1 < len(tokens) else ""
        before = tokens[place - 1] if place else None
        found = _stray_word(before, token) or _word_fault(token, following)
        found = found or _order_fault(before, token)
        if found is not None:
            faults.append(found)
            if found.type in ("C301", "C302"):
                break
    return faults


def _word_fault(token: Token, following: str) -> PydanticCustomError | None:
    if token.kind == "comment":
        help = "put remarks into the file's own # lines"
        return at_word(token, "C302", "a comment inside a condition", help)
    if token.kind == "word":
        return _name_fault(token, following)
    readers = {
        "number": _number_fault,
        "quoted": _quoted_fault,
        "other": _sign_fault,
        "odd": _sign_fault,
    }
    return readers[token.kind](token) if token.kind in readers else None


_COMPARING = frozenset(("=", "<>", "<", "<=", ">", ">=", "LIKE", "BETWEEN", "IN", "IS"))
_OPENING = frozenset(("AND", "OR", "NOT", "(", ",", *_COMPARING)) - {"IS"}


def _is_operand(token: Token) -> bool:
    if token.kind in ("number", "text") or token.text == ")":
        return True
    word = token.text.upper()
    return token.text in FACTS or word in ("NULL", "TRUE", "FALSE")


def _order_fault(before: Token | None, token: Token) -> PydanticCustomError | None:
    """A word that cannot follow the one before it."""
    word = token.text.upper()
    starts = before is None or before.text.upper() in _OPENING
    if before is not None and before.text in ("+", "-"):
        starts = word not in ("(", ")", "NOT")
    if starts and word in (*_COMPARING, "AND", "OR", ")", "+", ",") and not _negated(before, word):
        return at_word(token, "C301", f"something is missing before '{token.text}'")
    if before is None:
        return None
    begins = _is_operand(token) or word in ("DATE", "TIMESTAMP", "INTERVAL")
    if _is_operand(before) and begins and token.text != ")":
        return at_word(token, "C301", f"'{shown(token.text)}' has no place here")
    return _shape_fault(before, token)


def _shape_fault(before: Token, token: Token) -> PydanticCustomError | None:
    """What must follow INTERVAL and IN, and what must stand before a plus sign."""
    word = before.text.upper()
    if token.text == "+" and not (_is_operand(before) or word in _UNIT_WORDS):
        return at_word(token, "C301", "something is missing before '+'")
    if word == "INTERVAL" and not _INTERVAL.fullmatch(token.text):
        help = "write INTERVAL '1 year', '6 months' or '90 days'"
        return at_word(token, "C302", "this INTERVAL cannot be read", help)
    if word == "IN" and token.text != "(":
        help = "write IN ('...', '...')"
        return at_word(token, "C301", "a list in parentheses was expected", help)
    return None


def _negated(before: Token | None, word: str) -> bool:
    return (
        before is not None and before.text.upper() == "NOT" and word in ("IN", "LIKE", "BETWEEN")
    )


def chain_fault(tokens: Sequence[Token]) -> PydanticCustomError | None:
    """Two comparisons without AND between them, such as 1 < price < 2."""
    compared = False
    for token in tokens:
        word = token.text.upper()
        if word in ("AND", "OR", "(", ")"):
            compared = False
        elif token.kind == "sign" and word in _COMPARING:
            if compared:
                help = "join two comparisons with AND"
                return at_word(token, "C301", "a chain of comparisons", help)
            compared = True
    return None


def _stray_word(before: Token | None, token: Token) -> PydanticCustomError | None:
    """An unknown word behind a complete value: a unit, an alias, or 且 for AND."""
    known = token.text.upper() in (_KEYWORDS | _UNIT_WORDS | _SQL_WORDS | _CLOCK)
    if token.kind != "word" or known or before is None or not _is_operand(before):
        return None
    instead = {"且": "AND", "并且": "AND", "和": "AND", "或": "OR", "或者": "OR"}.get(token.text)
    help = f"write {instead}" if instead else ""
    return at_word(token, "C301", f"'{shown(token.text)}' has no place here", help)


def _number_fault(token: Token) -> PydanticCustomError | None:
    if PLAIN_NUMBER.fullmatch(token.text) and token.text.isascii():
        if len(token.text.partition(".")[0].lstrip("0")) > 13:
            return at_word(
                token, "V205", f"the number '{shown(token.text)}' is too large", "check the digits"
            )
        return None
    plain = full_width(token.text)
    if plain is not None:
        return at_word(
            token, "V208", f"full-width characters in '{shown(token.text)}'", f"write '{plain}'"
        )
    unit = _CHINESE_UNIT.fullmatch(token.text)
    if unit is not None and len(token.text) < 40:
        number = Decimal(unit[1]) * _UNITS.get((unit[2] or "").lower(), 1)
        help = f"write '{format(number.normalize(), 'f')}'"
        return at_word(token, "C301", f"'{token.text}' is not a plain number", help)
    digits = re.sub(r"_", "", token.text)
    help = f"write '{digits}'" if PLAIN_NUMBER.fullmatch(digits) else ""
    return at_word(token, "C301", f"'{shown(token.text)}' is not a plain number", help)


def _name_fault(token: Token, following: str) -> PydanticCustomError | None:
    word = token.text.upper()
    if word in _CLOCK:
        help = "write the day, such as DATE '2022-11-01'"
        return at_word(
            token, "C302", f"the clock ('{token.text}') cannot be read in a condition", help
        )
    if word in _KEYWORDS or (word in _UNIT_WORDS and following != "("):
        return None
    if following == "(" or word in _SQL_WORDS:
        what = f"the function '{shown(token.text)}'" if following == "(" else f"'{token.text}'"
        return at_word(token, "C302", f"{what} is not allowed in a condition")
    return None if token.text in FACTS else _unknown_name(token, following)


def _unknown_name(token: Token, following: str) -> PydanticCustomError:
    plain = full_width(token.text)
    if plain is not None:
        message = f"full-width characters in '{shown(token.text)}'"
        return at_word(token, "V208", message, f"write '{plain}'")
    if following == ".":
        help = "name the fact without a table"
        return at_word(token, "C302", f"the table '{shown(token.text)}'", help)
    help = did_you_mean(token.text.lower(), FACTS)
    if not token.text.isascii() and following.upper() not in _COMPARING:
        help = f"write a text in quotes: '{shown(token.text)}'"
    return at_word(token, "C303", f"unknown fact '{shown(token.text)}'", help)


def _sign_fault(token: Token) -> PydanticCustomError:
    if token.text == "'":
        return at_word(token, "C301", "a text starts here and does not end", "close it with '")
    if not token.text.isprintable():
        code_point = f"U+{ord(token.text):04X}"
        return at_word(token, "C301", f"an invisible character ({code_point})", "delete it")
    plain = full_width(token.text)
    if plain is not None:
        return at_word(token, "V208", f"the full-width sign '{token.text}'", f"write '{plain}'")
    instead = _SIGNS_INSTEAD.get(token.text)
    help = f"write {instead}" if instead else ""
    return at_word(token, "C302", f"'{token.text}' is not allowed in a condition", help)


def size_fault(tokens: Sequence[Token]) -> PydanticCustomError | None:
    """Too deep or too many items; decided on the words, before any parser sees them."""
    depth = chained = commas = 0
    for token in tokens:
        word = token.text.upper()
        depth += {"(": 1, ")": -1}.get(word, 0)
        chained = 0 if word in ("AND", "OR", ",") else chained + (word in ("NOT", "+", "-"))
        commas = commas + 1 if token.text == "," else (0 if token.text == "(" else commas)
        if max(depth, chained) > MAX_DEPTH:
            help = "write it more simply"
            return fault("C305", f"nested deeper than {MAX_DEPTH}", help, span=(0, 1))
        if commas >= MAX_ITEMS:
            help = "keep the list in a file beside the campaign"
            return fault("C305", f"more than {MAX_ITEMS} items", help, span=(0, 1))
    return None
