"""Autoencoders of digits whose decoders enlarge maps by transposed convolutions, or by repeated pixels."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from tqdm import tqdm

from srop.guest import random_states_kept

_SIZE, _CHANNELS = 7, 32


class DigitAutoencoder(nn.Module):
    """A variational autoencoder of digits ``(b, 1, 28, 28)`` in [0, 1].

    Args:
        decoder: ``"transposed"``: two transposed convolutions of 3 x 3 with a stride of 2, whose windows overlap
            unevenly. ``"resized"``: each pixel is repeated in a block of 2 x 2, and a convolution of 3 x 3 follows,
            twice. Both have the same number of parameters.
        latent: Numbers from which a digit is drawn.

    Reference:
        Kingma and Welling 2014 for the autoencoder; Odena et al. 2016 (Deconvolution and checkerboard artifacts) for
        the two decoders.

    Example:
        >>> DigitAutoencoder("resized", 4).drawn(torch.zeros(2, 4)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, decoder: str, latent: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, _CHANNELS, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(_CHANNELS * _SIZE**2, 2 * latent),
        )
        self.first = nn.Sequential(nn.Linear(latent, _CHANNELS * _SIZE**2), nn.ReLU())
        parts = []
        for channels_in, channels in ((_CHANNELS, 16), (16, 1)):
            if decoder == "transposed":
                parts += [
                    nn.ConvTranspose2d(channels_in, channels, 3, stride=2, padding=1, output_padding=1),
                    nn.ReLU(),
                ]
            else:
                parts += [nn.Upsample(scale_factor=2), nn.Conv2d(channels_in, channels, 3, padding=1), nn.ReLU()]
        self.decoder = nn.Sequential(*parts[:-1])

    def logits(self, codes: Tensor) -> Tensor:
        """Decode codes ``(b, latent)`` to logits of pixels ``(b, 1, 28, 28)``."""
        return self.decoder(self.first(codes).unflatten(1, (_CHANNELS, _SIZE, _SIZE)))

    def drawn(self, codes: Tensor) -> Tensor:
        """Decode codes ``(b, latent)`` to digits ``(b, 1, 28, 28)`` in [0, 1]."""
        return self.logits(codes).sigmoid()

    def forward(self, digits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encoder(digits).chunk(2, dim=1)
        codes = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return self.logits(codes), mean, log_variance


@random_states_kept()
def generated_digits(
    digits: Tensor, *, decoder: str, latent: int, epochs: int, lr: float, batch_size: int, count: int, seed: int
) -> Tensor:
    """Train an autoencoder on digits, and draw new ones.

    Args:
        digits: uint8 ``(m, 28, 28)``, on the device to train on.
        decoder: One of :data:`srop.experiments.beyond.section.DECODERS`.
        latent: As for :class:`DigitAutoencoder`.
        epochs: Passes over the digits.
        lr: Learning rate of Adam.
        batch_size: Digits per step.
        count: How many digits are drawn.
        seed: The seed of the weights, of the order of the digits, and of what is drawn.

    Returns:
        ``(count, 28, 28)`` in [0, 1], from normal codes.
    """
    torch.manual_seed(seed)
    device = digits.device
    model = DigitAutoencoder(decoder, latent).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in tqdm(range(epochs), desc=f"generator, {decoder}, seed {seed}", unit="epoch", leave=False, disable=None):
        for places in torch.randperm(len(digits)).split(batch_size):
            pixels = digits[places.to(device)][:, None].float() / 255
            logits, mean, log_variance = model(pixels)
            lost = binary_cross_entropy_with_logits(logits, pixels, reduction="sum")
            divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
            optimizer.zero_grad()
            ((lost + divergence) / len(pixels)).backward()
            optimizer.step()
    with torch.no_grad():
        return model.eval().drawn(torch.randn(count, latent).to(device))[:, 0]
