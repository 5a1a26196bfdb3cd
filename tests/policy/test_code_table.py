"""The table over codes gives every claim what the expressions give it, to the fen."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promo.policy.benefits import Points
from promo.policy.campaign import Campaign, load_campaign
from promo.policy.code_table import by_expressions, code_table, decide_amounts
from promo.policy.coded import DECISIONS, CodeTable
from promo.policy.conditions import Constant, Like, OneOf, Test, leaves
from promo.policy.rules import Rules, compile_rules, fact_frame
from promo.schema import FACTS, FactType
from promo.textfile import parse

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "tests/benchmarks/claims.yaml"
KAIFENG = ROOT / "campaigns/kaifeng/2022-q4.yaml"
APPROVED, REFUSED = DECISIONS.index("approved"), DECISIONS.index("refused")


def rules_of(path: Path) -> Rules:
    loaded = load_campaign(str(path))
    assert loaded.value is not None, loaded.diagnostics
    return compile_rules(loaded.value)


def rules_in(text: str) -> Rules:
    loaded = parse("made.yaml", text.encode(), Campaign)
    assert loaded.value is not None, loaded.diagnostics
    return compile_rules(loaded.value)


def table_of(rules: Rules) -> CodeTable:
    table = code_table(rules)
    assert table is not None
    return table


# --- random claims ----------------------------------------------------------------------------


class Claims:
    """Random claims around everything that a campaign names: on bounds, beside them, missing.

    Each starts from the ordinary case of the file, so that many are approved.
    """

    def __init__(self, rules: Rules, seed: int) -> None:
        self.luck = np.random.default_rng(seed)
        self.named = list(_named(rules))
        self.facts = rules.facts
        self.ordinary = fact_frame([rules.campaign.examples.ordinary])

    def frame(self, rows: int, changed: float = 0.3) -> pl.DataFrame:
        """So many claims; each fact differs from the ordinary case in a share of them."""
        return pl.DataFrame([self.column(name, rows, changed) for name in self.facts])

    def column(self, name: str, rows: int, changed: float) -> pl.Series:
        values = self.values(FACTS[name].type, name)
        if name in self.ordinary.columns:
            usual = self.ordinary[name].cast(values.dtype)
        else:
            usual = values[:1]
        pool = pl.concat([usual, values, pl.Series(name, [None], dtype=values.dtype)])
        place = self.luck.integers(1, len(values) + 1, rows)
        place = np.where(self.luck.random(rows) < 0.05, len(pool) - 1, place)
        place = np.where(self.luck.random(rows) < changed, place, 0)
        return pool.gather(place)

    def values(self, kind: FactType, name: str) -> pl.Series:
        named = [each for each in self.named if _is(kind, each)]
        if kind is FactType.TEXT:
            words = [*FACTS[name].choices, *named, "另一个", "", "a%b"]
            return pl.Series(name, list(dict.fromkeys(words)), dtype=pl.String)
        if kind is FactType.FLAG:
            return pl.Series(name, [True, False])
        if kind is FactType.DAY:
            days = [each.date() if isinstance(each, datetime) else each for each in named]
            near = [each + timedelta(days=step) for each in days for step in (-366, -1, 0, 1, 40)]
            return pl.Series(name, [date(2022, 11, 20), *near], dtype=pl.Date)
        if kind is FactType.MOMENT:
            steps = [timedelta(microseconds=each) for each in (-1_000_000, -1, 0, 1, 500_000)]
            moments = [
                each if isinstance(each, datetime) else datetime(each.year, each.month, each.day)
                for each in named
            ]
            near = [each + step for each in moments for step in steps]
            return pl.Series(name, [datetime(2022, 11, 20, 12), *near], dtype=pl.Datetime("us"))
        return self.numbers(kind, name, [float(each) for each in named])

    def numbers(self, kind: FactType, name: str, named: list[float]) -> pl.Series:
        drawn = np.exp(self.luck.normal(16.3, 0.8, 4_000)).round()
        if kind is FactType.MONEY:
            near = [each + step for each in named for step in (-1, 0, 1)]
            every = [each for each in (0, 1, 99, 100, *near, *drawn) if 0 <= each < 10**12]
            return pl.Series(name, every, dtype=pl.Float64).cast(pl.Int64)
        small = [each for each in named if each < 10_000]
        near = [float(np.nextafter(each, to)) for each in small for to in (-1.0, 1e9)]
        every = [0.0, 1.0, 2.5, *small, *near, *(each - 1 for each in small if each >= 1)]
        return pl.Series(name, every, dtype=pl.Float64)


def _named(rules: Rules) -> Iterator[Any]:
    """Every constant that some rule names, money in fen."""
    for tree in _trees(rules):
        for node in leaves(tree):
            if isinstance(node, Constant):
                yield node.value
            elif isinstance(node, OneOf):
                yield from node.items
            elif isinstance(node, Like):
                yield node.pattern.replace("%", "x").replace("_", "y")
    for pot in rules.campaign.money.pots:
        yield from (each for each in (pot.opens, pot.closes) if each is not None)
    for _, window in rules.campaign.windows.named():
        yield from (window.opens, window.closes)


def _trees(rules: Rules) -> Iterator[Test]:
    yield from (each.condition.tree for each in rules.requirements)
    for entitlement in rules.entitlements.values():
        yield from (each.guard for each in entitlement.versions if each.guard is not None)
        for benefit in entitlement.benefits:
            yield from (test for test, _ in benefit.cases or ())
            merits = benefit.points.of if isinstance(benefit, Points) else ()
            whens = [benefit.when, *(merit.when for merit in merits)]
            yield from (when.tree for when in whens if when is not None)


def _is(kind: FactType, value: object) -> bool:
    if isinstance(value, bool):
        return False
    if kind is FactType.TEXT:
        return isinstance(value, str)
    if kind in (FactType.DAY, FactType.MOMENT):
        return isinstance(value, date) and 1900 < value.year < 2100
    return isinstance(value, int | float)


def check(rules: Rules, table: CodeTable, frame: pl.DataFrame, **how: int) -> np.ndarray:
    """Both ways agree on every row; the decisions, for those who want to know what occurred."""
    expected, found = by_expressions(rules, frame), table.decide(frame, **how)
    wrong = (expected.decision != found.decision) | (expected.amount_fen != found.amount_fen)
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        ways = [
            (DECISIONS[each.decision[place]], each.amount_fen[place]) for each in (expected, found)
        ]
        raise AssertionError(
            f"{int(wrong.sum())} rows, first {ways}: {frame.row(place, named=True)}"
        )
    return found.decision


CAMPAIGNS = sorted(
    path
    for path in (ROOT / "campaigns").rglob("*.yaml")
    if "\nbenefits:" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("path", [BENCHMARK, *CAMPAIGNS], ids=lambda path: path.stem)
def test_every_campaign_decides_the_same_by_table_and_by_expressions(path: Path):
    rules = rules_of(path)
    table = code_table(rules)
    if table is None:
        assert not rules.campaign.money.rounding.declared
        return
    decided = check(rules, table, Claims(rules, seed=1).frame(5_000))
    assert {APPROVED, REFUSED} <= set(decided.tolist())


# 1,000,000 claims of Kaifeng, and as many spread over the other campaigns.
@pytest.mark.slow
@pytest.mark.parametrize("path", [BENCHMARK, *CAMPAIGNS], ids=lambda path: path.stem)
def test_a_million_claims_get_the_same_to_the_fen(path: Path):
    rules = rules_of(path)
    table = code_table(rules)
    if table is None:
        pytest.skip("no table: amounts are shares whose rounding is not declared")
    rows, claims = (1_000_000 if path == KAIFENG else 60_000), Claims(rules, seed=2)
    for changed in (0.05, 0.1, 0.2, 0.4):
        check(rules, table, claims.frame(rows // 4, changed), threads=2)


# --- worked by hand ---------------------------------------------------------------------------


def decided(rules: Rules, *changes: dict[str, Any]) -> list[tuple[str, int]]:
    """Decision and yuan of the ordinary case with each of the changes."""
    ordinary = rules.campaign.examples.ordinary
    found = table_of(rules).decide(fact_frame([{**ordinary, **each} for each in changes]))
    return [(DECISIONS[a], b / 100) for a, b in zip(*map(np.ndarray.tolist, found), strict=True)]


def test_the_amounts_of_the_benchmark_by_hand():
    # 8 % of 110,000 is 8800, of 110,013.49 8801.08, of 112,500 9000 = 5000 + 1000 + 3000
    most = {"energy": "BEV", "made_in": "开封", "trade_in": "sold", "trade_in_age_years": 6.0}
    rules = rules_of(BENCHMARK)
    found = decided(
        rules,
        {},
        most | {"price": 11_000_000},
        most | {"price": 11_001_349},
        most | {"price": 11_249_999},
        most | {"price": 11_250_000},
        most | {"price": 30_000_000},
        {"price": 4_999_999},
        {"price": 9_999_999},
        {"price": 10_000_000},
        {"price": None},
        {"energy": None},
        {"buyer_kind": "firm", "energy": None},
        {"invoice_date": date(2023, 1, 1)},
    )
    assert found == [
        ("approved", 3000),
        ("approved", 8800),
        ("approved", 8801),
        ("approved", 8999),
        ("approved", 9000),
        ("approved", 9000),
        ("refused", 0),
        ("approved", 2000),
        ("approved", 3000),
        ("incomplete", 0),
        ("incomplete", 0),
        ("refused", 0),
        ("refused", 0),
    ]


SHARE = """
id: share
title: {zh: 按比例, en: a share}
issuers: [商务局]
currency: CNY
windows: {invoice: {from: 2022-11-01, to: 2022-12-31}}
eligibility: [{id: individual, when: "buyer_kind = 'individual'"}]
benefits:
  part: {share: {of: price, rate: 8%, floor: 5000, cap: 12000}}
  extra: {when: "energy = 'BEV'", pay: 1000}
