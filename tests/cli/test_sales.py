"""Sales in and out of the command line."""

from pathlib import Path

import polars as pl
import pytest

from promo.cli import app
from promo.textfile import example_folder

MARKET = f"{example_folder()}/kaifeng/market.yaml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_generated_invoices_come_back_through_a_proposed_map(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["generate", "invoices", MARKET, "--rows", "300", "--out", "发票 1.csv"]
    assert app.run(made) == 0
    assert app.run(["import", "发票 1.csv", "--out", "map.yaml"]) == 0
    capsys.readouterr()
    assert app.run(["import", "发票 1.csv", "--map", "map.yaml", "--out", "s.parquet"]) == 0
    assert "rows read" in capsys.readouterr().out
    # One row is one car, no car twice: the history holds as many cars as there are invoices.
    assert pl.read_parquet("s.parquet")["units"].sum() == 300  # noqa: TID251 - our own file


def test_generated_sales_come_back_whole(here: Path) -> None:
    assert app.run(["generate", "sales", MARKET, "--out", "s.csv"]) == 0
    table = pl.read_csv("s.csv")  # noqa: TID251 - our own file
    assert app.run(["import", "s.csv", "--out", "map.yaml"]) == 0
    assert app.run(["import", "s.csv", "--map", "map.yaml", "--out", "s.parquet"]) == 0
    back = pl.read_parquet("s.parquet")  # noqa: TID251 - our own file
    assert back["units"].sum() == table["units"].sum()


def test_an_existing_file_is_refused_and_kept(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "mine.csv").write_text("keep")
    assert app.run(["generate", "sales", MARKET, "--out", "mine.csv"]) == 1
    assert (here / "mine.csv").read_text() == "keep"
    assert "mine.csv exists; nothing was written" in capsys.readouterr().err


def test_a_proposed_map_alone_is_on_stdout(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "s.csv").write_text("开票日期,车型,价税合计\n2022-10-05,甲,100000\n", encoding="utf-8")
    assert app.run(["import", "s.csv"]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert "  month: 开票日期" in lines
    assert all(line.startswith(("#", " ", "columns", "constants", "price_unit")) for line in lines)
    assert "100,000" in printed.err
