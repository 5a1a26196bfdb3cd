"""A file as it stood in git: `REV:path`, wherever a path can stand."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import ClassVar

import pytest

from promo.report import checkup
from promo.study import load_study
from promo.textfile import (
    FileModel,
    Finding,
    Identifier,
    Loaded,
    Text,
    exists,
    load,
    name_in_campaigns,
    read_bytes,
    resolve,
    revision,
)

KAIFENG = Path(__file__).parents[2] / "campaigns" / "kaifeng"


class Plan(FileModel):
    extendable: ClassVar[bool] = True
    id: Identifier
    market: Text | None = None


def git(*words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of a plan; on the disk stands a third text."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"):
        monkeypatch.delenv(name, raising=False)  # a hook of git runs the tests with these
    place = tmp_path / "campaigns" / "开封 q4"
    place.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    Path(".gitignore").write_text("data/\n")
    for number in (1, 2, 3):
        (place / "plan.yaml").write_text(f"id: plan{number}\n", encoding="utf-8")
        (place / "market.yaml").write_text(f"id: market{number}\n", encoding="utf-8")
        if number < 3:
            git("add", ".")
            git("commit", "--quiet", "-m", str(number))
    return place


PLAN = "campaigns/开封 q4/plan.yaml"


def read(name: str) -> Loaded[Plan]:
    return load(name, Plan)


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"HEAD~1:{PLAN}", "plan1"),
        (f"HEAD:{PLAN}", "plan2"),
        (f"@:./{PLAN}", "plan2"),
        (PLAN, "plan3"),
    ],
)
def test_a_file_is_read_as_its_revision_has_it(name: str, says: str) -> None:
    value = read(name).value
    assert value is not None
    assert value.id == says


def test_a_path_begins_at_the_top_or_here(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    for name in (f"HEAD:{PLAN}", "HEAD:./plan.yaml", "HEAD:../开封 q4/plan.yaml"):
        assert read(name).value == Plan(id="plan2"), name
    assert resolve("HEAD:./plan.yaml", "market.yaml") == "HEAD:./market.yaml"
    assert [each.code for each in read("HEAD:plan.yaml").diagnostics] == ["T001"]


@pytest.mark.usefixtures("repository")
def test_what_lies_beside_a_file_of_a_revision_is_of_that_revision() -> None:
    market = resolve(f"HEAD~1:{PLAN}", "market.yaml")
    assert market == f"HEAD~1:{Path(PLAN).parent.as_posix()}/market.yaml"
    assert read_bytes(market) == b"id: market1\n"
    for relative, code in (
        ("../../../x.yaml", "P802"),
        ("/x.yaml", "P802"),
        ("none.yaml", "P801"),
    ):
        with pytest.raises(Finding) as raised:
            resolve(f"HEAD~1:{PLAN}", relative)
        assert raised.value.diagnostic.code == code


def test_a_link_to_what_only_the_disk_has_is_a_finding(repository: Path) -> None:
    (repository / "new.yaml").write_text("id: new\n")
    with pytest.raises(Finding, match="no file"):
        resolve(f"HEAD:{PLAN}", "new.yaml")


def test_sales_that_git_ignores_come_from_the_disk(repository: Path) -> None:
    (repository / "data").mkdir()
    (repository / "data" / "sales.parquet").write_bytes(b"rows")
    found = resolve(f"HEAD:{PLAN}", "data/sales.parquet")
    assert Path(found).read_bytes() == b"rows"
    assert exists(f"HEAD:{Path(PLAN).parent.as_posix()}/data/sales.parquet")
    assert not Path(found).is_absolute()


def test_sales_of_a_revision_are_unpacked(repository: Path) -> None:
    (repository / "sales.parquet").write_bytes(b"old" * 10**6)
    git("add", ".")
    git("commit", "--quiet", "-m", "sales")
    (repository / "sales.parquet").write_bytes(b"new")
    found = resolve(f"HEAD:{PLAN}", "sales.parquet")
    assert Path(found).read_bytes() == b"old" * 10**6
    assert resolve(f"HEAD:{PLAN}", "sales.parquet") == found
    assert name_in_campaigns(f"HEAD:{PLAN}", found).startswith("HEAD:campaigns/")


def test_findings_stand_in_the_file_of_the_revision(repository: Path) -> None:
    (repository / "base.yaml").write_text("id: 基 数\nmarket: a\n", encoding="utf-8")
    (repository / "plan.yaml").write_text("extends: base.yaml\nnmae: x\n", encoding="utf-8")
    git("add", ".")
    git("commit", "--quiet", "-m", "faulty")
    (repository / "base.yaml").unlink()
    places = [(each.file, each.line, each.code) for each in read(f"HEAD:{PLAN}").diagnostics]
    base = f"HEAD:{Path(PLAN).with_name('base.yaml').as_posix()}"
    assert places == [(base, 1, "V210"), (f"HEAD:{PLAN}", 2, "K101")]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("HEAD~7:" + PLAN, "no revision 'HEAD~7'"),
        ("HEAD:none.yaml", "holds no file 'none.yaml'"),
        ("HEAD:campaigns", "holds no file 'campaigns'"),
        ("HEAD:../outside.yaml", "holds no file"),
        ("--output=x:y", "No such file"),
        ("HEAD:", "No such file"),
        ("a\nb:c\nd", "no revision 'a b'"),
    ],
)
def test_what_git_does_not_have_is_one_finding(name: str, says: str) -> None:
    before = sorted(Path.cwd().iterdir())
    (finding,) = read(name).diagnostics
    assert finding.code == "T001"
    assert says in finding.message
    assert sorted(Path.cwd().iterdir()) == before


def test_without_a_repository_or_without_git_the_finding_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "no git repository" in read("HEAD:a.yaml").diagnostics[0].message
    monkeypatch.setenv("PATH", "")
    assert "git cannot be run" in read("HEAD:a.yaml").diagnostics[0].message


@pytest.mark.skipif(os.name == "nt", reason="no colons in names there")
@pytest.mark.usefixtures("repository")
def test_a_file_of_the_disk_that_bears_such_a_name_comes_first() -> None:
    Path("HEAD:plan.yaml").write_text("id: disk\n")
    Path("HEAD:market.yaml").write_text("id: market\n")
    assert read("HEAD:plan.yaml").value == Plan(id="disk")
    assert resolve("HEAD:plan.yaml", "HEAD:market.yaml") == "HEAD:market.yaml"


@pytest.mark.usefixtures("repository")
def test_a_large_file_of_a_revision_is_refused() -> None:
    Path("large.yaml").write_text("#" * (1 << 20) + "\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "large")
    assert [each.code for each in read("HEAD:large.yaml").diagnostics] == ["T002"]


@pytest.fixture
def kaifeng(repository: Path) -> Path:
    shutil.copytree(KAIFENG, repository.parent / "kaifeng")
    git("add", ".")
    git("commit", "--quiet", "-m", "kaifeng")
    for each in (repository.parent / "kaifeng").rglob("*.*"):
        each.write_text("nonsense: 1\n")
    return Path("campaigns/kaifeng")


def test_a_study_of_a_revision_is_all_of_that_revision(kaifeng: Path) -> None:
    name = f"HEAD:{kaifeng.as_posix()}/2022-q4.yaml"
    study = load_study(name)
    wanted = hashlib.sha256((KAIFENG / "2022-q4.yaml").read_bytes()).hexdigest()
    assert study.inputs[name] == wanted
    assert len(study.inputs) >= 4
    assert all(file.startswith("HEAD:campaigns/kaifeng/") for file in study.inputs)
    assert revision(study.path) == (git("rev-parse", "HEAD"), False)


def test_files_and_folders_of_a_revision_are_checked(kaifeng: Path) -> None:
    of_the_disk = checkup.check([str(KAIFENG)])
    whole = checkup.check([f"HEAD:{kaifeng.as_posix()}"])
    assert (whole.files, whole.examples) == (of_the_disk.files, of_the_disk.examples)
    assert len(whole.findings) == len(of_the_disk.findings)
    one = checkup.check([f"HEAD:{kaifeng.as_posix()}/2022-q4.yaml"])
    assert 2 < one.files <= whole.files
    assert {each.file for each in checkup.check(["HEAD:none.yaml"]).findings} == {"HEAD:none.yaml"}
