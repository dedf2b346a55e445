"""Measure the project's speed against yardsticks that run in turn with it, and print the table."""

from pathlib import Path

import pandas as pd

from srop.data.digits import Digits
from srop.pipeline.device import select_device
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain, stage
from srop.speed.measure import (
    machine,
    speed_of_profiles,
    speed_of_rectangles,
    speed_of_small_calls,
    speed_of_srops,
    speed_of_training,
)


@stage()
def main(
    values, *, digits, architectures=("resnet18", "vgg16"), train=1500, test=500, device="auto", table_file, config_dir
):
    device = select_device(device)
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device={device}: speed is measured on cpu and cuda")
    tensors = read_tensors(digits)
    counts = {"train_images": train, "train_labels": train, "test_images": test, "test_labels": test}
    if device.type == "cpu":
        tensors = {name: tensor[: counts.get(name)] for name, tensor in tensors.items()}
    digits = Digits(**tensors).to(device)
    architectures = [plain(load_architecture(Path(config_dir), name)) for name in architectures]
    srops = [*speed_of_srops(device), *speed_of_rectangles(device), *speed_of_small_calls(device)]
    rows = [*srops, *speed_of_profiles(architectures, device), *speed_of_training(digits)]
    table = pd.DataFrame(rows).assign(machine=machine(device))
    export_table(table, table_file)
    print(machine(device))
    print(table.drop(columns="machine").to_markdown(index=False, floatfmt=".2f"))
