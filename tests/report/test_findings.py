"""A finding stands where the fault is, on any screen."""

import shutil
from pathlib import Path

from promo.errors import CODES, Diagnostic
from promo.report import findings
from promo.report.checkup import check


def test_the_caret_stands_under_the_fault_behind_chinese_text() -> None:
    # `title: {zh: 开封, buget: 1}`: before 'buget' stand 16 characters, two of them wide, so
    # 18 cells; the gutter '  4 | ' adds 6.
    line = "title: {zh: 开封, buget: 1}"
    finding = Diagnostic("c.yaml", 4, 17, "K101", "unknown key 'buget'", text=line, length=5)
    shown, caret = findings.underlined(finding, width=80)
    assert shown == "  4 | " + line
    assert caret == "    | " + " " * 18 + "^^^^^"


def test_the_caret_is_as_wide_as_the_chinese_text_it_underlines() -> None:
    finding = Diagnostic("c.yaml", 1, 9, "C303", "", text="price > 十万", length=2)
    assert findings.underlined(finding, width=80)[1].endswith("        ^^^^")


def test_a_long_line_is_cut_around_its_fault() -> None:
    text = "a" * 200 + "FAULT" + "b" * 200
    finding = Diagnostic("c.yaml", 1, 201, "C301", "", text=text, length=5)
    shown, caret = findings.underlined(finding, width=60)
    assert max(len(shown), len(caret)) <= 60
    assert shown[caret.index("^") : caret.index("^") + 5] == "FAULT"


def test_a_faulty_file_cannot_steer_the_terminal() -> None:
    finding = Diagnostic("c.yaml", 1, 1, "V201", "\x1b[2J", text="\x1b[31mred\u202e", length=1)
    assert not {"\x1b", "\u202e"} & set(findings.as_text(finding, width=60))


def test_a_fault_of_a_base_names_the_file_that_was_read_unless_the_base_has_it_too(
    tmp_path: Path,
) -> None:
    source = Path(__file__).parents[2] / "campaigns" / "kaifeng"
    folder = tmp_path / "campaigns" / "kaifeng"
    shutil.copytree(source, folder)
    variant, base = folder / "a-variant.yaml", folder / "2022-q4.yaml"
    variant.write_text("extends: 2022-q4.yaml\nid: variant\neligibility: {plate: null}\n")
    found = [each for each in check([str(folder)]).findings if each.severity == "error"]
    assert {each.file for each in found} == {str(base)}
    assert {each.within for each in found} == {str(variant)}
    assert {each.code for each in found} <= {"R406", "E601"}
    base.write_text(base.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    found = [each for each in check([str(folder)]).findings if each.severity == "error"]
    assert [(each.file, each.code, each.within) for each in found] == [(str(base), "K101", "")]


def test_a_warning_says_that_it_is_one_and_json_keeps_every_field() -> None:
    finding = Diagnostic("c.yaml", 2, 3, "R403", "refuses no one", help="drop it")
    assert findings.located(finding) == "c.yaml:2:3: R403 warning: refuses no one"
    assert findings.as_json([finding], files=1, examples=2) == {
        "schema": "promo/findings/1",
        "files": 1,
        "examples": 2,
        "findings": [
            {
                "file": "c.yaml",
                "line": 2,
                "column": 3,
                "code": "R403",
                "severity": "warning",
                "message": "refuses no one",
                "help": "drop it",
            }
        ],
    }


def test_every_code_has_its_words_in_chinese() -> None:
    assert set(findings.IN_CHINESE) == set(CODES)


def test_a_chinese_screen_says_the_fault_and_the_advice_in_chinese() -> None:
    finding = Diagnostic("c.yaml", 2, 3, "V207", "'10万' carries a unit", help="write '100000'")
    lines = findings.as_text(finding, width=60, language="zh").splitlines()
    assert lines == [
        "c.yaml:2:3: V207 “10万”带了单位",
        "  提示：请写 '100000'",
    ]
