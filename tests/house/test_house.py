"""Does the house stand: who leans on whom, and what a user gets when installing it?"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("promo", "campaigns", "pyproject.toml", "README.md", "LICENSE", ".gitignore")
HIDDEN = "campaigns/kaifeng/data/sales.parquet"


def test_nothing_stands_at_the_top_beside_what_is_set():
    """The top level of the project is fixed; what a tool leaves there must not be committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: nothing is committed here")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    top = {name.split("/")[0] for name in listed.stdout.splitlines()}
    written = {name for name in top if not name.startswith(".")}
    assert written == {
        *("promo", "campaigns", "tests", "docs"),
        *("pyproject.toml", "constraints.txt", "README.md", "CHANGELOG.md", "LICENSE"),
    }


def test_rooms_lean_one_way_and_few_touch_files():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names in the wheel of a copy in which somebody has imported sales of their own."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    (copy / HIDDEN).parent.mkdir(exist_ok=True)
    (copy / HIDDEN).write_text("not for others", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", copy / "dist", copy], check=True, capture_output=True)
    (built,) = (copy / "dist").glob("promo-*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_holds_every_file_of_the_example(wheel):
    kaifeng = ROOT / "campaigns" / "kaifeng"
    files = [path for path in kaifeng.rglob("*") if path.is_file() and "data" not in path.parts]
    assert len(files) >= 7
    expected = {f"promo/campaigns/{path.relative_to(kaifeng.parent).as_posix()}" for path in files}
    assert expected <= wheel


def test_the_wheel_holds_no_tests_and_no_sales_of_the_user(wheel):
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"promo"}
    assert f"promo/{HIDDEN}" not in wheel


def test_the_wheel_says_that_it_is_typed_and_under_which_licence(wheel):
    assert "promo/py.typed" in wheel
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
