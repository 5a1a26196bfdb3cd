"""Every sentence that a finding can say has its Chinese, with the same blanks."""

import ast
import re
import string
from pathlib import Path

import pytest

from promo.report.finding_words import SENTENCES, in_chinese

ROOMS = ("policy", "textfile", "market", "production", "quantities.py", "study.py")
SAYING = {
    "fault",
    "at",
    "at_word",
    "diagnostic",
    "whole_file",
    "diagnostic_at",
    "add",
    "refuse",
    "PromoError",
}


def sentences(node: ast.AST) -> list[str]:
    """The texts that an expression can be, with `{}` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
        return ["".join(str(part) for part in parts)]
    if isinstance(node, ast.IfExp):
        return sentences(node.body) + sentences(node.orelse)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        pairs = [(a, b) for a in sentences(node.left) for b in sentences(node.right)]
        return [a + b for a, b in pairs]
    return []


def files() -> list[Path]:
    """The rooms that find faults."""
    package = Path(__file__).parents[2] / "promo"
    rooms = [package / room for room in ROOMS]
    return [file for room in rooms for file in ([room] if room.suffix else room.rglob("*.py"))]


def written(node: ast.AST) -> list[str]:
    """The sentences that a call says, or that wait in a variable to be said."""
    if isinstance(node, ast.Call):
        if getattr(node.func, "attr", getattr(node.func, "id", "")) not in SAYING:
            return []
        named = [each.value for each in node.keywords if each.arg in ("help", "message")]
        return [text for each in (*node.args, *named) for text in sentences(each)]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return sentences(node.value) if node.targets[0].id in ("message", "help") else []
    return []


def said() -> dict[str, str]:
    """Every sentence written in the rooms that find faults, with one place of each."""
    return {
        text: f"{file.name}:{getattr(node, 'lineno', 0)}"
        for file in files()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for text in written(node)
        if re.search(r"[a-z]{2,} [a-z]", text)
    }


def spoken(sentence: str) -> bool:
    """Is a sentence with its blanks filled said without an English word of the program's?"""
    filled = sentence.replace("{}", "9")
    chinese = in_chinese(filled)
    return chinese != filled and re.search(r"[一-鿿]", chinese) is not None


def test_the_program_says_many_sentences():
    assert len(said()) > 150


def test_every_sentence_of_a_finding_has_its_chinese():
    missing = {text: place for text, place in said().items() if not spoken(text)}
    assert not missing, "\n".join(f"{place} {text}" for text, place in missing.items())


@pytest.mark.parametrize("english", SENTENCES)
def test_a_translation_fills_the_blanks_of_its_sentence(english):
    chinese = SENTENCES[english]
    fields = [name for _, name, _, _ in string.Formatter().parse(chinese) if name is not None]
    blanks = english.count("{}")
    numbered = [int(name) for name in fields if name]
    assert sorted(numbered) == list(range(blanks)) if numbered else len(fields) == blanks


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "'80 000': 3000 yuan expected, but it is refused (plate)",
            "“80 000”：应为3000 元，结果是不予通过(plate)",
        ),
        ("'energy' (a text) is compared with a number", "拿“energy”(文字)与数字比较"),
        ("unknown key 'buget'", "不认识的键“buget”"),
        ("the full-width sign '＜'", "全角符号“＜”"),
        ("cannot read this file: No such file or directory", "打不开：没有这个文件或文件夹"),
        ("YAML: did not find expected ',' or '}'", "YAML 读不懂：此处应有“,”或“}”"),
        (
            "YAML: found a tab character that violates indentation",
            "YAML 读不懂：缩进里有制表符",
        ),
        ("'plate' stands in line 49 of base.yaml", "“plate”在 base.yaml 的第 49 行"),
        (
            "the key 'sum', 'best_of' or 'exclusive' is missing here",
            "这里缺少键“sum”“best_of”或“exclusive”",
        ),
    ],
)
def test_sentences_are_said_whole(english, chinese):
    assert in_chinese(english) == chinese
