"""The rules as a notice, one purchase step by step, and what each rule costs."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len

from promo.cli import app

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"
KAIFENG = str(CAMPAIGNS / "kaifeng" / "2022-q4.yaml")
TRADE_IN = str(CAMPAIGNS / "national" / "trade-in-2026.yaml")
GERMANY = str(CAMPAIGNS / "germany" / "umweltbonus-2023.yaml")


def _said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert app.run(["explain", *arguments]) == code
    return capsys.readouterr().out


def _object(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    found = json.loads(_said(capsys, *arguments, "--json"))
    assert isinstance(found, dict)
    return found


def test_the_notice_has_its_nine_parts_in_both_languages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    zh = _said(capsys, KAIFENG, "--lang", "zh")
    titles = [line for line in zh.splitlines() if line[1:2] == "、"]
    assert titles == [
        "一、活动时间",
        "二、补贴对象和条件",
        "三、补贴标准",
        "四、资金",
        "五、限制",
        "六、申领材料",
        "七、修订",
        "八、尚未明确的事项",
        "九、算例",
    ]
    en = _said(capsys, KAIFENG, "--lang", "en")
    assert [line for line in en.splitlines() if line[:3] in ("1. ", "9. ")] == [
        "1. When",
        "9. Worked cases",
    ]


@pytest.mark.parametrize("ending", [".md", ".html", ".txt"])
def test_the_notice_is_written_once(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"通知{ending}"
    assert _said(capsys, KAIFENG, "--lang", "zh", "--out", str(target)) == ""
    written = target.read_text(encoding="utf-8")
    assert "5万元以上（含5万元）" in written
    assert app.run(["explain", KAIFENG, "--out", str(target)]) == 1
    assert "exists; nothing was written" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == written


def test_another_ending_is_misuse(tmp_path: Path) -> None:
    assert app.run(["explain", KAIFENG, "--out", str(tmp_path / "notice.pdf")]) == 2


def test_the_notice_as_json_holds_every_provision(capsys: pytest.CaptureFixture[str]) -> None:
    found = _object(capsys, KAIFENG, "--lang", "zh")
    sections = found["sections"]
    assert isinstance(sections, list)
    assert [len(section["content"]) > 0 for section in sections] == [True] * 9


def test_an_approved_purchase_starts_from_the_ordinary_case(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """3,000 for 128,000 yuan and 1,000 for new energy, as in the campaign's own example."""
    arguments = ["--facts", "price=128000", "--facts", "energy=BEV"]
    found = _object(capsys, KAIFENG, *arguments)
    assert (found["decision"], found["amount_fen"]) == ("approved", 400_000)
    assert found["facts"] == {
        "buyer_kind": "individual",
        "invoice_date": "2022-11-20",
        "registration_date": "2022-12-05",
        "registered_in": "开封",
        "dealer_listed": True,
        "identity_matches": True,
        "energy": "BEV",
        "seats": 5.0,
        "price": 128_000.0,
    }
    text = _said(capsys, KAIFENG, *arguments, "--lang", "zh")
    assert "车价（价税合计）为12.8万元" in text
    assert "补贴4000元（金额系推定）。" in text
    assert "（一）“基础补贴”：全额支付3000元。" in text


def test_a_refusal_names_the_smallest_change(capsys: pytest.CaptureFixture[str]) -> None:
    found = _object(capsys, KAIFENG, "--facts", "price=48000")
    change = found["smallest_change"]
    assert isinstance(change, dict)
    assert change["changes"] == [{"fact": "price", "old": 48_000.0, "new": 50_000.0}]
    text = _said(capsys, KAIFENG, "--facts", "price=48000", "--lang", "zh")
    assert "不予支付，代码price-floor。" in text
    assert "车价（价税合计）由4.8万元改为5万元。" in text


def test_a_missing_paper_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    text = _said(capsys, KAIFENG, "--facts", "registered_in=null", "--lang", "zh")
    assert "待补正，缺少新车上牌地（机动车登记证书）。" in text
    assert "缺少材料，无法判断：新车上牌地为开封。" in text


