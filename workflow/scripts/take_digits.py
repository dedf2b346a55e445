"""Take a digit network that another run trained, in the place of a training."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from omegaconf import DictConfig

from srop.networks.digit_cnn import digit_cnn
from srop.pipeline.io import read_tensors, write_table, write_tensors
from srop.pipeline.provenance import file_hash, software
from srop.pipeline.stage import plain, stage


def require_equal(file: str, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a file of other settings than this run's."""
    if odd := [f"{key}={found.get(key)} (here {value})" for key, value in wanted.items() if found.get(key) != value]:
        raise ValueError(f"{file} is of {', '.join(odd)}; digits.networks takes networks of this run's settings only")


@stage
def main(values: DictConfig, run: DictConfig) -> None:
    trained = json.loads(pq.read_schema(run.their_metrics).metadata[b"provenance"])
    metrics = pd.read_parquet(run.their_metrics)
    require_equal(run.their_model, trained["values"]["digits"]["training"], plain(values.digits.training))
    asked = {"case": run.case, "w": float(run.w), "seed": run.seed}
    require_equal(run.their_metrics, metrics.iloc[0].to_dict(), asked)
    model = digit_cnn()
    model.load_state_dict(read_tensors(run.their_model))
    origin = {**software(plain(run.tracked)), "device": f"{trained['device']}, taken from another run"}
    origin["taken"] = {"sha256": file_hash(run.their_model), "trained": trained}
    write_table(metrics, run.metrics, provenance=origin)
    write_tensors(read_tensors(run.their_weights), run.conv_weights_by_epoch)
    write_tensors(model.state_dict(), run.model)
