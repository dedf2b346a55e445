"""All attacks on one digit network, and tables of what they change."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from srop.data.digits import normalized
from srop.experiments.occlusion.attacks import Attacked, attacked, white_noise_like
from srop.experiments.occlusion.changes import changes_table, relative_change, robust_images
from srop.experiments.occlusion.readings import ATTACKS, CONTROLS
from srop.experiments.occlusion.robust import OfPixels, pixels_of
from srop.networks.checkpoint import Checkpoint


class Made(NamedTuple):
    """Changed images.

    Attributes:
        reading: One of :data:`srop.experiments.occlusion.readings.ATTACKED_AS`.
        attack: An attack; ``"clamped"``, the images brought to [0, 1] without one; or ``"features"``, made from those
            of the network's penultimate layer.
        images: What was changed, ``(m, 1, 28, 28)``.
        changed: Into what.
        found: Which are adversarial examples.
        used: Which count in the tables of changes: those, and all where an attack is not asked for any.
    """

    reading: str
    attack: str
    images: Tensor
    changed: Tensor
    found: Tensor
    used: Tensor


def attack_all(
    network: nn.Module, digits: Tensor, labels: Tensor, *, options: Mapping[str, Any], checkpoint: Checkpoint
) -> list[Made]:
    """Attack a digit network in all ways.

    Args:
        network: Of normalized digits; it is evaluated, and left as it was.
        digits: uint8 ``(m, 28, 28)``.
        labels: Their classes.
        options: ``seed``, those of :func:`srop.experiments.occlusion.attacks.attacked`, ``code_eps`` (the largest
            change in normalized units), ``feature_steps``.
        checkpoint: Where finished attacks are kept, so that none is lost.
    """
    done = checkpoint.read() or {}
    pixels, model = pixels_of(digits), OfPixels(network)
    inputs, seed = normalized(pixels), options["seed"]
    nothing, everything = torch.zeros_like(labels, dtype=torch.bool), torch.ones_like(labels, dtype=torch.bool)
    of_code = {**options, "eps": options["code_eps"]}

    def features() -> Attacked:
        made = robust_images(penultimate(model), model, pixels, steps=options["feature_steps"], seed=seed)
        return Attacked(made, nothing)

    def clamped(towards: bool) -> Attacked:
        return attacked(network, inputs.clamp(0, 1), labels, "pgd", options=of_code, seed=seed, towards=towards)

    work = {
        ("printed", name): lambda name=name: attacked(model, pixels, labels, name, options=options, seed=seed)
        for name in ATTACKS
    }
    work |= {
        ("code", "pgd"): lambda: clamped(True),
        ("code-away", "pgd"): lambda: clamped(False),
        ("code", "clamped"): lambda: Attacked(inputs.clamp(0, 1), nothing),
        ("printed", "features"): features,
    }
    asked, made = {("printed", name) for name in ATTACKS}, []
    for (reading, name), run in tqdm(work.items(), desc="attacks", leave=False, disable=None):
        key = f"{reading} {name}"
        if key not in done:
            done[key] = run()._asdict()
            checkpoint.write(done)
        of = {part: tensor.to(pixels.device) for part, tensor in done[key].items()}
        used = of["found"] if (reading, name) in asked else everything
        made.append(Made(reading, name, pixels if reading == "printed" else inputs, of["images"], of["found"], used))
    return made


def penultimate(model: OfPixels) -> Callable[[Tensor], Tensor]:
    """Give the function to the 128 features that the digit network's last layer gets."""

    def features(pixels: Tensor) -> Tensor:
        x = normalized(pixels)
        for name, layer in model.network.named_children():
            if name == "fc2":
                return x
            x = layer(x)
        raise ValueError("the network has no layer fc2")

    return features


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
        made: What :func:`attack_all` gives.
        seed: Of the noise.

    Returns:
        :func:`srop.experiments.occlusion.changes.changes_table` with ``reading``, ``attack`` and ``control`` (empty, or
        one of :data:`srop.experiments.occlusion.readings.CONTROLS`); and the ``mean`` and ``median`` of the relative
        changes over the images, by component ``v``, ``u``. No row where there is no adversarial example.
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
