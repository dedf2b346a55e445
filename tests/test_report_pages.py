"""Pages and captions of the report."""

import re

import pytest

from srop.pipeline.io import write_text
from srop.report.captions import agreement, read_claims, tally
from srop.report.report_pages import claims_page, page_of, record_page, table_page

LEDGER = """id,section,claim,measure,paper,ours,low,high,replicates,setting,verdict,holds_for,note,judged_on
1,4.1,"It rises, <always>",rise_of *SROP*,0.5,0.4961,0.476,0.516,3,"relu2, one",depends,dead = one,a note,smoke
2,4.1,It stays,mean,,0.470000,,,,,holds,,,smoke
3,4.2,It falls,mean,lower,,,,,,untestable here,no weights,,smoke
"""


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "claims.csv"
    write_text(LEDGER, path)
    return path


def test_claims_are_rows_with_rounded_numbers_and_escaped_text(ledger):
    page = page_of(ledger)
    assert page == claims_page(read_claims(ledger))
    assert page.count("<tr>") == 4
    assert "0.496 [0.476, 0.516]" in page
    assert "It rises, &lt;always&gt;" in page
    assert '<td class="short untestable">untestable here</td>' in page


def test_every_column_of_claims_stands_under_its_name(ledger):
    head, row, *_ = page_of(ledger).split("<tr>")[1:]
    columns = dict(zip(re.findall("<th>(.*?)</th>", head), re.findall("<td.*?>(.*?)</td>", row), strict=True))
    assert columns["replicates"] == "3"
    assert columns["setting"] == "relu2, one"
    assert columns["holds for"] == "dead = one"
    assert columns["judged on"] == "smoke"


def test_no_ledger_is_no_claim(tmp_path):
    assert read_claims(tmp_path / "claims.csv") == []
    assert agreement([]) == tally([]) == ""


def test_an_older_ledger_can_be_read(tmp_path):
    """The workflow reads what is there before it makes a new one."""
    path = tmp_path / "claims.csv"
    write_text("id,claim,verdict,gone\n1,It rises,holds,x\n", path)
    assert "**holds**: It rises" in agreement(read_claims(path))
    assert "It rises" in page_of(path)


def test_agreement_counts_and_lists(ledger):
    text = agreement(read_claims(ledger))
    assert text.startswith(
        "Of the ledger's 3 verdicts on it 1 holds, 1 depends on a choice and 1 is untestable here.\n\n-"
    )
    assert "- Claim 1 **depends** (dead = one): It rises" in text
    assert r"rise\_of \*SROP\* under relu2, one: 0.496; the paper: 0.5" in text
    assert "mean: not measured; the paper: lower" in text


def test_unknown_verdict_is_counted_too():
    assert tally([{"verdict": "odd"}, {"verdict": "holds"}]) == "1 holds and 1 odd"


def test_markdown_keeps_bold_and_drops_nan():
    page = table_page("| output_size | layer |\n|----:|:----|\n| 56 | **pool1** (55) |\n| nan | a < b |\n")
    assert "<th>output size</th><th>layer</th>" in page
    assert '<td class="number">56</td><td><b>pool1</b> (55)</td>' in page
    assert '<td class="number"></td><td>a &lt; b</td>' in page


def test_record_is_flat_under_headings():
    page = record_page(
        {"preset": "smoke", "name": "", "values": {"digits": {"w": [0, 1]}}, "origins": [{"commit": None, "tables": 9}]}
    )
    assert "<tr><th>preset</th><td>smoke</td></tr>" in page
    assert "<tr><th>name</th><td>none</td></tr>" in page
    assert "<h2>values</h2>" in page
    assert "<tr><th>digits.w</th><td>0, 1</td></tr>" in page
    assert "<tr><td>none</td><td>9</td></tr>" in page


def test_pages_load_nothing(ledger):
    assert "http" not in page_of(ledger)
    assert "src=" not in page_of(ledger)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"made of \.csv, \.md, \.json"):
        page_of(tmp_path / "table.parquet")


def test_a_claim_is_shown_by_a_figure_or_table_with_a_caption():
    from pathlib import Path

    from srop.ledger.judge import all_claims

    captions = {path.stem for path in (Path(__file__).parent.parent / "workflow" / "report").glob("*.rst")}
    shown = {claim.shown_in for claim in all_claims()} - {""}
    assert {"figure2", "figure3", "figure4", "figure5", "table2", "id"} <= shown <= captions
