from base64 import b64encode
from textwrap import wrap

from srop.report.captions import agreement, read_claims, summary

CAPTIONS = PROJECT / "workflow" / "report"
STYLESHEET = CAPTIONS / "report.css"
LEDGER = f"{RESULTS}/tables/claims.csv"

# The captions read verdicts here; no rule has them among its params, where they would rerun it.
SAME_RUN = [f"{key}={value}" for key, value in {"preset": PRESET, **config}.items() if value not in (None, "")]
CLAIMS = read_claims(LEDGER)
config["results"] = RESULTS
config["verdicts"] = {
    caption.stem: agreement([claim for claim in CLAIMS if claim["shown_in"] == caption.stem])
    for caption in CAPTIONS.glob("*.rst")
}
config["verdicts"]["all"] = summary(CLAIMS)
PICTURE = Path(f"{RESULTS}/figures/claims-by-choice.svg")
# As an argument over many lines: those of reStructuredText have a greatest length.
config["picture"] = "\n   ".join(wrap(b64encode(PICTURE.read_bytes()).decode(), 9000)) if PICTURE.is_file() else ""


report: "../report/report.rst"


def files_of_other_runs(wildcards):
    """List benchmark files of jobs that the configuration no longer has."""
    files = set(map(str, Path(f"{RESULTS}/benchmarks").rglob("*.tsv")))
    return sorted(files - {str(job.benchmark) for job in jobs_before("figure_runtime") if job.benchmark})


rule figure_runtime:
    input:
        MADE,
    output:
        figure("runtime", "Run", "Where the time went"),
    log:
        f"{RESULTS}/logs/figure_runtime.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_runtime.tsv"
    params:
        tracked=tracked_by("figure_runtime"),
        run=told(
            "figure_runtime",
            # No input: Snakemake does not track the times that it measures itself.
            benchmarks=f"{RESULTS}/benchmarks",
            leave_out=files_of_other_runs,
        ),
    message:
        "Where the time went"
    shell:
        RUN


rule provenance:
    input:
        MADE,
        tables=WITH_ORIGIN,
    output:
        record=f"{RESULTS}/provenance.json",
        seal=f"{RESULTS}/provenance.json.seal",
    log:
        f"{RESULTS}/logs/provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/provenance.tsv"
    params:
        tracked=tracked_by("provenance"),
        run=told("provenance", preset=PRESET, name=NAME),
    message:
        "What the results come from"
    shell:
        RUN


page(rules.provenance.output.record, "provenance", "Run", "Configuration, versions, machine")


rule pages:
    input:
        results=list(PAGES),
    output:
        pages=[shown(*page) for page in PAGES.values()],
    log:
        f"{RESULTS}/logs/pages.log",
    benchmark:
        f"{RESULTS}/benchmarks/pages.tsv"
    params:
        tracked=tracked_by("pages"),
        run=told("pages"),
    message:
        "Tables and provenance as pages of the report"
    shell:
        RUN


rule report:
    input:
        FIGURES_MADE,
        rules.figure_runtime.output,
        rules.pages.output,
    output:
        page=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    params:
        captions=[file.read_text(encoding="utf-8") for file in sorted(CAPTIONS.iterdir())],
    message:
        "Report"
    shell:
        # Another snakemake in the same folder, which runs no job: this one holds the lock.
        "{PYTHON:q} -m snakemake --snakefile {workflow.main_snakefile:q} --nolock {input} --report {output.page}"
        " --report-stylesheet {STYLESHEET:q} --config {SAME_RUN:q} > {log} 2>&1"


MADE += [*rules.figure_runtime.output, *rules.provenance.output, *rules.report.output]
