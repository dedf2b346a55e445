"""Running a network and leaving it, and all random states, as they were."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import is_dataclass
from functools import partial
from inspect import signature
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.utils._python_dispatch import TorchDispatchMode


@contextmanager
def visiting(model: nn.Module) -> Iterator[None]:
    """Put a network in evaluation mode, and afterwards restore it and the random states, whatever its passes do.

    A pass may change a network even in evaluation mode: observers, codebooks, power iterations, counters, batch norms
    that always train, layers that initialize themselves with their first batch. For every module this function restores
    its mode; its parameters and buffers (values, shapes, the objects themselves), their gradients and
    ``requires_grad``; its other attributes, with the lists, dicts, sets and arrays in them; and its own random
    generators. It also restores the random states of torch, NumPy and Python. Values are copied only when something
    writes to them, so large networks cost no memory. Gradients are hidden meanwhile, so that computations here add
    nothing to them.

    Objects of a class of its own count as well if it is a data class, or stands in the file of one of the modules.

    It does not restore values that are changed through NumPy's view of a tensor or by code outside of torch; numbers
    that a part in TorchScript keeps; objects of other classes in the network; and lazy layers, which their first pass
    initializes.

    Args:
        model: The network. Submodules that ``Module.compile`` compiled run uncompiled meanwhile.

    Example:
        >>> model = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(3))
        >>> with visiting(model):
        ...     model[1].running_mean.fill_(7), model[0].training
        (tensor([7., 7., 7.]), False)
        >>> model[1].running_mean, model[0].training
        (tensor([0., 0., 0.]), True)
    """
    state = _State(model)
    modes = [(module, module.training) for module in model.modules()]
    with random_states_kept():
        try:
            with _Watch(state):
                for module, _ in modes:
                    _evaluate(module)
                state.hide_gradients()
                yield
        finally:
            for module, mode in modes:
                _set_mode(module, mode)
            state.restore()


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Restore the random states of torch (CPU and CUDA), NumPy and Python afterwards.

    Example:
        >>> state = torch.get_rng_state()
        >>> with random_states_kept():
        ...     _ = torch.manual_seed(7)
        >>> torch.equal(torch.get_rng_state(), state)
        True
    """
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=gpus):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def _evaluate(module: nn.Module) -> None:
    module._compiled_call_impl = None
    if type(module).eval is not nn.Module.eval and len(signature(type(module).eval).parameters) == 1:
        module.eval()
    _set_mode(module, False)


def _set_mode(module: nn.Module, mode: bool) -> None:
    """Set a module's mode, by its own method ``train(mode)`` if it has one, which may merge weights."""
    own = type(module).train
    if own is not nn.Module.train and list(signature(own).parameters)[1:] == ["mode"]:
        if module.training != mode:
            module.train(mode)
    else:
        module.training = mode


