"""What was measured elsewhere, and when is an answer too large to be believed?

The response catalogue: published responses of car buyers, and the five levers that are held
against them. Beyond the largest published one a report warns; beyond it by `APART` it stops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from promo.schema import Words

Verdict: TypeAlias = Literal["within", "below", "above", "absurd"]

APART = 1.5
"""How far papers on one and the same programme lie apart: CARS sold 360,000 cars more (Mian & Sufi
2012) or 540,000 (Green et al. 2014). What is larger still by that much, no method explains. It is
a judgement that elasticities lie no farther apart."""
SHORTEST_DAYS = 62
"""July and August 2009, on which the papers on CARS agree: a response counts over two months."""


@dataclass(frozen=True, slots=True)
class Published:
    """One published response.

    Attributes
    ----------
    benefit : as a share of the price of the car; None where no programme paid it
    source : with the identifier of the row in the project's table of literature
    status : how well it was read, as for an assumption
    """

    study: Words
    low: float
    high: float
    benefit: float | None
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class Lever:
    """What is held against the catalogue.

    Attributes
    ----------
    unit : "ratio" or "share"
    assumptions : those that move it by themselves; none for an outcome of the run
    least : below this no market can be, whatever was published
    scaled : whether a benefit above the published ones allows a response larger in proportion
    """

    name: str
    words: Words
    unit: str
    published: tuple[Published, ...]
    assumptions: tuple[str, ...] = ()
    least: float = 0.0
    scaled: bool = False

    @property
    def lowest(self) -> float:
        """The smallest published response."""
        return min(each.low for each in self.published)

    def highest(self, benefit: float = 0.0) -> float:
        """The largest published response, for a benefit that is this share of the price."""
        return max(each.high * self._more(each, benefit) for each in self.published)

    @property
    def largest(self) -> Published:
        """The line of the catalogue with the largest response."""
        return max(self.published, key=lambda each: each.high)

    def verdict(self, value: float, benefit: float = 0.0) -> Verdict:
        """Where a response stands against the published ones.

        >>> [LEVERS["model"].verdict(each) for each in (0.9, 1.5, 3.5, 7.0, 10.3)]
        ['absurd', 'below', 'within', 'above', 'absurd']
        """
        highest = self.highest(benefit)
        if value < self.least or value > APART * highest:
            return "absurd"
        if value > highest:
            return "above"
        return "below" if value < self.lowest else "within"

    def _more(self, published: Published, benefit: float) -> float:
        return max(1.0, benefit / published.benefit) if self.scaled and published.benefit else 1.0


# --- the catalogue ------------------------------------------------------------------------------

_SOLD = 995_700 + 1_260_100
"""Light vehicles of July and August 2009 (BEA, LTOTALNSA: literature A4)."""
_VOUCHERS = 677_842
"""Approved by CARS (NHTSA: literature A1.3)."""
_BENEFIT = 4_170 / 26_915
"""Mean claim, 2,877.9 million USD over 690,114 (DOT 133-09: literature A1.1, A1.2), over the mean
price of a new car (Edmunds, August 2009: campaigns/us/market.yaml)."""
_ESTIMATES = (
    (Words("Green et al. 2014", "Green et al. 2014"), 540_000, "A2.9"),
    (Words("Copeland & Kahn 2013", "Copeland & Kahn 2013"), 450_000, "A2.1"),
    (Words("Li, Linn & Spiller 2013", "Li, Linn & Spiller 2013"), 370_000, "A2.5"),
    (Words("Mian & Sufi 2012", "Mian & Sufi 2012"), 360_000, "A2.3"),
    (Words("当时最低的估计(CRS R40654)", "lowest of its time (CRS R40654)"), 125_000, "A2.12"),
)
"""Cars that CARS sold more in July and August 2009."""


def _of_cars(study: Words, response: float, rows: str) -> Published:
    words = Words(f"美国 CARS 2009：{study.zh}", f"CARS 2009: {study.en}")
    return Published(words, response, response, _BENEFIT, f"literature {rows}", "derived")


def _elasticity(zh: str, en: str, ends: tuple[float, float], row: str, status: str) -> Published:
    return Published(Words(zh, en), *ends, None, f"literature {row}", status)


_MODELS = (
    _elasticity(
        "加州电动车：Muehlegger & Rapson 2022",
        "electric cars, California: Muehlegger & Rapson 2022",
        (2.1, 2.1),
        "D1.1",
        "verified",
    ),
    _elasticity(
        "美国电动车：Wang", "electric cars, United States: Wang", (2.9, 2.9), "D1.2", "verified"
    ),
    _elasticity(
        "美国 1990：Berry, Levinsohn & Pakes 1995",
        "United States 1990: Berry, Levinsohn & Pakes 1995",
        (3.1, 6.8),
        "D1.11",
        "recalled",
    ),
    _elasticity(
        "美国 1983-87：Goldberg 1995",
        "United States 1983-87: Goldberg 1995",
        (3.28, 3.28),
        "D1.12",
        "recalled",
    ),
)
_MARKETS = (
    _elasticity("美国：EPA 2021", "United States: EPA 2021", (0.15, 1.0), "D1.8", "recalled"),
    _elasticity(
        "美国：McAlinden et al. 2016",
        "United States: McAlinden et al. 2016",
        (0.61, 0.79),
        "D1.9",
        "recalled",
    ),
    _elasticity(
        "美国：Berry, Levinsohn & Pakes 2004",
        "United States: Berry, Levinsohn & Pakes 2004",
        (1.0, 1.0),
        "D1.10",
        "recalled",
    ),
)

LEVERS: dict[str, Lever] = {
    each.name: each
    for each in (
        Lever(
            "model",
            Words("一款车便宜 1%，多卖（%）", "1 % off one model raises its sales by (%)"),
            "ratio",
            _MODELS,
            ("own_price_elasticity",),
            least=1.0,  # else its maker would gain by a higher price (Lerner 1934)
        ),
        Lever(
            "version",
            Words("一个配置便宜 1%，多卖（%）", "1 % off one version raises its sales by (%)"),
            "ratio",
            _MODELS,
            ("correlation_trim", "own_price_elasticity"),
        ),
        Lever(
            "market",
            Words("全部车便宜 1%，多卖（%）", "1 % off all cars raises sales by (%)"),
            "ratio",
            _MARKETS,
            ("diversion_not_bought", "own_price_elasticity"),
        ),
        Lever(
            "sales_response",
            Words("活动期本市购车人的销量净增（净）", "sales to buyers of the city rise by (net)"),
            "share",
            tuple(
                _of_cars(study, more / (_SOLD - more), f"{row}, A4")
                for study, more, row in _ESTIMATES
            ),
            scaled=True,
        ),
        Lever(
            "additional_per_car",
            Words(
                "每辆为补贴而买的车活动期内净增（净）",
                "additional cars per car bought for the money (net)",
            ),
            "ratio",
            tuple(
                _of_cars(study, more / _VOUCHERS, f"{row}, A1.3")
                for study, more, row in _ESTIMATES
            ),
        ),
    )
}
