"""List the networks and their weights."""

from pathlib import Path

import pandas as pd

from srop.experiments.backbones.weights_status import list_networks
from srop.pipeline.io import write_markdown, write_table
from srop.pipeline.schema import load_architecture
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    networks = [list_networks(name, plain(load_architecture(Path(run.config_dir), name))) for name in run.architectures]
    table = pd.concat(networks, ignore_index=True)
    write_table(table, f"{run.stem}.csv")
    write_markdown(table, f"{run.stem}.md")
