"""A file that extends others: what it says, and where each part stands."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import PlainValidator

from promo.textfile import FileModel, Identifier, Loaded, Money, Text, load


class Item(FileModel):
    id: Identifier
    amount: Money
    on: Text | None = None


class Terms(FileModel):
    amount: Money | None = None
    on: Text | None = None


class Plan(FileModel):
    extendable: ClassVar[bool] = True
    id: Identifier
    market: Text | None = None
    items: tuple[Item, ...] = ()
    words: tuple[Text, ...] = ()
    terms: Terms | None = None


class Closed(FileModel):
    id: Identifier


BASE = """\
id: base
market: market.yaml
items:
  - {id: one, amount: 1, on: price}
  - {id: two, amount: 2}
words: [a, b]
terms: {amount: 5, on: price}
"""

Folder = Callable[..., Loaded[Plan]]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Write files into a folder of campaigns and load the last one."""
    place = tmp_path / "campaigns" / "kaifeng"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)

    def write(**texts: str) -> Loaded[Plan]:
        for name, text in {"base": BASE, **texts}.items():
            Path(f"{name}.yaml").write_text(text, encoding="utf-8")
        return load(f"{list(texts)[-1]}.yaml", Plan)

    return write


def plan(loaded: Loaded[Plan]) -> Plan:
    assert loaded.value is not None, loaded.diagnostics
    return loaded.value


def found(loaded: Loaded[Plan]) -> list[str]:
    assert loaded.value is None
    return [f"{each.file}:{each.line}:{each.column} {each.code}" for each in loaded.diagnostics]


# --- one base ---------------------------------------------------------------------------------


def test_a_variant_says_only_what_differs(files: Folder) -> None:
    read = plan(files(variant="extends: base.yaml\nid: variant\nterms: {amount: 7}\n"))
    assert (read.id, read.market) == ("variant", "market.yaml")
    assert read.terms is not None
    assert (read.terms.amount, read.terms.on) == (700, "price")


def test_items_with_an_id_merge_in_the_order_of_the_base_and_other_lists_are_replaced(
    files: Folder,
) -> None:
    text = "items:\n  - {id: three, amount: 3}\n  - {id: one, amount: 9}\nwords: [c]\n"
    read = plan(files(variant="extends: base.yaml\n" + text))
    assert [(each.id, each.amount, each.on) for each in read.items] == [
        ("one", 900, "price"),
        ("two", 200, None),
        ("three", 300, None),
    ]
    assert read.words == ("c",)


def test_null_removes_a_key_and_an_item_named_by_its_id(files: Folder) -> None:
    text = "market: null\nterms: {on: null}\nitems: {one: null, four: {amount: 4}}\n"
    read = plan(files(variant="extends: base.yaml\n" + text))
    assert read.market is None
    assert read.terms is not None
    assert read.terms.on is None
    assert [each.id for each in read.items] == ["two", "four"]


def test_what_was_removed_can_be_said_anew(files: Folder) -> None:
    read = plan(
        files(
            without="extends: base.yaml\nmarket: null\n",
            variant="extends: without.yaml\nmarket: other.yaml\n",
        )
    )
    assert read.market == "other.yaml"


def test_every_finding_stands_in_the_file_it_comes_from(files: Folder) -> None:
    loaded = files(
        base=BASE.replace("amount: 2", "amount: 2万"),
        variant="extends: base.yaml\nitems:\n  - {id: one, amount: 9万}\nnmae: x\n",
    )
    assert found(loaded) == [
        "base.yaml:5:23 V207",
        "variant.yaml:3:23 V207",
        "variant.yaml:4:1 K101",
    ]
    assert loaded.diagnostics[0].text == "  - {id: two, amount: 2万}"
    assert [each.within for each in loaded.diagnostics] == ["variant.yaml", "", ""]


def test_places_are_answered_across_files(files: Folder) -> None:
    loaded = files(variant="extends: base.yaml\nitems:\n  - {id: one, amount: 9}\n")
    place = loaded.place(("items", 0, "amount"))
    assert (place.file, place.line, place.column) == ("variant.yaml", 3, 23)
    place = loaded.place(("items", 0, "on"))
    assert (place.file, place.line, place.column) == ("base.yaml", 4, 30)
    inside = loaded.diagnostic(("market",), "C301", "here", span=(3, 2))
    assert (inside.file, inside.line, inside.column) == ("base.yaml", 2, 12)
    missing = loaded.diagnostic(("nothing",), "K102", "here", at_key=True)
    assert missing.file == "variant.yaml"


def test_a_key_that_is_missing_is_missed_in_the_variant(files: Folder) -> None:
    loaded = files(variant="extends: base.yaml\nid: null\nitems:\n  - {id: new}\n")
    assert found(loaded) == ["variant.yaml:1:1 K102", "variant.yaml:4:5 K102"]


