"""Where the real data for tests lie, and a market so small that every number can be followed.

Real data: `PROMO_DATA`, or `shared/data` beside the checkout.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promo.study import Study, load_study

os.environ.setdefault("PROMO_CACHE", "off")  # tests leave nothing in the user's folders
collect_ignore = ["benchmarks"]  # commands of their own, with peers that tests do not need
DATA = os.environ.get("PROMO_DATA", str(Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_folder() -> str:
    """The folder of real data; tests that need it are skipped where it is absent."""
    if not Path(DATA).is_dir():
        pytest.skip(f"no real data at {DATA}: set PROMO_DATA to the folder that holds them")
    return DATA


# --- a tiny market ------------------------------------------------------------------------------

VEHICLES = """\
vehicle,model,brand,maker,made_in,segment,energy,price,displacement_l,seats,share
小电 标准,小电,甲牌,甲厂,外地,小型轿车,BEV,60000,,4,0.20
小油 标准,小油,乙牌,乙厂,外地,小型轿车,ICE,70000,1.2,5,0.20
本地 手动,本地,丙牌,丙厂,本市,紧凑型轿车,ICE,90000,1.5,5,0.15
本地 自动,本地,丙牌,丙厂,本市,紧凑型轿车,ICE,110000,1.5,5,0.15
紧凑 插电,紧凑,乙牌,乙厂,外地,紧凑型轿车,PHEV,150000,1.5,5,0.15
中型 豪华,中型,丁牌,丁厂,外地,中型轿车,ICE,220000,2.0,5,0.15
"""
"""Six trims, two of them built here; price in yuan."""

HOME = "residence: 本市, registered_in: 本市"
BUYERS = f"""\
  - {{id: plain, share: 50%, income_monthly: 5000, facts: {{buyer_kind: individual, {HOME}}}}}
  - {{id: rich, share: 30%, income_monthly: 12000, facts: {{buyer_kind: individual, {HOME}}}}}
  - {{id: firm, share: 20%, facts: {{buyer_kind: firm, {HOME}}}}}
"""

OUTSIDE = """\
outside:
  cars_per_month: {assumed: 200, range: [100, 400], why: made up}
  travel_cost: {assumed: 2000, range: [1000, 4000], why: made up}
  facts: {buyer_kind: individual, residence: 邻市, registered_in: 本市}
"""

MARKET = """\
id: tiny
place: 本市
title: {{zh: 小市场, en: a tiny market}}
sales:
  generated:
    seed: 7
    months: 36
    until: 2022-10
    cars_per_year: {{assumed: {cars_per_year}, range: [{fewest}, {most}], why: made up}}
    trend_per_year: {{assumed: 0%, range: [-5%, 5%], why: made up}}
    catalogue: vehicles.csv
buyers:
{buyers}{outside}{without}horizon_months: {horizon_months}
"""

CAMPAIGN = """\
id: {id}
title: {{zh: 小活动, en: a small campaign}}
issuers: [本市]
currency: CNY
source: made up for a test
market: market.yaml
manufacturers: [{manufacturers}]
windows:
  announced: {announced}
  invoice: {{from: {first}, to: {last}}}
{claims}eligibility:
  - {{id: who, when: "{who}", source: made up}}
benefits:
{benefits}
combine: {combine}
money:
  pots:
{pots}
  funding: [{{from: city, share: 100%}}]
  commit_on: {commit_on}
  order_by: {commit_on}_time
  last_yuan: {last_yuan}
  rounding: {{to: 1 yuan, mode: down}}
{allocation}limits: [{{per: vin, max: 1}}]
examples:
  ordinary:
    buyer_kind: individual
    invoice_date: {first}
    registration_date: {first}
    registered_in: 本市
    residence: 本市
    energy: ICE
    displacement_l: 1.5
    seats: 5
    price: {ordinary_price}
    made_in: 本市
{ordinary_more}  cases: []
"""

POLICY = """\
id: tax-cut
title: {{zh: 减税, en: a tax cut}}
issuers: [国家]
currency: CNY
source: made up for a test
windows:
  invoice: {{from: 2022-06-01, to: {until}}}
eligibility:
  - {{id: litres, when: "energy = 'ICE'", source: made up}}
benefits:
  cut:
    share: {{of: price, rate: 3%}}
combine: {{sum: [cut]}}
money:
  unlimited: true
  funding: [{{from: central, share: 100%}}]
  commit_on: invoice
  order_by: invoice_time
  rounding: {{to: 1 fen, mode: half_up}}
