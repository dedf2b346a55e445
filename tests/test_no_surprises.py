"""Whatever is given is taken as it is, or refused by a documented error: configuration, images, tensors."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.errors import HydraException
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from PIL import Image

from srop import CONVENTIONS, dead_maps, rolloff_points
from srop.data.images import read_image
from srop.pipeline.stage import compose

CONFIG = Path(__file__).parent.parent / "config"
BOUNDED = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def leaves(config: dict, prefix: str = "") -> list[str]:
    return [
        path
        for key, value in config.items()
        for path in (leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"])
    ]


BASE = OmegaConf.to_container(compose(CONFIG, "base", []), enum_to_str=True)
KEYS = leaves({name: BASE[name] for name in ("digits", "backbones", "figures", "data")})
NUMBERS = st.one_of(
    st.integers(-(10**24), 10**24), st.integers(-3, 30), st.floats(allow_nan=True, width=32), st.booleans(), st.none()
)
WORDS = st.sampled_from(["mlxtend", "mnist", "case1", "published", "relu2", "random", "x", "é (1)", "", "a/b"])
VALUES = st.one_of(NUMBERS, WORDS, st.lists(st.one_of(NUMBERS, WORDS), max_size=3))


def written(value: object) -> str:
    """As Hydra reads it."""
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f'"{value}"' if isinstance(value, str) else repr(value)


def same(found: object, given: object) -> bool:
    """Equal, but for the type that the schema says: text for a number, a number for a truth."""
    if isinstance(given, list) and isinstance(found, list):
        return len(found) == len(given) and all(map(same, found, given))
    if isinstance(given, float) and math.isnan(given):
        return isinstance(found, float) and math.isnan(found)
    if isinstance(found, bool) and isinstance(given, int | float):
        return found == bool(given)
    return found == given or str(found).lower() == str(given).lower()


@BOUNDED
@given(key=st.sampled_from(KEYS), value=VALUES)
def test_a_value_of_the_configuration_is_kept_or_refused(key, value):
    try:
        config = compose(CONFIG, "base", [f"{key}={written(value)}"])
    except (HydraException, OmegaConfBaseException, ValueError):
        return
    assert same(select(config, key), value)


def select(config: DictConfig, key: str) -> object:
    value = OmegaConf.to_container(config, enum_to_str=True)
    for name in key.split("."):
        value = value[name]
    return value


MODES = {
    "1": (np.bool_, ()),
    "L": (np.uint8, ()),
    "LA": (np.uint8, (2,)),
    "RGB": (np.uint8, (3,)),
    "RGBA": (np.uint8, (4,)),
    "CMYK": (np.uint8, (4,)),
    "I;16": (np.uint16, ()),
    "I": (np.int32, ()),
    "F": (np.float32, ()),
}


@BOUNDED
@given(data=st.data())
def test_an_image_is_read_by_its_range_or_refused_by_its_name(tmp_path, data):
    mode, (dtype, colors) = data.draw(st.sampled_from(sorted(MODES.items(), key=lambda item: item[0])))
    height, width = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    elements = {"allow_nan": False, "allow_infinity": False} if dtype is np.float32 else {}
    value = data.draw(hnp.from_dtype(np.dtype(dtype), **elements))
    pixels = np.full((height, width, *colors), value, dtype)
    ending = "jpg" if mode == "CMYK" else "tiff"
    file = tmp_path / f"picture.{ending}"
    Image.fromarray(pixels, mode=None if mode in ("1", "I;16", "I", "F", "L") else mode).save(file)
    try:
        read = read_image(file, 16)
    except ValueError as error:
        refused = str(error)
        # The range of few bits in a file of 16 is not known.
        assert mode in ("I", "F") or (mode == "I;16" and 0 < value < 2**15), refused
        assert str(file) in refused, refused
        return
    assert (read.shape, read.dtype) == ((3, 16, 16), torch.uint8)
    if mode in ("LA", "RGBA"):
        # Color and opacity are one value here, and white lies under what is transparent.
        assert (read.int() - round(255 - int(value) * (255 - int(value)) / 255)).abs().max() <= 1
    elif mode != "CMYK":
        most = {np.bool_: 1, np.uint8: 255, np.uint16: 65535}[dtype]
        assert (read.int() - round(int(value) * 255 / most)).abs().max() <= 1


@BOUNDED
@given(content=st.binary(max_size=300), ending=st.sampled_from(["png", "jpg", "tiff", "webp"]))
def test_what_is_no_image_is_refused_by_its_name(tmp_path, content, ending):
    file = tmp_path / f"picture.{ending}"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"picture.{ending} is no image"):
        read_image(file, 16)


DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8, torch.int32, torch.bool]
SPECIAL = st.sampled_from([0.0, 1.0, -1.0, 1e-30, 1e30, 300.0, math.inf, -math.inf, math.nan])


@BOUNDED
@given(
    shape=st.lists(st.integers(0, 9), max_size=4).map(tuple),
    dtype=st.sampled_from([*DTYPES, torch.complex64]),
    special=SPECIAL,
    seed=st.integers(0, 9),
    convention=st.sampled_from([*CONVENTIONS, "mine", None, 3]),
    reference=st.one_of(st.none(), st.integers(-1, 20), st.just(8.5)),
)
def test_maps_have_srops_in_range_or_are_refused(shape, dtype, special, seed, convention, reference):
    maps = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    if maps.numel():
        maps.flatten()[0] = special
    assume(dtype.is_floating_point or maps.isfinite().all())
    maps = maps.to(dtype)
    before = maps.clone()
    try:
        points = rolloff_points(maps, convention=convention, reference=reference)
    except (TypeError, ValueError):
        pass
    else:
        assert points.shape == shape[:-2]
        assert (points.isnan() | ((points >= 0) & (points <= 1))).all()
        # Without an SROP: dead, or out of band.
        assert points[dead_maps(maps)].isnan().all()
    assert torch.equal(maps.nan_to_num(), before.nan_to_num()) if not maps.is_complex() else torch.equal(maps, before)
