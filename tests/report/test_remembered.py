"""What a check found may be taken for what it would find now, exactly as long as it is."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from promo.errors import Diagnostic
from promo.policy.campaign import Campaign
from promo.report import checkup, remembered
from promo.report.remembered import Memory, cache_folder
from promo.textfile import read_bytes

CAMPAIGNS = Path(__file__).parents[2] / "campaigns"
PLACE = "kaifeng"


@pytest.fixture
def campaigns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kaifeng with its market, plant and policies."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CAMPAIGNS / PLACE, Path("campaigns") / PLACE)
    folder = Path("campaigns") / PLACE
    (folder / "2022-q4-phased.yaml").unlink()
    (folder / "2022-q4-closed-loop.yaml").unlink()
    (folder / "manufacturers" / "chery-henan-closed-loop.yaml").unlink()
    return folder


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "cache")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that a check looked at and did not remember."""
    files: list[str] = []

    def noted(look: Callable[[str], Any]) -> Callable[[str], Any]:
        def also(path: str) -> Any:
            files.append(Path(path).name)
            return look(path)

        return also

    looks = {kind: noted(look) for kind, look in checkup._CHECKS.items()}
    monkeypatch.setattr(checkup, "_CHECKS", looks)
    return files


def test_nothing_is_looked_at_twice_and_the_answer_is_the_same(
    campaigns: Path, memory: Memory, looked_at: list[str]
) -> None:
    cold = checkup.check([str(campaigns)], memory)
    assert len(looked_at) == cold.files
    looked_at.clear()
    assert checkup.check([str(campaigns)], memory) == cold
    assert checkup.check([str(campaigns)], Memory(memory.folder)) == cold
    assert looked_at == []
    assert checkup.check([str(campaigns)]) == cold


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("market.yaml", {"2022-q4.yaml", "market.yaml"}),  # what is on sale is reviewed
        ("vehicles.csv", {"2022-q4.yaml", "market.yaml"}),
        (
            "manufacturers/chery-henan.yaml",
            {"2022-q4.yaml", "chery-henan.yaml"},
        ),
        ("policies/henan-2022.yaml", {"henan-2022.yaml"}),
        ("2022-q4.yaml", {"2022-q4.yaml"}),
    ],
)
def test_a_change_of_a_file_is_a_change_of_all_that_hangs_on_it(
    campaigns: Path, memory: Memory, looked_at: list[str], changed: str, again: set[str]
) -> None:
    checkup.check([str(campaigns)], memory)
    looked_at.clear()
    file = campaigns / changed
    times = file.stat()
    file.write_bytes(file.read_bytes().replace(b"\n", b" \n", 1))  # one blank more
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    checkup.check([str(campaigns)], memory)
    assert set(looked_at) == again


def test_a_change_of_a_base_is_a_change_of_what_extends_it(
    campaigns: Path, memory: Memory, looked_at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Campaign, "extendable", True)
    variant = campaigns / "variant.yaml"
    more = "money: {pots: [{id: main, amount: {assumed: 30000000}}]}"
    variant.write_text(f"extends: 2022-q4.yaml\nid: variant\n{more}\n", encoding="utf-8")
    cold = checkup.check([str(variant)], memory)
    assert cold.errors == 0
    assert {"variant.yaml", "market.yaml"} <= set(looked_at)
    looked_at.clear()
    assert checkup.check([str(variant)], memory) == cold
    assert looked_at == []
    base = campaigns / "2022-q4.yaml"
    base.write_bytes(base.read_bytes().replace(b"20000000", b"90000000", 1))
    assert checkup.check([str(variant)], memory).files == cold.files
    assert looked_at == ["variant.yaml"]