def test_bare_facts_leave_everything_else_missing(capsys: pytest.CaptureFixture[str]) -> None:
    found = _object(capsys, KAIFENG, "--bare", "--facts", "price=80000")
    missing = found["missing"]
    assert isinstance(missing, list)
    assert found["decision"] == "incomplete"
    assert "price" not in [each["fact"] for each in missing]
    assert "energy" in [each["fact"] for each in missing]


def test_the_money_left_decides(capsys: pytest.CaptureFixture[str]) -> None:
    found = _object(capsys, KAIFENG, "--pots", "main=1999.99")
    assert (found["decision"], found["reasons"]) == ("refused", ["no-money"])


def test_an_amended_rule_is_said_as_it_governs_the_case(
    capsys: pytest.CaptureFixture[str],
) -> None:
    firm = ["--facts", "buyer_kind=firm"]
    late = _said(capsys, GERMANY, *firm, "--facts", "claim_date=2023-09-01", "--lang", "zh")
    assert "不符合：购买方为个人。" in late
    early = _said(capsys, GERMANY, *firm, "--facts", "claim_date=2023-08-31", "--lang", "zh")
    assert "不符合" not in early
    assert "补贴4500欧元。" in early


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--facts", "prcie=1"], 1, "unknown fact 'prcie'"),
        (["--facts", "energy=Electric"], 1, "'energy' is never 'Electric'"),
        (["--facts", "price=5万"], 1, "5万"),
        (["--facts", "price"], 2, "name=value"),
        (["--pots", "mian=1"], 1, "did you mean 'main'?"),
    ],
)
def test_what_is_typed_wrongly_is_said(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["explain", KAIFENG, *arguments, "--lang", "en"]) == code
    assert said in capsys.readouterr().err


def test_a_market_is_no_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["explain", str(CAMPAIGNS / "kaifeng" / "market.yaml")]) == 1
    assert "is a market file, not a campaign" in capsys.readouterr().err


def test_who_is_lost_at_which_rule(capsys: pytest.CaptureFixture[str]) -> None:
    found = _object(capsys, KAIFENG, "--population")
    rules = found["rules"]
    assert isinstance(rules, list)
    steps = [row for row in rules if row["kind"] != "benefit"]
    assert [row["rule"] for row in steps][-1] == "no-benefit"
    for before, after in pairwise(steps):
        assert before["cars_left"] == pytest.approx(after["cars_before"])
        assert before["cars_before"] - before["cars_lost"] == pytest.approx(before["cars_left"])
    text = _said(capsys, KAIFENG, "--population", "--lang", "zh")
    assert "每条规则失去的车辆和补贴" in text
    assert max(map(cell_len, text.splitlines())) <= 80


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "utf-8"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("more", [[], ["--facts", "list_price=1"]])
def test_it_never_fails_for_its_characters(encoding: str, language: str, more: list[str]) -> None:
    start = [sys.executable, "-c", "from promo.cli.app import main; main()"]
    done = subprocess.run(
        [*start, "explain", GERMANY, "--lang", language, *more],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    shown = done.stdout.decode(encoding)
    if (encoding, language) == ("gbk", "zh"):
        assert "补贴对象和条件" in shown or "逐条核对" in shown
    assert "Traceback" not in done.stderr.decode(errors="replace")


def test_a_misspelt_pot_is_said_in_the_language_of_the_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    misspelt = ["explain", KAIFENG, "--pots", "mian=0", "--lang"]
    assert app.run([*misspelt, "zh"]) == 1
    assert capsys.readouterr().err == "promo: 没有资金池“mian”\n  提示：是否想写 'main'？\n"
    assert app.run([*misspelt, "en"]) == 1
    assert capsys.readouterr().err == "promo: unknown pot 'mian'\n  help: did you mean 'main'?\n"
