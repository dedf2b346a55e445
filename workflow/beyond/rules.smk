from srop.experiments.beyond.section import DECODERS

BEYOND = EXPERIMENT.beyond

if unknown := set(BEYOND.layers.architectures) - set(YAMLS):
    raise WorkflowError(
        f"beyond.layers.architectures: config/architecture/ holds no {', '.join(sorted(unknown))}; it has {', '.join(YAMLS)}"
    )
BEYOND_RUNS = [f"{name}/{weights}" for name, weights in BACKBONE_RUNS if name in BEYOND.layers.architectures]


wildcard_constraints:
    decoder="|".join(DECODERS),


use rule job as measure_layers with:
    input:
        images=images_for,
    output:
        aliasing_file=f"{RESULTS}/beyond/{{architecture}}/{{weights}}/aliasing.parquet",
        amplitudes_file=f"{RESULTS}/beyond/{{architecture}}/{{weights}}/amplitudes.parquet",
    params:
        overrides=architecture_override,


use rule job as measure_bands with:
    input:
        digits=DIGITS_FILE,
        models=PLAIN_MODELS,
    output:
        table=table("bands"),
    params:
        seeds=list(DIGITS.seeds),


use rule job as compare_photographs with:
    input:
        images=BASELINE_IMAGES,
    output:
        table=table("photographs"),


use rule job as train_generator with:
    input:
        digits=DIGITS_FILE,
    output:
        table_file=f"{RESULTS}/beyond/{{decoder}}.parquet",


BEYOND_FILES = {
    "aliasing": [f"{RESULTS}/beyond/{run}/aliasing.parquet" for run in BEYOND_RUNS],
    "amplitudes": [f"{RESULTS}/beyond/{run}/amplitudes.parquet" for run in BEYOND_RUNS],
    "generated": [f"{RESULTS}/beyond/{decoder}.parquet" for decoder in DECODERS],
}


use rule job as tabulate_beyond with:
    input:
        aliasing_files=BEYOND_FILES["aliasing"],
        amplitudes_files=BEYOND_FILES["amplitudes"],
        generated_files=BEYOND_FILES["generated"],
    output:
        aliasing=table("aliasing"),
        amplitudes=table("amplitudes"),
        generated=table("generated"),


use rule job as figure_beyond with:
    input:
        **{name: parquet(name) for name in ("aliasing", "amplitudes", "bands", "photographs", "generated")},
    output:
        figure("aliasing", "Beyond the papers", "Aliasing"),
        figure("amplitudes", "Beyond the papers", "Log amplitudes of layers"),
        figure("bands", "Beyond the papers", "Noise of one band"),
        figure("photographs", "Beyond the papers", "Spectra of photographs"),
        figure("generated", "Beyond the papers", "Spectra of generated digits"),
    params:
        titles={
            name: NETWORKS[name].title + ", anti-aliased" * (NETWORKS[name].source == "antialiased_cnns")
            for name in BEYOND.layers.architectures
            if name in NETWORKS
        },


TABLES_WITH_ORIGIN += [file for files in BEYOND_FILES.values() for file in files]
WHOLE_RUN += [
    *rules.tabulate_beyond.output,
    *rules.measure_bands.output,
    *rules.compare_photographs.output,
]


rule beyond:
    input:
        rules.tabulate_beyond.output,
        rules.measure_bands.output,
        rules.compare_photographs.output,
        rules.figure_beyond.output,
