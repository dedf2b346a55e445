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
    """Profile a network during any training loop, on a probe batch that stays the same.

    The monitor measures before the first step, after every ``every`` steps, and once more at the end of its ``with``
    block. The network then runs in evaluation mode without gradients, and is left as it was: its weights, buffers,
    gradients and modes, and the random states of torch, NumPy and Python, are bit for bit the same as in a training
    without a monitor.

    Args:
        model: The network.
        probe: Images ``(b, c, H, W)``, or clips ``(b, c, t, H, W)``, as the network takes them; a copy is kept. Ten or
            twenty are enough.
        layers: As for :func:`srop.profile`; None finds them (:func:`srop.find_layers`).
        every: Steps between two measurements.
        convention: The definition of the SROP, or its name.
        layout: As for :func:`srop.profile`.
        grid: As for :func:`srop.profile`.
        writer: Anything with TensorBoard's ``add_scalar``, such as ``torch.utils.tensorboard.SummaryWriter``; it gets
            ``srop/<layer>``, ``srop_spread/<layer>`` and ``srop_dead/<layer>``. It is not closed.

    Attributes:
        layers: The layers that are measured.
        steps: The number of steps so far.

    Warns:
        UserWarning: If maps have NaN or infinite values after the first step; the training goes on.

    Raises:
        TypeError: If ``every`` is not a whole number, the probe is not a tensor, or the writer has no ``add_scalar``;
            or as for :func:`srop.profile`.
        ValueError: If ``every`` is below 1, or the probe is not a batch of images; or as for
            :func:`srop.find_layers` and :func:`srop.profile`.
        RuntimeError: If a step is counted outside of the ``with`` block, a table or picture is asked for before it, or
            the block is entered twice.

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
        grid: Any = None,
        writer: Any = None,
    ) -> None:
        require_hookable(model)
        require_images("probe", probe, clips=True)
        if writer is not None and (isinstance(writer, type) or not callable(getattr(writer, "add_scalar", None))):
            raise TypeError(
                f"writer: a {type(writer).__name__} was given; give what has add_scalar(tag, value, step), such as "
                "torch.utils.tensorboard.SummaryWriter()"
            )
        self._model, self._probe, self._writer = model, probe.detach().clone(), writer
        self._every = require_size("every", every, "steps")
        self._options = {"convention": as_convention(convention), "layout": layout, "grid": grid}
        self.steps = 0
        self._rows: list[pd.DataFrame] = []
        self._entered = self._left = False
        chosen = find_layers(model, self._probe[:1], layout=layout, grid=grid) if layers is None else layers
        self.layers = layer_names(chosen)

    def __enter__(self) -> Self:
        """Measure the network as it is before the first step."""
        if self._entered:
            raise RuntimeError("this Monitor's with block was entered before; make a new Monitor for each training")
        self._entered = True
        self._measure()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Measure the network after the last step, unless an error ends the block."""
        self._left = True
        if error is None and self._rows[-1]["step"].iloc[0] != self.steps:
            self._measure()

    def step(self) -> bool:
        """Count a step of the training, and measure after every ``every`` steps; True if it measured."""
        if not self._entered or self._left:
            raise RuntimeError(f"step() was called outside of the Monitor's with block; call it within{_WITH}")
        self.steps += 1
        due = self.steps % self._every == 0
        if due:
            self._measure()
        return due

    @property
    def table(self) -> pd.DataFrame:
        """The measurements so far.

        Returns:
            A row per measurement and layer:

            - ``step``, and ``channels``, their number
            - ``convention``, ``reference``, ``layer``, ``depth``, ``size`` and ``coarse`` as in :func:`srop.profile`
            - ``mean``, ``median``, ``lower_quartile``, ``upper_quartile`` and ``std`` over the channels of the live
              maps' SROPs; NaN where no map is live
            - ``dead_share`` and ``out_of_band_share`` of all maps

            The last seven are NaN at a step at which maps had NaN or infinite values.
        """
        if not self._rows:
            raise RuntimeError(f"there is no measurement yet; enter the with block first{_WITH}")
        return pd.concat(self._rows, ignore_index=True)

    def plot(self, *, title: str = "") -> "Figure":
        """Draw the measurements so far: the median of each layer's channels over the steps, and the share of dead maps.

        Args:
            title: Title of the picture.

        Returns:
            A figure. The axis of SROPs is logarithmic; a line has a gap where no map is live, and where maps had NaN or
            infinite values.

        Raises:
            RuntimeError: If there is no measurement yet.

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
            # An origin is given, because a checksum of the weights would take time at each measurement.
            channels = profile(self._model, [self._probe], self.layers, origin="", **self._options)
        except NotFiniteError as error:
            if not self._rows:
                raise
            # The training may go on, and the table shows at which step it failed.
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
