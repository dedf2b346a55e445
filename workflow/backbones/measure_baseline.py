"""Profile the baseline: images and noise, max-pooled again and again."""

from srop.convention import CONVENTIONS
from srop.experiments.backbones.measure import measure_baseline, summarize_layers
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.stage import stage


@stage(reads=["backbones.noise"])
def main(values, *, images, device="auto", table):
    images = read_tensors(images)["images"].to(device)
    channels = measure_baseline(images, noise=values.backbones.noise, conventions=list(CONVENTIONS), batch=10)
    export_table(summarize_layers(channels), table)
