"""The checker warns of what is unfair, unsourced or idle, and is silenced only with a reason."""

from pathlib import Path

import polars as pl
import pytest

from promo.policy.campaign import Campaign
from promo.policy.checking import check_campaign
from promo.textfile import parse

TEXT = (Path(__file__).parent / "sample.yaml").read_text(encoding="utf-8")
FLOOR = '  - {id: price-floor, when: "price >= 50000"}\n'
LOCAL = frozenset({"开封"})


def codes(
    text: str, *, local: frozenset[str] = frozenset(), catalogue: pl.DataFrame | None = None
) -> list[str]:
    loaded = parse("sample.yaml", text.encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    found = check_campaign(loaded, local_places=local, catalogue=catalogue)
    return [each.code for each in found]


def with_rule(rule: str) -> str:
    """The sample with one more rule, which its ordinary purchase fulfils."""
    told = {"energy": "ICE", "made_in": "开封", "seats": "5"}
    read = {fact: value for fact, value in told.items() if fact == "energy" or fact in rule}
    facts = "".join(f"{fact}: {value}, " for fact, value in read.items())
    return TEXT.replace(FLOOR, FLOOR + rule + "\n").replace("energy: ICE,", facts)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("made_in = '开封'", ["S702"]),
        ("made_in IN ('开封') AND seats > 3", ["S702"]),
        ("made_in IN ('开封', '芜湖')", []),
        ("made_in <> '芜湖'", []),
        ("made_in = '开封' OR seats = 5", []),
        ("seats = 5", []),
    ],
)
def test_a_condition_that_only_local_cars_pass_is_a_matter_of_fair_competition(
    condition, expected
):
    text = with_rule(f'  - {{id: local, when: "{condition}"}}')
    assert codes(text, local=LOCAL) == expected
    assert codes(text) == []


ON_SALE = pl.DataFrame(
    {
        "vehicle": ["a", "b", "c"],
        "maker": ["丙厂", "丙厂", "乙厂"],
        "made_in": ["开封", "开封", "芜湖"],
        "seats": [5.0, 7.0, 5.0],
        "price": [90_000_00, 120_000_00, 70_000_00],
    }
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("maker = '丙厂'", ["S702"]),  # only local cars have this maker
        ("seats >= 6", ["S702"]),  # only a local car has so many seats
        ("seats <= 6", []),
        ("price <= 80000", []),  # only a car from elsewhere passes
        ("price >= 60000", []),  # all cars pass
    ],
)
def test_the_cars_on_sale_decide_whether_only_local_ones_pass(condition, expected):
    text = with_rule(f'  - {{id: local, when: "{condition}"}}')
    text = text.replace(
        "energy: ICE,", "energy: ICE, maker: 丙厂," if "maker" in condition else "energy: ICE,"
    )
    text = text.replace("seats: 5", "seats: 6") if "6" in condition else text
    found = codes(text, local=LOCAL, catalogue=ON_SALE)
    assert [code for code in found if code == "S702"] == expected


def test_a_warning_is_silenced_in_the_file_with_its_reason():
    rule = "  - {id: local, when: \"made_in = '开封'\", silence: [{code: S702, why: counsel}]}"
    assert codes(with_rule(rule), local=LOCAL) == []
    everywhere = with_rule("  - {id: local, when: \"made_in = '开封'\"}")
    everywhere += "silence: [{code: S702, why: reviewed by counsel}]\n"
    assert codes(everywhere, local=LOCAL) == []


def test_an_error_cannot_be_silenced():
    text = TEXT + "silence: [{code: R401, why: no}]\n"
    found = parse("sample.yaml", text.encode(), Campaign).diagnostics
    assert [each.code for each in found] == ["V206"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("price >= 0", ["R403"]),
        ("price >= 40000", ["R403"]),
        ("invoice_date >= DATE '2022-10-01'", ["R403"]),
        ("price <= 300000", []),
        ("energy IN ('ICE','HEV','PHEV','EREV','BEV','FCEV')", ["R403"]),
    ],
)
def test_a_condition_that_refuses_no_one_is_named(condition, expected):
    found = codes(with_rule(f'  - {{id: more, when: "{condition}"}}'))
    assert [code for code in found if code == "R403"] == expected


def test_amounts_need_a_source_unless_they_are_assumed():
    unsourced = TEXT.replace("source: 开封市公告\n", "")
    assert codes(unsourced) == ["S701"]  # the bonus; the bands and the pot are assumed
    assert codes(unsourced.replace("pay: 1000", "pay: 1000\n    source: 第五条")) == []


def test_bands_may_start_at_nothing():
    no_floor = TEXT.replace(FLOOR, "")
    assert codes(no_floor) == ["R405"]
    assert codes(no_floor.replace("steps: [", "steps: [[0, 0], ")) == []
    # closed above, the first band does not hold its own bound of 50,000
    assert "R405" in codes(TEXT.replace("closed: lower", "closed: upper"))


def test_a_band_nobody_reaches_is_named():
    dear = TEXT.replace("price >= 50000", "price >= 120000").replace(
        "price: 80000", "price: 130000"
    )
    assert "R402" in codes(dear)


def test_an_ordinary_case_that_is_refused_says_where_the_rule_stands():
    loaded = parse("sample.yaml", TEXT.replace("price: 80000", "price: 40000").encode(), Campaign)
    found = [each for each in check_campaign(loaded) if each.code == "E602"]
    line = TEXT[: TEXT.index("id: price-floor")].count("\n") + 1
    assert [each.help for each in found] == [f"'price-floor' stands in line {line}"]


@pytest.mark.parametrize(
    ("condition", "help"),
    [
        ("registered_in = 开封", "write a text in quotes: '开封'"),
        ("registered_in IN ('开封', 郑州)", "write a text in quotes: '郑州'"),
        ("pryce >= 50000", "did you mean 'price'?"),
    ],
)
def test_an_unknown_word_in_a_condition_says_what_may_be_meant(condition, help):
    text = TEXT.replace(FLOOR, FLOOR + f'  - {{id: odd, when: "{condition}"}}\n')
    [finding] = parse("sample.yaml", text.encode(), Campaign).diagnostics
    assert (finding.code, finding.help) == ("C303", help)


def test_an_unknown_chinese_name_that_is_compared_is_a_fact():
    text = TEXT.replace(FLOOR, FLOOR + '  - {id: odd, when: "车价 >= 50000"}\n')
    [finding] = parse("sample.yaml", text.encode(), Campaign).diagnostics
    assert finding.help.startswith("known: already_paid, ")


def test_a_round_whose_rest_goes_nowhere_says_what_to_write():
    text = TEXT.replace(
        "      pays: [base, new-energy]", "      unused: next_pot\n      pays: [base, new-energy]"
    )
    loaded = parse("sample.yaml", text.encode(), Campaign)
    [finding] = [each for each in check_campaign(loaded) if each.code == "R406"]
    assert finding.help == "list a later pot for these benefits, or write 'unused: lost'"


@pytest.mark.parametrize(
    ("old", "new", "help"),
    [
        ("issuers: [", "issuers: 市商务局 # [", "write [市商务局]"),
        ("id: ", "id: [a] # ", "write one value behind the key"),
    ],
)
def test_the_wrong_kind_of_entry_says_how_to_write_it(old, new, help):
    found = parse("sample.yaml", TEXT.replace(old, new, 1).encode(), Campaign).diagnostics
    assert [(each.code, each.help) for each in found] == [("K103", help)]
