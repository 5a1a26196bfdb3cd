"""Whole files or none: on a full disk, at Ctrl-C, when someone ends the program."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from promo import textfile
from promo.cli.app import run
from promo.errors import OutputError
from promo.report import run_folder


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def half_written(target: Path) -> None:
    with textfile.unfinished(target) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt


def test_what_is_unfinished_does_not_stay(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        half_written(tmp_path / "a.csv")
    assert names(tmp_path) == []


def test_a_name_of_250_letters_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("a" * 250)
    textfile.write_atomic(str(target), b"whole")
    assert target.read_bytes() == b"whole"
    run_folder.write(str(tmp_path / ("b" * 250)), {"x.txt": b"whole"})
    assert names(tmp_path) == ["a" * 250, "b" * 250]


def test_an_empty_folder_is_filled_and_stays_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    run_folder.write(".", {"x.txt": b"whole"})
    assert names(tmp_path) == ["x.txt"]
    assert tmp_path.stat().st_ino == before


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutputError, match="cannot be made in"):
        run_folder.refuse_existing(str(file / "out"))


def test_the_example_is_copied_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("promo.textfile.files.place_folder", interrupted)
    monkeypatch.chdir(tmp_path)
    assert run(["init", "kaifeng"]) == 130
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
@pytest.mark.parametrize("pressed", [True, False])
def test_ctrl_c_that_a_library_turns_into_its_own_error_is_still_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, *, pressed: bool
) -> None:
    """As modules of scipy do that are interrupted while they are imported."""

    def importing(*_: object, **__: object) -> None:
        try:
            if pressed:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
        except KeyboardInterrupt:
            pass
        raise ImportError("initialization failed")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("promo.cli.app.app", importing)
    try:
        assert run([]) == (130 if pressed else 3)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_half_file(kaifeng: Path, number: signal.Signals) -> None:
    words = ["generate", "invoices", "market.yaml", "--rows", "50000000", "--out", "invoices.csv"]
    before = names(kaifeng)
    program = [sys.executable, "-c", "from promo.cli.app import main; main()", *words]
    with subprocess.Popen(program, cwd=kaifeng, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 30
        while names(kaifeng) == before and time.monotonic() < until:
            time.sleep(0.05)
        assert names(kaifeng) != before
        os.kill(process.pid, number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert b"Traceback" not in said
    assert names(kaifeng) == before
