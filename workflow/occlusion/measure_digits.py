"""Occlude frequencies of digits, and measure the heat maps and SROPs of the same networks."""

from srop.data.digits import prepared_digits
from srop.experiments.occlusion.measure import digit_networks, digit_setup, measure_all
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, require_one_origin, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import stage


@stage(reads=["occlusion.images", "occlusion.heat.norm"])
def main(
    values,
    *,
    digits,
    models,
    weights,
    seeds,
    random,
    readings,
    heat_images,
    device="auto",
    occluded,
    heat,
    layers,
    networks,
    spectrum,
    tracked,
):
    require_one_origin(models)
    chosen, device = values.occlusion, select_device(device)
    digits = prepared_digits(digits).to(device)
    trained = [
        ({"weights": name, "seed": seed}, read_tensors(model))
        for model, name, seed in zip(models, weights, seeds, strict=True)
    ]
    networks_of_digits = digit_networks(trained, device, random=random)
    files = {"occluded": occluded, "heat": heat, "layers": layers, "networks": networks, "spectrum": spectrum}
    options = {"readings": readings, "heat": {"images": heat_images, "norm": chosen.heat.norm}}
    measured = measure_all(networks_of_digits, digit_setup(digits, chosen.images), **options)
    origin = {**software(tracked), "device": str(device), "digits": digits.digest()}
    for name, table in measured.items():
        write_table(table.assign(network="digits"), files[name], provenance=origin)
