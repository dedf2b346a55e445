"""Draw what attacks change, and what white noise of the same norm changes."""

from srop.data.digits import prepared_digits
from srop.experiments.adversarial.figures import figure_attacks, figure_difference
from srop.networks.pixel_network import digit_pixels
from srop.pipeline.io import read_table, read_tables, read_tensors, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage()
def main(values, *, eps, maps, examples, attacks, changes, digits, stems):
    maps, changes = read_tables(maps), read_table(changes).fillna({"control": ""})
    attacks = read_tables(attacks)
    images = digit_pixels(prepared_digits(digits).test_images)
    examples = {float(eps): read_tensors(file) for eps, file in zip(eps, examples, strict=True)}
    style()
    drawn = [
        (figure_attacks(maps, changes, attacks, images, examples), changes),
        (figure_difference(changes), changes[["eps", "reading", "attack", "control", "shell", "amount"]]),
    ]
    for (figure, shown), stem in zip(drawn, stems, strict=True):
        write_figure(figure, stem, shown)
