"""Random tensors: the numbers are torch's for the same seed (engine/sampling.py).

Sources: ATen/native/TensorFactories.cpp, ATen/native/Distributions.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine import dtypes, sampling
from gradcli.engine.dims import broadcast_shapes
from gradcli.engine.entry import OUT
from gradcli.engine.factory import factory
from gradcli.engine.kinds import known
from gradcli.engine.limits import reserve
from gradcli.engine.op import composite, op
from gradcli.engine.random import Generator as TorchGenerator
from gradcli.engine.random import default_generator
from gradcli.engine.random import manual_seed as seed_default
from gradcli.ops.common import require
from gradcli.ops.creation import shape_for
from gradcli.ops.matmul import array_of
from gradcli.ops.views import expanded_shape

if TYPE_CHECKING:
    from gradcli.engine.dtypes import DType
    from gradcli.engine.kinds import Array, Generator, MemoryFormat, Object, Size

known.generator = TorchGenerator


# --- factories -----------------------------------------------------------------------------------------------------


@factory(extras=OUT, samples=["rand(2, 3)", "rand(20, dtype=torch.float64)"], examples=["manual_seed(0); rand(3)"])
def rand(size: Size, *, generator: Generator | None = None, dtype: DType | None) -> Array:
    """Uniform random numbers in [0, 1)."""
    _check(size, dtype or dtypes.default())
    return sampling.rand(size, dtype, generator)


@factory(extras=OUT, samples=["randn(2, 3)", "randn(20, dtype=torch.float64)"], examples=["manual_seed(0); randn(3)"])
def randn(size: Size, *, generator: Generator | None = None, dtype: DType | None) -> Array:
    """Normal random numbers: mean 0, standard deviation 1."""
    _check(size, dtype or dtypes.default())
    return sampling.randn(size, dtype, generator)


def _check(size: tuple[int, ...], dtype: DType) -> None:
    shape_for(size, dtype.np)


@factory(extras=OUT, samples=["randint(5, (2, 3))"], examples=["manual_seed(0); randint(10, (3,))"])
def randint(high: int, size: Size, *, generator: Generator | None = None, dtype: DType | None) -> Array:
    """Random integers from 0 up to, without, `high`."""
    return _integers(0, high, size, generator, dtype)


@factory("randint", extras=OUT, samples=["randint(-2, 5, (2, 3))"], examples=["manual_seed(0); randint(3, 6, (3,))"])
def randint_low(low: int, high: int, size: Size, *, generator: Generator | None = None, dtype: DType | None) -> Array:
    """Random integers from `low` up to, without, `high`. Raises RuntimeError where there are none, or none fit."""
    return _integers(low, high, size, generator, dtype)


def _integers(low: int, high: int, size: tuple[int, ...], generator: Any, dtype: DType | None) -> Array:
    kind = dtype or dtypes.int64
    _check(size, kind)
    return sampling.randint(low, high, size, kind, generator)


@factory(extras=OUT, samples=["randperm(5)", "randperm(0)"], examples=["manual_seed(0); randperm(4)"])
def randperm(n: int, *, generator: Generator | None = None, dtype: DType | None) -> Array:
    """The integers below n in random order."""
    _check((n,), dtype or dtypes.int64)
    return sampling.randperm(n, dtype or dtypes.int64, generator)


@factory(samples=["rand_like(m)"], examples=["manual_seed(0); rand_like(ones(3))"])
def rand_like(input: Array, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """Uniform random numbers in the shape and type of `input`."""
    return sampling.rand(input.shape, dtype or dtypes.of(input.dtype))


@factory(samples=["randn_like(m)"], examples=["manual_seed(0); randn_like(ones(3))"])
def randn_like(input: Array, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """Normal random numbers in the shape and type of `input`."""
    return sampling.randn(input.shape, dtype or dtypes.of(input.dtype))


@factory(samples=["randint_like(m, 5)"], examples=["manual_seed(0); randint_like(ones(3), 10)"])
def randint_like(input: Array, high: int, *, memory_format: MemoryFormat | None = None, dtype: DType | None) -> Array:
    """Random integers from 0 up to, without, `high`, in the shape and type of `input`."""
    return sampling.randint(0, high, input.shape, dtype or dtypes.of(input.dtype))


@factory("randint_like", samples=["randint_like(m, -2, 5)"], examples=["manual_seed(0); randint_like(ones(3), 3, 6)"])
def randint_like_low(
    input: Array, low: int, high: int, *, memory_format: MemoryFormat | None = None, dtype: DType | None
) -> Array:
    """Random integers from `low` up to, without, `high`, in the shape and type of `input`."""
    return sampling.randint(low, high, input.shape, dtype or dtypes.of(input.dtype))


# --- of tensors ----------------------------------------------------------------------------------------------------


def _drawn(mean: Any, std: Any, shape: tuple[int, ...], dtype: np.dtype[Any], generator: Any) -> Array:
    """Normal numbers by tensors of means and deviations."""
    if isinstance(std, np.ndarray):
        if std.dtype.kind == "c":
            raise RuntimeError("normal expects standard deviation to be non-complex")
        if std.size and not std.min() >= 0:
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    result = sampling.randn(shape, dtypes.of(dtype), generator)
    return np.asarray(result * std + mean).astype(dtype)


@op(
    extras=OUT,
    method=False,
    grad_fn="NormalBackward3",
    vjp={"mean": lambda g: g * 0, "std": lambda g: g * 0},
    samples=["normal(m, pos)"],
    examples=["manual_seed(0); normal(tensor([0., 10.]), tensor([1., 2.]))"],
)
def normal(mean: Array, std: Array, *, generator: Generator | None = None) -> Array:
    """Normal random numbers with these means and standard deviations. Raises RuntimeError for negative deviations."""
    shape = broadcast_shapes(mean.shape, std.shape)
    return _drawn(mean, std, reserve(shape, mean.dtype), mean.dtype, generator)


@op(
    "normal",
    extras=OUT,
    method=False,
    grad_fn="NormalBackward1",
    vjp={"mean": lambda g: g * 0},
    samples=["normal(m, 2.)", "normal(m)"],
    examples=["manual_seed(0); normal(tensor([0., 10.]), 1.)"],
)
def normal_mean(mean: Array, std: float = 1, *, generator: Generator | None = None) -> Array:
    """Normal random numbers with these means."""
    return _drawn(mean, std, mean.shape, mean.dtype, generator)


@op(
    "normal",
    extras=OUT,
    method=False,
    grad_fn="NormalBackward2",
    vjp={"std": lambda g: g * 0},
    samples=["normal(1., pos)"],
    examples=["manual_seed(0); normal(0., tensor([1., 2.]))"],
)
def normal_std(mean: float, std: Array, *, generator: Generator | None = None) -> Array:
    """Normal random numbers with these standard deviations."""
    return _drawn(mean, std, std.shape, std.dtype, generator)


@factory("normal", extras=OUT, samples=["normal(1., 2., (2, 3))"], examples=["manual_seed(0); normal(10., 0.1, (3,))"])
def normal_size(
    mean: float, std: float, size: Size, *, generator: Generator | None = None, dtype: DType | None
) -> Array:
    """Normal random numbers of one mean and standard deviation."""
    kind = dtype or dtypes.default()
    result = np.empty(shape_for(size, kind.np), kind.np)
    sampling.normal_(result, mean, std, generator)
    return result


@op(
    extras=OUT,
    vjp={"input": lambda g: g * 0},
    samples=["bernoulli(prob)"],
    examples=["manual_seed(0); bernoulli(tensor([0., 0.5, 1.]))"],
)
def bernoulli(input: Array, *, generator: Generator | None = None) -> Array:
    """1 with the probability that `input` says, else 0. Raises RuntimeError for what is no probability."""
    if input.dtype.kind != "f":
        raise NotImplementedError(f"\"bernoulli_tensor_cpu_p_\" not implemented for '{dtypes.of(input.dtype).scalar}'")
    return sampling.bernoulli(input, generator)


@op(
    "bernoulli",
    vjp={"input": NotImplemented},
    samples=["bernoulli(m, 0.5)"],
    examples=["manual_seed(0); bernoulli(zeros(4), 0.5)"],
)
def bernoulli_p(input: Array, p: float, *, generator: Generator | None = None) -> Array:
    """1 with probability p, else 0, in the shape of `input`."""
    result = np.empty_like(input)
    sampling.bernoulli_(result, p, generator)
    return result


@op(
    extras=OUT,
    samples=["multinomial(prob, 2)", "multinomial(pos[0], 5, replacement=True)"],
    examples=["manual_seed(0); multinomial(tensor([1., 10., 3.]), 2)"],
)
def multinomial(
    input: Array, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Array:
    """Indices drawn with the weights in `input`, from each of its rows. Raises RuntimeError where too few can be."""
    return sampling.multinomial(input, num_samples, replacement, generator)


# --- in place ------------------------------------------------------------------------------------------------------


def _sampler(name: str, node: str, filled_by: str = "") -> Any:
    """The operator behind an in-place sampler: its kernel fills a copy, its gradient is zero."""

    def kernel(input: Array, first: Object, second: Object, generator: Generator | None) -> Array:
        result = np.array(input)
        fill = getattr(sampling, filled_by or name)
        fill(result, *[value for value in (first, second) if value is not None], generator=generator)
        return result

    return op(name, private=True, grad_fn=node, vjp={"input": lambda g: g * 0})(kernel)


_uniform = _sampler("uniform_", "UniformBackward0")
_normal = _sampler("normal_", "NormalBackward0")
_random = _sampler("random_", "RandomBackward2", "whole_random_")
_random_from = _sampler("random_", "RandomBackward0")
_random_to = _sampler("random_", "RandomBackward1")
_bernoulli = _sampler("bernoulli_", "BernoulliBackward2")
_bernoulli_of = _sampler("bernoulli_", "BernoulliBackward1")
_exponential = _sampler("exponential_", "ExponentialBackward0")
_cauchy = _sampler("cauchy_", "CauchyBackward0")
_geometric = _sampler("geometric_", "GeometricBackward0")
_log_normal = _sampler("log_normal_", "LogNormalBackward0")


@composite(function=False, samples=["m.uniform_(-1, 1)"], examples=["manual_seed(0); zeros(3).uniform_(-1, 1)"])
def uniform_(input: Array, low: float = 0, high: float = 1, *, generator: Generator | None = None) -> Array:
    """Fill with uniform random numbers in [low, high)."""
    return _uniform.call_inplace([input, low, high, generator])


@composite(function=False, samples=["m.normal_(1, 2)"], examples=["manual_seed(0); zeros(3).normal_()"])
def normal_(input: Array, mean: float = 0, std: float = 1, *, generator: Generator | None = None) -> Array:
    """Fill with normal random numbers."""
    return _normal.call_inplace([input, mean, std, generator])


@composite(function=False, samples=["m.random_()"], examples=["manual_seed(0); zeros(3).random_()"])
def random_(input: Array, *, generator: Generator | None = None) -> Array:
    """Fill with random integers, from 0 to the largest that the type holds exactly."""
    require(array_of(input), "biuf", "random_kernel_cpu")
    return _random.call_inplace([input, None, None, generator])


@composite("random_", function=False, samples=["m.random_(2, 9)"], examples=["manual_seed(0); zeros(3).random_(2, 9)"])
def random_from(input: Array, low: int, high: int, *, generator: Generator | None = None) -> Array:
    """Fill with random integers from `low` up to, without, `high`."""
    return _random_from.call_inplace([input, low, high, generator])


@composite("random_", function=False, samples=["m.random_(9)"], examples=["manual_seed(0); zeros(3).random_(9)"])
def random_to(input: Array, high: int, *, generator: Generator | None = None) -> Array:
    """Fill with random integers from 0 up to, without, `high`."""
    return _random_to.call_inplace([input, 0, high, generator])


@composite(
    "bernoulli_", function=False, samples=["m.bernoulli_(0.3)"], examples=["manual_seed(0); zeros(4).bernoulli_()"]
)
def bernoulli_number(input: Array, p: float = 0.5, *, generator: Generator | None = None) -> Array:
    """Fill with 1 with probability p, else 0."""
    return _bernoulli.call_inplace([input, p, None, generator])


@composite(
    "bernoulli_",
    function=False,
    samples=["m.bernoulli_(unit.detach().clamp(0, 1))"],
    examples=["manual_seed(0); zeros(3).bernoulli_(tensor([0., 0.5, 1.]))"],
)
def bernoulli_of(input: Array, p: Array, *, generator: Generator | None = None) -> Array:
    """Fill with 1 with the probabilities in p, else 0."""
    given, shape = array_of(p), array_of(input).shape
    chances = np.broadcast_to(given, expanded_shape(given.shape, shape, given.dtype))
    return _bernoulli_of.call_inplace([input, chances, None, generator])


@composite(function=False, samples=["m.exponential_(2)"], examples=["manual_seed(0); zeros(3).exponential_()"])
def exponential_(input: Array, lambd: float = 1, *, generator: Generator | None = None) -> Array:
    """Fill with exponentially distributed random numbers of rate `lambd`."""
    return _exponential.call_inplace([input, lambd, None, generator])


@composite(function=False, samples=["m.cauchy_()"], examples=["manual_seed(0); zeros(3).cauchy_()"])
def cauchy_(input: Array, median: float = 0, sigma: float = 1, *, generator: Generator | None = None) -> Array:
    """Fill with Cauchy distributed random numbers."""
    return _cauchy.call_inplace([input, median, sigma, generator])


@composite(function=False, samples=["m.geometric_(0.3)"], examples=["manual_seed(0); zeros(3).geometric_(0.5)"])
def geometric_(input: Array, p: float, *, generator: Generator | None = None) -> Array:
    """Fill with how many trials of probability p it takes to succeed."""
    return _geometric.call_inplace([input, p, None, generator])


@composite(function=False, samples=["m.log_normal_()"], examples=["manual_seed(0); zeros(3).log_normal_()"])
def log_normal_(input: Array, mean: float = 1, std: float = 2, *, generator: Generator | None = None) -> Array:
    """Fill with numbers whose logarithms are normal."""
    return _log_normal.call_inplace([input, mean, std, generator])


# --- the seed ------------------------------------------------------------------------------------------------------


@composite(method=False, samples=["manual_seed(3).initial_seed()"], examples=["manual_seed(0); rand(2)"])
def manual_seed(seed: Object) -> Generator:
    """Start the random numbers anew from `seed`. Raises ValueError for an integer beyond 64 bits."""
    return seed_default(seed)


@composite(method=False, samples=["is_tensor(initial_seed())"], examples=["manual_seed(3); initial_seed()"])
def initial_seed() -> int:
    """The seed from which the random numbers started."""
    return default_generator.initial_seed()


@composite(method=False, samples=["is_tensor(seed())"], examples=["is_tensor(seed())"])
def seed() -> int:
    """Start the random numbers from a seed that nobody knows; returns it."""
    return default_generator.seed()
