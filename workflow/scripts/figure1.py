"""Draw Figure 1."""

from omegaconf import DictConfig

from srop.config import stage
from srop.convention import CONVENTIONS
from srop.images import noise_batches
from srop.io import read_tensors, write_figure, write_table
from srop.plotting import figure1, style
from srop.prior import low_nyquist_prior


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    """Run the stage."""
    images = read_tensors(run.images)["images"]
    convention = CONVENTIONS[values.figures.convention]
    spectra, points = low_nyquist_prior(images, noise=values.backbones.noise, convention=convention)
    examples = {
        "images": images[values.figures.example].permute(1, 2, 0).numpy() / 255,
        # Three standard deviations to either side.
        "noise": (next(noise_batches(1, images.shape[-1], 1))[0].permute(1, 2, 0).numpy() / 6 + 0.5).clip(0, 1),
    }
    shown = {"example": values.figures.example, "convention": values.figures.convention}
    style()
    write_figure(figure1(examples, spectra, points, **shown), run.stem)
    write_table(points, f"{run.stem}.csv")


if __name__ == "__main__":
    main()
