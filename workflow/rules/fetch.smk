# Everything that a run would download, once: for machines whose jobs have no network.
rule fetch:
    log:
        f"{RESULTS}/logs/fetch.log",
    params:
        run=told(
            "fetch",
            data_sets=data_sets(),
            weights=[f"{name}/{weights}" for name, weights in BACKBONE_RUNS if weights != "random"],
        ),
    message:
        "Data and weights"
    shell:
        "{PYTHON:q} {params.run:q} 2>&1 | tee {log}"
