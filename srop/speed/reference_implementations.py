"""Yardsticks of the project's speed: straightforward implementations of SROPs and of a training."""

from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset

from srop.data.digits import Digits
from srop.networks.digit_cnn import digit_cnn
from srop.rings import outermost_ring, ring_index, ring_sizes


def straightforward_points(maps: Tensor, reference: int) -> Tensor:
    """Compute SROPs as published straight from their definition in a few lines of torch: upsample, transform, add up.

    Args:
        maps: ``(batch, n, n)``.
        reference: Size N of the spectrum.

    Returns:
        ``(batch,)``; maps without an SROP are not handled.
    """
    source = torch.arange(reference, device=maps.device) * maps.shape[-1] // reference
    power = torch.fft.rfft2(maps[:, source][:, :, source]).abs().square().flatten(1)
    components, ring, share = _ring_entries(reference, maps.device)
    last = outermost_ring(reference)
    spectrum = maps.new_zeros(len(maps), last).index_add_(1, ring, power[:, components] * share)
    running = spectrum.cumsum(1)
    return ((running < 0.85 * running[:, -1:]).sum(1) + 1) / last


@lru_cache(maxsize=8)
def _ring_entries(size: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Give the components of a half-plane spectrum, the ring of each from 0, and its share; conjugates come again."""
    row, column = np.indices((size, size))
    conjugate = column > size // 2
    row, column = np.where(conjugate, -row % size, row), np.where(conjugate, -column % size, column)
    ring = ring_index(size, "dc") - 1
    band = (ring >= 0) & (ring < outermost_ring(size))
    component = (row * (size // 2 + 1) + column)[band]
    share = 1 / ring_sizes(size, "dc", 1)[ring[band]]
    entries = (torch.from_numpy(component), torch.from_numpy(ring[band]), torch.from_numpy(share).float())
    return tuple(entry.to(device) for entry in entries)


def own_size_points(maps: Tensor) -> Tensor:
    """Compute SROPs as published at the maps' own size, in six lines of torch.

    Args:
        maps: ``(batch, n, n)``.

    Returns:
        ``(batch,)``; maps without an SROP are not handled.
    """
    rings = _ring_matrix(maps.shape[-1], maps.device)
    power = torch.fft.rfft2(maps).abs().square().flatten(1)
    running = (power @ rings).cumsum(1)
    below = running < 0.85 * running[:, -1:]
    return (below.sum(1) + 1) / rings.shape[1]


@lru_cache(maxsize=8)
def _ring_matrix(size: int, device: torch.device) -> Tensor:
    """Give the entries of :func:`_ring_entries` as a matrix ``(components, rings)``."""
    component, ring, share = _ring_entries(size, device)
    matrix = torch.zeros(size * (size // 2 + 1), outermost_ring(size), device=device)
    return matrix.index_put_((component, ring), share, accumulate=True)


def azimuthal_average_point(values: np.ndarray, reference: int) -> float:
    """Compute the SROP of one map as published, by NumPy's means over radii, as most such code does.

    Args:
        values: ``(n, n)``.
        reference: Size N of the spectrum.

    Returns:
        The SROP.
    """
    power = np.abs(np.fft.fftshift(np.fft.fft2(_enlarged(values, reference)))) ** 2
    y, x = np.indices(power.shape)
    radius = np.hypot(x - reference // 2, y - reference // 2).astype(int)
    totals, sizes = np.bincount(radius.ravel(), power.ravel()), np.bincount(radius.ravel())
    return _point((totals / sizes)[1 : outermost_ring(reference) + 1])


def powerbox_point(values: np.ndarray, reference: int) -> float:
    """Compute the SROP of one map as published, by the package powerbox.

    Args:
        values: ``(n, n)``.
        reference: Size N of the spectrum.

    Returns:
        The SROP.

    Raises:
        ImportError: If powerbox is not installed.
    """
    from powerbox import get_power

    # Powerbox's units of k. Edges slightly below whole radii put these into the ring that begins there.
    edges = 2 * np.pi * (np.arange(1, outermost_ring(reference) + 2) - 1e-6) / reference
    enlarged = _enlarged(values, reference)
    return _point(get_power(enlarged, reference, bins=edges, remove_shotnoise=False, dimensionless=False).power)


def _enlarged(values: np.ndarray, size: int) -> np.ndarray:
    source = np.arange(size) * len(values) // size
    return values[np.ix_(source, source)]


def _point(spectrum: np.ndarray) -> float:
    running = np.cumsum(spectrum)
    return (np.argmax(running >= 0.85 * running[-1]) + 1) / len(spectrum)


class _DigitImages(Dataset):
    """Digits as in torchvision's MNIST: a PIL image, transformed on access."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        from torchvision.transforms import Compose, Normalize, ToTensor

        self.images, self.labels = images.cpu().numpy(), labels.tolist()
        self.transform = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


def example_training(digits: Digits, *, seed: int, epochs: int) -> float:
    """Train the digit network by the loop of PyTorch's MNIST example, with Adam at the paper's learning rate.

    Args:
        digits: Training and test set, on the device to train on.
        seed: The seed of the initial weights, of the order of the images, and of dropout.
        epochs: Passes over the training set, each followed by a test.

    Returns:
        Accuracy after the last epoch.

    Reference:
        https://github.com/pytorch/examples/tree/main/mnist
    """
    device = digits.frog.device
    torch.manual_seed(seed)
    model = digit_cnn().to(memory_format=torch.contiguous_format)
    model.flatten = nn.Flatten()
    model = model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    # The example takes workers and pinned memory on a GPU.
    options = {"num_workers": 1, "pin_memory": True, "persistent_workers": True} if device.type == "cuda" else {}
    training = DataLoader(
        _DigitImages(digits.train_images, digits.train_labels), batch_size=64, shuffle=True, **options
    )
    testing = DataLoader(_DigitImages(digits.test_images, digits.test_labels), batch_size=1000, **options)
    correct = 0
    for _ in range(epochs):
        model.train()
        for images, labels in training:
            optimizer.zero_grad()
            loss = cross_entropy(model(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
        model.eval()
        correct = 0
        with torch.no_grad():
            for images, labels in testing:
                correct += (model(images.to(device)).argmax(1) == labels.to(device)).sum().item()
    return correct / len(digits.test_labels)
