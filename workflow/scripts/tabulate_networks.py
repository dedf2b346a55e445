"""List the networks and their weights."""

from pathlib import Path

import pandas as pd
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from srop.config import compose, stage
from srop.inventory import list_networks
from srop.io import write_markdown, write_table

CONFIG = Path(__file__).resolve().parents[2] / "config"


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    """Run the stage."""
    GlobalHydra.instance().clear()
    tables = []
    for name in run.architectures:
        config = compose(CONFIG, "tabulate_networks", [f"architecture={name}"])
        tables.append(list_networks(name, OmegaConf.to_container(config.architecture, enum_to_str=True)))
    table = pd.concat(tables, ignore_index=True)
    write_table(table, f"{run.stem}.csv")
    write_markdown(table, f"{run.stem}.md")


if __name__ == "__main__":
    main()
