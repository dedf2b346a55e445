"""What the digit networks are trained on."""

from torch import Tensor

from srop.data.digits import Digits, evaluation_batches, network_input
from srop.networks.training import Task


def digit_task(digits: Digits, *, case: str, w: float) -> Task:
    """Make the task of one case and weight: images are blended as they are used.

    Args:
        digits: Training and test set, and the frog.
        case: One of :data:`srop.data.digits.CASES`.
        w: Weight of the frog in [0, 1].

    Reference:
        Yu et al. 2021, Sec. 4.1.
    """
    images, labels = digits.train_images, digits.train_labels

    def batch(indices: Tensor) -> tuple[Tensor, Tensor]:
        of = labels[indices]
        return network_input(images[indices], of, digits.frog, case=case, w=w), of

    return Task(
        f"case={case}, w={w:g}",
        len(labels),
        batch,
        lambda: evaluation_batches(digits, case=case, w=w),
        digits.frog.device,
    )


def is_convolution(name: str) -> bool:
    """Say whether a parameter is a convolution's: all that the SROPs of an epoch depend on."""
    return name.startswith("conv")
