from srop.pages import agreement, read_claims, tally

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
config["verdicts"]["all"] = f"Of the {len(CLAIMS)} rows of the ledger {tally(CLAIMS)}."


report: "../report/report.rst"


rule pages:
    input:
        results=[
            LEDGER,
            rules.table1.output[1],
            rules.table2.output[1],
            rules.networks.output[1],
            rules.provenance.output.record,
        ],
    output:
        pages=[
            shown("report/claims.html", "1 Claims", "Every claim"),
            shown("report/table1.html", "5 Random and trained networks", "Table 1"),
            shown("report/table2.html", "5 Random and trained networks", "Table 2"),
            shown("report/networks.html", "5 Random and trained networks", "Table of networks"),
            shown("report/provenance.html", "7 Run", "Configuration, versions, machine"),
        ],
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
        rules.figures.input,
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
