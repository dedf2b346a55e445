"""Occlude frequencies of digits, and measure the heat maps and SROPs of the same networks."""

from srop.data.digits import Digits
from srop.experiments.occlusion.measure import digit_networks, digit_setup, measure_all
from srop.pipeline.device import select_device
from srop.pipeline.io import read_tensors, require_one_origin, write_table
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage


@stage
def main(values, run):
    require_one_origin(run.models)
    chosen, device = values.occlusion, select_device(run.device)
    digits = Digits(**read_tensors(run.digits)).to(device)
    trained = [
        ({"weights": weights, "seed": seed}, read_tensors(model))
        for model, weights, seed in zip(run.models, run.weights, run.seeds, strict=True)
    ]
    found = digit_networks(trained, device, random=run.random)
    heat = {"images": run.heat_images, "norm": chosen.heat.norm}
    measured = measure_all(found, digit_setup(digits, chosen.images), readings=run.readings, heat=heat)
    origin = {**software(plain(run.tracked)), "device": str(device), "digits": digits.digest()}
    for name, table in measured.items():
        write_table(table.assign(network="digits"), run[name], provenance=origin)