def test_the_digest_covers_every_file(files: Folder) -> None:
    text = "extends: base.yaml\n"
    first = files(variant=text)
    shas = {
        name: hashlib.sha256(Path(name).read_bytes()).hexdigest()
        for name in ("variant.yaml", "base.yaml")
    }
    assert first.files == shas
    assert list(first.files) == ["variant.yaml", "base.yaml"]
    assert files(base=BASE + "# later\n", variant=text).digest != first.digest
    assert files(base=BASE).digest == hashlib.sha256(BASE.encode()).hexdigest()


def test_a_link_is_relative_to_the_file_in_which_it_stands(files: Folder) -> None:
    elsewhere = Path("../nation")
    elsewhere.mkdir()
    (elsewhere / "base.yaml").write_text(BASE, encoding="utf-8")
    (elsewhere / "market.yaml").write_text("id: m", encoding="utf-8")
    loaded = files(variant="extends: ../nation/base.yaml\nid: here\n")
    assert loaded.linked(("market",), plan(loaded).market or "") == "../nation/market.yaml"


def test_a_kind_of_file_that_is_not_extendable_does_not_know_the_key(files: Folder) -> None:
    files(variant="extends: base.yaml\nid: a\n")
    assert [each.code for each in load("variant.yaml", Closed).diagnostics] == ["K101"]


# --- chains -----------------------------------------------------------------------------------


def test_a_chain_of_eight_is_the_longest(files: Folder) -> None:
    chain = {"v1": "extends: base.yaml\n"}
    chain |= {f"v{n}": f"extends: v{n - 1}.yaml\nid: v{n}\n" for n in range(2, 9)}
    assert plan(files(**chain)).id == "v8"
    assert found(files(**chain, v9="extends: v8.yaml\n")) == ["v1.yaml:1:10 P804"]


def test_a_circle_is_a_finding_where_it_closes(files: Folder) -> None:
    assert found(files(variant="extends: variant.yaml\n")) == ["variant.yaml:1:10 P804"]
    loop = files(a="extends: b.yaml\n", b="extends: [base.yaml, a.yaml]\n")
    assert found(loop) == ["a.yaml:1:10 P804"]


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("none.yaml", "variant.yaml:1:10 P801"),
        ("../../outside.yaml", "variant.yaml:1:10 P802"),
        ("/etc/passwd", "variant.yaml:1:10 P802"),
        ("[base.yaml, none.yaml]", "variant.yaml:1:22 P801"),
        ("", "variant.yaml:1:1 K103"),
        ("[]", "variant.yaml:1:1 K103"),
        ("{base.yaml: x}", "variant.yaml:1:1 K103"),
        ("[[base.yaml]]", "variant.yaml:1:1 K103"),
        ("list.yaml", "list.yaml:1:1 K103"),
        ("broken.yaml", "broken.yaml:1:5 Y002"),
        ("empty.yaml", "empty.yaml:1:1 T005"),
        ("gbk.yaml", "gbk.yaml:1:1 T003"),
    ],
)
def test_a_base_that_cannot_be_used_is_one_finding(
    files: Folder, written: str, finding: str
) -> None:
    Path("gbk.yaml").write_bytes("id: 开封市商务局".encode("gb18030"))
    texts = {"list": "- a\n", "broken": "id: &a b\n", "empty": "# nothing\n"}
    assert found(files(**texts, variant=f"extends: {written}\n")) == [finding]


def test_many_files_that_extend_many_are_refused_at_once(files: Folder) -> None:
    names = [f"f{level}x{n}" for level in range(8) for n in range(8)]
    below = {
        level: ", ".join(f"f{level - 1}x{n}.yaml" for n in range(8)) if level else "base.yaml"
        for level in range(8)
    }
    texts = {name: f"extends: [{below[int(name[1])]}]\n" for name in names}
    loaded = files(**texts, top=f"extends: [{', '.join(f'f7x{n}.yaml' for n in range(8))}]\n")
    assert {each.code for each in loaded.diagnostics} == {"P804"}


def test_files_that_are_too_large_together_are_refused(files: Folder) -> None:
    long = "#" * 600_000 + "\n"
    texts = {"a": "extends: base.yaml\n" + long, "b": "extends: base.yaml\n" + long}
    assert found(files(**texts, c="extends: [a.yaml, b.yaml]\n")) == ["b.yaml:1:1 T002"]


# --- variants combined ------------------------------------------------------------------------


def test_variants_of_one_base_are_combined(files: Folder) -> None:
    read = plan(
        files(
            richer="extends: base.yaml\nitems:\n  - {id: one, amount: 9}\n",
            shorter="extends: base.yaml\nwords: [c]\nitems: {two: null}\n",
            both="extends: [richer.yaml, shorter.yaml]\nid: both\n",
        )
    )
    assert [(each.id, each.amount) for each in read.items] == [("one", 900)]
    assert (read.id, read.words, read.market) == ("both", ("c",), "market.yaml")


