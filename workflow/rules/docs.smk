# Both change files of the project itself, and run when they are asked for: after `record`.
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


rule docs:
    log:
        f"{RESULTS}/logs/docs.log",
    params:
        documents=",".join(map(hydra_text, map(str, DOCUMENTS))),
    message:
        "What README and docs quote"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/write_docs.py {SETTINGS:q} run.recorded={RECORDED:q}"
        " run.quotes={PROJECT:q}/docs/quotes.yaml run.documents=[{params.documents:q}] > {log} 2>&1"


rule readme_figures:
    log:
        f"{RESULTS}/logs/readme_figures.log",
    message:
        "Pictures of README and docs"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/plot_readme.py {SETTINGS:q} run.recorded={RECORDED:q} run.folder={PROJECT:q}/docs/figures"
        " > {log} 2>&1"
