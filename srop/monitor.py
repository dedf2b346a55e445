"""Watch the SROPs of a network while it is trained."""

import warnings
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from torch import Tensor, nn

from srop.checks import layer_names, require_hookable, require_images, require_size
from srop.convention import PUBLISHED, Convention, as_convention
from srop.guest import visiting
from srop.layers import find_layers
from srop.profiles import layer_statistics, profile
from srop.spectra import NotFiniteError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_WITH = ", as in: with Monitor(model, probe) as monitor: ... monitor.step()"
_COLUMNS = [
    *("step", "convention", "reference", "layer", "depth", "size", "coarse", "channels", "mean", "median"),
    *("lower_quartile", "upper_quartile", "std", "dead_share", "out_of_band_share"),
]


class Monitor:
    """Profile a network at chosen steps of any training loop, on a probe batch that stays the same.

    It is measured before the first step, after every so many, and once more at the end of a ``with`` block. The network
    runs in evaluation mode then, without gradients, and is left as it was: weights, buffers, gradients, modes and the
    random states of torch, NumPy and Python are those of a training that nobody watches, bit for bit.

    Args:
        model: The network.
        probe: Images ``(b, c, n, n)`` as the network takes them, of which a copy is kept; ten or twenty are enough.
        layers: As for :func:`srop.profile`; None finds them (:func:`srop.find_layers`).
        every: Steps between two measurements.
        convention: Which definition, or its name.
        layout: As for :func:`srop.profile`.
        writer: Anything with TensorBoard's ``add_scalar``, such as ``torch.utils.tensorboard.SummaryWriter``; it gets
            ``srop/<layer>``, ``srop_spread/<layer>`` and ``srop_dead/<layer>``. It is not closed.

    Attributes:
        layers: The layers that are watched.
        steps: How many steps were counted.

    Warns:
        UserWarning: If maps have NaN or infinite values after the first step; the training goes on.

    Raises:
        TypeError: If ``every`` is no whole number, the probe no tensor, the writer has no ``add_scalar``, or as
            :func:`srop.profile`.
        ValueError: If ``every`` is below 1, the probe is not one of square images, or as :func:`srop.find_layers` and
            :func:`srop.profile`.
        RuntimeError: If it counts steps, or shows what it measured, outside of its ``with`` block, or is entered twice.

    Example:
        >>> import torch
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
        layers: Iterable[str] | Mapping[str, str] | None = None,
        *,
        every: int = 100,
        convention: Convention | str = PUBLISHED,
        layout: str | Mapping[str, str] | None = None,
        writer: Any = None,
    ) -> None:
        require_hookable(model)
        require_images("probe", probe)
        if writer is not None and (isinstance(writer, type) or not callable(getattr(writer, "add_scalar", None))):
            raise TypeError(
                f"writer: a {type(writer).__name__} was given; give what has add_scalar(tag, value, step), such as "
                "torch.utils.tensorboard.SummaryWriter()"
            )
        self._model, self._probe, self._writer = model, probe.detach().clone(), writer
        self._every = require_size("every", every, "steps")
        self._options = {"convention": as_convention(convention), "layout": layout}
        self.steps = 0
        self._rows: list[pd.DataFrame] = []
        self._entered = self._left = False
        self.layers = layer_names(layers) if layers is not None else find_layers(model, self._probe[:1])

    def __enter__(self) -> Self:
        """Measure the network as it is before the first step."""
        if self._entered:
            raise RuntimeError("a Monitor is entered once; make another one for another training")
        self._entered = True
        self._measure()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Measure what the training has left, unless an error ends it."""
        self._left = True
        if error is None and self._rows[-1]["step"].iloc[0] != self.steps:
            self._measure()

    def step(self) -> bool:
        """Count a step of the training, measure if it is time, and say whether it was."""
        if not self._entered or self._left:
            raise RuntimeError(f"step() counts within a with block{_WITH}")
        self.steps += 1
        due = self.steps % self._every == 0
        if due:
            self._measure()
        return due

    @property
    def table(self) -> pd.DataFrame:
        """What was measured so far.

        Returns:
            A row per measurement and layer: ``step``, ``convention``, ``reference``, ``layer``, ``depth``, ``size`` and
            ``coarse`` as :func:`srop.profile` has them, ``channels``, and over the channels ``mean``, ``median``,
            ``lower_quartile``, ``upper_quartile`` and ``std`` of the live maps' SROPs, NaN where there are none;
            ``dead_share`` and ``out_of_band_share`` of all maps. The latter seven are NaN at a step at which maps had
            NaN or infinite values.
        """
        if not self._rows:
            raise RuntimeError(f"nothing is measured before the with block{_WITH}")
        return pd.concat(self._rows, ignore_index=True)

    def plot(self, *, title: str = "") -> "Figure":
        """Draw what was measured so far: the median of each layer's channels over the steps, and its dead maps.

        Args:
            title: Of the picture.

        Returns:
            A figure. The SROP's axis is logarithmic; a line has a gap where no map is live, and where maps had NaN or
            infinite values.

        Raises:
            RuntimeError: If nothing was measured yet.

        Example:
            >>> import torch
            >>> with Monitor(nn.Conv2d(1, 4, 3), torch.randn(5, 1, 8, 8), [""], every=1) as monitor:
            ...     _ = monitor.step()
            >>> monitor.plot().axes[0].get_ylabel()
            'SROP, median of the channels'
        """
        from srop.frequency_plots import plot_steps

        return plot_steps(self.table, title=title)

    def _measure(self) -> None:
        try:
            # Whose weights these are is known here, and a checksum of them at each measurement would take its time.
            channels = profile(self._model, [self._probe], self.layers, origin="", **self._options)
        except NotFiniteError as error:
            if not self._rows:
                raise
            # The training may go on, and whoever watches it is to see when it went wrong.
            warnings.warn(f"step {self.steps}: {error}", stacklevel=3)
            rows = self._rows[-1].assign(step=self.steps)
            rows[rows.columns[rows.columns.get_loc("channels") + 1 :]] = np.nan
        else:
            rows = layer_statistics(channels).assign(step=self.steps)[_COLUMNS]
        self._rows.append(rows)
        if self._writer is not None:
            # Writers may draw random names for their files.
            with visiting(self._model):
                self._write(rows)

    def _write(self, rows: pd.DataFrame) -> None:
        for row in rows.itertuples():
            for tag, value in (("srop", row.mean), ("srop_spread", row.std), ("srop_dead", row.dead_share)):
                self._writer.add_scalar(f"{tag}/{row.layer}", value, self.steps)
