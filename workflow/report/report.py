"""Let Snakemake write its report, with the verdicts in its captions."""

import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

from srop.pipeline.io import read_table, write_json
from srop.pipeline.stage import stage
from srop.report.captions import agreement, as_text, summary


@stage()
def main(values, *, table, picture, files, captions, results, call, page):
    claims = as_text(read_table(table))
    verdicts = {name: agreement([claim for claim in claims if claim["shown_in"] == name]) for name in captions}
    # As an argument over many lines: those of reStructuredText have a greatest length.
    image = "\n   ".join(wrap(b64encode(Path(picture).read_bytes()).decode(), 9000))
    content = {"results": results, "verdicts": {**verdicts, "all": summary(claims)}, "picture": image}
    with TemporaryDirectory() as folder:
        config = Path(folder) / "captions.json"
        write_json({"captions": content}, config)
        # Another snakemake in the same folder, which runs no job: the one that called this holds the lock.
        words = ["--nolock", *files, "--report", page, "--configfile", config]
        style = ["--report-stylesheet", Path(__file__).with_name("report.css")]
        subprocess.run([sys.executable, "-m", "snakemake", *words, *style, *call], check=True)
