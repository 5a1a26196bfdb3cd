"""Links that lead in a circle, devices without end, tables that are none."""

from pathlib import Path
from typing import Any

import pytest

from promo.cli.app import run
from promo.errors import OutputError, PromoError
from promo.market.columns import SalesMap
from promo.market.proposal import propose_map
from promo.report import checkup
from promo.textfile import load, revision, write_atomic


def test_a_loop_of_links_is_a_file_that_cannot_be_read(kaifeng: Path) -> None:
    loop = kaifeng / "loop.yaml"
    loop.symlink_to(loop)
    (kaifeng / "itself").symlink_to(kaifeng)
    assert [each.code for each in checkup.check([str(loop)]).findings] == ["T001"]
    assert revision(str(loop)) == (None, None)
    assert run(["check", str(kaifeng)]) in {0, 1}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_device_without_end_is_refused() -> None:
    assert [each.code for each in checkup.check(["/dev/zero"]).findings] == ["T002"]


@pytest.mark.parametrize(("draws", "code"), [("17", 2), ("100", 2), ("1000", 2), ("8", 2)])
def test_draws_that_are_no_whole_sets_are_a_fault_of_usage(
    draws: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", "nothing.yaml", "--draws", draws]) == code
    assert "internal" not in capsys.readouterr().err


def test_a_table_of_ten_thousand_columns_is_refused(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(10_000)]
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(names) + "\n" + ",".join(names) + "\n", encoding="utf-8")
    with pytest.raises(PromoError, match="10,000 columns"):
        propose_map(str(wide))


MAP = "columns: {month: m, vehicle: v, price: p}\nconstants: {energy: ICE}\nprice_unit: 元\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (MAP + "header_line: 1000000000\n", "D903"),
        (MAP.replace("v,", f"{{from: v, table: {dict.fromkeys(range(900), 'x')}}},"), "K103"),
    ],
)
def test_a_map_without_end_is_refused(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "map.yaml"
    file.write_text(text, encoding="utf-8")
    assert [each.code for each in load(str(file), SalesMap).diagnostics] == [code]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    endless = tmp_path / "endless.csv"
    endless.write_text("a" * (2 << 20), encoding="utf-8")
    with pytest.raises(PromoError, match="a line without end"):
        propose_map(str(endless))


def test_a_file_that_cannot_be_read_is_a_finding_also_in_a_folder(
    kaifeng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = kaifeng / "market.yaml"
    honest = Path.open

    def guarded(self: Path, *args: Any, **options: Any) -> Any:
        if self == hidden:
            raise PermissionError(13, "Permission denied", str(self))
        return honest(self, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    found = checkup.check([str(kaifeng)]).findings
    assert {(Path(each.file).name, each.code) for each in found} >= {("market.yaml", "T001")}


def test_a_disk_for_reading_only_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def readonly(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "open", readonly)
    monkeypatch.setattr(Path, "unlink", readonly)
    with pytest.raises(OutputError, match="Read-only"):
        write_atomic(str(tmp_path / "a.txt"), b"")
