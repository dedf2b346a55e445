# The run as an RO-Crate, which other tools read. Asked for by name: it copies the workflow into the results.
SNAKEMAKE_RECORDS = Path(".snakemake", "metadata")


def files_of_no_job(wildcards, input):
    """List the run's recorded files that no job of the configuration makes any more."""
    made = {str(file) for job in jobs_before("crate") for file in job.output}
    files = (str(file) for file in sorted(Path(RESULTS).rglob("*")) if file.is_file())
    return [file for file in files if file not in made and is_recorded(file)]


rule crate:
    input:
        WHOLE_RUN,
    params:
        results=RESULTS,
        records=SNAKEMAKE_RECORDS,
        project=PROJECT,
        leave_out=files_of_no_job,
        command=shlex.join(["snakemake", "--cores", "all", "--config", *SAME_RUN]),
    message:
        "{RESULTS} as an RO-Crate"
    shell:
        SHOW


rule recorded_crates:
    params:
        recorded=RECORDED,
        project=PROJECT,
        into="results/crates",
    message:
        "Recorded runs as RO-Crates"
    shell:
        SHOW
