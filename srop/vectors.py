"""Loops over lanes for Numba: each operation takes one value of every lane at once, in the vectors of the processor."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from srop.codelets import Codelet, codelet

# Written as vectors and not as loops, because loops are vectorized only under conditions that a compiler checks in
# silence, and because thousands of statements take Numba itself ten times as long.

_EXACT_ENOUGH = ("contract", "nsz")
_DOUBLE = ir.DoubleType()
_INDEX = ir.IntType(64)


@intrinsic(prefer_literal=True)
def transform(
    typing: Any,
    size: Any,
    lanes: Any,
    stamp: Any,
    source: Any,
    start: Any,
    step: Any,
    target: Any,
    place: Any,
    stride: Any,
) -> tuple[Any, Callable]:
    """Transform vectors by a codelet: vector j begins at ``start + j * step``, result k at ``place + k * stride``."""
    number, width = size.literal_value, lanes.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple) -> ir.Value:
        element = context.get_data_type(source.dtype)
        function = _transform(builder.module, codelet(number), element, width)
        read = _address(context, builder, source, arguments[3], arguments[4])
        write = _address(context, builder, target, arguments[6], arguments[7])
        builder.call(function, [read, arguments[5], write, arguments[8]])
        return context.get_dummy_value()

    place_of = types.int64, types.int64
    return types.void(size, lanes, stamp, source, *place_of, target, *place_of), generate


def _transform(module: ir.Module, code: Codelet, element: ir.Type, lanes: int) -> ir.Function:
    pointer, vector = element.as_pointer(), ir.VectorType(element, lanes)
    kind = ir.FunctionType(ir.VoidType(), [pointer, _INDEX, pointer, _INDEX])
    function = cgutils.get_or_insert_function(module, kind, f"srop_transform_{code.size}_{lanes}_{element}")
    if not function.is_declaration:
        return function
    function.linkage = "internal"
    function.attributes.add("noinline")
    for argument in (function.args[0], function.args[2]):
        argument.add_attribute("noalias")
    builder = ir.IRBuilder(function.append_basic_block())
    source, step, target, stride = function.args

    def at(start: ir.Value, by: ir.Value, times: int) -> ir.Value:
        return builder.gep(start, [builder.mul(by, _INDEX(times))])

    values = [_load(builder, at(source, step, j), vector) for j in range(code.size)]
    for kind, first, second in code.operations:
        if kind == "multiply":
            factor = ir.Constant(vector, [ir.Constant(element, second)] * lanes)
            values.append(builder.fmul(values[first], factor, flags=_EXACT_ENOUGH))
        else:
            combine = builder.fadd if kind == "add" else builder.fsub
            values.append(combine(values[first], values[second], flags=_EXACT_ENOUGH))
    for k, number in enumerate(code.outputs):
        _store(builder, values[number], at(target, stride, k))
    builder.ret_void()
    return function


@intrinsic(prefer_literal=True)
def transpose(
    typing: Any, lanes: Any, source: Any, start: Any, step: Any, target: Any, place: Any
) -> tuple[Any, Callable]:
    """Transpose a square block: row i begins at ``start + i * step`` and becomes column i of the block at ``place``."""
    width = lanes.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple) -> ir.Value:
        vector = ir.VectorType(context.get_data_type(source.dtype), width)
        read = _address(context, builder, source, arguments[1], arguments[2])
        write = _address(context, builder, target, arguments[4], arguments[5])
        rows = []
        for i in range(width):
            rows.append(_load(builder, builder.gep(read, [builder.mul(arguments[3], _INDEX(i))]), vector))
        # In each round, rows that lie half a block apart are interleaved.
        for _ in range(width.bit_length() - 1):
            mixed = []
            for upper, lower in zip(rows[: width // 2], rows[width // 2 :], strict=True):
                for half in (0, width // 2):
                    pattern = [half + i // 2 + (i % 2) * width for i in range(width)]
                    order = ir.Constant(ir.VectorType(ir.IntType(32), width), pattern)
                    mixed.append(builder.shuffle_vector(upper, lower, order))
            rows = mixed
        for i, row in enumerate(rows):
            _store(builder, row, builder.gep(write, [_INDEX(i * width)]))
        return context.get_dummy_value()

    return types.void(lanes, source, types.int64, types.int64, target, types.int64), generate


@intrinsic(prefer_literal=True)
def add_square(typing: Any, lanes: Any, source: Any, start: Any, target: Any, place: Any) -> tuple[Any, Callable]:
    """Add the squares of the vector at ``start`` to the vector at ``place``."""
    width = lanes.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple) -> ir.Value:
        vector = ir.VectorType(context.get_data_type(source.dtype), width)
        value = _load(builder, _address(context, builder, source, arguments[1], arguments[2]), vector)
        write = _address(context, builder, target, arguments[3], arguments[4])
        square = builder.fmul(value, value, flags=_EXACT_ENOUGH)
        _store(builder, builder.fadd(_load(builder, write, vector), square, flags=_EXACT_ENOUGH), write)
        return context.get_dummy_value()

    return types.void(lanes, source, types.int64, target, types.int64), generate


@intrinsic(prefer_literal=True)
def add_squares(
    typing: Any, lanes: Any, source: Any, first: Any, second: Any, target: Any, place: Any
) -> tuple[Any, Callable]:
    """Add the squares of two vectors to the vector at ``place``."""
    width = lanes.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple) -> ir.Value:
        vector = ir.VectorType(context.get_data_type(source.dtype), width)
        write = _address(context, builder, target, arguments[4], arguments[5])
        total = _load(builder, write, vector)
        for start in arguments[2:4]:
            value = _load(builder, _address(context, builder, source, arguments[1], start), vector)
            total = builder.fadd(total, builder.fmul(value, value, flags=_EXACT_ENOUGH), flags=_EXACT_ENOUGH)
        _store(builder, total, write)
        return context.get_dummy_value()

    return types.void(lanes, source, types.int64, types.int64, target, types.int64), generate


@intrinsic(prefer_literal=True)
def count_less(typing: Any, lanes: Any, table: Any, values: Any, limits: Any, counts: Any) -> tuple[Any, Callable]:
    """Add 1 to the counts of the lanes whose value is less than its limit, and say whether there is one.

    Values, limits and counts are vectors of a float64 table.
    """
    width = lanes.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple) -> ir.Value:
        vector = ir.VectorType(_DOUBLE, width)
        value, limit, count = (_address(context, builder, table, arguments[1], start) for start in arguments[2:])
        less = builder.fcmp_ordered("<", _load(builder, value, vector), _load(builder, limit, vector))
        _store(builder, builder.fadd(_load(builder, count, vector), builder.uitofp(less, vector)), count)
        bits = builder.bitcast(less, ir.IntType(width))
        return builder.icmp_unsigned("!=", bits, ir.IntType(width)(0))

    return types.boolean(lanes, table, types.int64, types.int64, types.int64), generate


@intrinsic(prefer_literal=True)
def add_weighted(
    typing: Any, lanes: Any, values: Any, vectors: Any, weights: Any, first: Any, last: Any, sums: Any, place: Any
) -> tuple[Any, Callable]:
    """Add weighted vectors, whose numbers and weights stand at ``first`` to ``last - 1``, to the sums at ``place``.

    The sums are float64, whatever the values are.
    """
    width = lanes.literal_value

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: tuple) -> ir.Value:
        vector, wide = ir.VectorType(context.get_data_type(values.dtype), width), ir.VectorType(_DOUBLE, width)
        zero = context.get_constant(types.int64, 0)
        begin = _address(context, builder, values, arguments[1], zero)
        numbers = _address(context, builder, vectors, arguments[2], zero)
        shares = _address(context, builder, weights, arguments[3], zero)
        total = _address(context, builder, sums, arguments[6], arguments[7])
        accumulated = cgutils.alloca_once_value(builder, _load(builder, total, wide))
        with cgutils.for_range_slice(builder, arguments[4], arguments[5], _INDEX(1)) as (entry, _):
            number = builder.load(builder.gep(numbers, [entry]))
            value = _load(builder, builder.gep(begin, [builder.mul(number, _INDEX(width))]), vector)
            if vector != wide:
                value = builder.fpext(value, wide)
            weight = _splat(builder, builder.load(builder.gep(shares, [entry])), wide)
            product = builder.fmul(value, weight, flags=_EXACT_ENOUGH)
            builder.store(builder.fadd(builder.load(accumulated), product, flags=_EXACT_ENOUGH), accumulated)
        _store(builder, builder.load(accumulated), total)
        return context.get_dummy_value()

    signature = types.void(lanes, values, vectors, weights, types.int64, types.int64, sums, types.int64)
    return signature, generate


def _address(context: Any, builder: ir.IRBuilder, kind: Any, array: ir.Value, index: ir.Value) -> ir.Value:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def _load(builder: ir.IRBuilder, address: ir.Value, vector: ir.VectorType) -> ir.Value:
    # Aligned as its elements are, because vectors may begin at any of them.
    return builder.load(builder.bitcast(address, vector.as_pointer()), align=_bytes(vector))


def _store(builder: ir.IRBuilder, value: ir.Value, address: ir.Value) -> None:
    builder.store(value, builder.bitcast(address, value.type.as_pointer()), align=_bytes(value.type))


def _bytes(vector: ir.VectorType) -> int:
    return 8 if vector.element == _DOUBLE else 4


def _splat(builder: ir.IRBuilder, value: ir.Value, vector: ir.VectorType) -> ir.Value:
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), order)
