"""Does the page on checking say what the program does, in a bureau's own repository?"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from promo.policy.campaign import Campaign, load_campaign
from promo.report.checkup import check
from promo.report.fixes import fixed
from promo.textfile import parse

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, "PATH": path, "PRE_COMMIT_HOME": str(home / "pre-commit"), "LANG": "C.UTF-8"}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=folder,
        env=environment(folder.parent),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A bureau's repository with the hooks of this one, installed already."""
    folder = tmp_path / "bureau"
    shutil.copytree(ROOT / "campaigns" / "kaifeng", folder / "campaigns" / "kaifeng")
    local = [{**hook, "language": "system"} for hook in HOOKS]
    config = {"repos": [{"repo": "local", "hooks": local}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "add", ".")
    return folder


def hooked(folder: Path, hook: str) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-m", "pre_commit", "run", "--all-files", hook)


def test_other_repositories_can_use_the_hooks(repository: Path) -> None:
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    checked = run(repository, sys.executable, "-m", "pre_commit", "validate-manifest", manifest)
    assert checked.returncode == 0, checked.stdout
    assert hooked(repository, "promo-check").returncode == 0
    campaign = repository / "campaigns" / "kaifeng" / "2022-q4.yaml"
    text = campaign.read_text(encoding="utf-8")
    campaign.write_text(text.replace("currency:", "curency:", 1), encoding="utf-8")
    faulty = hooked(repository, "promo-check")
    assert faulty.returncode == 1
    assert "K101" in faulty.stdout
    assert hooked(repository, "promo-fix").returncode == 1  # files were changed: look at them
    assert campaign.read_text(encoding="utf-8") == text
    assert hooked(repository, "promo-fix").returncode == 0


def test_the_page_names_the_hooks_that_there_are() -> None:
    named = re.findall(r"- id: (promo[\w-]*)", PAGE)
    assert named == [hook["id"] for hook in reversed(HOOKS)]


def test_every_example_in_yaml_is_yaml() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) >= 6
    for example in examples:
        assert yaml.safe_load(example)


def test_the_variant_of_the_page_holds(repository: Path) -> None:
    (variant,) = re.findall(r"```yaml\n(extends: .*?)```", PAGE, re.DOTALL)
    file = repository / "campaigns" / "kaifeng" / "variant.yaml"
    file.write_text(variant, encoding="utf-8")
    assert check([str(file)]).errors == 0
    value = load_campaign(str(file)).value
    assert value is not None
    assert (value.money.pots[0].amount.value, value.limits) == (3_000_000_000, ())
    assert "plate" not in {rule.id for rule in value.eligibility}


def test_every_mend_of_the_page_is_made() -> None:
    table = re.search(r"\| written \| becomes \|\n\| --- \| --- \|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table is not None
    rows = [line.strip("| ").split(" | ") for line in table[1].splitlines()]
    for written, becomes in rows:
        wanted = re.findall(r"`([^`]+)`", becomes)
        for before in re.findall(r"`([^`]+)`", written):
            made = {mended(text): text for text in around(before)}
            ways = ((text, after) for text in made.values() for after in wanted)
            assert any(text.replace(before, after) in made for text, after in ways), before


def mended(text: str) -> str:
    return fixed("f", text, parse("f", text.encode(), Campaign).diagnostics)


def around(written: str) -> list[str]:
    """Where such a writing can stand in a campaign."""
    lines = [written if "：" in written else f"{written} x", f"windows: {{announced: {written}}}"]
    lines += [
        f"money: {{unlimited: {written}, last_yuan: refuse}}",
        f"money: {{last_yuan: {written}}}",
    ]
    return [f"{line}\nid: a\n" for line in lines]


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
def test_every_line_to_type_works(repository: Path) -> None:
    for lines in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        done = run(repository, "bash", "-ec", lines)
        assert done.returncode == 0, done.stderr
    schema = (repository / "campaigns" / "schema.json").read_text(encoding="utf-8")
    assert "/ " in schema
