"""TensorProto: the one number, or the text, that a tensor in an event file holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import types_pb2

_KINDS: dict[int, tuple[str, str]] = {  # data type -> (numpy's name, the field of values that are not packed)
    types_pb2.DT_FLOAT: ("<f4", "float_val"),
    types_pb2.DT_DOUBLE: ("<f8", "double_val"),
    types_pb2.DT_HALF: ("<f2", "half_val"),
    types_pb2.DT_BFLOAT16: ("<u2", "half_val"),
    types_pb2.DT_BOOL: ("|b1", "bool_val"),
    types_pb2.DT_INT8: ("|i1", "int_val"),
    types_pb2.DT_UINT8: ("|u1", "int_val"),
    types_pb2.DT_INT16: ("<i2", "int_val"),
    types_pb2.DT_UINT16: ("<u2", "int_val"),
    types_pb2.DT_INT32: ("<i4", "int_val"),
    types_pb2.DT_UINT32: ("<u4", "uint32_val"),
    types_pb2.DT_INT64: ("<i8", "int64_val"),
    types_pb2.DT_UINT64: ("<u8", "uint64_val"),
}


class TensorError(ValueError):
    """A tensor that claims to be a scalar and is none."""


def scalar_of(tensor: Any) -> float:
    """The number in a ``TensorProto`` of one element, any shape; raises ``TensorError`` for any other tensor.

    A tensor that stores no value is 0: writers leave out what is the default.
    """
    if tensor.dtype not in _KINDS:
        raise TensorError(f"a scalar is a number, found data type {tensor.dtype}")
    if any(dimension.size != 1 for dimension in tensor.tensor_shape.dim):
        raise TensorError("a scalar has one element, found a larger tensor")
    kind, field = _KINDS[tensor.dtype]
    values = _packed(tensor.tensor_content, kind) if tensor.tensor_content else list(getattr(tensor, field))
    if len(values) > 1:
        raise TensorError(f"a scalar has one element, found {len(values)}")
    if not len(values):
        return 0.0
    if tensor.dtype == types_pb2.DT_BFLOAT16:  # the upper half of a float32
        return float(np.array([int(values[0]) << 16], np.uint32).view(np.float32)[0])
    if tensor.dtype == types_pb2.DT_HALF and not tensor.tensor_content:  # half_val holds the bits
        return float(np.array([int(values[0]) & 0xFFFF], np.uint16).view(np.float16)[0])
    return float(values[0])


def _packed(content: bytes, kind: str) -> NDArray[Any]:
    if len(content) != np.dtype(kind).itemsize:
        raise TensorError(f"a scalar of {np.dtype(kind)} has {np.dtype(kind).itemsize} bytes, found {len(content)}")
    return np.frombuffer(content, kind)


def text_of(tensor: Any) -> str:
    """The strings of a ``TensorProto``, one a line; bytes that are no UTF-8 are replaced."""
    return "\n".join(part.decode("utf-8", "replace") for part in tensor.string_val)
