"""Draw Figure 2, for each layer."""

from omegaconf import DictConfig

from srop.config import stage
from srop.convention import CONVENTIONS
from srop.data import Digits, blend
from srop.io import read_tables, read_tensors, write_figure, write_table
from srop.measurement import white_noise_srop
from srop.plotting import figure2, style
from srop.tables import histogram, with_shared_run


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    """Run the stage."""
    convention = values.figures.convention
    digits = Digits(**read_tensors(run.digits))
    srops = read_tables(run.srops)
    srops = with_shared_run(srops[srops["convention"] == convention])
    one = digits.test_images[digits.test_labels == 1][0]
    examples = [blend(one, digits.frog, w).numpy() for w in sorted(srops["w"].unique())]
    style()
    for layer, stem in zip(run.layers, run.stems, strict=True):
        shown = srops[srops["layer"] == layer]
        noise = white_noise_srop(shown["size"].iloc[0], CONVENTIONS[convention])
        write_figure(figure2(examples, shown, layer=layer, convention=convention, noise=noise), stem)
        write_table(histogram(shown), f"{stem}.csv")


if __name__ == "__main__":
    main()
