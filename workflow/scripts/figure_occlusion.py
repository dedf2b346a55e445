"""Draw the frequencies that networks lean on, an image without some, and heat maps beside SROPs."""

from srop.data.digits import Digits
from srop.experiments.occlusion.figures import figure_example, figure_heat, figure_occlusion
from srop.experiments.occlusion.measure import digit_setup
from srop.pipeline.io import read_table, read_tables, read_tensors, write_figure
from srop.pipeline.stage import plain, stage
from srop.style import style


@stage
def main(values, run):
    titles = plain(run.titles)
    shares, heat, radial = read_table(run.shares), read_tables(run.heat), read_table(run.radial)
    layers, scores = read_table(run.layers), read_table(run.scores)
    layers = layers[layers["dead"] == values.figures.dead.name]
    (images, labels), place = digit_setup(Digits(**read_tensors(run.digits)), values.occlusion.images).test, 0
    example = scores[(scores["reading"] == "printed") & (scores["image"] == place)]
    style()
    drawn = [
        (figure_occlusion(shares, read_table(run.spectra), titles=titles), shares),
        (figure_example(images[place], labels[place].item(), example), example),
        (figure_heat(heat, radial, layers, titles=titles), radial),
    ]
    for (figure, shown), stem in zip(drawn, run.stems, strict=True):
        write_figure(figure, stem, shown)
