"""The files that are handed in."""

import errno
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from promo.appraisal import Appraisal
from promo.errors import OutputError
from promo.report import contract, run_folder
from promo.schema import Words


@pytest.fixture(scope="module")
def files(appraisal: Appraisal) -> dict[str, bytes]:
    return run_folder.appraisal_files(appraisal, "zh")


def test_the_workbook_opens_and_no_cell_is_a_formula(files: dict[str, bytes]) -> None:
    book = pl.read_excel(io.BytesIO(files["result.xlsx"]), sheet_id=0)  # noqa: TID251 - our file
    vehicles = book["分车型"]
    assert vehicles["车型配置"].to_list() == ["瑞虎 8 1.6T", "=2+3"]
    assert vehicles["车型"].to_list() == ["瑞虎 8", "+plus"]
    assert vehicles["价格(元)"].to_list() == [129_900, 99_800]
    accounts = book["收支两面"].drop_nulls("金额(万元)")  # a note stands below
    assert accounts["金额(万元)"].to_list() == [1930, 24, 190]
    assert accounts["下限(5%)"].to_list() == [1710, 21, 120]


def test_the_page_runs_nothing_and_asks_the_network_nothing(files: dict[str, bytes]) -> None:
    page = files["report.html"].decode()
    assert not re.search(r"<script|href=|src=|url\(|@import|xmlns|<iframe", page, re.IGNORECASE)
    assert "开封汽车促销 &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<svg") == 2
    assert "3,801–4,211" in page


def test_the_same_result_gives_the_same_bytes(
    appraisal: Appraisal, files: dict[str, bytes]
) -> None:
    assert run_folder.appraisal_files(appraisal, "zh") == files


def test_the_record_names_what_determined_the_result_and_no_time_or_place(
    files: dict[str, bytes],
) -> None:
    record = json.loads(files["record.json"])
    assert record["provenance"]["inputs"] == {"campaigns/kaifeng/2022-q4.yaml": "ab" * 32}
    assert record["provenance"]["dirty"] is True
    assert record["parameters"]["money.pots.main.amount"] == [20e6, 10e6, 40e6]
    assert len(record["sha256"]) == 64
    # Canonical JSON: sorted keys, no spaces.
    assert files["record.json"].startswith(b'{"campaign":"kaifeng-2022-q4","parameters":')


def test_parquet_holds_the_unrounded_draws(files: dict[str, bytes], appraisal: Appraisal) -> None:
    draws = pl.read_parquet(io.BytesIO(files["tables/draws.parquet"]))  # noqa: TID251 - our file
    assert draws.equals(appraisal.draws)


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def full_after_two(path: Path, content: bytes) -> None:
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr(run_folder, "write_file", full_after_two)
    with pytest.raises(OutputError, match="No space left"):
        run_folder.write(str(tmp_path / "run"), files)
    assert len(written) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_refused_and_kept(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="not an empty folder"):
        run_folder.write(str(tmp_path), files)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_with_spaces_and_chinese_is_written_whole(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    target = tmp_path / "测算 结果" / "第 1 次"
    run_folder.write(str(target), files)
    found = {str(f.relative_to(target)) for f in target.rglob("*") if f.is_file()}
    assert found == set(files)
    assert [each.name for each in target.parent.iterdir()] == ["第 1 次"]


def test_json_follows_the_contract(appraisal: Appraisal) -> None:
    content = contract.appraisal_object(appraisal, "zh")
    keys = "schema campaign standing provenance assumptions warnings limits measures"
    assert set(keys.split()) <= set(content)
    assert content["schema"] == "promo/appraisal/1"
    first = content["measures"][0]
    fields = "name label unit basis group mean se p05 p50 p95 never standing"
    assert set(fields.split()) <= set(first)
    assert first["name"] == "subsidised_cars"
    assert (first["mean"], first["p05"], first["p95"]) == (4012.0, 3801.0, 4211.0)
    strongest = max(content["sensitivity"], key=lambda row: row["variance_share"])
    assert (strongest["label"], strongest["variance_share_se"]) == ("自身价格弹性", 0.02)
    assert [row["belief"] for row in content["additionality"]] == [0.0, 0.5, 1.0]
    assert content["luck_alone"] == []
    gone = appraisal.measure("exhaustion_probability")
    lucky = contract.appraisal_object(replace(appraisal, luck_alone=(gone,)), "zh")
    assert lucky["luck_alone"] == [contract.measure_object(gone, "zh")]
    assert content["exhaustion"][3] == {
        "pot": "main",
        "until": "2022-11-28",
        "run_out": 0.06,
        "se": 0.01,
        "p05": pytest.approx(0.05),
        "p95": pytest.approx(0.07),
        "left": 0.94,
    }
    json.dumps(content, allow_nan=False)


def test_the_language_decides_words_and_never_a_number(appraisal: Appraisal) -> None:
    def numbers(language: str) -> list[object]:
        content = contract.appraisal_object(appraisal, "zh" if language == "zh" else "en")
        return [[m["name"], m["mean"], m["p05"], m["p95"]] for m in content["measures"]]

    assert numbers("zh") == numbers("en")


def test_a_comparison_handed_in_says_standing_warnings_and_limits(appraisal: Appraisal) -> None:
    other = replace(appraisal, campaign_id="b", warnings=(Words("来不及", "plated too late"),))
    differences = pl.DataFrame(
        {"design": ["b"], "measure": ["spend"], "mean": [1.0], "p05": [0.0], "p95": [2.0]}
    ).with_columns(p50=1.0, se=0.1, marked=False, best=pl.lit(None))
    files = run_folder.comparison_files([appraisal, other], differences, "en")
    page = files["report.html"].decode()
    assert page.count("Standing: illustrative") == 2
    assert "plated too late" in page
    assert "Limits" in page
