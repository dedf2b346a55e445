"""Projected gradient descent on pixels, fast enough for the steps of a training."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from srop.guest import visiting

_BATCH = 128


def attacked(model: nn.Module, pixels: Tensor, labels: Tensor, *, eps: float, step: float, steps: int) -> Tensor:
    r"""Attack images from a random start.

    .. math:: x_0 = x + U(-\epsilon, \epsilon), \quad
        x_{i+1} = \Pi(x_i + \alpha \operatorname{sign} \nabla_{x_i} L(f(x_i), y))

    :math:`\Pi` brings each pixel back into [x - eps, x + eps] and into [0, 1].

    Args:
        model: A classifier of pixels in [0, 1], in the mode in which it is attacked. Its parameters get no gradients,
            but in training mode its batch norms take notice of the attacked images.
        pixels: ``(n, c, h, w)`` in [0, 1].
        labels: The classes ``(n,)``.
        eps: The largest change of a pixel.
        step: The length of a step, alpha.
        steps: How many steps; 1 is the fast gradient sign method from a random start, 0 the random start alone.

    Returns:
        The attacked images, in the shape of the images. The random start is of the global random state.

    Reference:
        Madry et al. 2018, Sec. 2.1; one step of 1.25 eps as in Wong et al. 2020, "Fast is better than free".
    """
    low, high = (pixels - eps).clamp_(min=0), (pixels + eps).clamp_(max=1)
    changed = (pixels + torch.empty_like(pixels).uniform_(-eps, eps)).clamp_(0, 1)
    for _ in range(steps):
        changed.requires_grad_()
        # A copy: a first layer may write to its input.
        loss = cross_entropy(model(changed.clone()), labels)
        (slope,) = torch.autograd.grad(loss, changed)
        changed = torch.clamp(changed.detach() + step * slope.sign(), low, high)
    return changed


def accuracy_under(
    model: nn.Module, images: Tensor, labels: Tensor, *, eps: float, step: float, steps: int, seed: int
) -> float:
    """Test a network on images under :func:`attacked`.

    Args:
        model: A classifier of pixels in [0, 1]. It runs in evaluation mode and is left as it was.
        images: uint8 ``(m, c, h, w)``.
        labels: Their classes.
        eps: The largest change of a pixel; 0 is no attack.
        step: The length of a step.
        steps: How many steps.
        seed: The seed of the random starts.

    Returns:
        The share of correct answers.
    """
    right = 0
    with visiting(model):
        torch.manual_seed(seed)
        for batch, classes in zip(images.split(_BATCH), labels.split(_BATCH), strict=True):
            pixels = (batch.float() / 255).contiguous(memory_format=torch.channels_last)
            if eps:
                pixels = attacked(model, pixels, classes, eps=eps, step=step, steps=steps)
            with torch.no_grad():
                right += (model(pixels).argmax(dim=1) == classes).sum().item()
    return right / len(labels)
