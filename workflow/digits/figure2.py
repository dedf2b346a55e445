"""Draw Figure 2, for each layer."""

from srop.data.digits import prepared_digits
from srop.experiments.digits.examples import blended_ones
from srop.experiments.digits.figures import figure2
from srop.experiments.digits.tables import histogram, with_shared_run
from srop.pipeline.io import read_tables, write_figure
from srop.pipeline.stage import stage
from srop.style import style
from srop.white_noise import white_noise_srop


@stage(reads=["figures.convention"])
def main(values, *, digits, srops, layers, stem):
    convention, digits = values.figures.convention, prepared_digits(digits)
    srops = with_shared_run(read_tables(srops).query("convention == @convention"))
    examples = blended_ones(digits, sorted(srops["w"].unique()))
    style()
    for number, layer in enumerate(layers):
        shown = srops[srops["layer"] == layer]
        noise = white_noise_srop(int(shown["size"].iloc[0]), convention=convention)
        figure = figure2(examples, shown, layer=layer, convention=convention, noise=noise)
        write_figure(figure, f"{stem}-{layer}" if number else stem, histogram(shown))
