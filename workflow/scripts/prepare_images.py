"""Write the natural images at one size as tensors."""

import torch
from tqdm import tqdm

from srop.data.images import photographs, read_image
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    images = values.backbones.images
    files = photographs(images.source, images.count, root=run.root, folder=images.folder, download=run.download)
    pixels = [read_image(file, run.size) for file in tqdm(files, desc="images", leave=False, disable=None)]
    write_tensors({"images": torch.stack(pixels)}, run.images)
