"""The page that a run ends with: an article of one HTML file that loads nothing."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from docutils.core import publish_parts

from srop.ledger.vocabulary import marked, verdict_style, worded
from srop.report.numbers import ABSENT, Numbers
from srop.report.verdicts import as_text, summary

_ROLE = ".. role:: html(raw)\n   :format: html\n\n"
# Pictures and tables are inserted after docutils, which would wrap long lines of theirs.
_PLACE = "srop-block-{}"
# Numbers and verdicts, and the titles of figures and tables.
_RESTORABLE = re.compile(
    r'(<(?:a|span) class="(?:number|verdict)[^"]*"[^>]*>[^<]*</(?:a|span)>|(?<=<figcaption>)<strong>.*?</strong>)'
)


@dataclass(frozen=True)
class Picture:
    """A figure of the article.

    Attributes:
        path: The SVG file.
        title: A few words.
        caption: The name of its caption, which several figures may share.
        rule: The rule that draws it.
    """

    path: Path
    title: str
    caption: str
    rule: str

    @property
    def name(self) -> str:
        return self.path.stem


class Article:
    """Chapters in reStructuredText and Jinja, with pictures, tables and numbers of one run.

    A chapter's text may call ``number(table, column, form, ...)``, ``figure(name)``, ``table(name)``, ``verdict(id)``,
    ``ours(id)``, ``glance(source)``, ``claims()``, ``summary()`` and ``record()``, and use ``preset``.

    Args:
        numbers: The run's numbers.
        pictures: The figures.
        tables: Tables for people, by name: Markdown.
        captions: Captions in reStructuredText, by name; a table has the one of its name.
        claims: The ledger of claims (:func:`srop.ledger.judge.ledger`).
        record: The run's provenance.
        makers: The rule that makes each table, by the table's name.
        call: What follows ``--config`` in a command that renews a result.
        results: The results' folder.
    """

    def __init__(
        self,
        *,
        numbers: Numbers,
        pictures: Sequence[Picture],
        tables: Mapping[str, str],
        captions: Mapping[str, str],
        claims: pd.DataFrame,
        record: Mapping[str, Any],
        makers: Mapping[str, str],
        call: str,
        results: str,
    ) -> None:
        self._numbers, self._tables, self._captions = numbers, tables, captions
        self._pictures = {picture.name: picture for picture in pictures}
        self._claims = as_text(claims)
        self._record, self._makers, self._call, self._results = record, makers, call, results
        self._blocks: list[str] = []
        self._placed: set[str] = set()
        self._shown_tables: dict[str, str] = {}
        self._shown_captions: dict[str, str] = {}

    def page(self, chapters: Sequence[str], template: str, *, style: str, script: str) -> str:
        """Write the page.

        Args:
            chapters: Their texts, each of which begins with its heading, ``<number> <title>``.
            template: The page, in Jinja.
            style: CSS.
            script: JavaScript.

        Returns:
            HTML.

        Raises:
            ValueError: If a chapter names a figure, table or claim that is not there, or is no reStructuredText.
        """
        parts = [self._chapter(text) for text in sorted(chapters, key=_number)]
        if left := [name for name in self._pictures if name not in self._placed]:
            more = "\n\n".join(f"{{{{ figure('{name}') }}}}" for name in left)
            parts.append(self._chapter(f"More figures\n============\n\n{more}\n"))
        environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        return environment.from_string(template).render(
            chapters=parts,
            sources=self._sources(),
            figures=self._sources_of_figures(),
            style=style + verdict_style(),
            script=script,
            record=self._record,
            results=self._results,
        )

    def _chapter(self, text: str) -> dict[str, Any]:
        heading = text.lstrip().splitlines()[0].strip()
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
        functions = {
            name: getattr(self, name)
            for name in ("number", "figure", "table", "verdict", "ours", "glance", "claims", "summary", "record")
        }
        try:
            source = environment.from_string(text).render(**functions, preset=self._record["preset"])
            body = _html(_ROLE + source, 3 if "." in heading.split()[0] else 2)
        except Exception as error:
            raise ValueError(f"chapter {heading!r}: {error}") from error
        body = body.replace("<h2>0 ", "<h2>")
        for number, block in enumerate(self._blocks):
            body = body.replace(f"<p>{_PLACE.format(number)}</p>", block)
        if restored := self._record.get("restored"):
            body = _RESTORABLE.sub(rf'\1<sup class="restored" title="restored from {escape(restored)}">R</sup>', body)
        sections = re.findall(r'<section id="([^"]+)">\s*<h([23])>(.*?)</h', body)
        return {
            "html": body,
            "contents": [{"id": id, "level": int(level), "title": title} for id, level, title in sections],
        }

    def number(self, table: str, column: str, form: str = ".2f", **cells: Any) -> str:
        """Give a number as a link to where it comes from; see :meth:`srop.report.numbers.Numbers.ask`."""
        number = self._numbers.ask(table, column, form, **cells)
        place = len(self._numbers.shown)
        kind = "number absent" if number.text == ABSENT else "number"
        title = escape(f"{number.table}.csv, {number.column}: {number.rows}")
        return f':html:`<a class="{kind}" id="from-{place}" href="#number-{place}" title="{title}">{number.text}</a>`'

    def verdict(self, id: str) -> str:
        """Give the verdict on a claim as a link to its row."""
        claim = self._claim(id)
        return f":html:`{_mark(claim['verdict'], _link(id))}`" if claim else self._not_judged

    def ours(self, id: str) -> str:
        """Give the values that a claim is judged by as a link to its row."""
        claim = self._claim(id)
        return (
            f':html:`<a class="number" href="{_link(id)}">{escape(claim["values"])}</a>`' if claim else self._not_judged
        )

    _not_judged = ':html:`<span class="absent">(not judged in this run)</span>`'

    def _claim(self, id: str) -> dict[str, str] | None:
        return next((claim for claim in self._claims if claim["id"] == id and claim["superseded"] != "True"), None)

    def summary(self) -> str:
        """Count the claims of each paper by verdict."""
        return summary(self._claims).replace("*", r"\*").replace("_", r"\_")

    def figure(self, name: str) -> str:
        """Place a figure, with its caption, its claims and where it comes from."""
        if name not in self._pictures:
            return ""
        picture = self._pictures[name]
        self._placed.add(name)
        image = b64encode(picture.path.read_bytes()).decode()
        alternative = escape(f"{picture.title}. {_first_sentence(self._captions[picture.caption])}")
        return self._block(
            f'<figure id="figure-{name}"><button class="enlarge" aria-label="Enlarge: {escape(picture.title)}">'
            f'<img src="data:image/svg+xml;base64,{image}" alt="{alternative}"></button>'
            f"{self._caption(picture.title, picture.caption, name)}</figure>"
        )

    def _caption(self, title: str, caption: str, name: str) -> str:
        """Write a caption and the verdicts on its claims; further figures of the same caption refer to the first."""
        parts = [f"<strong>{escape(title)}.</strong>"]
        if caption in self._shown_captions:
            first = self._shown_captions[caption]
            parts.append(f'The caption of <a href="#figure-{first}">the figure before</a> holds here, too.')
        else:
            self._shown_captions[caption] = name
            parts.append(_html(self._captions[caption]))
            claims = [c for c in self._claims if c["shown_in"] == caption and c["superseded"] != "True"]
            lines = [
                f'<li>{_mark(claim["verdict"])} <a href="{_link(claim["id"])}">{escape(claim["id"])}</a>: '
                f"{escape(claim['claim'])}{self._judged_elsewhere(claim)}</li>"
                for claim in claims
            ]
            parts += [f'<ul class="borne">{"".join(lines)}</ul>'] if lines else []
        parts.append(f'<p class="source"><a href="#source-{name}">Where it comes from</a></p>')
        return f"<figcaption>{' '.join(parts)}</figcaption>"

    def _judged_elsewhere(self, claim: Mapping[str, Any]) -> str:
        """Say that a verdict does not rest on what this run's figure shows."""
        if claim["basis"] != "paper scale" or self._record["preset"] == "paper":
            return ""
        return " (judged on recorded runs at the paper's scale; the figure shows this run)"

    def table(self, name: str, title: str) -> str:
        """Place a table for people, sortable by a click on a heading, with its caption."""
        if name not in self._tables:
            return ""
        head, rule, *rows = (
            [cell.strip() for cell in line.strip("|\n ").split("|")] for line in self._tables[name].splitlines()
        )
        kinds = ["number" if mark.endswith(":") else "" for mark in rule]
        body = [
            [_cell("" if text == "nan" else text, kind) for text, kind in zip(row, kinds, strict=True)] for row in rows
        ]
        self._shown_tables[name] = title
        table = _table([column.replace("_", " ") for column in head], body, title)
        return self._block(f'<figure id="figure-{name}">{table}{self._caption(title, name, name)}</figure>')

    def glance(self, source: str) -> str:
        """Place the verdicts on a paper's own assertions, one short line each; those that wait come last, by number."""
        own = [c for c in self._claims if c["source"] == source and c["kind"] == "paper" and c["superseded"] != "True"]
        waiting = [claim for claim in own if claim["verdict"] in ("needs weights", "not measured")]
        lines = []
        for claim in own:
            if claim not in waiting:
                parts = [claim["basis"], claim["fragile"], f"turned by {claim['flips']}" if claim["flips"] else ""]
                lines.append(
                    f'<li>{_mark(claim["verdict"])} <a href="{_link(claim["id"])}">{escape(claim["short"])}</a> '
                    f"<small>{escape('; '.join(filter(None, parts)))}</small></li>"
                )
        links = ", ".join(f'<a href="{_link(claim["id"])}">{escape(claim["id"])}</a>' for claim in waiting)
        rest = f"<p>Not judged here, for want of weights or of an experiment: claims {links}.</p>" if waiting else ""
        return self._block(f'<ul class="glance">{"".join(lines)}</ul>{rest}')

    def claims(self) -> str:
        """Place the ledger: a row per claim, with what it is judged by in a part that opens."""
        head = ["claim", "paper, section", "what it says", "verdict", "basis", "turned by"]
        return self._block(_wrapped(head, "\n".join(map(_claim_row, self._claims)), "claims"))

    def record(self) -> str:
        """Place the run's provenance: values, versions, machine."""
        parts = []
        for key, value in self._record.items():
            text = json.dumps(value, indent=1, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
            body = f"<pre>{escape(text)}</pre>" if "\n" in text else escape(text)
            parts.append(
                f"<details><summary>{escape(key)}</summary>{body}</details>"
                if "\n" in text
                else f"<p><strong>{escape(key)}</strong>: {body}</p>"
            )
        return self._block("\n".join(parts))

    def _block(self, html: str) -> str:
        self._blocks.append(html)
        return _PLACE.format(len(self._blocks) - 1)

    def _sources(self) -> list[dict[str, Any]]:
        return [
            {
                "place": place,
                "text": number.text,
                "table": f"tables/{number.table}.csv",
                "rows": number.rows,
                "column": number.column,
                "rule": self._makers.get(number.table, ""),
            }
            for place, number in enumerate(self._numbers.shown, 1)
        ]

    def _sources_of_figures(self) -> list[dict[str, str]]:
        shown = {
            picture.name: (picture.title, f"figures/{picture.name}", picture.rule)
            for picture in self._pictures.values()
        }
        shown |= {
            name: (title, f"tables/{name}", self._makers.get(name, "")) for name, title in self._shown_tables.items()
        }
        return [
            {
                "name": name,
                "title": title,
                "csv": f"{stem}.csv",
                "rule": rule,
                "command": f"snakemake --cores all --forcerun {rule} --config {self._call}",
            }
            for name, (title, stem, rule) in shown.items()
        ]


def _html(text: str, level: int = 2) -> str:
    """Render reStructuredText, whose highest headings are of a level; a mistake raises."""
    settings = {"initial_header_level": level, "doctitle_xform": False, "file_insertion_enabled": False}
    return publish_parts(text, writer="html5", settings_overrides={**settings, "halt_level": 2, "report_level": 5})[
        "body"
    ]


def _number(chapter: str) -> tuple[float, str]:
    """Sort chapters by the number at the head of their heading."""
    heading = chapter.lstrip().splitlines()[0]
    match = re.match(r"(\d+)(?:\.(\d+))?", heading)
    if match is None:
        raise ValueError(f"the chapter {heading!r} has no number; begin its heading with one, such as '3 Digits'")
    return int(match[1]) + int(match[2] or 0) / 100, heading


def _link(id: str) -> str:
    return f"#claim-{escape(id)}"


def _mark(verdict: str, link: str = "") -> str:
    text = escape(marked(verdict))
    name = verdict.replace(" ", "-")
    return (
        f'<a class="verdict {name}" href="{link}">{text}</a>' if link else f'<span class="verdict {name}">{text}</span>'
    )


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:;])\s", " ".join(text.split()))[0].replace("*", "").replace("``", "")


