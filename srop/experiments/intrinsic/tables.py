"""Tables of intrinsic dimensions."""

import pandas as pd

from srop.experiments.summaries import mean_over_seeds, with_kind


def dimension_profiles(table: pd.DataFrame, batch_norm: str) -> pd.DataFrame:
    """Average intrinsic dimensions and SROPs over seeds: the curves of the figure ``id``.

    Args:
        table: Networks under one convention and treatment of dead maps, from
            :func:`srop.experiments.intrinsic.measure.dimension_profile`.
        batch_norm: Which batch-norm mode of the random networks to take, ``"running"`` or ``"batch"``.

    Returns:
        A row per network, kind of weights (``kind``: ``random`` or ``trained``), layer and ``quantity``
        (``intrinsic_dimension`` or ``srop``): ``mean``, the 95 % interval ``low`` to ``high`` over seeds, ``seeds``.

    Reference:
        Yu et al. 2021, Sec. 5.3.
    """
    rows = with_kind(table, batch_norm)
    keys = ["title", "architecture", "antialiased", "kind", "weights", "batch_norm"]
    keys += ["layer", "depth", "relative_depth", "features"]
    return mean_over_seeds(rows, keys, ["intrinsic_dimension", "srop"])
