"""The device of a run."""

import torch


def select_device(name: str) -> torch.device:
    """Choose the device of a run, and make what runs on it repeatable.

    On the CPU every run uses one thread, because the number of threads changes the rounding of sums; the workflow runs
    several side by side instead. On CUDA convolutions run in full float32 by repeatable algorithms; other operations
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
    # On CUDA float32 means float32, where cuDNN would take TF32, and the choice of algorithm does not vary.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    return device
