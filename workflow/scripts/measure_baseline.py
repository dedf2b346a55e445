"""Profile the baseline: images and noise, max-pooled again and again."""

from srop.convention import CONVENTIONS
from srop.experiments.backbones.measure import layers_of, measure_baseline
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, write_table
from srop.pipeline.stage import stage


@stage
def main(values, run):
    images = read_tensors(run.images)["images"].to(select_device(run.device))
    channels = measure_baseline(
        images, noise=values.backbones.noise, conventions=list(CONVENTIONS), batch=run.batch_size
    )
    write_table(layers_of(channels), run.table)
