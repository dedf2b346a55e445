from snakemake.io import is_flagged


report: "report.rst"


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


page(f"{RESULTS}/provenance.json", "provenance", "Run", "Configuration, versions, machine")


use rule job as pages with:
    input:
        results=list(PAGES),
    output:
        pages=[shown(*page) for page in PAGES.values()],


CAPTION_FILES = sorted((PROJECT / "workflow").glob("*/*.rst"))


use rule job as report with:
    input:
        table=parquet("claims"),
        picture=f"{RESULTS}/figures/claims-by-choice.svg",
        files=[*rules.figures.input, *rules.figure_runtime.output, *rules.pages.output],
    output:
        page=f"{RESULTS}/report.html",
    params:
        captions=[file.stem for file in CAPTION_FILES],
        results=RESULTS,
        call=untracked(["--snakefile", str(workflow.main_snakefile), "--config", *SAME_RUN]),
        besides=[file.read_text(encoding="utf-8") for file in CAPTION_FILES],


WHOLE_RUN += [*rules.figure_runtime.output, *rules.provenance.output, *rules.report.output]
