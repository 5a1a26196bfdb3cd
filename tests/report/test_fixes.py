"""What `--fix` mends, and what it never touches."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promo.cli import app
from promo.errors import Diagnostic, OutputError
from promo.report import fixes
from promo.report.checkup import check
from promo.textfile import plainly_gb18030

CAMPAIGN = """\
# 测试用，注释要原样留下
id: spring
title: {zh: 春季购车补贴, en: "spring campaign"}
issuers: [开封市商务局]   # 发布单位
currency: CNY
source: 公告
windows:
  announced: 2022-10-28
  invoice: {from: 2022-11-01, to: 2022-12-31T24:00}
eligibility:
  - {id: price-floor, when: "price >= 50000"}
benefits:
  base:
    bands: {on: price, closed: lower, steps: [[50000, 2000], [100000, 3000]]}
  new-energy:
    when: "energy = 'BEV'"
    share: {of: price, rate: 5%, cap: 6000}
combine: {sum: [base, new-energy], cap: {per_car: 6000}}
money:
  pots: [{id: main, amount: 20000000, pays: [base, new-energy]}]
  commit_on: invoice
  order_by: invoice_time
  last_yuan: refuse
  rounding: {to: 1 yuan, mode: down}
examples:
  ordinary: {invoice_date: 2022-11-20, price: 80000, energy: ICE}
  cases:
    - {says: plain, approved: true}
