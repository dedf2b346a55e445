# These change files of the project itself, and run when they are asked for: after `record`.
rule docs:
    params:
        recorded=RECORDED,
        quotes=PROJECT / "docs" / "quotes.yaml",
        documents=[PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))],
    message:
        "What README and docs quote"
    shell:
        RUN


rule readme_figures:
    params:
        recorded=RECORDED,
        readme=PROJECT / "README.md",
        folder=PROJECT / "docs" / "figures",
    message:
        "Pictures of README and docs"
    shell:
        RUN


rule notebooks:
    params:
        notebooks=sorted((PROJECT / "notebooks").glob("*.ipynb")),
    message:
        "Notebooks, with their outputs"
    shell:
        RUN
