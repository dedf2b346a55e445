"""Write the natural images at one size as tensors."""

import torch
from tqdm import tqdm

from srop.data.images import folder_images, foolbox_images, imagenette_images, read_image
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage(reads=["backbones.images"])
def main(values, *, size, images, data):
    source = values.backbones.images
    if source.source == "foolbox":
        files = foolbox_images(source.count)
    elif source.source == "imagenette":
        files = imagenette_images(data.root, source.count, download=data.download)
    else:
        files = folder_images(source.folder, source.count)
    pixels = [read_image(file, size) for file in tqdm(files, desc="images", leave=False, disable=None)]
    write_tensors({"images": torch.stack(pixels)}, images)
