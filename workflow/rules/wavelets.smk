WAVELETS = EXPERIMENT.wavelets


rule prepare_labeled:
    output:
        labeled=f"{RESULTS}/wavelets/images.safetensors",
    log:
        f"{RESULTS}/logs/prepare_labeled.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_labeled.tsv"
    params:
        tracked=tracked_by("prepare_labeled"),
        run=told("prepare_labeled"),
    message:
        "Labeled images of {WAVELETS.data.source}"
    shell:
        RUN


rule measure_patterns:
    input:
        labeled=rules.prepare_labeled.output.labeled,
    output:
        by_image=f"{RESULTS}/wavelets/patterns.parquet",
        patterns=f"{RESULTS}/tables/patterns.csv",
        patterns_seal=f"{RESULTS}/tables/patterns.csv.seal",
        energy=f"{RESULTS}/tables/pattern_energy.csv",
        energy_seal=f"{RESULTS}/tables/pattern_energy.csv.seal",
    log:
        f"{RESULTS}/logs/measure_patterns.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_patterns.tsv"
    params:
        tracked=tracked_by("measure_patterns"),
        run=told("measure_patterns"),
    message:
        "Rank-1 patterns of each image"
    shell:
        RUN


rule measure_association:
    input:
        labeled=rules.prepare_labeled.output.labeled,
    output:
        association=f"{RESULTS}/tables/pattern_association.csv",
        association_seal=f"{RESULTS}/tables/pattern_association.csv.seal",
        spectrum=f"{RESULTS}/tables/pattern_spectrum.csv",
        spectrum_seal=f"{RESULTS}/tables/pattern_spectrum.csv.seal",
        selection=f"{RESULTS}/tables/pattern_selection.csv",
        selection_seal=f"{RESULTS}/tables/pattern_selection.csv.seal",
    log:
        f"{RESULTS}/logs/measure_association.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_association.tsv"
    params:
        tracked=tracked_by("measure_association"),
        run=told("measure_association"),
    message:
        "Clusters of patterns, and classes"
    shell:
        RUN


# The digit networks that were trained without a frog, if there are some.
WITHOUT_FROG = DIGITS.seeds if 0 in DIGITS.w else []


rule measure_rebuilt:
    input:
        digits=rules.measure_kappa.input.digits,
        models=[f"{RESULTS}/digits/none/w0/seed{seed}/model.safetensors" for seed in WITHOUT_FROG],
    output:
        table=f"{RESULTS}/tables/pattern_rebuilt.csv",
        seal=f"{RESULTS}/tables/pattern_rebuilt.csv.seal",
    log:
        f"{RESULTS}/logs/measure_rebuilt.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_rebuilt.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("measure_rebuilt"),
        run=told("measure_rebuilt", seeds=WITHOUT_FROG),
    message:
        "Digit networks on digits of low rank"
    shell:
        RUN


rule measure_learning:
    input:
        labeled=rules.prepare_labeled.output.labeled,
    output:
        table=f"{RESULTS}/tables/pattern_learning.csv",
        seal=f"{RESULTS}/tables/pattern_learning.csv.seal",
    log:
        f"{RESULTS}/logs/measure_learning.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_learning.tsv"
    params:
        tracked=tracked_by("measure_learning"),
        run=told("measure_learning"),
    message:
        "Learning true and permuted labels"
    shell:
        RUN


draw(
    "figure_patterns",
    "8 Patterns of data sets",
    {"patterns": "Rank-1 patterns"},
    labeled=rules.prepare_labeled.output.labeled,
    energy=rules.measure_patterns.output.energy,
    by_image=rules.measure_patterns.output.by_image,
)
draw(
    "figure_association",
    "8 Patterns of data sets",
    {"association": "Patterns and classes"},
    association=rules.measure_association.output.association,
    spectrum=rules.measure_association.output.spectrum,
)
draw(
    "figure_learning",
    "8 Patterns of data sets",
    {"learning": "What learning needs of the patterns"},
    rebuilt=rules.measure_rebuilt.output.table,
    learning=rules.measure_learning.output.table,
)
# Nobody knows at what scale their authors worked.
SCALES["wavelets"] = [
    f"{WAVELETS.data.count or 'all'} images of {WAVELETS.data.source}; digit networks of this run",
    "reduced",
]
JUDGED["association"] = rules.measure_association.output.association
JUDGED["rebuilt"] = rules.measure_rebuilt.output.table
JUDGED["learning"] = rules.measure_learning.output.table
WITH_ORIGIN.append(rules.measure_patterns.output.by_image)
for made in (rules.measure_patterns, rules.measure_association, rules.measure_rebuilt, rules.measure_learning):
    MADE += made.output


rule wavelets:
    input:
        rules.measure_patterns.output,
        rules.measure_association.output,
        rules.measure_rebuilt.output,
        rules.measure_learning.output,
        expand(f"{RESULTS}/figures/{{name}}.svg", name=["patterns", "association", "learning"]),
