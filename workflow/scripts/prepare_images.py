"""Write the natural images at one size as tensors."""

import torch
from tqdm import tqdm

from srop.data.images import folder_images, foolbox_images, imagenette_images, read_image
from srop.pipeline.io import write_tensors
from srop.pipeline.stage import stage


@stage
def main(values, run):
    images = values.backbones.images
    if images.source == "foolbox":
        files = foolbox_images(images.count)
    elif images.source == "imagenette":
        files = imagenette_images(run.root, images.count, download=run.download)
    else:
        files = folder_images(images.folder, images.count)
    pixels = [read_image(file, run.size) for file in tqdm(files, desc="images", leave=False, disable=None)]
    write_tensors({"images": torch.stack(pixels)}, run.images)
