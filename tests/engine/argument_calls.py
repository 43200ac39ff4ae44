"""Operators as torch declares them, and calls to bind: what test_signature.py asks both torch and gradcli."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gradcli.engine.kinds import (
        Array,
        Arrays,
        Dim,
        DimList,
        Dims,
        DType,
        Ints,
        Number,
        Operand,
        Size,
    )

OUT = "Tensor out = None"
FACTORY = "torch.layout layout = None, torch.device device = None, bool pin_memory = False"

# mypy: disable-error-code="empty-body"


def exp(input: Operand) -> Array: ...
def add(input: Operand | Number, other: Operand | Number, *, alpha: Number = 1) -> Array: ...
def add_deprecated(input: Operand | Number, alpha: Number, other: Operand | Number) -> Array: ...
def mul(input: Operand | Number, other: Operand | Number) -> Array: ...
def sum_all(input: Array, *, dtype: DType | None = None) -> Array: ...
def sum_dim(input: Array, dim: Dims | None, keepdim: bool = False, *, dtype: DType | None = None) -> Array: ...
def max_all(input: Array) -> Array: ...
def max_other(input: Operand, other: Operand) -> Array: ...
def max_dim(input: Array, dim: Dim, keepdim: bool = False) -> Array: ...
def pow_tensor(input: Operand, exponent: Operand) -> Array: ...
def pow_base(self: Number, exponent: Operand) -> Array: ...
def pow_number(input: Operand, exponent: Number) -> Array: ...
def clamp_tensor(input: Operand, min: Operand | None = None, max: Operand | None = None) -> Array: ...
def clamp_number(input: Operand, min: Number | None = None, max: Number | None = None) -> Array: ...
def where_condition(condition: Array) -> Array: ...
def where(condition: Array, input: Operand, other: Operand) -> Array: ...
def where_self(condition: Array, self: Number, other: Operand) -> Array: ...
def where_other(condition: Array, input: Operand, other: Number) -> Array: ...
def where_numbers(condition: Array, self: Number, other: Number) -> Array: ...
def softmax(input: Operand, dim: Dim, dtype: DType | None = None) -> Array: ...
def cat(tensors: Arrays, dim: Dim = 0) -> Array: ...
def cumsum(input: Array, dim: Dim, *, dtype: DType | None = None) -> Array: ...
def transpose(input: Array, dim0: Dim, dim1: Dim) -> Array: ...
def permute(input: Array, dims: DimList) -> Array: ...
def flip(input: Array, dims: DimList) -> Array: ...
def reshape(input: Array, shape: Size) -> Array: ...
def view_dtype(input: Array, dtype: DType) -> Array: ...
def view(input: Array, size: Size) -> Array: ...
def expand(input: Array, size: Size, *, implicit: bool = False) -> Array: ...
def repeat(input: Array, repeats: Size) -> Array: ...
def roll(input: Array, shifts: Ints, dims: Dims = ()) -> Array: ...
def squeeze(input: Array) -> Array: ...
def squeeze_dim(input: Array, dim: Dim) -> Array: ...
def squeeze_dims(input: Array, dim: DimList) -> Array: ...
def lerp_tensor(input: Operand, end: Operand, weight: Operand) -> Array: ...
def lerp_number(input: Operand, end: Operand, weight: Number) -> Array: ...
def logsumexp(input: Operand, dim: Dims, keepdim: bool = False) -> Array: ...
def amax(input: Operand, dim: Dims = (), keepdim: bool = False) -> Array: ...
def std_old(input: Array, dim: Dims | None, unbiased: bool = True, keepdim: bool = False) -> Array: ...
def std(input: Array, dim: Dims | None = None, *, correction: Number | None = None, keepdim: bool = False) -> Array: ...
def std_all(input: Array, unbiased: bool = True) -> Array: ...
def dropout(input: Array, p: float, train: bool) -> Array: ...
def gelu(input: Array, *, approximate: str = "none") -> Array: ...
def isclose(input: Array, other: Array, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Array: ...
def div(input: Operand | Number, other: Operand | Number) -> Array: ...
def div_mode(input: Operand | Number, other: Operand | Number, *, rounding_mode: str | None) -> Array: ...
def div_number(input: Operand, other: Number, *, rounding_mode: str | None) -> Array: ...
def sort_stable(input: Array, *, stable: bool | None, dim: Dim = -1, descending: bool = False) -> Array: ...
def sort(input: Array, dim: Dim = -1, descending: bool = False) -> Array: ...
def ones(size: Size, *, dtype: DType | None = None, requires_grad: bool = False) -> Array: ...
def full(size: Size, fill_value: Number, *, dtype: DType | None = None, requires_grad: bool = False) -> Array: ...
def eye(n: int, *, dtype: DType | None = None) -> Array: ...
def eye_m(n: int, m: int, *, dtype: DType | None = None) -> Array: ...
def gather(input: Array, dim: Dim, index: Array, *, sparse_grad: bool = False) -> Array: ...
def mask_tensor(input: Array, mask: Array, value: Array) -> Array: ...
def mask_number(input: Array, mask: Array, value: Number) -> Array: ...
def clone(input: Array) -> Array: ...
def matrix_norm(
    A: Array, ord: Number, dim: DimList = (-2, -1), keepdim: bool = False, *, dtype: DType | None = None
) -> Array: ...
def matrix_norm_name(
    A: Array, ord: str = "fro", dim: DimList = (-2, -1), keepdim: bool = False, *, dtype: DType | None = None
) -> Array: ...


# name: (entries in torch's order, [extras of the function for each], deprecated entries)
FUNCTIONS = {
    "exp": ([exp], [OUT]),
    "add": ([add, add_deprecated], [OUT, OUT]),
    "mul": ([mul], [OUT]),
    "sum": ([sum_all, sum_dim], ["", OUT]),
    "max": ([max_all, max_other, max_dim], [OUT, OUT, "tuple of Tensors out = None"]),
    "pow": ([pow_tensor, pow_base, pow_number], [OUT] * 3),
    "clamp": ([clamp_tensor, clamp_number], [OUT] * 2),
    "where": ([where_condition, where, where_self, where_other, where_numbers], ["", OUT, "", "", ""]),
    "softmax": ([softmax], [OUT]),
    "cat": ([cat], [OUT]),
    "cumsum": ([cumsum], [OUT]),
    "transpose": ([transpose], [""]),
    "permute": ([permute], [""]),
    "flip": ([flip], [""]),
    "reshape": ([reshape], [""]),
    "view": ([view_dtype, view], ["", ""]),
    "expand": ([expand], [""]),
    "repeat": ([repeat], [""]),
    "roll": ([roll], [""]),
    "squeeze": ([squeeze, squeeze_dim, squeeze_dims], [""] * 3),
    "lerp": ([lerp_tensor, lerp_number], [OUT] * 2),
    "logsumexp": ([logsumexp], [OUT]),
    "amax": ([amax], [OUT]),
    "std": ([std_old, std, std_all], [OUT, OUT, ""]),
    "dropout": ([dropout], [""]),
    "isclose": ([isclose], [""]),
    "div": ([div, div_mode, div_number], [OUT, OUT, ""]),
    "sort": ([sort_stable, sort], ["tuple of Tensors out = None"] * 2),
    "ones": ([ones], ["Tensor out = None, " + FACTORY]),
    "full": ([full], ["Tensor out = None, " + FACTORY]),
    "gather": ([gather], [OUT]),
    "masked_fill": ([mask_tensor, mask_number], ["", ""]),
    "clone": ([clone], ["torch.memory_format memory_format = None"]),
}

DEPRECATED = {add_deprecated}
METHODS = set(FUNCTIONS) - {"cat", "ones", "full", "where", "dropout"}
METHOD_EXTRAS = {"clone": "torch.memory_format memory_format = None"}

CALLS = (
    """
