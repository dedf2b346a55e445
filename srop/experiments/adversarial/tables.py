"""Tables of what attacks change."""

from collections.abc import Sequence

import pandas as pd
from torch import Tensor

from srop.experiments.adversarial.changes import ChangedImages, changes_table, relative_change, white_noise_like
from srop.experiments.adversarial.readings import ATTACKS, CONTROLS


def attacks_table(changed_images: Sequence[ChangedImages], labels: Tensor) -> pd.DataFrame:
    """List for each attack and image whether it is an adversarial example, and the size of the change.

    Args:
        changed_images: What :func:`srop.experiments.adversarial.attacks.attack_all` gives.
        labels: The classes of the images.

    Returns:
        A row per reading, attack and image: ``reading``, ``attack``, ``image``, ``label``, ``found`` (whether the image
        is an adversarial example), and the norms of the change, ``l2`` and ``linf``, in the units of the images.
    """
    tables = []
    for case in changed_images:
        change = (case.changed - case.images).flatten(1)
        columns = {
            "label": labels,
            "found": case.adversarial,
            "l2": change.norm(dim=1),
            "linf": change.abs().amax(dim=1),
        }
        table = pd.DataFrame({name: values.cpu().numpy() for name, values in columns.items()})
        tables.append(table.rename_axis("image").reset_index().assign(reading=case.reading, attack=case.attack))
    return pd.concat(tables, ignore_index=True)


def changes_and_maps(changed_images: Sequence[ChangedImages], *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how much attacks, and white noise of the same norm, change each frequency.

    Only images that count are measured, with noise as well; of attacks these are the adversarial examples.

    Args:
        changed_images: What :func:`srop.experiments.adversarial.attacks.attack_all` gives.
        seed: The seed of the noise.

    Returns:
        :func:`srop.experiments.adversarial.changes.changes_table` with ``reading``, ``attack`` and ``control`` (empty,
        or one of :data:`srop.experiments.adversarial.readings.CONTROLS`); and the ``mean`` and ``median`` of the
        relative changes over the images, by component ``v``, ``u``. Attacks without an adversarial example have none.
    """
    changes, maps = [pd.DataFrame()], [pd.DataFrame()]
    for case in changed_images:
        images, changed = case.images[case.counted], case.changed[case.counted]
        if not len(images):
            continue
        kinds = {"": changed}
        if case.reading == "printed" and case.attack in ATTACKS:
            kinds |= {norm: white_noise_like(changed, images, norm=norm, seed=seed) for norm in CONTROLS}
        keys = {"reading": case.reading, "attack": case.attack}
        places = case.counted.nonzero()[:, 0].tolist()
        for control, after in kinds.items():
            table = changes_table(after, images, averaged_colors=case.reading != "printed")
            table["image"] = table["image"].map(dict(enumerate(places)))
            changes.append(table.assign(**keys, control=control))
            relative = relative_change(after, images).flatten(0, 1)
            size = relative.shape[-1]
            components = pd.MultiIndex.from_product([range(size), range(size)], names=["v", "u"]).to_frame(index=False)
            averages = {"mean": relative.nanmean(dim=0), "median": relative.nanquantile(0.5, dim=0)}
            columns = {name: values.flatten().cpu().numpy() for name, values in averages.items()}
            maps.append(components.assign(**columns, **keys, control=control))
    return pd.concat(changes, ignore_index=True), pd.concat(maps, ignore_index=True)


def attacks_summary(attacks: pd.DataFrame) -> pd.DataFrame:
    """Count the adversarial examples of each attack.

    Args:
        attacks: Rows of :func:`attacks_table` with ``eps``.

    Returns:
        A row per network, ``reading`` and ``attack``: ``images``, ``found`` (how many are adversarial
        examples), and the median norms of these changes, ``l2`` and ``linf``; NaN without one.
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
        A row per network, ``reading``, ``attack``, ``control`` and ``shell``: ``images`` (how many), and over them
        the mean of ``mean``, the median of ``median`` and the mean of ``amount``.
    """
    keys = ["eps", "reading", "attack", "control", "shell"]
    groups = changes.groupby(keys, sort=False, dropna=False)
    return groups.agg(
        images=("image", "nunique"), mean=("mean", "mean"), median=("median", "median"), amount=("amount", "mean")
    ).reset_index()
