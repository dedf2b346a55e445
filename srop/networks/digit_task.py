"""The task of the digit networks."""

from torch import Tensor

from srop.data.digits import Digits, evaluation_batches, network_input
from srop.networks.training import Task


def digit_task(digits: Digits, *, case: str, w: float) -> Task:
    """Make the task of one case and weight; images are blended when a batch needs them.

    Args:
        digits: Training and test set, and the frog.
        case: One of :data:`srop.data.digits.CASES`.
        w: Weight of the frog, in [0, 1].

    Reference:
        Yu et al. 2021, Sec. 4.1.
    """
    images, labels = digits.train_images, digits.train_labels

    def batch(indices: Tensor) -> tuple[Tensor, Tensor]:
        batch_labels = labels[indices]
        return network_input(images[indices], batch_labels, digits.frog, case=case, w=w), batch_labels

    return Task(
        f"case={case}, w={w:g}",
        len(labels),
        batch,
        lambda: evaluation_batches(digits, case=case, w=w),
        digits.frog.device,
    )


def is_convolution(name: str) -> bool:
    """Check whether a parameter belongs to a convolution; the SROPs of an epoch depend on no others."""
    return name.startswith("conv")
