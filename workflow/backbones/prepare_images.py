"""Write the natural images at one size as tensors."""

import torch
from tqdm import tqdm

from srop.data.images import photographs, read_image
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["backbones.images"])
def main(values, *, size, images, data):
    source = values.backbones.images
    files = photographs(source.source, source.count, root=data.root, folder=source.folder, download=data.download)
    pixels = [read_image(file, size) for file in tqdm(files, desc="images", leave=False, disable=None)]
    write_tensors({"images": torch.stack(pixels)}, images)
