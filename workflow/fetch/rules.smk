from srop.data.catalogue import DOWNLOADS


def data_sets():
    """Name the data sets that the configuration reads and that are downloaded."""
    sources = {WAVELETS.data.source, FILTERS.data.source, OCCLUSION.cifar.source, BACKBONES.images.source}
    sources |= {DIGITS.data.source, DIGITS.data.frog.source, *([CIFAR.data.source] if CIFAR_ARMS else [])}
    return [name for name in DOWNLOADS if name in sources]


if DOWNLOAD:
    data_root = Path(EXPERIMENT.data.root).expanduser()
    for data_set in map(DOWNLOADS.get, data_sets()):
        if not (data_root / data_set.place).exists():
            announce(f"{data_set.title} ({data_root / data_set.place})", data_set.megabytes)


# Everything that a run would download, once: for machines whose jobs have no network.
rule fetch:
    params:
        data_sets=data_sets(),
        weights=[f"{name}/{weights}" for name, weights in BACKBONE_RUNS if weights != "random"],
    message:
        "Data and weights"
    shell:
        SHOW