class _State:
    """The state of a network: its containers with their content, and its tensors with the places of their values."""

    def __init__(self, model: nn.Module) -> None:
        self.tensors: dict[Tensor, tuple[Tensor, Tensor | None, bool, bool]] = {}
        self.written: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}
        self._storages: dict[int, torch.UntypedStorage] = {}
        self._containers: list[Callable[[], None]] = []
        self._visited: set[int] = set()
        for module in model.modules():
            # TorchScript writes to them unseen.
            for buffer in module.buffers(recurse=False) if isinstance(module, torch.jit.ScriptModule) else ():
                self._remember_tensor(buffer)
                self.about_to_write(buffer)
        # Helpers that a network's own module defines are a part of it, such as a counter.
        self._homes = {type(module).__module__ for module in model.modules()} - {"builtins"}
        self._remember(model)

    def _remember(self, value: Any) -> None:
        if isinstance(value, str | bytes | int | float | None) or id(value) in self._visited:
            return
        self._visited.add(id(value))
        if isinstance(value, SimpleNamespace) or (hasattr(value, "__dict__") and self._is_own(value)):
            self._remember(vars(value))
        elif isinstance(value, nn.Module):
            # Lazy layers keep what their first pass initializes.
            if not (isinstance(value, LazyModuleMixin) and value.has_uninitialized_params()):
                self._remember(vars(value))
        elif isinstance(value, Tensor):
            self._remember_tensor(value)
        elif isinstance(value, np.ndarray) and value.flags.writeable:
            self._containers.append(partial(np.copyto, value, value.copy()))
        elif isinstance(value, torch.Generator | np.random.RandomState):
            self._containers.append(partial(value.set_state, value.get_state()))
        elif isinstance(value, random.Random):
            self._containers.append(partial(value.setstate, value.getstate()))
        elif isinstance(value, np.random.Generator):
            self._containers.append(partial(setattr, value.bit_generator, "state", value.bit_generator.state))
        elif isinstance(value, dict):
            self._containers.append(partial(_refill, value, copy(value)))
            for item in list(value.values()):
                self._remember(item)
        elif isinstance(value, list | set | deque | tuple):
            if not isinstance(value, tuple):
                self._containers.append(partial(_refill, value, copy(value)))
            for item in value:
                self._remember(item)

    def _is_own(self, value: Any) -> bool:
        """Say whether a value is a data class, or of a class that is defined next to the network's own modules."""
        return is_dataclass(value) or (
            type(value).__module__ in self._homes and not isinstance(value, nn.Module | type)
        )

    def _remember_tensor(self, tensor: Tensor) -> None:
        try:
            storage = tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):  # sparse, or a subclass without a storage
            return
        self._storages[storage._cdata] = storage
        gradient = tensor.grad if tensor.is_leaf else None
        self.tensors[tensor] = (tensor.detach(), gradient, tensor.requires_grad, tensor.is_leaf)

    def about_to_write(self, tensor: Tensor) -> None:
        """Copy the values of a tensor of the network before they change for the first time."""
        try:
            key = tensor.untyped_storage()._cdata
        except (NotImplementedError, RuntimeError):
            return
        if key in self._storages and key not in self.written:
            self.written[key] = (self._storages[key], self._storages[key].clone())

    def hide_gradients(self) -> None:
        """Remove the gradients until :meth:`restore`."""
        for tensor, (_, gradient, _, _) in self.tensors.items():
            if gradient is not None:
                tensor.grad = None

    def restore(self) -> None:
        """Restore everything."""
        for restore in self._containers:
            restore()
        for storage, values in self.written.values():
            if storage.nbytes() != values.nbytes():
                storage.resize_(values.nbytes())
            storage.copy_(values)
        for tensor, (place, gradient, requires_gradient, was_leaf) in self.tensors.items():
            # A pass with gradients that writes to a buffer makes it a part of its graph; views cannot be detached.
            if was_leaf and not tensor.is_leaf and not tensor._is_view():
                tensor.detach_()
            if (tensor.data_ptr(), tensor.shape, tensor.stride()) != (place.data_ptr(), place.shape, place.stride()):
                tensor.data = place
            if tensor.is_leaf:
                if tensor.requires_grad != requires_gradient:
                    tensor.requires_grad_(requires_gradient)
                tensor.grad = gradient


def _refill(container: Any, content: Any) -> None:
    """Restore the content of a container, unless it is unchanged."""
    unchanged = len(container) == len(content) and all(
        before is now for before, now in zip(_flat(content), _flat(container), strict=True)
    )
    if not unchanged:
        container.clear()
        (container.extend if isinstance(container, list | deque) else container.update)(content)


def _flat(container: Any) -> Iterator[Any]:
    if not isinstance(container, dict):
        return iter(container)
    return (part for pair in container.items() for part in pair)


class _Watch(TorchDispatchMode):
    """A mode of torch that reports each write to a tensor before it happens."""

    supports_higher_order_operators = True

    def __init__(self, state: _State) -> None:
        super().__init__()
        self._state = state
        self._written: dict[Any, list[tuple[int, str]]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if (writes := self._written.get(func)) is None:
            writes = self._written[func] = _arguments_written(func)
        for place, name in writes:
            value = args[place] if place < len(args) else kwargs.get(name)
            for tensor in value if isinstance(value, list | tuple) else [value]:
                if isinstance(tensor, Tensor):
                    self._state.about_to_write(tensor)
        return func(*args, **kwargs)


def _arguments_written(func: Any) -> list[tuple[int, str]]:
    """Find the arguments that an operation writes to, by place and name."""
    arguments = func._schema.arguments if hasattr(func, "_schema") else []
    return [
        (place, argument.name)
        for place, argument in enumerate(arguments)
        # Batch norms write to their statistics, but some of their schemas do not say so.
        if argument.is_write or argument.name in ("running_mean", "running_var")
    ]
