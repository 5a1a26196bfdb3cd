"""Do tables and measures say what the campaign's file says of its money?"""

from pathlib import Path

import pytest

from promo.appraisal import appraise
from promo.study import load_study


@pytest.fixture
def appraised(tiny):
    """A function: the tiny campaign with some words of its file replaced, appraised."""

    def with_words(changes):
        path = Path(tiny().path)
        text = path.read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        return appraise(load_study(str(path)), seed=1, draws=16)

    return with_words


def test_money_without_limit_has_no_budget(appraised):
    """No number, however large, and a reason in its place."""
    pots = "pots:\n    - {id: main, amount: 600000, pays: [base]}"
    found = appraised({pots: "unlimited: true"})
    budgets = [each for each in found.measures if each.kind.name == "budget"]
    assert budgets
    for each in budgets:
        assert each.mean is each.p05 is each.p95 is None
        assert "no limit" in each.reason.en
    assert found.measure("spend").mean > 0


def test_who_pays_stands_under_the_name_in_the_file(appraised):
    """A district's money is neither the city's nor a firm's; shares are of the money spent."""
    funding = "funding: [{from: city, share: 100%}]"
    shared = "funding: [{from: district, share: 60%}, {from: province, share: 40%}]"
    found = appraised({funding: shared})
    costs = found.accounts.filter(side="costs")
    assert costs["level"].to_list() == ["district", "province"]
    spend = found.measure("spend").mean
    assert costs["yuan"].to_list() == pytest.approx([0.6 * spend, 0.4 * spend], rel=1e-12)
