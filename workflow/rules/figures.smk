# Every figure that an experiment declared by `draw`. All is bound here, and nothing at the run of a job: a string that a
# job formats would see the last figure of the loop.
for name, drawn in DRAWN.items():

    rule:
        name:
            name
        input:
            **drawn["inputs"],
        output:
            *drawn["outputs"],
        log:
            f"{RESULTS}/logs/{name}.log",
        benchmark:
            f"{RESULTS}/benchmarks/{name}.tsv"
        params:
            tracked=tracked_by(name),
            tells=drawn["tells"],
            run=told(name, **drawn["tells"]),
        message:
            drawn["message"]
        shell:
            RUN

    FIGURES_MADE += drawn["outputs"]


FIGURE_RULES = list(DRAWN)


rule figures:
    input:
        FIGURES_MADE,


MADE += FIGURES_MADE