def test_sales_that_are_imported_anew_are_noticed(
    tmp_path: Path, memory: Memory, looked_at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("campaigns") / "tianjin"
    shutil.copytree(CAMPAIGNS / "tianjin", folder, ignore=shutil.ignore_patterns("data"))
    campaign = str(folder / "2014-what-if.yaml")
    checkup.check([campaign], memory)
    sales = folder / "data" / "sales.parquet"
    sales.parent.mkdir()
    for content in (b"one", b"two"):
        sales.write_bytes(content)
        looked_at.clear()
        checkup.check([campaign], memory)
        assert {"2014-what-if.yaml", "market.yaml"} <= set(looked_at)
    looked_at.clear()
    checkup.check([campaign], memory)
    assert looked_at == []


def test_a_linked_file_that_goes_or_comes_is_noticed(
    campaigns: Path, memory: Memory, looked_at: list[str]
) -> None:
    checkup.check([str(campaigns)], memory)
    market = campaigns / "market.yaml"
    market.rename(campaigns / "away")
    looked_at.clear()
    gone = checkup.check([str(campaigns / "2022-q4.yaml")], memory)
    assert [each.code for each in gone.findings if each.severity == "error"] == ["P801"]
    assert "2022-q4.yaml" in looked_at
    (campaigns / "away").rename(market)
    looked_at.clear()
    back = checkup.check([str(campaigns / "2022-q4.yaml")], memory)
    assert back.errors == 0
    assert looked_at == []  # as before it went


def test_a_link_of_the_disk_that_points_elsewhere_is_noticed(
    campaigns: Path, memory: Memory, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.yaml"
    shutil.copy(campaigns / "market.yaml", outside)
    checkup.check([str(campaigns / "2022-q4.yaml")], memory)
    (campaigns / "market.yaml").unlink()
    (campaigns / "market.yaml").symlink_to(outside)
    found = checkup.check([str(campaigns / "2022-q4.yaml")], memory).findings
    assert [each.code for each in found if each.severity == "error"] == ["P802"]


def test_warnings_are_kept_and_errors_are_not(
    campaigns: Path, memory: Memory, looked_at: list[str]
) -> None:
    file = campaigns / "2022-q4.yaml"
    text = file.read_text(encoding="utf-8")
    market = campaigns / "market.yaml"
    market.write_text("nonsense: 1\n" + market.read_text(encoding="utf-8"), encoding="utf-8")
    always = 'eligibility:\n  - {id: 总是, when: "price > 0"}\n'  # refuses no one
    file.write_text(text.replace("eligibility:\n", always, 1), encoding="utf-8")
    cold = checkup.check([str(campaigns)], memory)
    assert {"R403", "K101"} <= {each.code for each in cold.findings}
    looked_at.clear()
    warm = checkup.check([str(campaigns)], memory)
    assert looked_at == ["market.yaml"]
    fields = ("file", "line", "column", "code", "message", "help", "text", "length", "fix")
    assert [[getattr(each, name) for name in fields] for each in warm.findings] == [
        [getattr(each, name) for name in fields] for each in cold.findings
    ]


def test_another_program_or_library_remembers_nothing(
    campaigns: Path, memory: Memory, looked_at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkup.check([str(campaigns)], memory)
    for name in ("_program", "_libraries"):
        looked_at.clear()
        with monkeypatch.context() as patched:
            patched.setattr(remembered, name, lambda: iter(["other"]))
            checkup.check([str(campaigns)], Memory(memory.folder))
        assert looked_at, name
    looked_at.clear()
    checkup.check([str(campaigns)], Memory(memory.folder))
    assert looked_at == []


def test_every_file_of_the_program_is_in_its_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "promo"
    shutil.copytree(
        CAMPAIGNS.parent / "promo", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(remembered, "__file__", str(package / "report" / "remembered.py"))
    before = Memory(None).fingerprint
    assert Memory(None).fingerprint == before
    for path in [*package.rglob("*.py")][::17]:
        stamp = path.stat().st_mtime_ns
        os.utime(path, ns=(stamp, stamp + 1))
        assert Memory(None).fingerprint != before
        os.utime(path, ns=(stamp, stamp))
    assert Memory(None).fingerprint == before
    (package / "new.py").touch()
    assert Memory(None).fingerprint != before


def test_another_folder_to_work_in_is_another_matter(
    campaigns: Path, memory: Memory, looked_at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkup.check([str(campaigns)], memory)
    looked_at.clear()
    monkeypatch.chdir(campaigns)
    found = checkup.check(["2022-q4.yaml"], memory)
    assert looked_at
    assert {Path(each.file).parts[0] for each in found.findings} <= {"2022-q4.yaml", "market.yaml"}


# --- what stands there cannot be trusted ------------------------------------------------------


@pytest.fixture
def simple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked_at: list[str]) -> Path:
    """A folder whose files all have the same warning, found without much thought."""
    monkeypatch.chdir(tmp_path)
    folder = Path("campaigns")
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.yaml").write_text("windows: 1\n")

    def look(path: str) -> remembered.Result:
        looked_at.append(path)
        read_bytes(path)
        return remembered.Result((Diagnostic(path, 1, 2, "R403", "m", "h", "窗", 3, "f"),), 2, ())

    monkeypatch.setattr(checkup, "_CHECKS", dict.fromkeys(checkup.Kind, look))
    return folder


def entries(memory: Memory) -> Iterator[Path]:
    assert memory.folder is not None
    return memory.folder.glob("check-*/*.json")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-3],
        lambda content: content.replace(b'"examples"', b'"exampels"'),
        lambda content: b"\x00" * len(content),
        lambda content: content.replace(b"seen", b"sean"),
        lambda content: b"[]",
    ],
)
def test_a_damaged_entry_is_as_if_it_were_not_there(
    simple: Path, memory: Memory, looked_at: list[str], damage: Callable[[bytes], bytes]
) -> None:
    cold = checkup.check([str(simple)], memory)
    for entry in entries(memory):
        entry.write_bytes(damage(entry.read_bytes()))
    looked_at.clear()
    assert checkup.check([str(simple)], memory) == cold
    assert len(looked_at) == cold.files
    looked_at.clear()
    assert checkup.check([str(simple)], memory) == cold
    assert looked_at == []


@pytest.mark.parametrize(
    "kept",
    [
        [],
        {"seen": [], "findings": [["a"]], "examples": 0, "links": []},
        {"seen": [["rm", "a", "b"]], "findings": [], "examples": 0, "links": []},
        {"seen": [["content", "no such file", "b"]], "findings": [], "examples": 0, "links": []},
        {"seen": [], "findings": [], "examples": "many", "links": []},
        {"seen": [], "findings": [], "examples": 0, "links": ["a"]},
    ],
)
def test_a_foreign_entry_is_not_believed(
    simple: Path, memory: Memory, looked_at: list[str], kept: Any
) -> None:
    cold = checkup.check([str(simple)], memory)
    for entry in entries(memory):
        memory._write(entry, json.dumps(kept).encode())
    assert checkup.check([str(simple)], memory) == cold


def test_a_folder_that_is_none_or_cannot_be_written_never_fails_a_check(
    simple: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    wanted = checkup.check([str(simple)])
    assert checkup.check([str(simple)], Memory(file)) == wanted
    assert checkup.check([str(simple)], Memory(Path("/proc/nowhere"))) == wanted

    def readonly(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", readonly)
    assert checkup.check([str(simple)], Memory(tmp_path / "cache")) == wanted
    assert not (tmp_path / "cache").exists()


def test_several_at_once_leave_whole_entries(
    simple: Path, memory: Memory, looked_at: list[str]
) -> None:
    wanted = checkup.check([str(simple)])
    found: list[checkup.Checkup] = []

    def work() -> None:
        found.append(checkup.check([str(simple)], Memory(memory.folder)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4
    looked_at.clear()
    assert checkup.check([str(simple)], memory) == wanted
    assert looked_at == []
    assert [each.name for each in (memory.folder or Path()).rglob(".*")] == []


def test_old_entries_are_forgotten(simple: Path, memory: Memory) -> None:
    folder = memory.folder or Path()
    old = folder / "check-0123456789abcdef" / "a.json"
    old.parent.mkdir(parents=True)
    old.touch()
    os.utime(old, (time.time() - 40 * 86_400,) * 2)
    checkup.check([str(simple)], memory)
    assert not old.parent.exists()
    assert (
        (folder / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


# --- where ------------------------------------------------------------------------------------


def test_the_user_says_where_and_whether(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/a"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder({}) == Path("/home/a/.cache/promo")
    assert cache_folder({"XDG_CACHE_HOME": "/var/c"}) == Path("/var/c/promo")
    assert cache_folder({"XDG_CACHE_HOME": "c"}) == Path("/home/a/.cache/promo")
    assert cache_folder({"PROMO_CACHE": "off", "XDG_CACHE_HOME": "/var/c"}) is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder({}) == Path("/home/a/Library/Caches/promo")
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache_folder({"LOCALAPPDATA": "/l"}) == Path("/l/promo/Cache")
    assert cache_folder({}) == Path("/home/a/AppData/Local/promo/Cache")

    def homeless() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder({}) is None


# --- the program ------------------------------------------------------------------------------

RUN = "import sys; from promo.cli.app import run; code = run(sys.argv[1:]); "
HEAVY = "print([n for n in ('polars', 'sqlglot', 'yaml', 'numpy', 'rich') if n in sys.modules])"


def program(
    campaigns: Path, *words: str, then: str = "", **changes: str
) -> tuple[int, bytes, bytes]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(Path.cwd() / "cache"), "PROMO_CACHE": "on"}
    command = [sys.executable, "-c", RUN + (then or "sys.exit(code)"), "check", str(campaigns)]
    done = subprocess.run(
        [*command, "--lang", "en", *words],
        env=environment | changes,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_cold_and_warm_print_the_same_bytes_and_warm_brings_in_nothing(campaigns: Path) -> None:
    cold = program(campaigns)
    assert cold[0] == 0
    assert (Path("cache") / "promo").is_dir()
    assert program(campaigns) == cold
    assert program(campaigns, "--no-cache") == cold
    assert program(campaigns, PROMO_CACHE="off") == cold
    assert program(campaigns, then=HEAVY)[1].splitlines()[-1] == b"[]"
    assert program(campaigns, "--json") == program(campaigns, "--json", "--no-cache")


def test_off_means_off(campaigns: Path) -> None:
    for words, changes in ((["--no-cache"], {}), ([], {"PROMO_CACHE": "off"})):
        assert program(campaigns, *words, **changes)[0] == 0
        assert not Path("cache").exists()


WATCHED = """
import json, sys
from pathlib import Path
from promo.report import checkup
from promo.textfile import watching
opened = set()
def hook(event, words):
    if event == "open" and isinstance(words[0], str):
        opened.add(str(Path(words[0]).resolve()))
list(checkup.candidates([sys.argv[1]]))
for path, kind in checkup.candidates([sys.argv[1]]):
    if kind:
        checkup._CHECKS[kind](str(path))  # brings in what it needs
sys.addaudithook(hook)
missed = set()
for path, kind in list(checkup.candidates([sys.argv[1]])):
    if kind:
        opened.clear()
        with watching() as seen:
            checkup._CHECKS[kind](str(path))
        read = {str(Path(where).resolve()) for what, where in seen if what == "content"}
        missed |= opened - read
print(json.dumps(sorted(missed)))
"""


def test_no_file_is_opened_unseen() -> None:
    """Whoever reads a linked file past `textfile` would be remembered wrongly: that ends here."""
    command = [sys.executable, "-c", WATCHED, str(CAMPAIGNS)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout) == []