combine: {sum: [part, extra], cap: {per_car: 12500}}
money: {unlimited: true, commit_on: invoice, rounding: {to: 1 yuan, mode: half_up}}
examples:
  ordinary: {buyer_kind: individual, invoice_date: 2022-11-20, price: 100000, energy: ICE}
  cases: []
"""


def test_a_share_with_floor_and_cap_by_hand():
    # 8 % of 62,500 is the floor, of 150,000 the cap; 8 % of 100,006.25 is 8000.50, rounded up
    rules = rules_in(SHARE)
    bev = {"energy": "BEV"}
    found = decided(
        rules,
        {"price": 1},
        {"price": 6_250_624},
        {"price": 6_250_625},
        {"price": 10_000_624},
        {"price": 10_000_625},
        {"price": 10_000_625} | bev,
        {"price": 15_000_000},
        {"price": 14_374_999} | bev,
        {"price": 99_000_000} | bev,
    )
    assert [yuan for _, yuan in found] == [
        5000, 5000, 5001, 8000, 8001, 9001, 12000, 12500, 12500
    ]  # fmt: skip
    table = table_of(rules)
    assert [(each.fact, each.rate) for each in table.slopes] == [("price", 800)]


def test_a_share_that_jumps_from_floor_to_cap_within_a_fen():
    # in units of 1000 yuan: 8 % reaches 6000 at 75,000
    text = SHARE.replace("1 yuan, mode: half_up", "1000 yuan, mode: down")
    rules = rules_in(text.replace("cap: 12000", "cap: 6000"))
    found = decided(rules, {"price": 1}, {"price": 7_499_999}, {"price": 7_500_000})
    assert [yuan for _, yuan in found] == [5000, 5000, 6000]


def test_many_bands_are_told_apart_on_and_beside_their_bounds():
    steps = [[50_000 + 10_000 * step, 100 + step] for step in range(60)]
    bands = f"bands: {{on: price, closed: lower, steps: {steps}}}"
    text = SHARE.replace("share: {of: price, rate: 8%, floor: 5000, cap: 12000}", bands)
    rules = rules_in(text)
    near = [start * 100 + step for start, _ in steps for step in (-1, 0, 1)]
    found = [yuan for _, yuan in decided(rules, *({"price": each} for each in near))]
    assert found[:7] == [0, 100, 100, 100, 101, 101, 101]
    assert found[-3:] == [158, 159, 159]
    missing = [{"price": None, "energy": None}, {"price": 5_000_000, "energy": None}]
    assert decided(rules, *missing) == [("incomplete", 0), ("incomplete", 0)]


def test_bounds_lie_where_the_arithmetic_of_the_expressions_turns():
    # 1.6 + 0.1 is not 1.7 in binary; whatever the expressions say of it, the table says too
    rules = rules_in(SHARE.replace("energy = 'BEV'", "displacement_l + 0.1 <= 1.7 OR seats > 4.5"))
    litres = np.concatenate([np.linspace(1.599999, 1.600001, 4_001), [1.5, 1.6, 1.7]])
    frame = Claims(rules, seed=3).frame(len(litres), changed=0)
    engine = pl.Series("displacement_l", litres)
    for seats in (4, 5):
        places = pl.Series("seats", [seats] * len(litres), dtype=pl.Int8)
        check(rules, table_of(rules), frame.with_columns(engine, places))


def test_rules_of_another_shape_have_no_table():
    two = SHARE.replace("pay: 1000", "share: {of: price, rate: 1%}")
    assert code_table(rules_in(two)) is None
    uplifted = SHARE.replace("pay: 1000", "uplift: {of: [part], rate: 25%}")
    assert code_table(rules_in(uplifted)) is None
    exclusive = SHARE.replace("sum:", "exclusive:")
    assert code_table(rules_in(exclusive)) is None
    routes = exclusive.replace("part: {", "part: {when: \"energy <> 'BEV'\", ")
    assert code_table(rules_in(routes)) is not None
    petrol = "part: {when: \"energy <> 'BEV'\","
    apart = two.replace("part: {", petrol)
    assert code_table(rules_in(apart)) is not None
    open_rounding = SHARE.replace("{to: 1 yuan, mode: half_up}", "not_declared")
    assert code_table(rules_in(open_rounding)) is None


# --- how the claims are stored ----------------------------------------------------------------


def narrow(frame: pl.DataFrame) -> pl.DataFrame:
    """The same claims in the narrowest columns."""
    words = frame["energy"].unique().drop_nulls().to_list()
    return frame.with_columns(
        pl.col("price").cast(pl.Int32),
        pl.col("invoice_date").to_physical().cast(pl.Int16),
        pl.col("trade_in_age_years").cast(pl.Int8),
        pl.col("energy").cast(pl.Enum(words)),
        pl.col("made_in", "registered_in").cast(pl.Categorical),
    )


def test_narrow_columns_give_the_same_as_wide_ones():
    rules = rules_of(BENCHMARK)
    whole = pl.col("trade_in_age_years").floor()
    frame = Claims(rules, seed=5).frame(5_000).with_columns(whole)
    frame = frame.filter((pl.col("price") < 2**31).fill_null(value=True))
    wide, small = (table_of(rules).decide(each) for each in (frame, narrow(frame)))
    assert all(np.array_equal(*pair) for pair in zip(wide, small, strict=True))
    check(rules, table_of(rules), narrow(frame))


@pytest.mark.parametrize("rows", [0, 1, 2, 999, 1_000, 1_001])
def test_blocks_and_threads_change_nothing(rows: int):
    rules = rules_of(BENCHMARK)
    frame, table = Claims(rules, seed=6).frame(rows), table_of(rules)
    for block in (1, 7, 1_000, 50_000):
        for threads in (1, 2, 3):
            check(rules, table, frame, block=block, threads=threads)


def test_without_missing_facts_fewer_cells_give_the_same():
    rules = rules_of(BENCHMARK)
    frame = Claims(rules, seed=7).frame(20_000).drop_nulls()
    assert frame.height > 1_000
    check(rules, table_of(rules), frame)


def test_a_column_that_is_not_there_is_missing_everywhere():
    rules = rules_of(KAIFENG)
    frame = Claims(rules, seed=8).frame(2_000)
    for name in ("energy", "registered_in", "seats", "paid_to_buyer"):
        check(rules, table_of(rules), frame.drop(name))


def test_numbers_that_are_none_and_slices_of_chunks():
    rules = rules_of(KAIFENG)
    seats = pl.Series("seats", [float("nan"), float("inf"), 9.0, 5.0])
    frame = Claims(rules, seed=9).frame(4, changed=0).with_columns(seats)
    check(rules, table_of(rules), frame)
    frame = pl.concat([Claims(rules, seed=place).frame(100) for place in range(3)], rechunk=False)
    check(rules, table_of(rules), frame[50:250])


def test_large_frames_go_through_the_table_and_give_the_same():
    rules = rules_of(KAIFENG)
    frame = Claims(rules, seed=10).frame(50_000)
    found, expected = decide_amounts(rules, frame), by_expressions(rules, frame)
    assert all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))
    assert found.amount_fen.dtype == np.int32  # the table's; the expressions give 64 bits
    few = decide_amounts(rules, frame[:100])
    assert few.amount_fen.dtype == np.int64
    scaled = frame.with_columns(pl.lit(1.5).alias("scale.base"))
    assert decide_amounts(rules, scaled).amount_fen.sum() > found.amount_fen.sum()


# --- random rule sets -------------------------------------------------------------------------

CONDITIONS = (
    "price >= 100000",
    "price_ex_vat < 150000.01",
    "energy IN ('BEV', 'PHEV')",
    "NOT energy = 'ICE'",
    "made_in = '开封'",
    "made_in LIKE '开%'",
    "brand < '比亚迪'",
    "trade_in <> 'none'",
    "trade_in_age_years >= 6",
    "displacement_l + 0.1 <= 1.7",
    "seats BETWEEN 5 AND 7",
    "first_car",
    "first_car = FALSE OR residence = '开封'",
    "trade_in_registered <= invoice_date - INTERVAL '6 years'",
    "registration_date - invoice_date <= 30",
    "price - price_ex_vat > 20000",
    "invoice_date >= DATE '2022-12-31' OR price > 200000",
    "order_time < TIMESTAMP '2022-11-11 11:00:00'",
    "income_yearly IS NULL OR income_yearly <= 120000",
    "TRUE",
)
conditions = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=2).map(" AND ".join)
yuan = st.sampled_from((0, 500, 1_000, 3_000.5, 5_000, 12_000))
rates = st.sampled_from(("0.01%", "1%", "5%", "8%", "12.34%", "100%"))
prices = st.sampled_from(("price", "price_ex_vat"))


@st.composite
def benefits(draw: st.DrawFn, earlier: tuple[str, ...]) -> dict[str, Any]:
    forms = ["pay", "bands", "table", "points", "share", *(["uplift"] if earlier else [])]
    form = draw(st.sampled_from(forms))
    found: dict[str, Any] = {"when": draw(conditions)} if draw(st.booleans()) else {}
    if draw(st.integers(0, 9)) == 0:
        found["payer"] = "某企业"
    steps = [[0, draw(yuan)], [100_000, draw(yuan)], [200_000, draw(yuan)]]
    closed = draw(st.sampled_from(("lower", "upper")))
    merits = [{"when": draw(conditions), "points": draw(st.integers(1, 3))} for _ in range(2)]
    share = {"of": draw(prices), "rate": draw(rates)}
    if draw(st.booleans()):
        share |= {"floor": 2_000, "cap": draw(st.sampled_from((2_000, 8_000.01, 15_000)))}
    return (
        found
        | {
            "pay": {"pay": draw(yuan)},
            "bands": {"bands": {"on": "price", "closed": closed, "steps": steps}},
            "table": {"table": {"on": "model", "amounts": {"瑞虎8": draw(yuan), "艾瑞泽5": 700}}},
            "points": {"points": {"of": merits, "steps": [[1, draw(yuan)], [3, draw(yuan)]]}},
            "share": {"share": share},
            "uplift": {"uplift": {"of": list(earlier), "rate": draw(rates)}},
        }[form]
    )


@st.composite
def combinations(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    parts: list[Any] = list(names)
    if len(parts) > 2 and draw(st.booleans()):
        parts = [parts[0], draw(combinations(tuple(parts[1:])))]
    found: dict[str, Any] = {draw(st.sampled_from(("sum", "sum", "best_of", "exclusive"))): parts}
    per_car = {"per_car": draw(st.sampled_from((4_000, 9_000)))}
    share_of = {"share_of": draw(prices), "rate": draw(rates)}
    cap = draw(st.sampled_from(({}, {}, per_car, share_of, per_car | share_of)))
    return found | ({"cap": cap} if cap else {})


@st.composite
def amendments(draw: st.DrawFn, names: tuple[str, ...]) -> list[dict[str, Any]]:
    if draw(st.booleans()):
        return []
    policy = draw(st.sampled_from(("top_up", "keep", "not_declared")))
    found: dict[str, Any] = {"id": "later", "by": "invoice", "from": "2022-12-01"}
    if draw(st.booleans()):
        found["unless"] = draw(conditions)
    newer = draw(benefits(())) | {"source": "通知"}
    newer.pop("payer", None)
    changed = draw(st.sampled_from(names))
    return [found | {"paid_claims": policy, "benefits": {changed: newer}}]


@st.composite
def campaigns(draw: st.DrawFn) -> str:
    names = ("a", "b", "c")[: draw(st.integers(1, 3))]
    made = {name: draw(benefits(names[:place])) for place, name in enumerate(names)}
    for name in names:  # an uplift of private money, or of an uplift, is another story
        of = [each for each in names if "uplift" not in made[each] and "payer" not in made[each]]
        if "uplift" in made[name]:
            made[name] = made[name] | ({"pay": 300} if not of else {})
            made[name].pop("uplift") if not of else made[name]["uplift"].update(of=of)
    if all("payer" in each for each in made.values()):
        made["a"].pop("payer")
    public = tuple(name for name in names if "payer" not in made[name])
    window = {
        "from": "2022-11-01",
        "to": draw(st.sampled_from(("2022-12-31", "2023-02-28T24:00"))),
    }
    windows = {"invoice": window}
    if draw(st.booleans()):
        windows["claim"] = {"from": "2022-11-05T09:00", "to": "2023-03-31T24:00"}
    mode = draw(st.sampled_from(("down", "half_up", "up")))
    unit = draw(st.sampled_from(("1 fen", "1 yuan", "100 yuan")))
    rules = [
        {"id": f"r{place}", "when": draw(conditions)} for place in range(draw(st.integers(0, 3)))
    ]
    campaign = {
        "id": "made",
        "title": {"zh": "随机", "en": "made"},
        "issuers": ["商务局"],
        "currency": "CNY",
        "windows": windows,
        "eligibility": [{"id": "individual", "when": "buyer_kind = 'individual'"}, *rules],
        "benefits": made,
        "combine": draw(combinations(public)),
        "money": {"unlimited": True, "commit_on": "claim", "rounding": {"to": unit, "mode": mode}},
        "limits": [{"per": "buyer", "max": draw(st.integers(1, 2))}],
        "amendments": draw(amendments(public)),
        "examples": {"ordinary": ORDINARY, "cases": []},
    }
    return json.dumps(campaign, ensure_ascii=False, indent=1)


ORDINARY = {
    "buyer_kind": "individual",
    "invoice_date": "2022-11-20",
    "registration_date": "2022-12-05",
    "claim_time": "2022-12-10T10:00",
    "order_time": "2022-11-10T10:00",
    "price": 128000,
    "price_ex_vat": 113274.34,
    "energy": "BEV",
    "made_in": "开封",
    "brand": "奇瑞",
    "model": "瑞虎8",
    "residence": "开封",
    "seats": 5,
    "displacement_l": 1.5,
    "first_car": True,
    "trade_in": "sold",
    "trade_in_age_years": 7,
    "trade_in_registered": "2014-03-01",
    "income_yearly": 100000,
}


def decides_the_same(text: str, seed: int, rows: int) -> None:
    rules = rules_in(text)
    table = code_table(rules)
    if table is not None:
        check(rules, table, Claims(rules, seed).frame(rows, changed=0.2))


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
@given(campaigns(), st.integers(0, 1_000))
def test_random_rule_sets_decide_the_same(text: str, seed: int):
    decides_the_same(text, seed, rows=500)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=1_500)
@given(campaigns(), st.integers(0, 1_000))
def test_a_million_claims_of_random_rule_sets_decide_the_same(text: str, seed: int):
    decides_the_same(text, seed, rows=1_000)
