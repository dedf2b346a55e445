"""Draw Figure 1."""

from srop.convention import CONVENTIONS
from srop.experiments.inputs.figures import figure1
from srop.experiments.inputs.input_spectra import examples, low_nyquist_prior
from srop.pipeline.io import read_tensors, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["backbones.noise", "figures.convention", "figures.example"])
def main(values, *, images, stem):
    images, figures = read_tensors(images)["images"], values.figures
    convention = CONVENTIONS[figures.convention]
    spectra, points = low_nyquist_prior(images, noise=values.backbones.noise, convention=convention)
    style()
    shown = {"example": figures.example, "convention": figures.convention}
    write_figure(figure1(examples(images, figures.example), spectra, points, **shown), stem, points)
