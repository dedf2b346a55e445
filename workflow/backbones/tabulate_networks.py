"""List the networks, their weights and the frequencies of their first-layer filters."""

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from srop.experiments.backbones.first_filters import low_proportions
from srop.experiments.backbones.weights_status import list_networks
from srop.pipeline.device import select_device
from srop.pipeline.io import export_table, write_markdown
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain, stage


@stage(reads=["filters.cutoffs", "filters.size"])
def main(values, *, architectures, stem, config_dir):
    select_device("cpu")
    chosen, tables = values.filters, []
    for name in tqdm(architectures, desc="networks", leave=False, disable=None):
        architecture = plain(load_architecture(Path(config_dir), name))
        table = list_networks(name, architecture)
        low = [
            low_proportions(architecture, weights, cutoffs=chosen.cutoffs, size=chosen.size) if state == "here" else {}
            for weights, state in zip(architecture["weights"], table["state"], strict=True)
        ]
        tables.append(table.join(pd.DataFrame(low, columns=[f"low_{cutoff:g}" for cutoff in chosen.cutoffs])))
    table = pd.concat(tables, ignore_index=True)
    export_table(table, f"{stem}.parquet")
    write_markdown(table, f"{stem}.md")
