# Data sets of the configuration that are downloaded: megabytes, and a file of each under data.root.
DOWNLOADS = {
    "mnist": ("MNIST", 11, "MNIST/raw/train-images-idx3-ubyte"),
    "cifar10": ("CIFAR-10", 170, "cifar-10-batches-py"),
    "imagenette": ("Imagenette", 340, "imagenette2-320"),
}


def data_sets():
    """Name the data sets of DOWNLOADS that the configuration reads."""
    sources = {WAVELETS.data.source, FILTERS.data.source, OCCLUSION.cifar.source, BACKBONES.images.source}
    sources |= {DIGITS.data.source, DIGITS.data.frog.source}
    return [name for name in DOWNLOADS if name in sources]


if DOWNLOAD:
    data_root = Path(EXPERIMENT.data.root).expanduser()
    for title, megabytes, place in map(DOWNLOADS.get, data_sets()):
        if not (data_root / place).exists():
            announce(f"{title} ({data_root / place})", megabytes)


# Everything that a run would download, once: for machines whose jobs have no network.
rule fetch:
    params:
        data_sets=data_sets(),
        weights=[f"{name}/{weights}" for name, weights in BACKBONE_RUNS if weights != "random"],
    message:
        "Data and weights"
    shell:
        SHOW