"""

SLIPS = [
    ("currency: CNY", "curency: CNY"),
    ("eligibility:", "eligibilty:"),
    ("announced: 2022-10-28", "announced: 2022/10/28"),
    ("announced: 2022-10-28", "announced: 2022年10月28日"),
    ("announced: 2022-10-28", "announced: ２０２２－１０－２８"),
    ("announced: 2022-10-28", "announced: 20221028"),
    ("from: 2022-11-01", "from: 2022.11.1"),
    ("to: 2022-12-31T24:00", "to: 2022/12/31T24:00"),
    ("to: 2022-12-31T24:00", "too: 2022-12-31T24:00"),
    ("approved: true", "approved: TRUE"),
    ("approved: true", "approved: 是"),
    ("says: plain", "sasy: plain"),
    ("cap: {per_car", "cap: {ｐｅｒ_car"),
    ("last_yuan: refuse", "last_yuan：refuse"),
    ("last_yuan: refuse", "last_yuan: ｒｅｆｕｓｅ"),
    ("on: price, closed: lower", "on: price, closed：lower"),
    ("  commit_on: invoice", "  commit_on：invoice"),
    ("- {id: main, amount".replace("- ", "["), "[{id: ｍａｉｎ, amount"),
    ("title: {zh", "titel: {zh"),
    ('en: "spring', 'EN: "spring'),
]
MEANT = [
    ("amount: 20000000", "amount: ２０００００００"),
    ("amount: 20000000", "amount: 2000万"),
    ("[50000, 2000]", "[50000, ２０００]"),
    ("[50000, 2000]", "[50000, 2,000元]"),
    ("rate: 5%", "rate: ５％"),
    ("rate: 5%", "rate: 500%"),
    ("cap: 6000}", "cap: 6_000}"),
    ("per_car: 6000", "per_car: 6e3"),
    ("price >= 50000", "price >= ５００００"),
    ("price >= 50000", "price ＞= 50000"),
    ("energy = 'BEV'", "energy = ‘BEV’"),
    ("announced: 2022-10-28", "announced: 2022/10/32"),
    ("announced: 2022-10-28", "announced: 2022-02-30"),
    ("announced: 2022-10-28", "announced: 10/28/2022"),
    ("announced: 2022-10-28", "announced: 2022128"),
    ("price: 80000", "price: 8万"),
    ("last_yuan: refuse", "last_yuan: refus"),
    ("commit_on: invoice", "on: invoice"),
    ("id: spring", "id: spring 2022"),
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "campaigns" / "kaifeng"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    path = Path("spring.yaml")
    path.write_text(CAMPAIGN, encoding="utf-8")
    return path


def with_slip(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_the_campaign_of_these_tests_is_sound(file: Path) -> None:
    assert [each for each in check([str(file)]).findings if each.severity == "error"] == []


@pytest.mark.parametrize(("old", "new"), SLIPS)
def test_a_slip_of_writing_is_mended(file: Path, old: str, new: str) -> None:
    file.write_text(with_slip(CAMPAIGN, old, new), encoding="utf-8")
    mended = fixes.mend([str(file)])
    assert file.read_text(encoding="utf-8") == CAMPAIGN
    assert mended.checkup.errors == 0


@pytest.mark.parametrize(("old", "new"), MEANT)
def test_amounts_conditions_and_days_that_do_not_exist_are_left(
    file: Path, old: str, new: str
) -> None:
    text = with_slip(CAMPAIGN, old, new)
    file.write_text(text, encoding="utf-8")
    mended = fixes.mend([str(file)])
    assert file.read_text(encoding="utf-8") == text
    assert mended.checkup.errors > 0
    assert not list(fixes.differences(mended))


@settings(deadline=None)
@given(
    slips=st.lists(st.sampled_from(SLIPS), unique_by=lambda slip: slip[0], max_size=8),
    meant=st.lists(st.sampled_from(MEANT[:8]), unique_by=lambda slip: slip[0], max_size=3),
)
def test_whatever_comes_together_only_slips_are_mended(
    tmp_path_factory: pytest.TempPathFactory,
    slips: list[tuple[str, str]],
    meant: list[tuple[str, str]],
) -> None:
    wanted = CAMPAIGN
    for old, new in meant:
        wanted = wanted.replace(old, new, 1)
    text = wanted
    for old, new in slips:
        text = text.replace(old, new, 1)
    path = tmp_path_factory.mktemp("campaigns") / "spring.yaml"
    path.write_text(text, encoding="utf-8")
    fixes.mend([str(path)])
    left = path.read_text(encoding="utf-8")
    assert left == wanted


TEXTS = st.text(alphabet="ab 开：\n", max_size=60)


@given(text=TEXTS, data=st.data())
def test_a_mended_text_differs_only_where_the_findings_are(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines, start=1):
        for column in data.draw(st.sets(st.integers(1, len(line)), max_size=3)) if line else ():
            length = data.draw(st.integers(1, len(line) - column + 1))
            fix = data.draw(st.sampled_from(["", "X", "XYZ", None]))
            found.append(Diagnostic("f", number, column, "K101", "", "", line, length, fix))
    mended = fixes.fixed("f", text, found)
    pieces = []  # what no finding with a mend underlines must stand in order
    for number, line in enumerate(lines, start=1):
        under = {
            place
            for each in found
            if each.line == number and each.fix is not None
            for place in range(each.column - 1, each.column - 1 + each.length)
        }
        pieces.append("".join(letter for place, letter in enumerate(line) if place not in under))
    left = mended.replace("X", "").replace("Y", "").replace("Z", "").split("\n")
    assert len(left) == len(lines)
    for kept, piece in zip(left, pieces, strict=True):
        rest = iter(kept)
        assert all(letter in rest for letter in piece)
    if not any(each.fix is not None for each in found):
        assert mended == text


def test_a_line_that_changed_meanwhile_is_left() -> None:
    found = Diagnostic("f", 1, 1, "K101", "", text="buget: 1", length=5, fix="budget")
    assert fixes.fixed("f", "budget: 1", [found]) == "budget: 1"
    assert fixes.fixed("f", "", [found]) == ""


def test_two_keys_that_could_mean_the_same_are_left(file: Path) -> None:
    text = CAMPAIGN.replace("currency: CNY", "curency: CNY\ncurrancy: USD")
    file.write_text(text, encoding="utf-8")
    fixes.mend([str(file)])
    assert file.read_text(encoding="utf-8") == text
    text = CAMPAIGN.replace("currency: CNY", "currency: CNY\ncurrancy: USD")
    file.write_text(text, encoding="utf-8")
    fixes.mend([str(file)])
    assert file.read_text(encoding="utf-8") == text


def test_line_ends_mark_rights_and_links_stay(file: Path) -> None:
    text = CAMPAIGN.replace("currency:", "curency:").replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    file.chmod(0o640)
    link = Path("link.yaml")
    link.symlink_to(file)
    fixes.mend([str(link)])
    wanted = CAMPAIGN.replace("\n", "\r\n").encode()
    assert file.read_bytes() == b"\xef\xbb\xbf" + wanted
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()


def test_every_full_width_colon_goes_one_after_the_other(file: Path) -> None:
    lines = [
        line.replace(": ", "：", 1) if line[:1].isalpha() else line
        for line in CAMPAIGN.split("\n")
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert "：" in file.read_text(encoding="utf-8")
    fixes.mend([str(file)])
    assert file.read_text(encoding="utf-8") == CAMPAIGN


# --- encodings --------------------------------------------------------------------------------


def test_gb18030_becomes_utf_8_and_is_said(file: Path) -> None:
    file.write_bytes(CAMPAIGN.replace("currency", "curency").encode("gb18030"))
    mended = fixes.mend([str(file)])
    assert file.read_text(encoding="utf-8") == CAMPAIGN
    said = list(fixes.differences(mended))
    assert said[0] == "spring.yaml: GB18030 -> UTF-8"
    assert [line for line in said if line[:1] in "+-"][2:] == ["-curency: CNY", "+currency: CNY"]


@pytest.mark.parametrize(
    "content",
    [
        "zh: 開封市汽車促銷活動公告補貼標準".encode("big5"),
        "name: Café Zoë señor".encode("latin-1"),
        "title: 開封キャンペーン".encode("shift_jis"),
        "id: 开封".encode(),
        b"id: a\n",
        b"\xff\xff\xff",
    ],
)
def test_what_is_not_gb18030_beyond_doubt_is_left(content: bytes, file: Path) -> None:
    assert plainly_gb18030(content) is None
    file.write_bytes(content)
    fixes.mend([str(file)])
    assert file.read_bytes() == content


# --- which files ------------------------------------------------------------------------------


def test_a_file_of_a_git_revision_is_read_only(file: Path) -> None:
    text = CAMPAIGN.replace("currency", "curency")
    file.write_text(text, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    for words in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm x"):
        subprocess.run(["git", *words.split()], check=True, env=environment)
    mended = fixes.mend(["HEAD:spring.yaml"])
    assert [each.code for each in mended.checkup.findings] == ["K101"]
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anything")
def test_a_folder_that_cannot_be_written_is_said(file: Path) -> None:
    file.write_text(CAMPAIGN.replace("currency", "curency"), encoding="utf-8")
    Path().chmod(0o500)
    try:
        with pytest.raises(OutputError):
            fixes.mend([str(file)])
    finally:
        Path().chmod(0o700)


# --- the command ------------------------------------------------------------------------------


def test_the_command_shows_what_it_did_and_what_is_left(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CAMPAIGN.replace("currency", "curency").replace("amount: 20000000", "amount: 2000万")
    file.write_text(text, encoding="utf-8")
    assert app.run(["check", str(file), "--lang", "en"]) == 1
    assert "1 of them can be mended" in capsys.readouterr().err
    assert app.run(["check", str(file), "--lang", "en", "--fix"]) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[:2] == ["--- spring.yaml", "+++ spring.yaml"]
    assert {"-curency: CNY", "+currency: CNY"} <= set(lines)
    assert lines[-1].startswith("1 finding in 1 file")
    assert "V207" in said.out
    assert said.err == ""


def test_json_stays_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(CAMPAIGN.replace("currency", "curency"), encoding="utf-8")
    assert app.run(["check", str(file), "--fix", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["findings"] == []
    assert "+currency: CNY" in said.err
