"""Compare the SROPs of maps before and after rotation (Eq. 7)."""

import torch

from srop.convention import CONVENTIONS
from srop.data.noise import noise_batches
from srop.experiments.rotation_invariance.measure import ANGLES, low_pass, rotation_table
from srop.pipeline.io import export_table, read_tensors
from srop.pipeline.stage import stage


@stage(reads=["backbones.noise"])
def main(values, *, images, table):
    images = read_tensors(images)["images"].float()
    noise = torch.cat(list(noise_batches(values.backbones.noise, images.shape[-1], 10)))
    maps = {"images": images.flatten(0, 1), "noise": noise.flatten(0, 1)}
    maps["smooth noise"] = low_pass(maps["noise"])
    # As small as the digit network's last convolution.
    maps["small noise"] = maps["noise"].unfold(1, 24, 24).unfold(2, 24, 24).reshape(-1, 24, 24)[:2000]
    export_table(rotation_table(maps, list(CONVENTIONS), ANGLES), table)
