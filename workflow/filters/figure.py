"""Draw robustness over the proportion of low filters, and a sheet of all corruptions."""

from srop.experiments.filters.figures import figure_corruptions, figure_filters
from srop.pipeline.io import read_table, read_tensors, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage(reads=["filters.corruptions"])
def main(values, *, robustness, networks, images, stems):
    robustness, networks = read_table(robustness), read_table(networks)
    image = read_tensors(images)["test_images"][0].float() / 255
    style()
    filters, corruptions = stems
    write_figure(figure_filters(robustness, networks), filters, networks)
    write_figure(figure_corruptions(image, values.filters.corruptions), corruptions, robustness)
