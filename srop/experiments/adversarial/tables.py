"""Tables of what attacks change."""

from collections.abc import Sequence

import pandas as pd
from torch import Tensor

from srop.experiments.adversarial.changes import Made, changes_table, relative_change, white_noise_like
from srop.experiments.adversarial.readings import ATTACKS, CONTROLS


def attacks_table(made: Sequence[Made], labels: Tensor) -> pd.DataFrame:
    """Say of each image what became of it.

    Returns:
        A row per reading, attack and image: ``reading``, ``attack``, ``image``, ``label``, ``found``, and the norms of
        the change: ``l2`` and ``linf``, in the units of the images.
    """
    tables = []
    for of in made:
        change = (of.changed - of.images).flatten(1)
        columns = {"label": labels, "found": of.found, "l2": change.norm(dim=1), "linf": change.abs().amax(dim=1)}
        table = pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})
        tables.append(table.rename_axis("image").reset_index().assign(reading=of.reading, attack=of.attack))
    return pd.concat(tables, ignore_index=True)


def changes_and_maps(made: Sequence[Made], *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say which frequencies changed, by attacks and by white noise of the same norm.

    Images that are no adversarial examples are left out, of the noise as well.

    Args:
        made: What :func:`srop.experiments.adversarial.attacks.attack_all` gives.
        seed: Of the noise.

    Returns:
        :func:`srop.experiments.adversarial.changes.changes_table` with ``reading``, ``attack`` and ``control`` (empty,
        or one of :data:`srop.experiments.adversarial.readings.CONTROLS`); and the ``mean`` and ``median`` of the
        relative changes over the images, by component ``v``, ``u``. No row where there is no adversarial example.
    """
    changes, maps = [pd.DataFrame()], [pd.DataFrame()]
    for of in made:
        images, changed = of.images[of.used], of.changed[of.used]
        if not len(images):
            continue
        kinds = {"": changed}
        if of.reading == "printed" and of.attack in ATTACKS:
            kinds |= {norm: white_noise_like(changed, images, norm=norm, seed=seed) for norm in CONTROLS}
        keys = {"reading": of.reading, "attack": of.attack}
        places = of.used.nonzero()[:, 0].tolist()
        for control, given in kinds.items():
            table = changes_table(given, images, averaged_colors=of.reading != "printed")
            table["image"] = table["image"].map(dict(enumerate(places)))
            changes.append(table.assign(**keys, control=control))
            relative = relative_change(given, images).flatten(0, 1)
            size = relative.shape[-1]
            components = pd.MultiIndex.from_product([range(size), range(size)], names=["v", "u"]).to_frame(index=False)
            averages = {"mean": relative.nanmean(dim=0), "median": relative.nanquantile(0.5, dim=0)}
            columns = {name: values.flatten().cpu().numpy() for name, values in averages.items()}
            maps.append(components.assign(**columns, **keys, control=control))
    return pd.concat(changes, ignore_index=True), pd.concat(maps, ignore_index=True)


def attacks_summary(attacks: pd.DataFrame) -> pd.DataFrame:
    """Count what attacks found.

    Args:
        attacks: Rows of :func:`attacks_table` with ``eps``.

    Returns:
        A row per network, ``reading`` and ``attack``: ``images``, ``found`` (how many), and the median norms of the
        changes that were found, ``l2`` and ``linf``; NaN where none was.
    """
    keys = ["eps", "reading", "attack"]
    counts = attacks.groupby(keys, sort=False)["found"].agg(images="size", found="sum")
    norms = attacks[attacks["found"]].groupby(keys)[["l2", "linf"]].median()
    return counts.join(norms).reset_index()


def changes_summary(changes: pd.DataFrame) -> pd.DataFrame:
    """Average changes of single images by shell.

    Args:
        changes: Rows of :func:`changes_and_maps` with ``eps``.

    Returns:
        A row per network, ``reading``, ``attack``, ``control`` and ``shell``: ``images``; ``mean``, the mean of the
        shell's mean relative changes; ``median``, the median of its medians; ``amount``, the mean root mean square.
    """
    keys = ["eps", "reading", "attack", "control", "shell"]
    groups = changes.groupby(keys, sort=False, dropna=False)
    return groups.agg(
        images=("image", "nunique"), mean=("mean", "mean"), median=("median", "median"), amount=("amount", "mean")
    ).reset_index()
