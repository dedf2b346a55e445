"""Write the article that a run ends with."""

import json
from pathlib import Path

from srop.files import replacing
from srop.pipeline.io import read_table
from srop.pipeline.stage import stage
from srop.report.article import Article, Picture
from srop.report.numbers import Numbers


@stage()
def main(values, *, claims, record_file, markdown, figures, makers, captions, chapters, parts, results, call, page):
    text = {file: Path(file).read_text(encoding="utf-8") for file in (*chapters, *captions.values(), *parts, *markdown)}
    article = Article(
        numbers=Numbers(lambda name: read_table(f"{results}/tables/{name}.parquet")),
        pictures=[Picture(Path(path), *others) for path, *others in figures],
        tables={Path(file).stem: text[file] for file in markdown},
        captions={name: text[file] for name, file in captions.items()},
        claims=read_table(claims),
        record=json.loads(Path(record_file).read_text(encoding="utf-8")),
        makers=makers,
        call=call,
        results=results,
    )
    template, style, script = (text[file] for file in parts)
    with replacing(page) as temporary:
        html = article.page([text[file] for file in chapters], template, style=style, script=script)
        temporary.write_text(html, encoding="utf-8")
