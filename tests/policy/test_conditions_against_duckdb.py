"""Conditions mean in polars what the same text means in SQL, missing facts included."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from promo.policy.conditions import POLARS_TYPES
from promo.policy.eligibility import read_condition
from promo.schema import FACTS, FactType

TYPES_IN_SQL = {
    FactType.TEXT: "VARCHAR",
    FactType.NUMBER: "DECIMAL(18,6)",  # the oracle computes in decimals, we in rounded binary
    FactType.MONEY: "DECIMAL(18,2)",  # the oracle computes in yuan, we in fen
    FactType.DAY: "DATE",
    FactType.MOMENT: "TIMESTAMP",
    FactType.FLAG: "BOOLEAN",
}
FACTS_USED = (
    "price",
    "price_ex_vat",
    "energy",
    "invoice_date",
    "order_date",
    "trade_in_registered",
    "order_time",
    "claim_time",
    "brand",
    "residence",
    "registered_in",
    "seats",
    "displacement_l",
    "miles_per_gallon",
    "trade_in_miles_per_gallon",
    "first_car",
    "in_catalogue",
)
AMOUNTS = (5_000_000, 4_999_999, 5_000_001, 10_000_000, 20_000_050)
DAYS = (date(2022, 11, 1), date(2022, 12, 31), date(2020, 2, 29), date(2021, 3, 31))
MOMENTS = (datetime(2022, 11, 1), datetime(2022, 11, 1, 11), datetime(2022, 12, 31, 23, 59, 59))
BRANDS = ("奇瑞", "比亚迪", "a%b", "O'Neil", "")


def random_facts(luck: random.Random, rows: int) -> pl.DataFrame:
    makers = {
        FactType.MONEY: lambda: luck.choice(AMOUNTS),
        FactType.NUMBER: lambda: luck.choice((1.5, 1.6, 2.0, 5.0, 7.0, 12.1, 22.1, 12.7, 16.7)),
        FactType.DAY: lambda: luck.choice(DAYS) + timedelta(days=luck.randint(-1, 1)),
        FactType.MOMENT: lambda: luck.choice(MOMENTS) + timedelta(seconds=luck.randint(-1, 1)),
        FactType.FLAG: lambda: luck.random() < 0.5,
    }
    columns = {}
    for name in FACTS_USED:
        fact = FACTS[name]
        options = fact.choices or BRANDS
        make = makers.get(fact.type, lambda options=options: luck.choice(options))
        values = [None if luck.random() < 0.2 else make() for _ in range(rows)]
        columns[name] = pl.Series(name, values, dtype=POLARS_TYPES[fact.type])
    return pl.DataFrame(columns)


def random_condition(luck: random.Random, depth: int) -> str:
    if depth == 0 or luck.random() < 0.3:
        return random_atom(luck)
    left, right = random_condition(luck, depth - 1), random_condition(luck, depth - 1)
    return luck.choice(
        (f"{left} AND {right}", f"{left} OR {right}", f"({left} OR {right})", f"NOT ({left})")
    )


def random_atom(luck: random.Random) -> str:
    sign = luck.choice(("=", "<>", "<", "<=", ">", ">="))
    yuan = luck.choice(("50000", "49999.99", "100000", "200000.50"))
    number = luck.choice(("1.6", "5", "2.0"))
    day = luck.choice(DAYS).isoformat()
    moment = luck.choice(MOMENTS).isoformat(" ")
    unit = luck.choice(("seconds", "minutes", "hours", "days", "weeks", "months", "years"))
    brand = luck.choice(BRANDS).replace("'", "''")
    return luck.choice(
        (
            f"price {sign} {yuan}",
            f"{yuan} {sign} price",
            f"price {sign} price_ex_vat",
            f"price - price_ex_vat {sign} {yuan}",
            f"price_ex_vat + 1000 {sign} {yuan}",
            f"price BETWEEN 50000 AND {yuan}",
            f"price NOT BETWEEN {yuan} AND 100000",
            f"price IN (50000, {yuan})",
            f"displacement_l {sign} {number}",
            f"seats NOT IN (5, {number})",
            "energy IN ('BEV', 'PHEV')",
            "energy <> 'ICE'",
            f"brand {sign} '{brand}'",
            f"brand LIKE '{luck.choice(('%奇%', 'a%', '_亚_', '%', '%b'))}'",
            "brand NOT LIKE '%''%'",
            f"invoice_date {sign} DATE '{day}'",
            f"invoice_date {sign} TIMESTAMP '{day} 12:00:00'",
            f"invoice_date IN (DATE '{day}', TIMESTAMP '{moment}')",
            f"order_time {sign} TIMESTAMP '{moment}'",
            f"order_time {sign} DATE '{day}'",
            f"order_time NOT IN (TIMESTAMP '{moment}', DATE '{day}')",
            f"order_time BETWEEN DATE '{day}' AND TIMESTAMP '{moment}'",
            f"order_time {sign} claim_time",
            f"order_time {sign} invoice_date",
            f"order_time + INTERVAL '{luck.choice((1, 24, 36))} {unit}' {sign} claim_time",
            f"invoice_date - INTERVAL '{luck.choice((1, 24, 36))} {unit}' {sign} order_time",
            f"order_date + INTERVAL '{luck.choice((1, 12, 90))} {unit}' {sign} invoice_date",
            f"trade_in_registered + INTERVAL '1 year' {sign} invoice_date",
            f"invoice_date - INTERVAL '18 months' {sign} trade_in_registered",
            f"invoice_date - trade_in_registered {sign} {luck.choice(('0', '30', '365'))}",
            f"invoice_date + 30 {sign} DATE '{day}'",
            f"invoice_date - order_date + seats {sign} {luck.choice(('5', '66.6'))}",
            f"order_date - trade_in_registered {sign} invoice_date - order_date",
            f"miles_per_gallon - trade_in_miles_per_gallon {sign} {luck.choice(('4', '10'))}",
            f"seats + displacement_l {sign} miles_per_gallon - {number}",
            f"displacement_l + 0.1 IN (1.7, {number})",
            f"price - price_ex_vat + {yuan} {sign} price_ex_vat",
            f"residence {sign} registered_in",
            "price - price_ex_vat IS NOT NULL",
            "first_car = in_catalogue",
            "NOT in_catalogue",
            "first_car",
            "first_car = TRUE",
            "price IS NULL",
            "brand IS NOT NULL",
        )
    )


def answers_of_sql(facts: pl.DataFrame, conditions: list[str]) -> list[tuple[object, ...]]:
    columns = ", ".join(f"{name} {TYPES_IN_SQL[FACTS[name].type]}" for name in FACTS_USED)
    in_yuan = [
        [
            Decimal(value) / 100
            if FACTS[name].type is FactType.MONEY and value is not None
            else Decimal(repr(value))
            if isinstance(value, float)
            else value
            for name, value in zip(FACTS_USED, row, strict=True)
        ]
        for row in facts.rows()
    ]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE facts ({columns})")
        connection.executemany(
            f"INSERT INTO facts VALUES ({', '.join('?' * len(FACTS_USED))})", in_yuan
        )
        tests = ", ".join(f"({text}) AS c{place}" for place, text in enumerate(conditions))
        return connection.execute(f"SELECT {tests} FROM facts").fetchall()


def differences_from_sql(luck: random.Random, count: int) -> list[tuple[str, dict[str, object]]]:
    """The random conditions that mean something else in SQL, each with a row that shows it."""
    facts = random_facts(luck, 80)
    conditions = [random_condition(luck, 3) for _ in range(count)]
    expected = answers_of_sql(facts, conditions)
    ours = facts.select(
        **{f"c{place}": read_condition(text).expression() for place, text in enumerate(conditions)}
    ).rows()
    return [
        (text, facts.row(row, named=True))
        for place, text in enumerate(conditions)
        for row, (sql, polars) in enumerate(zip(expected, ours, strict=True))
        if sql[place] != polars[place]
    ]


@pytest.mark.parametrize("seed", range(5))
def test_no_condition_differs_from_sql_in_any_row(seed):
    assert differences_from_sql(random.Random(seed), 80) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 200))
def test_ten_thousand_conditions_mean_the_same_in_sql(seed):
    assert differences_from_sql(random.Random(seed), 100) == []


def test_a_chain_of_hundreds_of_terms_is_evaluated():
    chain = " OR ".join(f"seats={number}" for number in range(300))
    assert len(chain) < 4_000
    found = pl.DataFrame({"seats": [299.0, 300.0, None]}).select(
        read_condition(chain).expression()
    )
    assert found.to_series().to_list() == [True, False, None]


def test_a_column_that_is_missing_in_all_rows_keeps_its_type():
    facts = pl.DataFrame({"price": pl.Series([None, None], dtype=pl.Int64)})
    found = facts.select(read_condition("price >= 50000").expression()).to_series()
    assert found.dtype == pl.Boolean
    assert found.to_list() == [None, None]


WORDS = (
    *("TIMESTAMP '2022-11-01 11:00:00'", "DATE '2022-11-01'", "order_time", "'36 hours'", "HOUR"),
    *("NOT", "AND", "OR", "(", ")", "=", "<>", "<=", ">", "+", "-", ",", "'", ".", "x", "1.5"),
    *("price", "seats", "brand", "energy", "invoice_date", "5", "50000", "'奇瑞'", "'BEV'"),
    *("BETWEEN", "IN", "LIKE", "IS", "NULL", "TRUE", "DATE", "INTERVAL", "'18 5 months'"),
)


def garbled(luck: random.Random, text: str) -> str:
    """A condition with some words added, lost or exchanged."""
    words = text.split(" ")
    for _ in range(luck.randint(1, 3)):
        place = luck.randrange(len(words))
        words[place : place + luck.randint(0, 1)] = luck.choice(([luck.choice(WORDS)], []))
        words = words or ["price"]
    return " ".join(words)


def understood(text: str) -> bool:
    try:
        return bool(read_condition(text).facts)
    except (ValidationError, PydanticCustomError):
        return False


def test_what_is_accepted_after_words_were_garbled_means_the_same_in_sql():
    luck = random.Random(7)
    facts = random_facts(luck, 20)
    written = (garbled(luck, random_condition(luck, 2)) for _ in range(6_000))
    accepted = [text for text in written if understood(text)]
    assert len(accepted) > 100
    expected = answers_of_sql(facts, accepted)  # raises where SQL cannot read a text
    ours = facts.select(
        **{f"c{place}": read_condition(text).expression() for place, text in enumerate(accepted)}
    ).rows()
    for place, text in enumerate(accepted):
        assert [row[place] for row in expected] == [row[place] for row in ours], text
