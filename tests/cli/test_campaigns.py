"""The first minutes: init, check, a typed fault."""

import json
from pathlib import Path

import pytest

from promo.cli import app

pytest.importorskip("promo.policy.checking")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert app.run(["init", "我的 开封", "--lang", "en"]) == 0
    return tmp_path / "我的 开封"


def test_the_example_is_copied_checked_and_names_the_next_command(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (example / "2022-q4.yaml").is_file()
    assert app.run(["check", str(example), "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 findings in ")


def test_init_keeps_what_is_there(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example / "2022-q4.yaml").write_text("mine")
    assert app.run(["init", str(example)]) == 1
    assert (example / "2022-q4.yaml").read_text() == "mine"


def test_a_typed_fault_is_shown_at_its_place(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = example / "2022-q4.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines.append("buget: 1")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    capsys.readouterr()
    assert app.run(["check", str(file), "--json"]) == 1
    content = json.loads(capsys.readouterr().out)
    found = [(f["line"], f["column"], f["code"]) for f in content["findings"]]
    assert found == [(len(lines), 1, "K101")]


def test_a_linked_file_is_checked_with_the_file_that_names_it(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    market = example / "market.yaml"
    market.write_text(market.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    capsys.readouterr()
    assert app.run(["check", str(example / "2022-q4.yaml"), "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(Path(f["file"]).name, f["code"]) for f in findings] == [("market.yaml", "K101")]


@pytest.mark.parametrize("kind", ["campaign", "market", "manufacturer"])
def test_every_file_kind_has_a_schema(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["check", "--schema", kind]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "object"
