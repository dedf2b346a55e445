"""Take a digit network that another run trained, in the place of a training."""

from collections.abc import Mapping
from typing import Any

from srop.data.digits import Digits, evaluation_batches
from srop.networks.digit_cnn import digit_cnn
from srop.networks.training import evaluate
from srop.pipeline.device import select_device
from srop.pipeline.io import read_provenance, read_table, read_tensors, write_table, write_tensors
from srop.pipeline.provenance import file_hash, software
from srop.pipeline.stage import plain, stage

# Another device rounds otherwise, and may take another side in an image or two.
CLOSE = 0.005


def require_equal(file: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    odd = [f"{key}={found.get(key)}, this run has {value}" for key, value in wanted.items() if found.get(key) != value]
    if odd:
        raise ValueError(f"{file} was trained with {'; '.join(odd)}. Networks are taken under the same values only")


@stage
def main(values, run):
    trained = read_provenance(run.their_metrics, unsealed=True)
    metrics = read_table(run.their_metrics, unsealed=True)
    digits = Digits(**read_tensors(run.digits))
    setting = {"case": run.case, "w": float(run.w), "seed": run.seed}
    require_equal(run.their_model, metrics.iloc[0].to_dict(), setting)
    require_equal(run.their_model, trained["values"]["digits"]["training"], plain(values.digits.training))
    if "digits" in trained:
        require_equal(run.their_model, trained, {"digits": digits.digest()})
    select_device("cpu")
    model = digit_cnn()
    model.load_state_dict(read_tensors(run.their_model, unsealed=True))
    # Older runs do not say which digits they had; and a model may lie beside another one's metrics.
    _, accuracy = evaluate(model, evaluation_batches(digits, case=run.case, w=float(run.w)))
    said = metrics["test_accuracy"].iloc[-1]
    if abs(accuracy - said) > CLOSE:
        raise ValueError(
            f"{run.their_model} classifies {accuracy:.4f} of this run's test images, and its metrics say {said:.4f}; "
            "it was trained on other digits.data, or the metrics are another network's"
        )
    # The origin is that of the training, however often its network was taken.
    files = (run.their_model, run.their_metrics, run.their_weights)
    taken = {"sha256": [file_hash(file) for file in files], "by": software(plain(run.tracked))}
    write_table(metrics, run.metrics, provenance={**trained, "taken": taken})
    write_tensors(read_tensors(run.their_weights, unsealed=True), run.conv_weights_by_epoch)
    write_tensors(model.state_dict(), run.model)