_DETAILS = {
    "measure": "measure",
    "limit": "what would count",
    "paper": "the paper",
    "values": "ours",
    "k_of_n": "replicates for it",
    "setting": "setting",
    "others": "other settings",
    "fragile": "fragile",
    "seen": "judged",
    "note": "note",
    "judged_on": "judged on",
}
"""The columns of a claim that a click shows, with their names."""


def _claim_row(claim: Mapping[str, str]) -> str:
    pale = claim["superseded"] == "True"
    kind = "" if claim["kind"] == "paper" else f" <small>[{escape(claim['kind'])}]</small>"
    details = "".join(
        f"<dt>{title}</dt><dd>{escape(worded(claim[column]))}</dd>"
        for column, title in _DETAILS.items()
        if claim[column]
    )
    basis = f"{claim['basis']}{' (superseded)' if pale else ''}"
    cells = [
        f"{escape(claim['source'])}, {escape(claim['section'])}",
        f"<details><summary>{escape(claim['claim'])}{kind}</summary><dl>{details}</dl></details>",
        _mark(claim["verdict"]) + (f" <small>{escape(claim['fragile'])}</small>" if claim["fragile"] else ""),
        escape(basis),
        escape(claim["flips"]),
    ]
    row = '<tr class="superseded">' if pale else f'<tr id="claim-{escape(claim["id"])}">'
    columns = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'{row}<th scope="row">{escape(claim["id"])}</th>{columns}</tr>'


def _cell(text: str, kind: str = "") -> str:
    content = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))
    return f'<td class="{kind}">{content}</td>' if kind else f"<td>{content}</td>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> str:
    return _wrapped(head, "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows), title)


def _wrapped(head: Sequence[str], body: str, title: str) -> str:
    names = "".join(f'<th scope="col"><button>{escape(name)}</button></th>' for name in head)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {escape(title)}"><table class="sortable">'
        f"<thead><tr>{names}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )
