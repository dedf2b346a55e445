"""Every architecture in config/architecture/, found there: a new YAML is tested as it is."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import torch

from srop import profile
from srop.data.noise import noise_batches
from srop.experiments.backbones.tables import output_size, table1_grid
from srop.networks.build import build_network
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain

PROJECT = Path(__file__).parent.parent
NAMES = sorted(file.stem for file in (PROJECT / "config" / "architecture").glob("*.yaml"))
CIFAR = [f"cifar/{file.stem}" for file in sorted((PROJECT / "config" / "architecture" / "cifar").glob("*.yaml"))]

TABLE1 = {
    "AlexNet": {55: "conv0", 27: "pool1 conv1.0", 13: "pool2 conv2.0 conv2.1 conv2.2", 6: "pool3"},
    "VGG16": {
        224: "conv0.0 conv0.1",
        112: "pool1 conv1.0 conv1.1",
        56: "pool2 conv2.0 conv2.1 conv2.2",
        28: "pool3 conv3.0 conv3.1 conv3.2",
        14: "pool4 conv4.0 conv4.1 conv4.2",
        7: "pool5",
    },
    "ResNet18": {
        112: "conv0",
        56: "pool1 resblk1.0 resblk1.1",
        28: "resblk2.0 resblk2.1",
        14: "resblk3.0 resblk3.1",
        7: "resblk4.0 resblk4.1",
    },
    "ResNet34": {
        112: "conv0",
        56: "pool1 resblk1.0 resblk1.1 resblk1.2",
        28: "resblk2.0 resblk2.1 resblk2.2 resblk2.3",
        14: "resblk3.0 resblk3.1 resblk3.2 resblk3.3 resblk3.4 resblk3.5",
        7: "resblk4.0 resblk4.1 resblk4.2",
    },
    "DenseNet121": {
        112: "conv0",
        56: "pool1 denseblk1",
        28: "transblk1 denseblk2",
        14: "transblk2 denseblk3",
        7: "transblk3 denseblk4 bn1",
    },
}
"""The paper's Table 1; the others are as these."""
TABLE1 |= {"VGG16-bn": TABLE1["VGG16"], "DenseNet169": TABLE1["DenseNet121"]}


@cache
def architecture(name: str) -> dict:
    return plain(load_architecture(PROJECT / "config", name))


@cache
def layers(name: str) -> pd.DataFrame:
    """Profile one image of noise; keep a row per layer."""
    chosen = architecture(name)
    network = build_network(chosen["source"], chosen["model"], chosen["arguments"], seed=0)
    image = next(noise_batches(1, chosen["input_size"], 1))
    table = profile(network, [image.to(memory_format=torch.channels_last)], chosen["layers"])
    assert table["mean"].dropna().between(0, 1).all()
    means = table[table["dead"] == "omit"].groupby("layer", sort=False)["mean"].mean()
    assert means.notna().all()
    return table.drop_duplicates("layer").set_index("layer").assign(layer_mean=means)


@pytest.mark.parametrize("name", NAMES)
def test_is_written_in_the_order_in_which_it_runs(name):
    assert list(layers(name).index) == list(architecture(name)["layers"])


@pytest.mark.parametrize("name", NAMES)
def test_downscaling_layers_and_no_others_bring_the_maps_to_another_row_of_table_1(name):
    chosen, table = architecture(name), layers(name)
    size = chosen["input_size"]
    previous, downscaling = size, []
    for layer, row in output_size(table["size"], size).items():
        if row != previous:
            downscaling.append(layer)
        previous = row
    assert downscaling == chosen["downscaling"]


@pytest.mark.parametrize("name", [name for name in NAMES if architecture(name)["title"] in TABLE1])
def test_table_1_of_the_paper(name):
    sizes = layers(name).groupby("size", sort=False).apply(lambda rows: " ".join(rows.index)).to_dict()
    assert sizes == TABLE1[architecture(name)["title"]]


def test_the_papers_networks_are_there_plain_and_antialiased():
    networks = {(architecture(name)["title"], architecture(name)["source"]) for name in NAMES}
    assert networks >= {(title, source) for title in TABLE1 for source in ("torchvision", "antialiased_cnns")}


def test_table_1_is_laid_out_as_in_the_paper():
    table = pd.DataFrame(
        [
            ("a", "AlexNet", 0, "conv0", True, 56, 55),
            ("a", "AlexNet", 1, "conv1.0", False, 28, 27),
            ("a-blurred", "AlexNet", 0, "conv0", True, 56, 55),
            ("a-blurred", "AlexNet", 1, "conv1.0", False, 28, 27),
            ("mine", "Mine", 0, "stem", True, 28, 28),
        ],
        columns=["architecture", "title", "depth", "layer", "downscales", "output_size", "size"],
    )
    grid = table1_grid(table)
    assert grid.columns.tolist() == ["output size", "AlexNet", "Mine"]
    assert grid.to_numpy().tolist() == [[56, "**conv0** (55)", "-"], [28, "conv1.0 (27)", "**stem**"]]


@pytest.mark.parametrize("name", CIFAR)
def test_cifar_networks_are_written_in_the_order_in_which_they_run(name):
    measured, chosen = layers(name), architecture(name)
    assert list(measured.index) == list(chosen["layers"])
    sizes = measured["size"].to_numpy()
    assert list(measured.index[1:][sizes[1:] < sizes[:-1]]) == chosen["downscaling"]
