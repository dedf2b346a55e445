# `snakemake --cores all` runs everything; name a target to run a part: claims, report, figure1, table2, digits ...


include: "workflow/rules/common.smk"
include: "workflow/rules/digits.smk"
include: "workflow/rules/backbones.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/rotation_invariance.smk"
include: "workflow/rules/intrinsic.smk"
include: "workflow/rules/training_dynamics.smk"
include: "workflow/rules/wavelets.smk"
include: "workflow/rules/occlusion.smk"
include: "workflow/rules/filters.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/speed.smk"
include: "workflow/rules/schedule.smk"
include: "workflow/rules/record.smk"
include: "workflow/rules/docs.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/start.smk"


rule all:
    default_target: True
    input:
        MADE,
