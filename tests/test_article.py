"""The article that a run ends with."""

import re
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from selenium.webdriver.common.keys import Keys

from srop.ledger.judge import all_claims
from srop.ledger.vocabulary import COLORS, MARKS, VERDICTS
from srop.report.article import Article, Picture
from srop.report.numbers import Numbers
from srop.report.verdicts import tally

PROJECT = Path(__file__).parent.parent
TEMPLATE, STYLE, SCRIPT = (
    (PROJECT / "workflow" / "report" / f"article.{ending}").read_text(encoding="utf-8")
    for ending in ("html.j2", "css", "js")
)
LEDGER = """id,source,kind,section,claim,measure,paper,shown_in,verdict,basis,values,k_of_n,setting,agree,against,open,others,flips,note,judged_on,superseded
1,A 2021,paper,4.1,"It rises, <always>",rise_of *SROP*,0.5,,reproduced,paper scale,.4 .5 .6,3 of 3,"relu2, one",2,1,0,"reproduced in 2",dead: omit,a note,recorded,False
1,A 2021,paper,4.1,"It rises, <always>",rise_of *SROP*,0.5,,mixed,reduced,.4 -.5 .6,2 of 3,"relu2, one",0,0,0,,,,smoke,True
2,A 2021,paper,4.1,It stays,mean,,,not reproduced,reduced,,,,0,0,0,,,,smoke,False
3,A 2021,paper,4.2,It falls,mean,lower,,needs weights,reduced,,,,0,0,0,,,no weights,smoke,False
4,A 2021,proxy,4.2,It falls elsewhere,mean,lower,,reproduced,proxy,1 2 3,3 of 3,one,0,0,0,,,,smoke,False
5,B 2022,paper,1,It turns,mean,,,sign only,reduced,1 2 3,0 of 3; the sign in 3,one,0,0,0,,,,smoke,False
"""  # noqa: E501


TABLE = pd.DataFrame({"w": [0.0, 0.0, 0.9], "seed": [1, 0, 0], "srop": [0.2, 0.1, 0.3]})
RECORD = {
    "preset": "smoke",
    "values": {"digits": {"w": [0, 1]}},
    "versions": {"torch": "2"},
    "hardware": {"processor": "a CPU"},
    "origins": [{"commit": "abc", "device": "cpu", "cpu": "x86", "tables": 9}],
}


@pytest.fixture
def page(tmp_path):
    """Give a function from chapters to the page."""
    figure = tmp_path / "rise.svg"
    figure.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")

    def write(*chapters: str, claims: str = LEDGER, style: str = "", script: str = "") -> str:
        article = Article(
            numbers=Numbers({"digits": TABLE}.__getitem__),
            pictures=[Picture(figure, "A rise", "rise", "figure_rise")],
            tables={"sizes": "| output_size | layer |\n|----:|:----|\n| 56 | **pool1** (55) |\n| nan | a < b |\n"},
            captions={"rise": "What rises: *all* of it.", "sizes": "Sizes."},
            claims=pd.read_csv(StringIO(claims), dtype={"section": str}),
            record=RECORD,
            makers={"digits": "tabulate_digits", "sizes": "table1"},
            call="preset=smoke",
            results="results/smoke",
        )
        return article.page(chapters, TEMPLATE, style=style, script=script)

    return write


def chapter(text: str, heading: str = "1 One") -> str:
    return f"{heading}\n{'=' * len(heading)}\n\n{text}\n"


def test_a_number_links_to_its_cells_and_their_rule(page):
    html = page(chapter("It is {{ number('digits', 'srop', w=0.0) }}."))
    assert 'href="#number-1"' in html
    assert ">.10 and .20</a>" in html
    row = re.search(r'<tr id="number-1">.*?</tr>', html)[0]
    assert [re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] == [
        ".10 and .20",
        "tables/digits.csv",
        "srop",
        "w = 0.0",
        "tabulate_digits",
    ]


