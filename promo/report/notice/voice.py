"""One language and one currency: everything that a sentence of the notice is put together from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from promo.policy.conditions import Compare, Constant, FactValue, Plain, Test, Value
from promo.report.notice import quantities
from promo.report.notice.clauses import (
    Clause,
    clause,
    constant_in_words,
    in_line,
    value_in_words,
)
from promo.report.notice.facts import fact_name
from promo.report.words import Language, own_half, translated
from promo.schema import Words

_PAYERS: dict[str, Words] = {
    "central": Words("中央财政", "the central government"),
    "federal": Words("联邦财政", "the federal government"),
    "national": Words("国家财政", "the nation"),
    "province": Words("省级财政", "the province"),
    "city": Words("市级财政", "the city"),
    "district": Words("区级财政", "the district"),
    "county": Words("县级财政", "the county"),
    "sub-district": Words("街道办事处", "the sub-district"),
    "local": Words("地方财政", "local government"),
    "maker": Words("生产企业", "the maker"),
    "dealer": Words("经销商", "the dealer"),
    "firms": Words("企业", "firms"),
}
_HALF_WIDTH = re.compile(r"(?<=[\u3400-\u9fff）)])([,;:])(?=[\u3400-\u9fff（(])")


def _full_width(mark: re.Match[str]) -> str:
    return {",": "，", ";": "；", ":": "："}[mark[1]]


@dataclass(frozen=True, slots=True)
class Voice:
    """The reader's language and the campaign's currency."""

    language: Language
    currency: str
    titles: Mapping[str, Words] = field(default_factory=dict)

    def named(self, name: str) -> str:
        """A benefit, or `pot` and the id of a pot, in quotes: by its title, if it has one."""
        title = self.titles.get(name)
        own = name.removeprefix("pot ") if title is None else self.say(title.zh, title.en)
        return self.say(f"“{own}”", f"'{own}'")

    def say(self, zh: str, en: str) -> str:
        """One of two texts."""
        return zh if self.language == "zh" else en

    @property
    def stop(self) -> str:
        """What ends a sentence."""
        return self.say("。", ".")

    def money(self, fen: float) -> str:
        """An amount in whole fen."""
        return quantities.money(round(fen), self.currency, self.language)

    def day(self, value: date) -> str:
        """A calendar day."""
        return quantities.day(value, self.language)

    def moment(self, value: datetime) -> str:
        """A moment of local wall clock."""
        return quantities.moment(value, self.language)

    def end(self, value: datetime) -> str:
        """The first moment that is too late, midnight as 24:00 of the day before."""
        return quantities.end_of(value, self.language)

    def fact(self, name: str) -> str:
        """What a fact is called."""
        return fact_name(name, self.language)

    def said(self, test: Test) -> Clause:
        """A condition in words."""
        return clause(test, self.language, self.currency)

    def line(self, test: Test) -> str:
        """A condition in one line."""
        return in_line(self.said(test), self.language)

    def value(self, value: Value) -> str:
        """What a fact, a difference of facts or a moved day is called."""
        return value_in_words(value, self.language, self.currency)

    def constant(self, fact: str, value: Plain) -> str:
        """A value of a fact with its unit."""
        return constant_in_words(fact, value, self.language, self.currency)

    def share(self, of: str, basis_points: int) -> str:
        """A rate of a price."""
        part = quantities.rate(basis_points)
        return self.say(f"{self.fact(of)}的{part}", f"{part} of the {self.fact(of)}")

    def is_so(self, fact: str, value: Plain) -> str:
        """A fact with its value, as a clause."""
        return self.line(Compare(FactValue(fact), "=", Constant(value)))

    def either(self, names: Iterable[str]) -> str:
        """A, B or C."""
        return quantities.listed(list(names), self.language)

    def both(self, names: Iterable[str]) -> str:
        """A, B and C."""
        joined = self.say("和", " and ")
        return quantities.listed(list(names), self.language, last=joined)

    def payer(self, name: str) -> str:
        """Who pays: a level of government by its word, another by its name."""
        return translated(self.own(name), _PAYERS, self.language)

    def own(self, text: str) -> str:
        """The campaign's own words, the half in the reader's language where there are two."""
        own = own_half(text, self.language)
        return _HALF_WIDTH.sub(_full_width, own) if self.language == "zh" else own

    def tail(self, *, code: str = "", source: str | None = None) -> str:
        """What stands behind a provision: its reason code and where it was read."""
        parts = []
        if code:
            parts.append(self.say(f"代码：{code}", f"code: {code}"))
        if source:
            parts.append(self.say(f"依据：{self.own(source)}", f"basis: {self.own(source)}"))
        if not parts:
            return ""
        return self.say(f"（{'；'.join(parts)}）", f" [{'; '.join(parts)}]")
