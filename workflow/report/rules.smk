report: "workflow_report.rst"


FIGURE_RULES = [rule for rule in workflow.rules if any(is_flagged(file, "report") for file in rule.output)]


rule figures:
    input:
        [rule.output for rule in FIGURE_RULES],


WHOLE_RUN += rules.figures.input


def times_of_other_jobs(wildcards, input):
    """List benchmark files of jobs that the configuration no longer has."""
    files = set(map(str, Path(f"{RESULTS}/benchmarks").rglob("*.tsv")))
    return sorted(files - {str(job.benchmark) for job in jobs_before("figure_runtime") if job.benchmark})


use rule job as figure_runtime with:
    input:
        WHOLE_RUN,
    output:
        figure("runtime", "Run", "Where the time went"),
    params:
        # No input: Snakemake does not track the times that it measures itself.
        benchmarks=untracked(f"{RESULTS}/benchmarks"),
        leave_out=times_of_other_jobs,


use rule job as provenance with:
    input:
        WHOLE_RUN,
        tables=TABLES_WITH_ORIGIN,
    output:
        record_file=f"{RESULTS}/provenance.json",
    params:
        run_preset=PRESET,
        name=NAME,
        restored=str(RECORDED.relative_to(PROJECT) / INVOCATION.full_name) if INVOCATION.restore else "",


# The article's chapters, and the captions of its figures and tables.
CHAPTERS = sorted(map(str, (PROJECT / "workflow").glob("*/article*.rst")))
CAPTIONS = {file.stem: str(file) for file in (PROJECT / "workflow").glob("*/*.rst") if str(file) not in CHAPTERS}
PAGE = [str(PROJECT / "workflow" / "report" / name) for name in ("article.html.j2", "article.css", "article.js")]


def shown_figures():
    """List the figures of the article: file, title, caption and rule."""
    files = [
        (rule.name, file, file.flags["report"])
        for rule in workflow.rules
        for file in rule.output
        if is_flagged(file, "report")
    ]
    return [[str(file), flag.labels["result"], Path(str(flag.caption)).stem, rule] for rule, file, flag in files]


def makers_of_tables():
    """Name the rule of each table."""
    tables = {(rule.name, str(file)) for rule in workflow.rules for file in rule.output if str(file).endswith(".csv")}
    return {Path(file).stem: rule for rule, file in sorted(tables) if Path(file).parent == Path(f"{RESULTS}/tables")}


use rule job as report with:
    input:
        WHOLE_RUN,
        rules.figure_runtime.output,
        claims=parquet("claims"),
        record_file=f"{RESULTS}/provenance.json",
        markdown=ARTICLE_TABLES,
    output:
        page=f"{RESULTS}/report.html",
    params:
        figures=shown_figures(),
        makers=makers_of_tables(),
        captions=untracked(CAPTIONS),
        chapters=untracked(CHAPTERS),
        parts=untracked(PAGE),
        results=RESULTS,
        call=untracked(" ".join(map(shlex.quote, SAME_RUN))),
        besides=[sha256_of(file) for file in (*CHAPTERS, *CAPTIONS.values(), *PAGE)],


# Snakemake's own report, with the graph of the rules and their code.
rule workflow_report:
    input:
        rules.report.output,
    output:
        f"{RESULTS}/workflow_report.html",
    params:
        call=shlex.join(["--snakefile", str(workflow.main_snakefile), "--config", *SAME_RUN]),
    message:
        "Snakemake's own report"
    shell:
        # Another snakemake in the same folder, which runs no job: the one that called this holds the lock.
        "{PYTHON:q} -m snakemake --nolock figures --report {output:q} {params.call}"


WHOLE_RUN += [*rules.figure_runtime.output, *rules.provenance.output, *rules.report.output]
