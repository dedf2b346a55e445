# `snakemake --cores all` runs everything; name a target to run a part: figure1, table2, digits ...


include: "workflow/rules/common.smk"
include: "workflow/rules/digits.smk"
include: "workflow/rules/backbones.smk"
include: "workflow/rules/intrinsic.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        rules.digits.input,
        rules.backbones.input,
        rules.tabulate_intrinsic.output,
        rules.claims.output,
        rules.figures.input,
        rules.provenance.output,
