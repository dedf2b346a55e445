"""Rounding as another CPU may have it: the results of products, convolutions, transforms and sums, moved a little."""

import zlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

MOST = 2
"""Units in the last place by which a result is moved at most."""

MOVED = {
    *("addbmm", "addmm", "addmm_", "addmv", "baddbmm", "bmm", "dot", "mm", "mv", "vdot", "_sparse_mm"),
    *("convolution", "convolution_backward"),
    *("_fft_c2c", "_fft_c2r", "_fft_r2c"),
    *("cumsum", "linalg_vector_norm", "logsumexp", "mean", "nansum", "norm"),
    *("std", "std_mean", "sum", "var", "var_mean"),
    *("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
    "native_batch_norm_backward",
    *("native_group_norm", "native_layer_norm", "native_layer_norm_backward", "native_group_norm_backward"),
    *("_softmax", "_log_softmax", "_softmax_backward_data", "_log_softmax_backward_data"),
    *("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_attention_math"),
    *("avg_pool2d", "avg_pool2d_backward", "_adaptive_avg_pool2d", "_adaptive_avg_pool2d_backward"),
    *("grid_sampler_2d", "upsample_bilinear2d", "upsample_bicubic2d"),
    *("_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa"),
    *("_linalg_eigh", "_linalg_solve_ex", "_linalg_svd", "linalg_lstsq", "linalg_qr"),
}
"""Operations whose rounding depends on the order in which a CPU adds, as PyTorch's dispatcher names them."""

_BITS = {
    torch.float16: torch.int16,
    torch.bfloat16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}


class Shaken(TorchDispatchMode):
    """Move each element of the result of each of these operations by -2 to 2 units in its own last place.

    By how many depends on the seed, the operation, its shapes and the element's place alone: a call that is repeated
    gives the same result, as it does on one CPU. What every CPU has in common stays:

    - results that are whole numbers, and means of whole numbers: sums of pixels, of counts, of 0 and 1 are exact in any
      order, and a mean is one division more;
    - sums of which at most two terms are not 0, for IEEE arithmetic settles a single addition;
    - whatever is computed element by element, for the same reason;
    - NaN, infinity, and values that are no normal numbers.

    NumPy's and SciPy's results and those of compiled loops are not moved, nor those of other processes. What the
    loops of :mod:`srop.kernels` are given is. :mod:`srop.lanes` transforms maps itself: its results move with the maps.

    Args:
        seed: Of the moves.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self._moves = torch.randint(-MOST, MOST + 1, (2**20,), generator=generator, dtype=torch.int8)

    def __torch_dispatch__(
        self, func: Callable, types: tuple, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        with self:
            # In inference mode, a product comes as the function that was called.
            results = func.decompose(*args, **kwargs)
        if results is not NotImplemented:
            return results
        results, name = func(*args, **kwargs), func.overloadpacket.__name__
        if name not in MOVED:
            return results
        call = f"{name} {[tuple(arg.shape) for arg in args if isinstance(arg, Tensor)]}"
        for number, result in enumerate(results if isinstance(results, tuple | list) else [results]):
            if isinstance(result, Tensor) and result.layout is torch.strided and result.device.type == "cpu":
                parts = torch.view_as_real(result) if result.is_complex() else result
                if parts.dtype in _BITS:
                    settled = _settled(name, func, args)
                    moves = self._moves_of(parts.shape, zlib.crc32(f"{call} {number}".encode()))
                    _move(parts, moves, settled.unsqueeze(-1) if result.is_complex() else settled)
        return results

    def _moves_of(self, shape: torch.Size, call: int) -> Tensor:
        start = call % len(self._moves)
        rounds = 1 + (start + shape.numel()) // len(self._moves)
        moves = self._moves.repeat(rounds) if rounds > 1 else self._moves
        return moves[start : start + shape.numel()].view(shape)


def shake(seed: int) -> None:
    """Move all results of this process from now on, except in :func:`torch.export.export`, which records them."""
    torch.export.export = _disable_current_modes()(torch.export.export)
    Shaken(seed).__enter__()


def _move(values: Tensor, moves: Tensor, settled: Tensor) -> None:
    limits, size = torch.finfo(values.dtype), values.abs()
    normal = (size >= 2 * limits.tiny) & (size <= limits.max / 2)
    # As integers, neighboring floating-point numbers of one sign are neighbors.
    values.view(_BITS[values.dtype]).add_(torch.where(normal & ~_whole(values) & ~settled, moves, 0))


def _settled(name: str, func: Callable, args: tuple) -> Tensor:
    """Say which results are exact for what they are made of: means of whole numbers, and single additions."""
    if name == "mean":
        return _whole(args[0].double()).all()
    if name in ("sum", "nansum"):
        terms = args[0].isfinite() & (args[0] != 0)
        return func(terms.double(), *args[1:]) <= 2
    return torch.tensor(False)


def _whole(values: Tensor) -> Tensor:
    return (values == values.round()) & (values.abs() < 1 / torch.finfo(values.dtype).eps)
