"""Download data sets and weights, where they are not here yet, and check them."""

from pathlib import Path

from tqdm import tqdm

from srop.data.catalogue import DOWNLOADS, read
from srop.networks.build import build_network
from srop.networks.weights import check_file, checked_download, weights_file
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain, stage

# By use the least that a reader takes. Reading a little of a data set downloads and checks all of it.
A_LITTLE = {"digits": {"train": 10, "test": 10}, "frog": {"index": 0}, "photographs": {"count": 10}}


@stage()
def main(values, *, data_sets, weights, data, config_dir):
    if not (data_sets or weights):
        print("This preset downloads nothing.")
    for name in tqdm(data_sets, desc="data sets", disable=None):
        use = next(iter(DOWNLOADS[name].readers))
        read(use, name, root=data.root, download=data.download, **A_LITTLE[use])
        print(f"{name}: here, and as published")
    for pair in tqdm(weights, desc="weights", disable=None):
        name, weights = pair.rsplit("/", 1)
        architecture = plain(load_architecture(Path(config_dir), name))
        chosen = architecture["weights"][weights]
        if chosen["set"] is None:
            check_file(weights_file(architecture, weights), chosen["sha256"])
        else:
            with checked_download(architecture, weights, download=data.download):
                build_network(
                    architecture["source"], architecture["model"], architecture["arguments"], pretrained=chosen["set"]
                )
        print(f"{pair}: here, and as its hash says")
