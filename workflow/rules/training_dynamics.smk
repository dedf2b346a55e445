from srop.experiments.training_dynamics.regimes import HEALTHY

DYNAMICS = EXPERIMENT.training_dynamics


def watched_seeds(wildcards):
    """Seeds of a regime; more healthy trainings say what is healthy."""
    return [*DYNAMICS.seeds, *(DYNAMICS.reference if wildcards.regime == HEALTHY else [])]


def regime_changes(wildcards):
    return plain(DYNAMICS.regimes[wildcards.regime])


wildcard_constraints:
    regime="|".join(map(re.escape, DYNAMICS.regimes)),


rule watch_training:
    input:
        digits=f"{RESULTS}/digits/digits.safetensors",
    output:
        table=f"{RESULTS}/training_dynamics/{{regime}}.parquet",
    log:
        f"{RESULTS}/logs/watch_training/{{regime}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/watch_training/{{regime}}.tsv"
    resources:
        gpu=gpu_job,
    params:
        tracked=tracked_by("watch_training"),
        seeds=watched_seeds,
        changes=regime_changes,
        run=told("watch_training", seeds=watched_seeds, changes=regime_changes),
    message:
        "Trainings that are watched: {wildcards.regime}"
    shell:
        RUN


rule tabulate_training:
    input:
        trainings=[f"{RESULTS}/training_dynamics/{regime}.parquet" for regime in DYNAMICS.regimes],
    output:
        steps=f"{RESULTS}/tables/training_steps.csv",
        steps_seal=f"{RESULTS}/tables/training_steps.csv.seal",
        told=f"{RESULTS}/tables/training_told.csv",
        told_seal=f"{RESULTS}/tables/training_told.csv.seal",
    log:
        f"{RESULTS}/logs/tabulate_training.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_training.tsv"
    params:
        tracked=tracked_by("tabulate_training"),
        run=told("tabulate_training"),
    message:
        "What tells first that a training goes wrong"
    shell:
        RUN


draw(
    "figure_training",
    "7 Trainings",
    {"training": "Trainings that are watched"},
    steps=rules.tabulate_training.output.steps,
)
# The paper names the use, and did not try it at any scale.
SCALES["training_dynamics"] = [
    f"{min(DYNAMICS.train, DIGITS.data.train):,} digits, {DYNAMICS.epochs} epochs, {len(DYNAMICS.seeds)} seeds",
    "reduced",
]
JUDGED["training_told"] = rules.tabulate_training.output.told
WITH_ORIGIN += rules.tabulate_training.input.trainings
MADE += rules.tabulate_training.output


rule training:
    input:
        rules.tabulate_training.output,
        f"{RESULTS}/figures/training.svg",
