"""Train digit networks with a penalty on fine patterns."""

from pathlib import Path

from tqdm import tqdm

from srop.data.digits import first_digits, prepared_digits
from srop.experiments.uses.penalty import penalized_network, penalty_row, penalty_table
from srop.networks.checkpoint import Checkpoint
from srop.pipeline.io import write_table
from srop.pipeline.stage import stage


@stage(reads=["uses.penalty", "digits.training.{optimizer,lr,batch_size,precision}"])
def main(values, *, penalty, device="auto", digits, checkpoints, table_file, origin, tracked):
    chosen, weight = values.uses.penalty, float(penalty)
    digits = first_digits(prepared_digits(digits), train=chosen.train, test=chosen.test).to(device)
    training = {**values.digits.training, "epochs": chosen.epochs}
    identity = {"digits": digits.digest(), "device": device.type, **tracked}
    measured = {key: chosen[key] for key in ("layer", "noise", "eps", "steps")}
    rows, unfinished = [], []
    for seed in tqdm(chosen.seeds, desc="seeds", unit="training", leave=False, disable=None):
        identified = {"weight": weight, "seed": seed, **identity}
        unfinished.append(Checkpoint(Path(checkpoints) / f"seed{seed}.pt", identified))
        options = {"weight": weight, "layer": chosen.layer, "ring": chosen.ring, "seed": seed, "training": training}
        model = penalized_network(digits, checkpoint=unfinished[-1], **options)
        rows.append({"weight": weight, "seed": seed} | penalty_row(model, digits, seed=seed, **measured))
    write_table(penalty_table(rows), table_file, provenance={**origin, "digits": digits.digest()})
    for checkpoint in unfinished:
        checkpoint.delete()
