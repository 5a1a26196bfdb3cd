"""Every assumption of behaviour has a value inside its range, a source and words."""

import pytest
from scipy.special import betaincinv

from promo.demand.assumptions import BEHAVIOUR, DIVERSION_CONCENTRATION

STATUSES = {
    "verified",
    "verified second hand",
    "derived",
    "recalled",
    "judgement",
    "not published",
    "measured",
}


def test_every_assumption_is_complete_and_named_once() -> None:
    names = [assumption.name for assumption in BEHAVIOUR]
    assert len(set(names)) == len(names)
    for assumption in BEHAVIOUR:
        assert assumption.low < assumption.value <= assumption.high
        assert assumption.status in STATUSES
        assert assumption.unit
        assert assumption.source
        assert assumption.words.zh
        assert assumption.words.en


def test_recalled_sources_say_so() -> None:
    for assumption in BEHAVIOUR:
        assert (assumption.status != "recalled") or "recalled" in assumption.source


def test_outcomes_are_never_assumed() -> None:
    outcomes = ("additional", "payback", "repa", "bunch", "built", "pull_through", "leverage")
    for assumption in BEHAVIOUR:
        assert not any(outcome in assumption.name for outcome in outcomes)


def test_ranges_of_the_diversions_are_quantiles_of_their_dirichlet() -> None:
    by_name = {assumption.name: assumption for assumption in BEHAVIOUR}
    none, same = by_name["diversion_not_bought"], by_name["diversion_same_nest"]
    rest = DIVERSION_CONCENTRATION * (1 - none.value)
    inside = rest * same.value
    for part, first, second in (
        (none, DIVERSION_CONCENTRATION * none.value, rest),
        (same, inside, rest - inside),
    ):
        # Written with two or three decimals.
        assert part.low == pytest.approx(betaincinv(first, second, 0.05), abs=5e-3)
        assert part.high == pytest.approx(betaincinv(first, second, 0.95), abs=5e-3)
