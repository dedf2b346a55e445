"""Watch the SROPs of a network while it is trained."""

import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from srop.convention import PUBLISHED, Convention
from srop.door import require_size
from srop.finding import find_layers
from srop.layerwise import layer_statistics, profile
from srop.spectra import NotFiniteError


class Monitor:
    """Profile a network at chosen steps of any training loop, on a probe batch that stays the same.

    It is measured before the first step, after every so many, and once more at the end. The network runs in evaluation
    mode then, without gradients, and is left as it was: weights, statistics of batch norms, modes and random states are
    those of a training that nobody watches, bit for bit.

    Args:
        model: The network.
        probe: Images ``(b, c, n, n)`` as the network takes them, always the same; ten or twenty are enough.
        layers: As for :func:`srop.profile`; None finds them (:func:`srop.find_layers`).
        every: Steps between two measurements.
        convention: Which definition.
        writer: Anything with TensorBoard's ``add_scalar``, such as ``torch.utils.tensorboard.SummaryWriter``; it gets
            ``srop/<layer>``, ``srop_spread/<layer>`` and ``srop_dead/<layer>``. It is not closed.

    Attributes:
        layers: The layers that are watched.
        steps: How many steps were counted.

    Warns:
        UserWarning: If maps have NaN or infinite values after the first step; the training goes on.

    Raises:
        TypeError: If ``every`` is no whole number, or as :func:`srop.profile`.
        ValueError: If ``every`` is below 1, or as :func:`srop.find_layers` and :func:`srop.profile`.

    Example:
        >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> with Monitor(model, torch.randn(5, 1, 8, 8), every=2) as monitor:
        ...     for _ in range(5):
        ...         loss = model(torch.randn(3, 1, 8, 8)).square().mean()
        ...         _ = optimizer.zero_grad(), loss.backward(), optimizer.step()
        ...         _ = monitor.step()
        >>> monitor.table["step"].tolist()
        [0, 2, 4, 5]
    """

    def __init__(
        self,
        model: nn.Module,
        probe: Tensor,
        layers: Sequence[str] | Mapping[str, str] | None = None,
        *,
        every: int = 100,
        convention: Convention | str = PUBLISHED,
        writer: Any = None,
    ) -> None:
        require_size("every", every)
        self._model, self._probe, self._every = model, probe, every
        self._options = {"convention": convention}
        self._writer = writer
        self.steps = 0
        self._rows: list[pd.DataFrame] = []
        with _same_random_states(model):
            self.layers = layers if layers is not None else find_layers(model, probe[:1])

    def __enter__(self) -> Self:
        """Measure the network as it is before the first step."""
        self._measure()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Measure what the training has left, unless an error ends it."""
        if error is None and self._rows[-1]["step"].iloc[0] != self.steps:
            self._measure()

    def step(self) -> bool:
        """Count a step of the training, measure if it is time, and say whether it was."""
        self.steps += 1
        due = self.steps % self._every == 0
        if due:
            self._measure()
        return due

    @property
    def table(self) -> pd.DataFrame:
        """What was measured so far.

        Returns:
            A row per measurement and layer: ``step``, ``layer``, ``depth``, ``size``, ``channels``, and over the
            channels ``mean``, ``median``, ``lower_quartile``, ``upper_quartile`` and ``std`` of the live maps' SROPs,
            NaN where there are none; ``dead_share`` and ``out_of_band_share`` of all maps. All of them are NaN at a
            step at which maps had NaN or infinite values.
        """
        return pd.concat(self._rows, ignore_index=True)

    def _measure(self) -> None:
        try:
            with _same_random_states(self._model):
                channels = profile(self._model, [self._probe], self.layers, **self._options)
        except NotFiniteError as error:
            if not self._rows:
                raise
            # The training may go on, and whoever watches it is to see when it went wrong.
            warnings.warn(f"step {self.steps}: {error}", stacklevel=3)
            rows = self._rows[-1].assign(step=self.steps)
            rows[rows.columns[rows.columns.get_loc("channels") + 1 :]] = np.nan
        else:
            rows = layer_statistics(channels[channels["dead"] == "omit"].drop(columns=["dead", "images"]))
            rows.insert(0, "step", self.steps)
        self._rows.append(rows)
        for row in rows.itertuples() if self._writer is not None else ():
            for tag, value in (("srop", row.mean), ("srop_spread", row.std), ("srop_dead", row.dead_share)):
                self._writer.add_scalar(f"{tag}/{row.layer}", value, self.steps)


def _same_random_states(model: nn.Module) -> torch.random.fork_rng:
    """Keep the random states of the CPU and of the network's GPUs."""
    devices = {parameter.device.index for parameter in model.parameters() if parameter.device.type == "cuda"}
    return torch.random.fork_rng(devices=sorted(devices))
