from srop.experiments.training_dynamics.regimes import HEALTHY

DYNAMICS = EXPERIMENT.training_dynamics


def watched_seeds(wildcards):
    """Seeds of a regime; more healthy trainings say what is healthy."""
    return [*DYNAMICS.seeds, *(DYNAMICS.reference if wildcards.regime == HEALTHY else [])]


wildcard_constraints:
    regime="|".join(map(re.escape, DYNAMICS.regimes)),


use rule job as watch_training with:
    input:
        digits=DIGITS_FILE,
    output:
        table_file=f"{RESULTS}/training_dynamics/{{regime}}.parquet",
    params:
        seeds=watched_seeds,
        changes=lambda wildcards: plain(DYNAMICS.regimes[wildcards.regime]),


WATCHED = [f"{RESULTS}/training_dynamics/{regime}.parquet" for regime in DYNAMICS.regimes]


use rule job as tabulate_training with:
    input:
        trainings=WATCHED,
    output:
        steps=table("training_steps"),
        alarms=table("training_told"),


use rule job as figure_training with:
    input:
        steps=parquet("training_steps"),
    output:
        figure("training", "7 Trainings", "Trainings that are watched"),


# The paper names the use, and did not try it at any scale.
SCALES["training_dynamics"] = [
    f"{min(DYNAMICS.train, DIGITS.data.train):,} digits, {DYNAMICS.epochs} epochs, {len(DYNAMICS.seeds)} seeds",
    "reduced",
]
JUDGED_TABLES["training_told"] = parquet("training_told")
TABLES_WITH_ORIGIN += WATCHED
WHOLE_RUN += rules.tabulate_training.output


rule training:
    input:
        rules.tabulate_training.output,
        rules.figure_training.output,
