DIGITS = EXPERIMENT.digits

# w = 0 belongs to neither case: it is one run, "none", that both share.
DIGIT_RUNS = [
    f"{case}/w{w:g}"
    for w in DIGITS.w
    for case in ([case.name for case in DIGITS.cases] if w else ["none"])
]


wildcard_constraints:
    case="none|case1|case2",
    w="|".join(f"{w:g}" for w in DIGITS.w),
    seed="|".join(map(str, DIGITS.seeds)),


rule prepare_digits:
    output:
        digits=f"{RESULTS}/data/digits.safetensors",
    log:
        f"{RESULTS}/logs/prepare_digits.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_digits.tsv"
    threads: 1
    params:
        tracked=tracked_by("prepare_digits"),
    message:
        "Digits and frog as tensors"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/prepare_digits.py {SETTINGS:q} run.digits={output.digits} > {log} 2>&1"


rule train_digits:
    input:
        digits=rules.prepare_digits.output.digits,
    output:
        model=f"{RESULTS}/digits/{{case}}/w{{w}}/seed{{seed}}/model.safetensors",
        metrics=f"{RESULTS}/digits/{{case}}/w{{w}}/seed{{seed}}/metrics.parquet",
    log:
        f"{RESULTS}/logs/train_digits/{{case}}/w{{w}}/seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_digits/{{case}}/w{{w}}/seed{{seed}}.tsv"
    threads: 1
    resources:
        gpu=GPU_JOB,
    params:
        tracked=tracked_by("train_digits"),
    message:
        "Training on {wildcards.case}, w = {wildcards.w}, seed {wildcards.seed}"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/train_digits.py {SETTINGS:q} run.device={DEVICE}"
        " run.case={wildcards.case} run.w={wildcards.w} run.seed={wildcards.seed}"
        " run.digits={input.digits} run.model={output.model} run.metrics={output.metrics} > {log} 2>&1"


rule measure_digits:
    input:
        digits=rules.prepare_digits.output.digits,
        models=expand(
            f"{RESULTS}/digits/{{{{case}}}}/w{{{{w}}}}/seed{{seed}}/model.safetensors",
            seed=DIGITS.seeds,
        ),
    output:
        srops=f"{RESULTS}/digits/{{case}}/w{{w}}/srops.parquet",
    log:
        f"{RESULTS}/logs/measure_digits/{{case}}/w{{w}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_digits/{{case}}/w{{w}}.tsv"
    threads: 1
    resources:
        gpu=GPU_JOB,
    params:
        tracked=tracked_by("measure_digits"),
        seeds=",".join(map(str, DIGITS.seeds)),
        models=lambda wildcards, input: ",".join(input.models),
    message:
        "SROPs of {wildcards.case}, w = {wildcards.w}"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/measure_digits.py {SETTINGS:q} run.device={DEVICE} run.case={wildcards.case}"
        " run.w={wildcards.w} run.digits={input.digits} 'run.seeds=[{params.seeds}]' 'run.models=[{params.models}]'"
        " run.srops={output.srops} > {log} 2>&1"


rule tabulate_digits:
    input:
        metrics=expand(
            f"{RESULTS}/digits/{{run}}/seed{{seed}}/metrics.parquet",
            run=DIGIT_RUNS,
            seed=DIGITS.seeds,
        ),
        srops=expand(f"{RESULTS}/digits/{{run}}/srops.parquet", run=DIGIT_RUNS),
    output:
        table=f"{RESULTS}/tables/digits.csv",
    log:
        f"{RESULTS}/logs/tabulate_digits.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_digits.tsv"
    threads: 1
    params:
        tracked=tracked_by("tabulate_digits"),
        metrics=lambda wildcards, input: ",".join(input.metrics),
        srops=lambda wildcards, input: ",".join(input.srops),
    message:
        "Table of all digit networks"
    shell:
        "{PYTHON:q} {SCRIPTS:q}/tabulate_digits.py {SETTINGS:q}"
        " 'run.metrics=[{params.metrics}]' 'run.srops=[{params.srops}]' run.table={output.table} > {log} 2>&1"


rule digits:
    input:
        rules.tabulate_digits.output,
