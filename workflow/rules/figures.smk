# The layer that the figures show, and beside it the other stages of the same convolution.
FIGURE2 = {
    layer: f"{RESULTS}/figures/figure2" + ("" if layer == FIGURES.layer else f"-{layer}") for layer in DIGITS.layers
}
FIGURE2_BESIDE = [stem for layer, stem in FIGURE2.items() if layer != FIGURES.layer]


rule figure1:
    input:
        images=rules.measure_baseline.input.images,
    output:
        figure("figure1", "2 Images and noise", "Figure 1"),
    log:
        f"{RESULTS}/logs/figure1.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure1.tsv"
    params:
        tracked=tracked_by("figure1"),
        run=told("figure1"),
    message:
        "Figure 1"
    shell:
        RUN


rule figure2:
    input:
        digits=rules.measure_kappa.input.digits,
        srops=rules.tabulate_digits.input.srops,
    output:
        figure("figure2", "3 Digits", "Figure 2"),
        expand("{stem}.{ending}", stem=FIGURE2_BESIDE, ending=["svg", "png", "csv"]),
    log:
        f"{RESULTS}/logs/figure2.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure2.tsv"
    params:
        tracked=tracked_by("figure2"),
        # Which file shows which layer.
        layers=FIGURE2,
        run=told("figure2", layers=list(FIGURE2), stems=list(FIGURE2.values())),
    message:
        "Figure 2"
    shell:
        RUN


rule figure3:
    input:
        table=rules.tabulate_digits.output.table,
    output:
        figure("figure3", "3 Digits", "Figure 3"),
    log:
        f"{RESULTS}/logs/figure3.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure3.tsv"
    params:
        tracked=tracked_by("figure3"),
        run=told("figure3"),
    message:
        "Figure 3"
    shell:
        RUN


rule figure4:
    input:
        channels=[f"{RESULTS}/backbones/{name}/random/channels.parquet" for name in FIGURE4],
        baseline=rules.measure_baseline.output.table,
    output:
        figure("figure4", "4 Random networks", "Figure 4"),
    log:
        f"{RESULTS}/logs/figure4.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure4.tsv"
    params:
        tracked=tracked_by("figure4"),
        run=told("figure4"),
    message:
        "Figure 4"
    shell:
        RUN


rule figure5:
    input:
        table=rules.tabulate_backbones.output.table,
        networks=f"{RESULTS}/tables/networks.csv",
    output:
        figure("figure5-images", "5 Random and trained networks", "Figure 5, natural images"),
        figure("figure5-noise", "5 Random and trained networks", "Figure 5, white noise"),
    log:
        f"{RESULTS}/logs/figure5.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure5.tsv"
    params:
        tracked=tracked_by("figure5"),
        run=told("figure5"),
    message:
        "Figure 5"
    shell:
        RUN


rule figure_kappa:
    input:
        table=rules.measure_kappa.output.table,
    output:
        figure("kappa", "3 Digits", "Figure 3 for other kappa"),
    log:
        f"{RESULTS}/logs/figure_kappa.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_kappa.tsv"
    params:
        tracked=tracked_by("figure_kappa"),
        run=told("figure_kappa"),
    message:
        "Figure 3 over kappa"
    shell:
        RUN


rule id:
    input:
        table=rules.tabulate_intrinsic.output.table,
    output:
        figure("id", "6 Intrinsic dimension", "Intrinsic dimension and SROP"),
    log:
        f"{RESULTS}/logs/id.log",
    benchmark:
        f"{RESULTS}/benchmarks/id.tsv"
    params:
        tracked=tracked_by("id"),
        run=told("id"),
    message:
        "Intrinsic dimension and SROP over relative depth"
    shell:
        RUN


rule figures:
    input:
        rules.figure1.output,
        rules.figure2.output,
        rules.figure3.output,
        rules.figure4.output if FIGURE4 else [],
        rules.figure5.output,
        rules.figure_kappa.output,
        rules.id.output,


rule figure_runtime:
    input:
        rules.digits.input,
        rules.backbones.input,
        rules.claims.output,
        rules.figures.input,
    output:
        figure("runtime", "7 Run", "Where the time went"),
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
        ),
    message:
        "Where the time went"
    shell:
        RUN


rule provenance:
    input:
        rules.digits.input,
        rules.backbones.input,
        rules.claims.output,
        rules.figures.input,
        tables=[
            *rules.tabulate_digits.input.metrics,
            *rules.tabulate_digits.input.srops,
            *rules.tabulate_backbones.input.layers,
            *rules.tabulate_intrinsic.input.layers,
        ],
    output:
        record=f"{RESULTS}/provenance.json",
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
