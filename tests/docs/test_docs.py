"""Can a page say what the program does not do? After a change: `python tests/docs/refresh.py`."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest

refresh = sys.modules["refresh"]  # loaded by conftest.py
ROOT = refresh.ROOT
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")

PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in refresh.PAGES}
BLOCKS = [
    pytest.param(found["command"], found["body"], id=f"{page}: {found['command'][:60]}")
    for page, text in PAGES.items()
    for found in refresh.BLOCK.finditer(text)
]
COMMANDS = ("init", "check", "explain", "simulate", "compare", "import", "generate")


def sh_lines(text: str) -> list[str]:
    """Shell lines of a page in order: those of its `sh` fences."""
    fences = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = "".join(fences).replace("\\\n", "").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


# --- what commands print ---------------------------------------------------------------------


def words_and_numbers(text: str) -> tuple[str, list[str]]:
    """The text without its numbers, blanks and rules folded since widths follow numbers."""
    words = re.sub(r"[\s─]+", " ", NUMBER.sub("0", text))
    return words, NUMBER.findall(text)


def close(old: str, new: str) -> bool:
    """Equal up to 1 % or one unit of the last digit printed.

    Logarithms differ in their last bit between processors, and one such bit can turn a count of
    one draw; the same machine repeats every byte.
    """
    last_digit = 10.0 ** -len(old.partition(".")[2]) if "." in old else 1.0
    first, second = (float(text.replace(",", "")) for text in (old, new))
    return abs(first - second) <= max(1.01 * last_digit, 0.01 * abs(second))


@pytest.mark.parametrize(("command", "body"), BLOCKS)
def test_a_page_shows_what_the_command_prints(command, body):
    now = refresh.made(command)
    tables = ("table: sampling", "table: cars:", "table: zhengzhou:", "table: runs:")
    drawn = ("promo simulate", "promo compare", *tables)
    if not command.startswith(drawn):
        assert body == now
        return
    words, numbers = words_and_numbers(body)
    words_now, numbers_now = words_and_numbers(now)
    assert words == words_now
    moved = [pair for pair in zip(numbers, numbers_now, strict=True) if not close(*pair)]
    assert not moved


def test_a_number_that_moved_by_more_than_rounding_is_noticed():
    assert close("7,143", "7,144")
    assert close("0.94", "0.95")
    assert not close("7,143", "7,300")
    assert not close("-12", "12")
    assert not close("0.94", "0.97")


def test_every_command_is_in_the_readme_with_its_help():
    listed = re.findall(r"^  promo (\w+) ", refresh.printed("promo"), re.MULTILINE)
    assert tuple(listed) == COMMANDS
    for command in COMMANDS:
        assert f"<!-- made by: promo {command} --help -->" in README


@pytest.mark.parametrize("kind", refresh.SCHEMAS)
def test_the_schema_for_editors_is_the_one_the_program_prints(kind):
    assert refresh.SCHEMAS[kind].read_text(encoding="utf-8") == refresh.schema(kind)


def test_every_kind_of_benefit_is_on_the_page_of_rules():
    from promo.policy.benefits import FORMS

    for form in FORMS:
        assert f"`{form}`" in PAGES["docs/rules.md"]


# --- what the pages tell people to type ------------------------------------------------------


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_every_line_to_type_works_in_an_empty_folder(page, tmp_path):
    lines = sh_lines(PAGES[page])
    assert len(lines) > 5
    refresh.shell("set -e\n" + "\n".join(lines), tmp_path)


def test_ci_runs_the_two_commands_of_the_readme():
    first, second = re.findall(r"^(python3\.11 -m venv .+)$", README, re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert second in script
    assert first.rpartition(".venv/bin/")[2] in script


def test_links_between_pages_lead_to_files():
    for page, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


# --- what else would grow stale --------------------------------------------------------------


def test_constraints_are_plain_and_cover_what_is_required():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    held = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in required}
    assert names - held == set()


def test_the_changelog_begins_with_this_version():
    import promo

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == promo.__version__
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == promo.__version__
