"""Renew the passages of README and docs that quote recorded runs."""

from pathlib import Path

from srop.documents.passages import PASSAGES
from srop.documents.quotes import Quotes
from srop.files import replacing
from srop.pipeline.stage import stage


@stage()
def main(values, *, recorded, quotes, documents):
    quotes = Quotes(Path(recorded), Path(quotes), PASSAGES)
    for name in documents:
        document = Path(name)
        before = document.read_text(encoding="utf-8")
        if (after := quotes.fill(before)) != before:
            with replacing(document) as temporary:
                temporary.write_text(after, encoding="utf-8")