exp() | exp(m, m) | exp(m, input=m) | exp(1.5) | exp([1.0]) | exp("a") | exp(None) | exp(m, foo=1) | exp(x=m)
exp(x1=m) | exp(a=m) | exp(a=m, x=m) | exp(m, x=m) | exp(m, out=3) | exp(array) | exp(print) | exp(f64) | exp(size)
exp(dtype) | exp(3, 4, foo=2) | exp(foo=2) | exp(input=m) | exp(input=3) | exp(object) | exp({}) | exp(m, 1, 2)
m.exp() | m.exp(3) | m.exp(foo=3) | m.exp(1, foo=2) | m.clone(3) | m.clone(foo=3) | m.clone(memory_format=3)
add(m, "a") | add(m, 2) | add(2, m) | add(2, 3) | add(m, x2=m) | add(m, m, alpha=2) | add(m, m, 2) | add(m)
add(m, m, alpha="a") | add(m, m, beta=2) | add(None, m) | add(m, None) | add(m, True) | add(m, 1j) | add(m, f64)
add(m, m, alpha=scalar) | add(m, m, alpha=leaf) | add(m, m, alpha=m) | add() | add(m, m, m, m)
add(m, other=m, alpha=1) | add(input=m, other=2) | m.add("a") | m.add() | m.add(None) | m.add(m, 2)
m.add(m, alpha=2) | m.add(x2=3) | m.add(foo=1) | m.add(1, 2, 3, 4) | m.add(m, m) | m.add(m, m, m)
add(m, m, alpha=None) | m.add(other=m, foo=2) | mul(m, "a") | mul(m) | mul() | mul(m, [1, 2]) | m.mul((1,)) | m.mul()
m.mul(m, m) | mul(m, other=3, x2=4) | sum(m) | sum(m, 0) | sum(m, 0, 1) | sum(m, 0, True) | sum(m, foo=1) | sum(3)
sum(m, scalar_int) | sum(m, dim=None) | sum(m, None) | sum(m, (0, 1)) | sum(m, [0]) | sum(m, ()) | sum(m, (0, 1.5))
sum(m, (1.5, 0)) | sum() | sum(x=m) | sum(m, dtype=float) | sum(m, dtype=3) | sum(m, dtype=dtype) | sum(m, dtype=None)
sum(input=None) | sum(m, 1.5) | m.sum() | m.sum(1.5) | m.sum(0, 1) | m.sum("a") | m.sum(True) | m.sum((0, 1.5))
m.sum((1.5, 0)) | m.sum(axis=0) | m.sum(axis=0, keepdims=True) | m.sum(0, axis=1) | m.sum(dim=0, axis=1)
m.sum(dmi=0) | m.sum(keepdim=True) | m.sum(0, None) | m.sum(foo=1, bar=2, baz=3)
m.sum(zoo=1, a=2, dim=3, keepdim=4, q=5, w=6, e=7) | m.sum(dim=[scalar_int]) | m.sum(scalar) | m.sum(n) | m.sum(size)
m.sum(array) | m.sum(array0) | m.sum([True]) | m.sum([0, True]) | m.sum(dim="a") | m.sum(0, keepdim=0) | m.sum(2**63)
m.sum(0, 1, 2, 3, 4) | m.sum(None, True) | m.sum(dtype=None) | m.sum(0, False, dtype=int) | m.sum(dtype=str) | max(m)
max(m, 1) | max(m, m) | max(m, 1, 2, 3) | max(m, "a") | max(m, 1.5) | max(m, dim="a") | max(m, keepdim=True) | max()
max(3) | max(m, 1, True) | max(m, dim=0, keepdim=1) | max(m, None) | max(m, scalar_int) | max(m, 0, foo=1) | m.max()
m.max(foo=1) | m.max(1, 2) | m.max(None) | m.max(dim=None) | m.max(1.5) | m.max(dim=1, keepdim=True) | m.max(m)
m.max(True) | m.max(1, 2, 3) | m.max(other="a") | m.max(other=m) | m.max("a", "b") | m.max(dim="a", keepdim=1)
pow(m, "a") | pow(2, m) | pow(2, 3) | pow(m) | pow(m, 2) | pow(m, True) | pow(m, 1j) | pow(m, scalar) | pow(m, leaf)
pow() | pow(m, expnent=2) | m.pow("a") | m.pow() | m.pow(exponent="a") | m.pow(expnent=2) | m.pow([1])
m.pow((1, "a")) | pow(self=2, exponent=m) | pow(m, exponent=2) | pow("a", m) | pow(m, 2**70) | pow(m, -2**63 - 1)
m.pow(None) | m.pow(2, 3) | clamp(m, "a") | clamp(m, min="a", max=3) | clamp(m, max="a", min=3)
clamp(m, min="a", max=3, foo=2, bar=3) | clamp(m, 1, 2, 3) | clamp(m, min=1) | clamp(m, m, m) | clamp(m, m, 1)
clamp(m, 0.5, 1) | clamp(3) | m.clamp("a") | m.clamp(1, "a") | m.clamp(min=scalar) | m.clamp(scalar, 1)
m.clamp(leaf, 1) | m.clamp(1, 2, 3) | m.clamp(mn=1) | m.clamp(min=1, mx=2) | m.clamp(None, 1) | m.clamp(None, m)
where(b, m, m) | where(b, 1, "a") | where(b, m) | where(b, 1, m) | where(b, m, 1) | where(b, 1, 2)
where(b, m, other="a") | where(condition=b, x=m, x2=m) | where("a") | where(b, m, m, m) | where(b, m, [1])
where(b, None, m) | where() | where(b) | softmax(m) | softmax(m, "a") | softmax(m, 1.5) | softmax(m, dim=True)
softmax(m, None) | softmax(m, -1) | softmax(m, dim=1, dtype=float) | m.softmax(-1, foo=1) | m.softmax()
m.softmax(dim=None) | m.softmax(0, dtype, 3) | softmax(m, n) | softmax(m, 0, None) | cat(m) | cat(3) | cat([m, 3])
cat([m, m], "a") | cat([m, m], 1.5) | cat([3, m]) | cat() | cat((m, m), dim=0, axis=1) | cat([m], dim=scalar_int)
cat(tensors=[m, m], axis=0) | cat([m, None]) | cat((m, m)) | cat([m], 0, 1) | cat([m], foo=2) | cumsum(m)
cumsum(m, 1.5) | cumsum(m, dim=True) | cumsum(m, scalar_int) | cumsum(m, vector_int) | cumsum(m, scalar_bool)
cumsum(m, scalar) | cumsum(m, i64) | cumsum(m, 2**63) | cumsum(m, -2**70) | cumsum(m, axis=0) | cumsum(m, 0, float)
m.cumsum() | transpose(m, 0) | transpose(m, 0, 1.5) | transpose(m, 0, True) | transpose() | transpose(m)
m.transpose(0, "a") | m.transpose() | m.transpose(0, 1, 2) | m.transpose(dim0=0, dim1=1) | m.transpose(0, dim0=1)
transpose(m, 0, 1, foo=1) | permute(m, 1) | permute(m, (1, 0)) | permute(m, [1, 0]) | permute(m, 1, 0)
permute(m, ("a",)) | permute(m, dims=1) | m.permute(1, 0) | m.permute(1.0, 0) | m.permute() | m.permute(dims=(1, 0))
m.permute(dims=1) | m.permute((0, 1), 1) | m.permute([0.5]) | m.permute(scalar_int, 0) | m.permute(1, "a")
m.permute("a") | m.permute((1, 0)) | m.permute(size) | flip(m, 1.5) | flip(m, 0) | flip(m, (0,)) | flip(m, [])
m.flip(0) | m.flip(0, 1) | m.flip(0, 1.5) | m.flip(1.5) | m.flip() | m.flip(None) | reshape(m, 3, 2)
reshape(m, (3, 2)) | reshape(m, 6) | reshape(m, "a") | m.reshape(3, 2) | m.reshape((3, 2)) | m.reshape([3, 2])
m.reshape("a") | m.reshape(2, "a") | m.reshape() | m.reshape((2,), 3) | m.reshape(3, 2, foo=1)
m.reshape(3, 2, shape=1) | m.reshape(shape=(6,)) | m.reshape(shape=6) | m.reshape(size) | m.reshape(-1)
m.reshape(6.0) | m.reshape(True) | m.reshape(3, 2.0) | m.reshape(i64, 2) | m.reshape(i64) | m.reshape(scalar_int, -1)
m.reshape(vector_int, -1) | m.reshape(None) | m.reshape((3, None)) | m.reshape(2**63) | m.reshape((1, 2**63))
m.reshape(array) | m.reshape(f64) | m.reshape(3, scalar) | m.reshape(scalar, 3) | m.view(2, 1.5) | m.view("a")
m.view() | m.view(6.0) | m.view(dtype=3) | m.view(3, 2) | m.view(size) | m.view(dtype) | m.view(-1)
m.view(3, 2, foo=1) | m.view(3, 2, size=1) | m.view((3, "a")) | m.view(int) | m.view(None) | m.expand(4, 2, 3)
m.expand(4.0, 2, 3) | m.expand(2, 3, implicit=3) | m.expand(size=2) | m.expand((2, 3)) | m.expand(2, 3, implicit=True)
m.repeat(2.0) | m.repeat(2, 2) | m.repeat("a", 2) | m.repeat() | m.repeat((2, 2)) | m.repeat(repeats=2) | m.roll("a")
m.roll(1, "a") | m.roll(1) | m.roll(1, 0) | m.roll((1, 2), (0, 1)) | roll(m, 1.5) | roll(m) | roll(m, (1, 2))
roll(m, 1, 2, 3) | squeeze(m) | squeeze(m, 0) | squeeze(m, (0, 1)) | squeeze(m, 1.5) | m.squeeze("a")
m.squeeze(0, 1) | m.squeeze(0, "a") | m.squeeze(None) | m.squeeze(dim=(0, 1)) | m.squeeze(dim="a") | m.squeeze(foo=1)
m.squeeze(0, 1, foo=1) | squeeze(m, 0, 1) | lerp(m, m, 0.5) | lerp(m, m, m) | lerp(m, m, "a") | lerp(m, m)
lerp(m, m, scalar) | m.lerp(m) | m.lerp(m, "a") | m.lerp(3, 4) | logsumexp(m) | logsumexp(m, "a") | logsumexp(m, 1.5)
logsumexp(m, dim=None) | logsumexp(m, 0, True) | m.logsumexp((0, 1)) | m.logsumexp() | amax(m, "a") | amax(m, ())
amax(m) | amax(m, 0, 1) | m.amax(0, True) | m.amax(keepdim="a") | m.amax(None) | std(m) | std(m, "a")
std(m, 1, 2, 3, 4) | std(m, 0) | std(m, True) | std(m, 0, True, True) | std(m, correction=2)
std(m, dim=0, correction=None) | m.std(3.5) | m.std(unbiased=3) | m.std(0, 1) | m.std(unbiased=False)
m.std(correction="a") | m.std(0, False) | m.std((0, 1), keepdim=True) | m.std(0, correction=0) | m.std(None)
m.std(False, True) | dropout(m, 0.5, 1) | dropout(m, scalar, True) | dropout(m, leaf, True) | dropout(m, 1j, True)
dropout(m, True, True) | dropout(m, 0, True) | dropout(m) | dropout(m, 0.5) | dropout(m, p=0.5, train=False)
dropout(m, "a", True) | dropout(m, f64, True) | isclose(m, m, "a") | isclose(m, 2) | isclose(m, m)
isclose(m, m, 1, 2, 3) | isclose(m, m, 0.1, equal_nan=True) | isclose(m, m, equal_nan=1) | div(m, m) | div(m, 2)
div(m, m, rounding_mode=3) | div(m, m, rounding_mode="floor") | div(m, 2, rounding_mode=None) | div(m) | div(m, m, m)
m.div("a") | m.div("a", rounding_mode="floor") | m.div(m, rounding="floor") | m.div(2, rounding_mode=2) | sort(m)
sort(m, "a") | sort(m, 0, True) | sort(m, stable=True) | sort(m, stable=True, dim=0) | sort(m, 0, stable=True)
m.sort(1, 2, 3) | m.sort(descending=1) | m.sort(stable=1) | m.sort(0) | m.sort(descending=True)
m.sort(dim="a", descending=2) | ones(1.5) | ones((1, 1.5)) | ones((1.5, 1)) | ones(1.5, 1) | ones(2, 1.5) | ones("a")
ones(2, "a") | ones(2, size=3) | ones(size=3) | ones(size=(3,)) | ones() | ones(scalar_int, 3) | ones(scalar_int)
ones(2, scalar_int) | ones(scalar, 3) | ones((scalar, 3)) | ones(True) | ones((True, 2)) | ones(None)
ones(2, dtype=3) | ones(2, dtype=float) | ones(2, requires_grad=1) | ones([]) | ones(2, [3]) | ones([2], 3)
ones(scalar_bool, 3) | ones((2, scalar_bool)) | ones((2, True)) | ones(2, True) | ones((2, None)) | ones(i64, 3)
ones(f64, 3) | ones(array) | ones(array0) | ones(2, 3) | ones((2, 3)) | ones([2, 3]) | ones(2, 3, dtype=dtype)
ones(0) | ones(()) | ones(vector_int, 3) | ones(2, requires_grad=True) | ones(2, 3, requires_grad=True)
ones(2, foo=3) | ones(size) | ones(2**64) | ones(2, layout=3) | ones((2, 3), (4,)) | full((2,), "a") | full(2, 3)
full((2, 2), fill_value=None) | full((2,), 2) | full((2,), scalar) | full((2,), 1j) | full([2], True) | full((2,))
full((2,), leaf) | full((2,), 2**70) | full("a", 2) | full((2.0,), 2) | full(size=(2,), fill_value=3, foo=4)
gather(m, 0, 3) | gather(m, 0, n) | gather(m, 0) | gather(m, 0, n, sparse_grad=3) | m.gather("a", n)
m.gather(0, index=n) | gather(m, n, 0) | m.masked_fill(b) | m.masked_fill(b, None) | m.masked_fill(b, "a")
m.masked_fill(b, 1) | masked_fill(m, b, scalar) | masked_fill(m, b, "a") | m.masked_fill(b, value="a")
m.masked_fill(mask=b, value="a") | m.masked_fill(value="a", mask=3) | m.masked_fill(3, 4)
""".strip()
    .replace("\n", " | ")
    .split(" | ")
)


def values(tensor: object) -> dict[str, object]:
    """What the calls name. `tensor(data, requires_grad)` makes a tensor of either library."""
    assert callable(tensor)
    return {
        "m": tensor(np.ones((2, 3), np.float32), False),
        "b": tensor(np.ones((2, 3), bool), False),
        "n": tensor(np.zeros((2, 3), np.int64), False),
        "scalar": tensor(np.float32(0.5), False),
        "scalar_int": tensor(np.int64(1), False),
        "scalar_bool": tensor(np.bool_(True), False),
        "vector_int": tensor(np.array([1]), False),
        "leaf": tensor(np.float32(0.5), True),
        "array": np.array([2, 3]),
        "array0": np.array(2),
        "f64": np.float64(2),
        "i64": np.int64(3),
    }
