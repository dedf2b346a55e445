"""Labeled images as JPEG files in a Parquet table."""

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image, UnidentifiedImageError

from srop.data.images import evenly_spaced
from srop.data.labeled import LabeledImages

_COLUMNS = ("split", "label", "jpeg")


def jpeg_table(file: str | Path, split: str, count: int | None = None) -> LabeledImages:
    """Read one part of a table of JPEG files.

    Args:
        file: A Parquet file with the columns ``split`` (``"train"`` or ``"test"``), ``label`` (the number of the class,
            from 0) and ``jpeg`` (the content of a JPEG file). All images have one size.
        split: The part.
        count: How many, evenly spaced in the order of the table; None takes all.

    Returns:
        Images, uint8 ``(n, 3, h, w)``, and their labels.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a column is missing, the part has not so many images, or a JPEG cannot be read or has another
            size than the first; the message names the file and the row of the part.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file; give a Parquet table with {', '.join(_COLUMNS)}")
    if missing := [name for name in _COLUMNS if name not in pq.read_schema(path).names]:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}; it needs {', '.join(_COLUMNS)}")
    rows = pq.read_table(path, columns=list(_COLUMNS)).to_pandas()
    rows = rows[rows["split"] == split]
    if len(rows) < (count or 1):
        raise ValueError(f"{path} has {len(rows):,} images of the split {split!r}, not {count or 1:,}")
    chosen = rows.iloc[list(evenly_spaced(range(len(rows)), len(rows) if count is None else count))]
    first, images = None, []
    for row, content in enumerate(chosen["jpeg"]):
        try:
            image = np.array(Image.open(io.BytesIO(content)).convert("RGB"))
        except (UnidentifiedImageError, OSError, TypeError) as error:
            raise ValueError(f"{path}: image {row} of the split {split!r} cannot be read ({error})") from error
        first = image.shape if first is None else first
        if image.shape != first:
            raise ValueError(f"{path}: image {row} of the split {split!r} has the shape {image.shape}, not {first}")
        images.append(image)
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return LabeledImages(pixels, torch.tensor(chosen["label"].to_numpy(dtype=np.int64)))
