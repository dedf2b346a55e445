# `snakemake --cores all` runs everything; name a target to run a part: claims, report, figure1, table2, digits ...


include: "workflow/common.smk"
include: "workflow/digits/rules.smk"
include: "workflow/backbones/rules.smk"
include: "workflow/inputs/rules.smk"
include: "workflow/rotation_invariance/rules.smk"
include: "workflow/intrinsic/rules.smk"
include: "workflow/training_dynamics/rules.smk"
include: "workflow/wavelets/rules.smk"
include: "workflow/adversarial/rules.smk"
include: "workflow/cifar/rules.smk"
include: "workflow/occlusion/rules.smk"
include: "workflow/uses/rules.smk"
include: "workflow/beyond/rules.smk"
include: "workflow/filters/rules.smk"
include: "workflow/claims/rules.smk"
include: "workflow/restore/rules.smk"
include: "workflow/report/rules.smk"
include: "workflow/speed/rules.smk"
include: "workflow/schedule/rules.smk"
include: "workflow/record/rules.smk"
include: "workflow/runs/rules.smk"
include: "workflow/crate/rules.smk"
include: "workflow/docs/rules.smk"
include: "workflow/fetch/rules.smk"
include: "workflow/start.smk"


rule all:
    default_target: True
    input:
        WHOLE_RUN,
