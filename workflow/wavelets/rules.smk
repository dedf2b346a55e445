WAVELETS = EXPERIMENT.wavelets
LABELED_IMAGES = f"{RESULTS}/wavelets/images.safetensors"
PATTERNS_BY_IMAGE = f"{RESULTS}/wavelets/patterns.parquet"


use rule job as prepare_labeled with:
    output:
        labeled=LABELED_IMAGES,
    message:
        "Labeled images of {WAVELETS.data.source}"


use rule job as measure_patterns with:
    input:
        labeled=LABELED_IMAGES,
    output:
        by_image_file=PATTERNS_BY_IMAGE,
        patterns=table("patterns"),
        energy=table("pattern_energy"),


use rule job as measure_association with:
    input:
        labeled=LABELED_IMAGES,
    output:
        association=table("pattern_association"),
        spectrum=table("pattern_spectrum"),
        selection=table("pattern_selection"),


use rule job as measure_rebuilt with:
    input:
        digits=DIGITS_FILE,
        models=MODELS_WITHOUT_FROG,
    output:
        table=table("pattern_rebuilt"),
    params:
        seeds=list(SEEDS_WITHOUT_FROG),


use rule job as measure_learning with:
    input:
        labeled=LABELED_IMAGES,
    output:
        table_file=table("pattern_learning"),


use rule job as figure_patterns with:
    input:
        labeled=LABELED_IMAGES,
        energy=parquet("pattern_energy"),
        by_image=PATTERNS_BY_IMAGE,
    output:
        figure("patterns", "8 Patterns of data sets", "Rank-1 patterns"),


use rule job as figure_association with:
    input:
        association=parquet("pattern_association"),
        spectrum=parquet("pattern_spectrum"),
    output:
        figure("association", "8 Patterns of data sets", "Patterns and classes"),


use rule job as figure_learning with:
    input:
        rebuilt=parquet("pattern_rebuilt"),
        learning=parquet("pattern_learning"),
    output:
        figure("learning", "8 Patterns of data sets", "What learning needs of the patterns"),


# Nobody knows at what scale the authors worked.
SCALES["wavelets"] = [
    f"{WAVELETS.data.count or 'all'} images of {WAVELETS.data.source}; digit networks of this run",
    "reduced",
]
JUDGED_TABLES |= {name: parquet(f"pattern_{name}") for name in ("association", "rebuilt", "learning")}
TABLES_WITH_ORIGIN.append(PATTERNS_BY_IMAGE)


rule wavelets:
    input:
        rules.measure_patterns.output,
        rules.measure_association.output,
        rules.measure_rebuilt.output,
        rules.measure_learning.output,
        expand(f"{RESULTS}/figures/{{name}}.svg", name=["patterns", "association", "learning"]),


WHOLE_RUN += rules.wavelets.input
