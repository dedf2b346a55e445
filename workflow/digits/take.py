"""Take a digit network that another run trained, in the place of a training."""

from collections.abc import Mapping
from typing import Any

from srop.data.digits import evaluation_batches, prepared_digits
from srop.files import sha256_of
from srop.networks.digit_cnn import digit_cnn
from srop.networks.training import evaluate
from srop.pipeline.device import select_device
from srop.pipeline.io import read_provenance, read_table, read_tensors, write_table, write_tensors
from srop.pipeline.provenance import software
from srop.pipeline.stage import plain, stage

# Another device rounds otherwise, and may take another side in an image or two.
CLOSE = 0.005


def require_equal(file: str, recorded: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    differ = {key: value for key, value in wanted.items() if recorded.get(key) != value}
    if odd := [f"{key}={recorded.get(key)}, this run has {value}" for key, value in differ.items()]:
        raise ValueError(f"{file} was trained with {'; '.join(odd)}. Networks are taken under the same values only")


@stage(reads=["digits.training"])
def main(values, *, case, w, seed, digits, theirs, model_file, metrics_file, weights_file, tracked):
    their_model, their_metrics, their_weights = theirs
    trained = read_provenance(their_metrics)
    metrics = read_table(their_metrics)
    digits = prepared_digits(digits)
    setting = {"case": case, "w": float(w), "seed": seed}
    if not {"files", "digits", "values"} <= (trained or {}).keys():
        raise ValueError(
            f"{their_metrics} does not say which model and weights by epoch it is of, as runs of an older version "
            "do not; train the networks with this version, or leave digits.networks out"
        )
    require_equal(their_model, metrics.iloc[0].to_dict(), setting)
    require_equal(their_model, trained["values"]["digits"]["training"], plain(values.digits.training))
    require_equal(their_model, trained, {"digits": digits.digest()})
    for name, file in (("model", their_model), ("conv_weights_by_epoch", their_weights)):
        if sha256_of(file) != trained["files"][name]:
            raise ValueError(
                f"{file} is not of the training that {their_metrics} records (case {case}, w = {w}, seed "
                f"{seed}): another network's file lies in its place; copy that run's digits/ again"
            )
    select_device("cpu")
    model = digit_cnn()
    model.load_state_dict(read_tensors(their_model))
    # Not all that a network depends on is recorded, so what it is recorded to do is tried.
    _, accuracy = evaluate(model, evaluation_batches(digits, case=case, w=float(w)))
    recorded_accuracy = metrics["test_accuracy"].iloc[-1]
    if abs(accuracy - recorded_accuracy) > CLOSE:
        raise ValueError(
            f"{their_model} classifies {accuracy:.4f} of this run's test images, and its metrics say "
            f"{recorded_accuracy:.4f}; it was trained on other digits.data, or the metrics are another network's"
        )
    # The origin is that of the training, however often its network was taken.
    taken = {"sha256": [sha256_of(file) for file in theirs], "by": software(tracked)}
    write_tensors(read_tensors(their_weights), weights_file)
    write_tensors(model.state_dict(), model_file)
    own = {"model": sha256_of(model_file), "conv_weights_by_epoch": sha256_of(weights_file)}
    write_table(metrics, metrics_file, provenance={**trained, "files": own, "taken": taken})
