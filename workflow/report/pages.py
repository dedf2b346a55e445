"""Write results as HTML pages for the report."""

from srop.files import replacing
from srop.pipeline.stage import stage
from srop.report.report_pages import page_of


@stage()
def main(values, *, results, pages):
    for result, page in zip(results, pages, strict=True):
        with replacing(page) as temporary:
            temporary.write_text(page_of(result), encoding="utf-8")
