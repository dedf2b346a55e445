SPEED_ARCHITECTURES = ["resnet18", "vgg16"]


rule measure_speed:
    input:
        digits=DIGITS_FILE,
    output:
        table_file=table("speed"),
    # Alone on the machine, or it would measure its neighbors.
    threads: workflow.global_resources["_cores"].value or 1
    params:
        architectures=SPEED_ARCHITECTURES,
        # A function, so that no other rule needs these architectures.
        besides=lambda wildcards: [plain(network(name)) for name in SPEED_ARCHITECTURES],
    message:
        "The project's speed against its yardsticks"
    shell:
        SHOW


# Not part of all: what it measures differs from run to run.
rule speed:
    input:
        rules.measure_speed.output,
