"""The device of a run."""

import torch

from srop.lanes import compile_at_first_use


def select_device(name: str) -> torch.device:
    """Select the device of a run, and make its computations repeatable.

    On the CPU every job uses one thread, because the number of threads changes the rounding of sums; the workflow runs
    several jobs at once instead. On CUDA convolutions run in full float32 with repeatable algorithms; other operations
    may still round differently from run to run.

    Args:
        name: ``"auto"`` (CUDA if there is one), or any name that torch knows.

    Returns:
        The device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(name)
    if device.type == "cpu":
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        compile_at_first_use()
    # By default cuDNN computes float32 as TF32, and varies its choice of algorithms.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    return device
