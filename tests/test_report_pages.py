"""Pages and captions of the report."""

import re
from io import StringIO

import pandas as pd
import pytest

from srop.ledger.vocabulary import VERDICTS
from srop.pipeline.io import export_table, read_table
from srop.report.captions import agreement, as_text, summary, tally
from srop.report.report_pages import claims_page, page_of, record_page, table_page

LEDGER = """id,source,kind,section,claim,measure,paper,shown_in,verdict,basis,values,k_of_n,setting,agree,against,open,others,flips,note,judged_on,superseded
1,A 2021,paper,4.1,"It rises, <always>",rise_of *SROP*,0.5,,reproduced,paper scale,.4 .5 .6,3 of 3,"relu2, one",2,1,0,"reproduced in 2",dead: omit,a note,recorded,False
1,A 2021,paper,4.1,"It rises, <always>",rise_of *SROP*,0.5,,mixed,reduced,.4 -.5 .6,2 of 3,"relu2, one",0,0,0,,,,smoke,True
2,A 2021,paper,4.1,It stays,mean,,,not reproduced,reduced,,,,0,0,0,,,,smoke,False
3,A 2021,paper,4.2,It falls,mean,lower,,needs weights,reduced,,,,0,0,0,,,no weights,smoke,False
4,A 2021,proxy,4.2,It falls elsewhere,mean,lower,,reproduced,proxy,1 2 3,3 of 3,one,0,0,0,,,,smoke,False
5,B 2022,paper,1,It turns,mean,,,sign only,reduced,1 2 3,0 of 3; the sign in 3,one,0,0,0,,,,smoke,False
"""  # noqa: E501


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "claims.parquet"
    export_table(pd.read_csv(StringIO(LEDGER), dtype={"section": str}), path)
    return path


def test_claims_are_rows_with_escaped_text(ledger):
    page = page_of(ledger)
    assert page == claims_page(as_text(read_table(ledger)))
    assert page.count("<tr>") == 7
    assert "It rises, &lt;always&gt;" in page
    assert '<td class="short needs-weights">needs weights</td>' in page
    assert page.count('<td class="superseded">reduced (superseded)</td>') == 1


def test_every_verdict_has_its_color(ledger):
    for verdict in VERDICTS:
        assert f".{verdict.replace(' ', '-')} {{ background:" in page_of(ledger)


def test_every_column_of_claims_stands_under_its_name(ledger):
    head, row, *_ = page_of(ledger).split("<tr>")[1:]
    columns = dict(zip(re.findall("<th>(.*?)</th>", head), re.findall("<td.*?>(.*?)</td>", row), strict=True))
    assert columns["source"] == "A 2021, Sec. 4.1"
    assert columns["ours, by replicate"] == ".4 .5 .6"
    assert columns["k of n"] == "3 of 3"
    assert columns["setting"] == "relu2, one"
    assert columns["other settings"] == "reproduced in 2"
    assert columns["turned by"] == "dead: omit"
    assert columns["judged on"] == "recorded"


def test_a_page_says_what_would_count_and_what_is_fragile(ledger):
    rows = [row | {"limit": "above .3", "fragile": "fragile"} for row in as_text(read_table(ledger))]
    assert "<th>what would count</th>" in claims_page(rows)
    assert "<td>above .3</td>" in claims_page(rows)
    text = agreement(rows)
    assert "what would count: above .3" in text
    assert "- Claim 1, fragile **reproduced**" in text


def test_proxies_are_named_and_not_counted(ledger):
    rows = [row | {"basis": "proxy"} if row["source"] == "B 2022" else row for row in as_text(read_table(ledger))]
    text = summary(rows)
    assert "Of 1 claim of B 2022" not in text
    assert "What is claimed by B 2022 was tested on other networks than theirs (proxies), and is not counted." in text


def test_no_claims_are_no_text():
    assert agreement([]) == tally([]) == ""


def test_agreement_counts_the_papers_own_and_lists_all(ledger):
    text = agreement(as_text(read_table(ledger)))
    assert text.startswith(
        "Of 3 claims of A 2021, at the paper's scale 1 is reproduced; on reduced data 1 is not reproduced; "
        "1 needs weights. "
        "Of 1 claim of B 2022, on reduced data 1 is reproduced in sign only.\n\n-"
    )
    assert "- Claim 1 **reproduced**; turned by dead: omit: It rises" in text
    assert r"rise\_of \*SROP\* under relu2, one: .4 .5 .6 (3 of 3); the paper: 0.5; paper scale: recorded" in text
    assert "- Claim 4, proxy **reproduced**" in text
    assert "mean: not measured; the paper: lower" in text
    assert text.count("- Claim 1 ") == 1


def test_unknown_verdict_is_counted_too():
    assert tally([{"verdict": "odd"}, {"verdict": "mixed"}]) == "1 is mixed and 1 odd"


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
    with pytest.raises(ValueError, match=r"ends in \.parquet, \.md, \.json"):
        page_of(tmp_path / "table.csv")


def test_a_claim_is_shown_by_a_figure_or_table_with_a_caption():
    from pathlib import Path

    from srop.ledger.judge import all_claims

    captions = {path.stem for path in (Path(__file__).parent.parent / "workflow").glob("*/*.rst")}
    shown = {claim.shown_in for claim in all_claims()} - {""}
    assert {"figure2", "figure3", "figure4", "figure5", "table2", "id"} <= shown <= captions
