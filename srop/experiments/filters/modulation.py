"""Learned modulation of the filters' frequencies, and perturbation of the images' frequencies."""

import torch
from torch import Tensor, nn

from srop.filters import bands
from srop.occlusion import shells


class Gates(nn.Module):
    """Learned factors in (0, 2) of each filter's part in each band; a parametrization of weights.

    A band is one eigenvector of :func:`srop.filters.bands`, or several with the same share. All gates begin at 1.

    Args:
        filters: How many filters there are.
        k: Edge length of the filters.
        cutoff: The cut-off, as for :func:`srop.filters.bands`.
        size: The size, as for :func:`srop.filters.bands`.

    Example:
        >>> weight = torch.randn(4, 2, 3, 3)
        >>> torch.allclose(Gates(4, 3, 10)(weight), weight, atol=1e-6)
        True
    """

    def __init__(self, filters: int, k: int, cutoff: float, *, size: int = 32) -> None:
        super().__init__()
        basis = bands(k, cutoff, size=size)
        _, band = torch.unique(-(basis.share * 1e6).round(), return_inverse=True)
        self.register_buffer("band", band)
        self.register_buffer("filters", basis.filters.flatten(1).float())
        self.logits = nn.Parameter(torch.zeros(filters, int(band.max()) + 1))

    def forward(self, weight: Tensor) -> Tensor:
        gates = 2 * self.logits.sigmoid()[:, None, self.band]
        return ((weight.flatten(2) @ self.filters.T) * gates @ self.filters).view_as(weight)


def perturbed(images: Tensor, noise: float, generator: torch.Generator | None = None) -> Tensor:
    r"""Multiply the power in each ring of each image's spectrum by a random factor, and keep the phases.

    .. math:: |F'|^2 = (1 + \epsilon z_r) |F|^2, \quad z_r \sim U(-1, 1)

    Args:
        images: ``(m, c, n, n)``; all colors of an image have the same factors, and its mean stays.
        noise: :math:`\epsilon` in [0, 1].
        generator: On the images' device; None draws from the global random state, which a resumed training restores.

    Returns:
        In the shape of the images, not clipped.

    Raises:
        ValueError: If the noise lies outside [0, 1].

    Example:
        >>> images = torch.rand(1, 1, 8, 8)
        >>> torch.allclose(perturbed(images, 0.0), images, atol=1e-6)
        True
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise={noise}: give a value in [0, 1], since a larger one would make the power negative")
    ring = shells(images.shape[-1], "dft")
    draws = 2 * torch.rand(len(images), int(ring.max()) + 1, generator=generator, device=images.device) - 1
    draws[:, 0] = 0
    factors = (1 + noise * draws).sqrt().to(images)[:, ring.to(images.device)]
    return torch.fft.ifft2(torch.fft.fft2(images) * factors[:, None]).real
