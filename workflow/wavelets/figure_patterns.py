"""Draw an image's patterns, and how many hold how much, by class."""

from srop.experiments.wavelets.coefficients import wavelet_coefficients
from srop.experiments.wavelets.figures import figure_patterns
from srop.pipeline.io import read_table, read_tensors, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["wavelets.wavelet"])
def main(values, *, labeled, energy, by_image, stem):
    image = read_tensors(labeled)["images"][0].float().mean(dim=0)
    coefficients = wavelet_coefficients(image, wavelet=values.wavelets.wavelet, level=1)
    energy = read_table(energy)
    style()
    write_figure(figure_patterns(image, coefficients, energy, read_table(by_image)), stem, energy)
