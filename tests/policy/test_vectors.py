"""Do the 15 real programmes decide all 131 worked cases as their sources do?

The cases are read from the vector file itself, which stands beside the real data. Each programme
has one table in `vectors/`: for each fact of the source our fact, or for each of its values the
facts that it says (`pots.<id>` is the money left in a pot). A fact that a case does not name is
that of the ordinary purchase of the campaign file.
"""

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from promo.policy.campaign import load_campaign
from promo.policy.examples import read_fact
from promo.policy.rules import Rules, compile_rules, fact_frame
from promo.quantities import money

ROOT = Path(__file__).parents[2]
TABLES = Path(__file__).with_name("vectors")
DATA = Path(os.environ.get("PROMO_DATA", str(ROOT.parent / "shared" / "data")))
VECTORS = DATA.parent / "vectors" / "real_programmes.yaml"
WHOLE = 131

absent = pytest.mark.skipif(
    not VECTORS.is_file(), reason=f"no {VECTORS.name} beside the real data: set PROMO_DATA"
)


def read_text(path: Path) -> Any:
    """A YAML file with every plain value as the text that it is written as."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def programmes() -> list[dict[str, Any]]:
    return list(read_text(VECTORS)["programmes"]) if VECTORS.is_file() else []


def cases() -> list[Any]:
    return [
        pytest.param(programme["id"], vector, id=vector["id"])
        for programme in programmes()
        for vector in programme["vectors"]
    ]


def table_of(programme: str) -> Any:
    return read_text(TABLES / f"{programme}.yaml")


def said(table: Mapping[str, Any], name: str, written: str) -> dict[str, str]:
    """What one fact of the source says, in our facts."""
    ours = table["facts"][name]
    return {ours: written} if isinstance(ours, str) else ours[written]


def translated(
    table: Mapping[str, Any], facts: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, int]]:
    """The facts of a case as our facts, and the fen left in pots.

    Raises `KeyError` for a fact, or a value of one, that the table does not name.
    """
    found: dict[str, object] = {}
    pots: dict[str, int] = {}
    for name, written in facts.items():
        for ours, text in said(table, name, written).items():
            if ours.startswith("pots."):
                pots[ours.removeprefix("pots.")] = money(text)
            else:
                found[ours] = read_fact(ours, text)
    return found, pots


def rules_of(table: Mapping[str, Any]) -> Rules:
    loaded = load_campaign(str(ROOT / "campaigns" / table["campaign"]))
    assert loaded.value is not None, loaded.diagnostics
    return compile_rules(loaded.value)


def decided(programme: str, vector: Mapping[str, Any]) -> dict[str, Any]:
    table = table_of(programme)
    rules = rules_of(table)
    facts, pots = translated(table, vector["facts"])
    purchase = fact_frame([rules.campaign.examples.ordinary | facts])
    return rules.decide(purchase, pots).row(0, named=True)


@absent
@pytest.mark.parametrize(("programme", "vector"), cases())
def test_the_rules_decide_as_the_source_does(programme: str, vector: dict[str, Any]) -> None:
    expected = vector["expected"]
    found = decided(programme, vector)
    outcome = found["decision"], found["amount_fen"]
    if expected["eligible"] == "false":
        assert found["decision"] in ("refused", "waiting"), vector["reason"]
        assert found["amount_fen"] == 0 == Decimal(expected["amount"])
    elif expected["eligible"] == "null":
        assert outcome == ("undeclared", 0), vector["reason"]
    elif expected["amount"] == "null":
        assert (found["decision"], found["amount_published"]) == ("approved", False)
    else:
        assert outcome == ("approved", Decimal(expected["amount"]) * 100), vector["reason"]
        assert found["amount_published"]


@absent
def test_no_case_is_lost() -> None:
    assert sum(len(programme["vectors"]) for programme in programmes()) == WHOLE


@absent
def test_every_programme_has_one_table_and_every_entry_is_used() -> None:
    named = {programme["id"] for programme in programmes()}
    assert {path.stem for path in TABLES.glob("*.yaml")} == named
    for programme in programmes():
        used = {name for vector in programme["vectors"] for name in vector["facts"]}
        assert set(table_of(programme["id"])["facts"]) == used


@absent
@pytest.mark.parametrize(("programme", "vector"), cases())
def test_the_case_stands_in_the_campaign_file_as_an_example(
    programme: str, vector: dict[str, Any]
) -> None:
    table = table_of(programme)
    examples = rules_of(table).campaign.examples
    facts, pots = translated(table, vector["facts"])
    whole = examples.ordinary | facts
    told = [
        case.outcome
        for case in examples.cases
        if examples.ordinary | case.facts == whole and case.pots == pots
    ]
    amount, eligible = vector["expected"]["amount"], vector["expected"]["eligible"]
    outcomes = {
        "false": {"refused"},
        "null": {"undeclared"},
        "true": {"unpublished"} if amount == "null" else {"amount"},
    }
    assert outcomes[eligible] & set(told), told


def test_a_fact_without_an_entry_is_an_error() -> None:
    table = {"facts": {"energy": {"NEV": {"energy": "BEV"}}}}
    assert translated(table, {"energy": "NEV"}) == ({"energy": "BEV"}, {})
    with pytest.raises(KeyError):
        translated(table, {"colour": "red"})
    with pytest.raises(KeyError):
        translated(table, {"energy": "ICE"})
