"""Occlude frequencies of digits, and measure the heat maps and SROPs of the same networks."""

from pathlib import Path

from srop.data.digits import prepared_digits
from srop.experiments.occlusion.measure import digit_networks, digit_setup, measure_all
from srop.pipeline.io import read_tensors, require_one_origin, write_table
from srop.pipeline.stage import stage


@stage(reads=["occlusion.images", "occlusion.heat.norm"])
def main(values, *, digits, models, weights, seeds, random, readings, heat_images, device="auto", tables, origin):
    require_one_origin(models)
    chosen = values.occlusion
    digits = prepared_digits(digits).to(device)
    trained = [
        ({"weights": name, "seed": seed}, read_tensors(model))
        for model, name, seed in zip(models, weights, seeds, strict=True)
    ]
    networks = digit_networks(trained, device, random=random)
    options = {"readings": readings, "heat": {"images": heat_images, "norm": chosen.heat.norm}}
    measured = measure_all(networks, digit_setup(digits, chosen.images), **options)
    origin = {**origin, "digits": digits.digest()}
    for file in tables:
        write_table(measured[Path(file).stem].assign(network="digits"), file, provenance=origin)