def test_rows_that_a_run_lacks_are_named(page):
    assert ">(not in this run)</a>" in page(chapter("{{ number('digits', 'srop', w=0.5) }}"))
    assert "(not judged in this run)" in page(chapter("{{ verdict('99') }} {{ ours('99') }}"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ number('digits', 'sropp') }}", "no column sropp: w, seed, srop"),
        ("{{ number('digit', 'srop') }}", "chapter '1 One': 'digit'"),
        ("{{ numbr('digits') }}", "'numbr' is undefined"),
        ("*never ended", "Inline emphasis start-string without end-string"),
    ],
)
def test_a_mistake_in_a_chapter_names_the_chapter(page, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        page(chapter(text))


def test_more_than_five_values_are_refused_unless_their_mean_is_asked_for():
    numbers = Numbers(lambda name: pd.DataFrame({"x": range(6)}))
    with pytest.raises(ValueError, match="6 rows of the table t have "):
        numbers.ask("t", "x")
    assert numbers.ask("t", "x", mean=True).text == "2.50"


def test_chapters_stand_in_the_order_of_their_numbers_and_in_the_contents(page):
    html = page(chapter("b", "10 Ten"), chapter("a", "2 Two"), chapter("c", "2.1 Turned"))
    assert re.findall(r'<li class="level-(\d)"><a href="#[\w-]+">(.*?)</a>', html)[:3] == [
        ("2", "2 Two"),
        ("3", "2.1 Turned"),
        ("2", "10 Ten"),
    ]
    for anchor in re.findall(r'href="#([^"]*)"', html):
        assert f'id="{anchor}"' in html, anchor
    with pytest.raises(ValueError, match="'Two' has no number"):
        page(chapter("a", "Two"))


def test_a_figure_stands_where_it_is_spoken_of_with_its_claims_and_command(page):
    claims = LEDGER.replace("rise_of *SROP*,0.5,,", "rise_of *SROP*,0.5,rise,")
    html = page(chapter("Before.\n\n{{ figure('rise') }}\n\nAfter."), claims=claims)
    figure = re.search(r"Before.*(<figure.*</figure>).*After", html, re.DOTALL)[1]
    assert "data:image/svg+xml;base64," in figure
    assert 'alt="A rise. What rises:"' in figure
    assert "<em>all</em>" in figure
    assert '<span class="verdict reproduced">✓ reproduced</span> <a href="#claim-1">1</a>' in figure
    assert "mixed" not in figure
    assert "snakemake --cores all --forcerun figure_rise --config preset=smoke" in html
    assert '<a href="figures/rise.csv">figures/rise.csv</a>' in html
    assert "More figures" not in html


def test_a_figure_that_no_chapter_names_is_not_lost(page):
    assert re.search("More figures.*<figure", page(chapter("a")), re.DOTALL)


def test_a_table_keeps_bold_and_drops_nan(page):
    html = page(chapter("{{ table('sizes', 'Sizes') }}"))
    assert "<button>output size</button>" in html
    assert '<td class="number">56</td><td><b>pool1</b> (55)</td>' in html
    assert '<td class="number"></td><td>a &lt; b</td>' in html


def test_each_claim_is_a_row_and_superseded_rows_are_pale(page):
    html = page(chapter("{{ claims() }} "))
    rows = re.findall(r'<tr (class="superseded"|id="claim-.*?")>', html)
    assert rows == ['id="claim-1"', 'class="superseded"', *(f'id="claim-{number}"' for number in (2, 3, 4, 5))]
    assert "It rises, &lt;always&gt;" in html
    assert "reduced (superseded)" in html
    assert '<span class="verdict needs-weights">… needs weights</span>' in html


def test_the_summary_counts_the_papers_own(page):
    assert (
        "Of 3 claims of A 2021, at the paper's scale 1 is reproduced; on reduced data 1 is not reproduced; "
        "1 needs weights. Of 1 claim of B 2022, on reduced data 1 is reproduced in sign only."
    ) in page(chapter("{{ summary() }}")).replace("&#x27;", "'").replace("\n", " ")


def test_a_glance_has_the_papers_own_in_short_and_names_those_that_wait(page):
    claims = LEDGER.replace("claim,measure", "claim,short,measure", 1)
    claims = claims.replace(",rise_of", ",It rises,rise_of").replace(",mean,", ",In short,mean,")
    html = page(chapter("{{ glance('A 2021') }}"), claims=claims)
    lines = re.findall(r"<li>(<span.*?)</li>", html)
    assert len(lines) == 2
    assert (
        '✓ reproduced</span> <a href="#claim-1">It rises</a> <small>paper scale; turned by dead: omit</small>'
        in lines[0]
    )
    assert 'claims <a href="#claim-3">3</a>.' in html


def test_proxies_are_named_and_not_counted(page):
    text = page(chapter("{{ summary() }}"), claims=LEDGER.replace("sign only,reduced", "sign only,proxy"))
    assert "Of 1 claim of B 2022" not in text
    assert "What is claimed by B 2022 was tested on other networks than theirs (proxies), and is not counted." in text


def test_a_row_says_what_would_count_and_what_is_fragile(page):
    claims = LEDGER.replace("measure,paper", "measure,limit,fragile,paper").replace(",0.5,,", ",above .3,fragile,0.5,,")
    html = page(chapter("{{ claims() }}"), claims="\n".join(claims.splitlines()[:3]))
    assert "<dt>what would count</dt><dd>above .3</dd>" in html
    assert "<small>fragile</small>" in html


def test_every_verdict_has_its_color_and_its_mark(page):
    assert {*COLORS} == {*MARKS} == {*VERDICTS}
    assert len({*MARKS.values()}) == len(MARKS)
    for verdict in VERDICTS:
        assert f".{verdict.replace(' ', '-')} {{ background:" in page(chapter("a"))


@pytest.fixture
def shown(page, browser, tmp_path):
    """A page with everything that a chapter can place, in a browser."""
    text = (
        "It is {{ number('digits', 'srop', w=0.0) }}, and {{ number('digits', 'srop', w=0.5) }}: {{ verdict('1') }} "
        "{{ verdict('99') }} {{ ours('1') }}\n\n{{ figure('rise') }}\n\n{{ table('sizes', 'Sizes') }}\n\n"
        "{{ summary() }}\n\n{{ glance('A 2021') }}\n\n{{ claims() }}\n\n{{ record() }}"
    )
    claims = LEDGER.replace("claim,measure", "claim,short,measure", 1)
    claims = claims.replace(",rise_of", ",It rises,rise_of").replace(",mean,", ",In short,mean,")
    every = [f"{place},A 2021,paper,5,It,so,mean,,,{verdict},reduced" for place, verdict in enumerate(VERDICTS, 9)]
    chapters = [chapter(text), chapter("Words.", "1.1 Part"), chapter("More.", "2 Two")]
    file = tmp_path / "page.html"
    file.write_text(page(*chapters, claims="\n".join([claims.strip(), *every]), style=STYLE, script=SCRIPT))
    browser.driver.get(file.as_uri())
    return browser


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_keeps_a_reader_out(shown, width):
    """By the rules of axe-core: contrasts, names, headings, landmarks, tables; with all that opens open."""
    shown.resize(width)
    shown.run("for (const part of document.querySelectorAll('details')) part.open = true")
    assert shown.run("return document.querySelectorAll('.verdict').length") > 9
    assert shown.barriers() == []
    shown.click(".enlarge")
    assert shown.barriers() == []


def test_the_page_is_used_without_a_mouse(shown):
    def focused() -> str:
        return shown.run("return document.activeElement.className || document.activeElement.textContent")

    shown.press(Keys.TAB)
    assert focused() == "skip"
    shown.run("document.querySelector('.enlarge').focus()")
    shown.press(Keys.ENTER)
    assert shown.run("return document.querySelector('dialog').open")
    assert focused() == "Close"
    shown.press(Keys.ESCAPE)
    assert not shown.run("return document.querySelector('dialog').open")
    assert focused() == "enlarge"
    shown.run("document.querySelector('thead button').focus()")
    shown.press(Keys.SPACE)
    assert shown.run("return document.querySelector('thead th').getAttribute('aria-sort')") == "ascending"
    assert shown.run("return [...document.querySelectorAll('[tabindex]')].every(each => each.tabIndex === 0)")


def test_no_claims_are_no_text():
    assert tally([]) == ""


def test_a_claim_is_shown_by_a_figure_or_table_with_a_caption():
    captions = {path.stem for path in (PROJECT / "workflow").glob("*/*.rst")}
    shown = {claim.shown_in for claim in all_claims()} - {""}
    assert {"figure2", "figure3", "figure4", "figure5", "table2", "id"} <= shown <= captions


def test_the_chapters_of_the_project_name_claims_that_there_are():
    ids = {claim.id for claim in all_claims()}
    for path in (PROJECT / "workflow").glob("*/article*.rst"):
        named = re.findall(r'\{\{ (?:verdict|ours)\("(.*?)"\) \}\}', path.read_text(encoding="utf-8"))
        assert {*named} <= ids, path
