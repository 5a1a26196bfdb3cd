"""The shell around the model: exit codes, encodings, pipes, start-up."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from promo import crew

FAKE = Path(__file__).parents[1] / "report" / "fake_result.py"


def _run(
    *arguments: str, fake: bool = False, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    start = [str(FAKE)] if fake else ["-c", "from promo.cli.app import main; main()"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    return subprocess.run(
        [sys.executable, *start, *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        env={**clean, "LANG": "C.UTF-8", **environment},
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from promo.cli.app import run\n"
        "code = run(['--help'])\n"
        "heavy = {'polars', 'numpy', 'faker', 'scipy', 'rich', 'pydantic', 'yaml', 'sqlglot'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_without_a_command_it_lists_them_in_order_of_use() -> None:
    text = _run().stdout.decode()
    names = [line.split()[1] for line in text.splitlines() if line.startswith("  promo ")]
    assert names == ["init", "check", "explain", "simulate", "compare", "import", "generate"]
    assert "promo init kaifeng" in text


def test_the_language_follows_the_locale() -> None:
    assert "先试这一条" in _run(LANG="zh_CN.UTF-8").stdout.decode()
    assert "First, try" in _run(LANG="de_DE.UTF-8").stdout.decode()


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "utf-8", "latin-1"])
@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["simulate", "--help"], ["check", "--help"]]
)
def test_talk_never_fails_for_its_characters(encoding: str, arguments: list[str]) -> None:
    done = _run(*arguments, PYTHONIOENCODING=encoding, LANG="zh_CN.UTF-8")
    assert (done.returncode, done.stderr) == (0, b"")
    done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_results_never_fail_for_their_characters(encoding: str, language: str) -> None:
    done = _run("simulate", "x.yaml", "--lang", language, fake=True, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "4,012" in done.stdout.decode(encoding)


def test_results_are_printed_as_json() -> None:
    done = _run("simulate", "x.yaml", "--json", fake=True)
    assert json.loads(done.stdout)["schema"] == "promo/appraisal/1"


@pytest.mark.parametrize(
    "arguments", [["chek"], ["simulate"], ["check"], ["simulate", "x", "--draws", "many"]]
)
def test_misuse_is_exit_2_without_a_traceback(arguments: list[str]) -> None:
    done = _run(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "没有 'chek' 这条命令。是否想写 'check'？"),
        (["simulate"], "缺少参数 'CAMPAIGN'。"),
        (["simulate", "x", "--draws", "5"], "应不小于 16"),
        (["generate", "sales", "x.yaml", "--out", "x.txt"], "应以 .csv 或 .parquet 结尾"),
    ],
)
def test_misuse_is_explained_in_chinese_on_a_chinese_screen(
    arguments: list[str], said: str
) -> None:
    done = _run(*arguments, LANG="zh_CN.UTF-8")
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert "Usage" not in done.stderr.decode()


def test_chinese_help_has_no_english_headings() -> None:
    text = _run("simulate", "--help", LANG="zh_CN.UTF-8").stdout.decode()
    assert "用法:" in text
    assert not [word for word in ("Usage", "Options:", "Arguments:", "Show this") if word in text]


def test_a_market_in_the_place_of_a_campaign_is_called_so(tmp_path: Path) -> None:
    market = tmp_path / "market.yaml"
    market.write_text("sales: {}\nbuyers: []\nhorizon_months: 8\n")
    done = _run("simulate", str(market))
    assert done.returncode == 1
    assert b"is a market file, not a campaign" in done.stderr
    in_chinese = _run("simulate", str(market), "--lang=zh").stderr.decode()
    assert "是市场文件，不是活动文件" in in_chinese


def test_an_existing_folder_is_refused_before_the_work_starts(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    done = _run("simulate", "x.yaml", "--out", str(tmp_path), fake=True)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"not an empty folder" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["old.txt"]


def test_a_run_folder_is_written(tmp_path: Path) -> None:
    done = _run("simulate", "x.yaml", "--out", str(tmp_path / "run"), fake=True)
    assert done.returncode == 0
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_closed_pipe_is_quiet() -> None:
    code = f"{sys.executable} {FAKE} simulate x.yaml | head -n 1"
    done = subprocess.run(["bash", "-c", code], capture_output=True, check=False, timeout=60)
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, str(FAKE), "simulate", "x"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [b"promo: No space left on device"]


def test_a_bug_is_one_line_that_says_how_to_report_it() -> None:
    code = (
        "from promo.cli import app, screen\n"
        "def broken(*_): raise ZeroDivisionError('oh')\n"
        "screen.out = broken\n"
        "raise SystemExit(app.run([]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith(b"promo: internal error (ZeroDivisionError: oh)")
    assert len(done.stderr.splitlines()) == 1


def test_interruption_is_exit_130() -> None:
    code = (
        "from promo.cli import app, screen\n"
        "def interrupted(*_): raise KeyboardInterrupt\n"
        "screen.out = interrupted\n"
        "raise SystemExit(app.run([]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks here")
def test_a_helper_that_is_still_starting_does_not_hear_an_interruption() -> None:
    asked = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with crew._deaf_to_interruption():
        done = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True)
    assert done.stdout.strip() == b"True"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