def test_the_order_of_variants_does_not_matter(files: Folder) -> None:
    a = "extends: base.yaml\nmarket: null\nterms: {amount: 6}\n"
    b = "extends: base.yaml\nterms: {on: weight}\n"
    ways = [
        plan(files(a=a, b=b, both=f"extends: [{order}]\n"))
        for order in ("a.yaml, b.yaml", "b.yaml, a.yaml")
    ]
    assert ways[0] == ways[1]
    assert ways[0].market is None


def test_a_conflict_is_named_on_both_sides(files: Folder) -> None:
    loaded = files(
        a="extends: base.yaml\n\nterms:\n  amount: 6\n",
        b="extends: base.yaml\nterms: {amount: 7}\n",
        both="extends: [a.yaml, b.yaml]\n",
    )
    assert found(loaded) == ["b.yaml:2:9 R417"]
    (finding,) = loaded.diagnostics
    assert finding.message == "'amount' is set differently in a.yaml:4 and b.yaml:2"
    assert finding.help == "set it in both.yaml, or in one of them only"
    assert finding.within == "both.yaml"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("terms: {amount: null}", "terms: {amount: 7}"),
        ("items: {one: null}", "items: [{id: one, amount: 9}]"),
        ("words: [c]", "words: [d]"),
        ("terms: null", "terms: {amount: 7}"),
    ],
)
def test_whatever_is_set_differently_is_a_conflict(files: Folder, a: str, b: str) -> None:
    loaded = files(
        a=f"extends: base.yaml\n{a}\n",
        b=f"extends: base.yaml\n{b}\n",
        both="extends: [a.yaml, b.yaml]\n",
    )
    assert [each.code for each in loaded.diagnostics] == ["R417"]


def test_variants_that_agree_or_whose_file_decides_are_no_conflict(files: Folder) -> None:
    a = "extends: base.yaml\nterms: {amount: 6}\nwords: [c]\n"
    assert plan(files(a=a, b=a, both="extends: [a.yaml, b.yaml]\n")).words == ("c",)
    b = a.replace("6", "7")
    decided = plan(files(a=a, b=b, both="extends: [a.yaml, b.yaml]\nterms: {amount: 8}\n"))
    assert decided.terms is not None
    assert decided.terms.amount == 800


def test_a_variant_beside_its_own_base_wins(files: Folder) -> None:
    read = plan(
        files(a="extends: base.yaml\nid: a\nmarket: null\n", both="extends: [base.yaml, a.yaml]\n")
    )
    assert (read.id, read.market) == ("a", None)


def test_two_bases_without_a_common_one_differ_wherever_they_differ(files: Folder) -> None:
    loaded = files(
        other="id: other\nmarket: market.yaml\n", both="extends: [base.yaml, other.yaml]\n"
    )
    assert found(loaded) == ["other.yaml:1:1 R417"]


# --- the law, against a merge of plain values ---------------------------------------------------


class Anything(FileModel):
    extendable: ClassVar[bool] = True
    top: Annotated[Any, PlainValidator(lambda raw: raw)]


NAMES = st.sampled_from("abcd")
ITEMS = st.dictionaries(NAMES, st.dictionaries(NAMES, st.sampled_from("xyz"))).map(
    lambda named: [{"id": name, **rest} for name, rest in named.items()]
)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        st.sampled_from("xyz") | st.lists(st.sampled_from("xyz")) | ITEMS,
        lambda inner: st.dictionaries(NAMES, inner | st.none()),
        max_leaves=6,
    ),
)


def by_id(value: Any) -> dict[str, Any] | None:
    """The items of a list by their ids."""
    if not isinstance(value, list) or not value or isinstance(value[0], str):
        return None
    return {each["id"]: each for each in value}


def merged(below: Any, above: Any) -> Any:
    """The rule of the language on plain values."""
    if by_id(below) is not None and (isinstance(above, dict) or by_id(above) is not None):
        whole = merged(by_id(below), by_id(above) if isinstance(above, list) else above)
        return [
            {"id": name, **item} if isinstance(item, dict) else item
            for name, item in whole.items()
        ]
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    whole = dict(below)
    for name, value in above.items():
        whole[name] = merged(whole[name], value) if name in whole else value
        if value is None and name in below:
            del whole[name]
    return whole


def plain(value: Any) -> Any:
    """As a file says it: lists are tuples, nothing is the word null."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return tuple(plain(inner) for inner in value)
    return "null" if value is None else value


@given(base=TREES, variant=TREES)
def test_a_variant_is_the_merge_of_two_trees(
    base: dict[str, Any], variant: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "campaigns"
        place.mkdir()
        (place / "base.yaml").write_text(json.dumps({"top": base}))
        (place / "variant.yaml").write_text(json.dumps({"extends": "base.yaml", "top": variant}))
        read = load(str(place / "variant.yaml"), Anything)
    assert read.value is not None, read.diagnostics
    assert read.value.top == plain(merged(base, variant))
