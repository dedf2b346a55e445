# Both change files of the project itself, and run when they are asked for: after `record`.
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


rule docs:
    log:
        f"{RESULTS}/logs/docs.log",
    params:
        run=told("docs", recorded=RECORDED, quotes=PROJECT / "docs" / "quotes.yaml", documents=DOCUMENTS),
    message:
        "What README and docs quote"
    shell:
        RUN


rule readme_figures:
    log:
        f"{RESULTS}/logs/readme_figures.log",
    params:
        run=told("readme_figures", recorded=RECORDED, readme=PROJECT / "README.md", folder=PROJECT / "docs" / "figures"),
    message:
        "Pictures of README and docs"
    shell:
        RUN
