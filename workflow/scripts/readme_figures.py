"""Draw the pictures of README and docs, from recorded tables and an image that a package ships."""

from io import BytesIO
from pathlib import Path

import numpy as np
from omegaconf import DictConfig
from PIL import Image

from srop.data.images import foolbox_images, read_image
from srop.data.noise import noise_batches
from srop.pipeline.io import replacing
from srop.pipeline.stage import stage
from srop.report.doc_figures import figure_digits_by_seed, figure_low_and_high
from srop.report.quotes import Recorded
from srop.report.style import style


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    photograph = Image.fromarray(read_image(foolbox_images(20)[run.image], 224).permute(1, 2, 0).numpy()).convert("L")
    noise = next(noise_batches(1, 224, 1))[0, 0].numpy()
    maps = {"a photograph: low": np.asarray(photograph, dtype=np.float32), "white noise: high": noise}
    digits = Recorded(Path(run.recorded)).paper["digits"].query("layer == 'relu2' and convention == 'published'")
    style()
    figures = {
        "low_and_high": figure_low_and_high(maps),
        "digits": figure_digits_by_seed(digits[digits["case"].isin(["case2", "none"])]),
    }
    for name, figure in figures.items():
        drawn = BytesIO()
        figure.savefig(drawn, dpi=90, facecolor="white")
        with replacing(Path(run.folder) / f"{name}.png") as temporary:
            # Few colors: pages load quickly, and the repository stays small.
            few = Image.open(drawn).convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE)
            few.save(temporary, optimize=True)
