"""Draw the frequencies that networks lean on, an image without some, heat maps and SROPs."""

from srop.data.digits import prepared_digits
from srop.experiments.occlusion.figures import figure_example, figure_heat, figure_occlusion
from srop.experiments.occlusion.measure import digit_setup
from srop.pipeline.io import read_table, read_tables, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["figures.dead", "occlusion.images"])
def main(values, *, titles, digits, scores, shares, spectra, heat, radial, layers, stems):
    shares, heat, radial = read_table(shares), read_tables(heat), read_table(radial)
    layers, scores = read_table(layers), read_table(scores)
    layers = layers[layers["dead"] == values.figures.dead]
    (images, labels), place = digit_setup(prepared_digits(digits), values.occlusion.images).test, 0
    example = scores[(scores["reading"] == "printed") & (scores["image"] == place)]
    style()
    drawn = [
        (figure_occlusion(shares, read_table(spectra), titles=titles), shares),
        (figure_example(images[place], labels[place].item(), example), example),
        (figure_heat(heat, radial, layers, titles=titles), radial),
    ]
    for (figure, shown), stem in zip(drawn, stems, strict=True):
        write_figure(figure, stem, shown)
