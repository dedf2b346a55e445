"""Profile one model of each family of timm with random weights: ``python tests/profile_families.py``.

The networks are as timm initializes them, with the seeds 0, 1 and 2, over the 20 photographs of ImageNet that foolbox
ships, at the size and with the normalization that timm states. The layers are those that ``srop.find_layers`` chooses.
It is no test, and takes about an hour of one core. Each model runs in a process of its own, and what is done is kept in
``docs/timm_profiles.csv``, so that the same command goes on.
"""

import json
import sys
from pathlib import Path

import sweep_models
import torch

import srop
from srop.data.images import foolbox_images, read_image

DONE = Path(__file__).resolve().parent.parent / "docs" / "timm_profiles.csv"
COUNT, SEEDS = 20, (0, 1, 2)
STATISTICS = ["mean", "lower_quartile", "median", "upper_quartile", "dead_share"]
COLUMNS = ["library", "model", "input", "layer", "size", "channels", "seed", *STATISTICS, "outcome", "message"]


def one(library: str, name: str) -> list[dict[str, object]]:
    """Profile a model: a row per layer and seed."""
    import timm

    rows = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        model = timm.create_model(name).eval()
        settings = model.default_cfg
        size = settings["input_size"][-1]
        mean, std = (torch.tensor(settings[key]).view(-1, 1, 1) for key in ("mean", "std"))
        pixels = torch.stack([read_image(file, size) for file in foolbox_images(COUNT)])
        images = (pixels.float() / 255 - mean) / std
        table = srop.profile(model, images.split(5), srop.find_layers(model, images[:1]))
        summary = srop.layer_statistics(table[table["dead"] == "omit"])
        keys = {"library": library, "model": name, "input": size, "seed": seed, "outcome": "table"}
        rows += summary[["layer", "size", "channels", *STATISTICS]].assign(**keys).round(4).to_dict("records")
    return rows


def main() -> None:
    if len(sys.argv) == 3:
        sweep_models.limit_process()
        print(json.dumps(one(*sys.argv[1:]), default=str))
    else:
        families = [pair for pair in sweep_models.models() if pair[0] == "timm"]
        sweep_models.in_processes(__file__, families, DONE, COLUMNS)


if __name__ == "__main__":
    main()