limits: [{{per: vin, max: 1}}]
examples:
  ordinary: {{buyer_kind: individual, invoice_date: 2022-11-02, energy: ICE, price: 90000}}
  cases: []
"""

PLANT = """\
id: {plant}
name: {{zh: 厂, en: a plant}}
place: {place}
maker: {maker}
lines:
  - id: l1
    rate_per_hour: {rate_per_hour}
    hours_per_shift: 8
    shifts: 2
    days_per_week: 6
    availability: {{assumed: 90%, range: [80%, 95%], why: made up}}
    models: all
    source: made up for a test
base_load_per_month: {{assumed: 300, range: [200, 400], why: made up}}
stock:
  dealers_months: {{assumed: 1.5, range: [1, 2.5], why: made up}}
  plant_months: {{assumed: 0.3, range: [0.1, 0.6], why: made up}}
  target_months: {{assumed: 1.2, range: [0.8, 2], why: made up}}
  dealer_speed_per_month: {{assumed: 0.5, range: [0.2, 0.9], why: made up}}
planning:
  announced_share: {{assumed: 30%, range: [0%, 60%], why: made up}}
  lead_time_weeks: {{assumed: 4, range: [2, 8], why: made up}}
  overtime_share: {{assumed: 10%, range: [0%, 20%], why: made up}}
  stock_speed_per_month: {{assumed: 0.5, range: [0.2, 0.9], why: made up}}
  expectation_speed_per_month: {{assumed: 0.4, range: [0.1, 0.9], why: made up}}
  shipping_days: {{assumed: 3, range: [2, 5], why: made up}}
"""

PLANTS = {
    "plant.yaml": {"plant": "bing", "place": "本市", "maker": "丙厂"},
    "second.yaml": {"plant": "jia", "place": "外地", "maker": "甲厂"},
}

USUAL: dict[str, Any] = {
    "id": "tiny-campaign",
    "announced": "2022-10-28",
    "first": "2022-11-01",
    "last": "2022-11-30",
    "who": "buyer_kind = 'individual' AND price >= 50000",
    "ordinary_price": 90000,
    "ordinary_more": "",
    "benefits": "  base: {pay: 3000}",
    "combine": "{sum: [base]}",
    "pots": "    - {id: main, amount: 600000, pays: [base]}",
    "last_yuan": "refuse",
    "commit_on": "invoice",
    "allocation": "",
    "claims": "",
    "cars_per_year": 6000,
    "buyers": BUYERS,
    "outside": "",
    "policy_until": None,
    "in_baseline": "yes",
    "rate_per_hour": 2,
    "manufacturers": "plant.yaml",
    "horizon_months": 3,
}

Tiny = Callable[..., Study]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A function that writes a tiny study, changed as its keywords say, and loads it.

    As it stands: 6,000 cars a year, 30 days from 1 November 2022, 3,000 yuan for every car of
    50,000 yuan and more bought by a person, one pot of 600,000 yuan. See `USUAL` for what may be
    changed. `manufacturers` may name plant.yaml, second.yaml or both.
    """
    folders = iter(range(100_000))
    root = tmp_path_factory.mktemp("campaigns")

    def study(**changes: Any) -> Study:
        unknown = changes.keys() - USUAL.keys()
        assert not unknown, f"no such part of the tiny study: {unknown}"
        parts = {**USUAL, **changes}
        folder = root / f"place-{next(folders)}"
        folder.mkdir()
        until = parts["policy_until"]
        held = f"{{policy: policy.yaml, in_baseline: {parts['in_baseline']}}}"
        market = MARKET.format(
            **parts,
            fewest=int(0.8 * parts["cars_per_year"]),
            most=int(1.25 * parts["cars_per_year"]),
            without=f"without: [{held}]\n" if until else "",
        )
        (folder / "vehicles.csv").write_text(VEHICLES, encoding="utf-8")
        (folder / "market.yaml").write_text(market, encoding="utf-8")
        for file, plant in PLANTS.items():
            (folder / file).write_text(PLANT.format(**plant, **parts), encoding="utf-8")
        (folder / "campaign.yaml").write_text(CAMPAIGN.format(**parts), encoding="utf-8")
        if until:
            (folder / "policy.yaml").write_text(POLICY.format(until=until), encoding="utf-8")
        return load_study(str(folder / "campaign.yaml"))

    return study
