"""The city market of the uptake benchmarks, as files that promo reads.

So many buyers a year in 20 types, so many vehicles, nine bands of price that earn nine amounts, a
window of 90 days at the start of a year, and one pot, paid at the purchase, that covers about 60 %
of the demand for it. Everything is made up, by rule; nothing is drawn.
"""

from __future__ import annotations

from pathlib import Path

from promo.study import Study, load_study

BUYERS, VEHICLES, TYPES, BANDS = 100_000, 300, 20, 9
YUAN_A_BUYER = 370
"""Yuan in the pot for each buyer of the year: about 60 % of what would be claimed."""
SEGMENTS = ("小型轿车", "紧凑型轿车", "中型轿车", "紧凑型SUV", "中型SUV")
ENERGIES = ("ICE", "ICE", "HEV", "BEV", "PHEV")
CHEAPEST, DEAREST = 40_000, 400_000

CAMPAIGN = """\
id: city
title: {{zh: 大城市, en: a city}}
issuers: [本市]
currency: CNY
source: made up for a benchmark
market: market.yaml
windows:
  announced: 2023-01-01
  invoice: {{from: 2023-01-01, to: 2023-03-31}}
eligibility:
  - {{id: who, when: "buyer_kind = 'individual'", source: made up}}
benefits:
  base:
    bands: {{on: price, closed: lower, steps: {steps}}}
combine: {{sum: [base]}}
money:
  pots:
    - {{id: main, amount: {yuan}, pays: [base]}}
  funding: [{{from: city, share: 100%}}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: refuse
  rounding: {{to: 1 yuan, mode: down}}
limits: [{{per: vin, max: 1}}]
examples:
  ordinary: {{buyer_kind: individual, invoice_date: 2023-01-02, price: 90000}}
  cases: []
"""
MARKET = """\
id: city
place: 本市
title: {{zh: 大城市, en: a city}}
sales:
  generated:
    seed: 7
    months: 36
    until: 2022-12
    cars_per_year: {{assumed: {buyers}, range: [{fewest}, {most}], why: made up}}
    trend_per_year: {{assumed: 0%, range: [-5%, 5%], why: made up}}
    catalogue: vehicles.csv
buyers:
{types}
horizon_months: 9
"""
COLUMNS = "vehicle,model,brand,maker,made_in,segment,energy,price,displacement_l,seats,share"


def city(folder: Path, *, buyers: int = BUYERS, vehicles: int = VEHICLES) -> Study:
    """Write the files of a city with so many buyers a year, and load them."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = "facts: {buyer_kind: individual, residence: 本市, registered_in: 本市}"
    types = [
        f"  - {{id: t{n}, share: {100 // TYPES}%, income_monthly: {3_000 + 1_500 * n}, {facts}}}"
        for n in range(TYPES)
    ]
    market = MARKET.format(
        buyers=buyers, fewest=buyers * 8 // 10, most=buyers, types="\n".join(types)
    )
    step = (DEAREST - CHEAPEST) // BANDS
    floors = [0, *(CHEAPEST + band * step for band in range(1, BANDS))]
    steps = [[floor, 1_500 + 500 * band] for band, floor in enumerate(floors)]
    campaign = CAMPAIGN.format(steps=steps, yuan=buyers * YUAN_A_BUYER)
    for name, text in (
        ("market.yaml", market),
        ("vehicles.csv", _catalogue(vehicles)),
        ("campaign.yaml", campaign),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return load_study(str(folder / "campaign.yaml"))


def _catalogue(vehicles: int) -> str:
    """Models of two trims; shares fall as those of a long list do."""
    weights = [1.0 / (number // 2 + 5) for number in range(vehicles)]
    rows = [COLUMNS]
    for number in range(vehicles):
        model = number // 2
        segment = SEGMENTS[model % len(SEGMENTS)]
        energy = ENERGIES[model // len(SEGMENTS) % len(ENERGIES)]
        litres = "" if energy == "BEV" else "1.5"
        # Seven and the number of models have no common factor: dear and cheap ones are mixed.
        level = (7 * model % (vehicles // 2) + 0.4 * (number % 2)) / (vehicles // 2)
        price = round(CHEAPEST + (DEAREST - CHEAPEST) * level**2, -2)
        share = weights[number] / sum(weights)
        brand = f"b{model % 30}"
        rows.append(
            f"m{model} v{number},m{model},{brand},{brand},外地,{segment},{energy},{price:.0f},"
            f"{litres},5,{share:.8f}"
        )
    return "\n".join(rows) + "\n"
