"""Images with labels, whatever they come from."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class LabeledImages:
    """Images ``(n, c, h, w)`` as uint8, and the number of each one's class ``(n,)``, from 0.

    Raises:
        ValueError: If there are not as many labels as images.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise ValueError(f"{len(self.images)} images have {len(self.labels)} labels")
