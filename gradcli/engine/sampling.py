"""The distributions that torch draws on the CPU: the same numbers, in the same order, from the same seed.

The samplers whose names end in `_` fill an ndarray, in the order in which torch fills a tensor: along the memory. They
expect the caller to let numpy overflow in silence, as every operator of this package does.

Sources: ATen/native/cpu/DistributionTemplates.h; ATen/core/DistributionsHelper.h; ATen/core/TransformationHelper.h;
ATen/native/Distributions.cpp; ATen/native/cpu/MultinomialKernel.cpp. torch has one path that depends on the processor's
maker: Bernoulli numbers with a plain probability (dropout) come from Intel's library on Intel's processors. Here they
are those of all other processors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcli.engine import box_muller
from gradcli.engine.dtypes import DType, default, float16, float32, float64, int64, of
from gradcli.engine.errors import warn
from gradcli.engine.limits import reserve
from gradcli.engine.random import Generator, default_generator

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]


# --- filling an array ----------------------------------------------------------------------------------------------


def _in_memory_order(out: Array) -> Array:
    """`out` with its axes from the longest stride to the shortest: torch fills along the memory."""
    if out.flags.c_contiguous:
        return out
    order = sorted(range(out.ndim), key=lambda axis: -abs(out.strides[axis]))
    return out.transpose(order)


def _fill(out: Array, values: Array) -> None:
    """Put `values`, in the order drawn, into `out`. float64 goes to float16 by way of float32, as in C++."""
    view = _in_memory_order(out)
    if out.dtype == np.float16 and values.dtype == np.float64:
        values = values.astype(np.float32)
    view[...] = values.reshape(view.shape)


def _not_implemented(kernel: str, out: Array) -> NotImplementedError:
    return NotImplementedError(f"\"{kernel}\" not implemented for '{of(out.dtype).scalar}'")


def _real(out: Array) -> Array:
    """The real and imaginary parts of a contiguous complex array, as torch.view_as_real lays them out."""
    return out.reshape(-1).view(np.float32 if out.dtype == np.complex64 else np.float64)


def uniform_(out: Array, low: float = 0.0, high: float = 1.0, generator: Generator | None = None) -> None:
    """Tensor.uniform_: numbers in [low, high). Raises RuntimeError for bounds that are none."""
    if out.dtype.kind == "c":
        parts = np.empty(out.shape, out.dtype)
        uniform_(_real(parts), low, high, generator)
        _fill(out, parts)
        return
    if out.dtype.kind != "f":
        raise _not_implemented("check_uniform_bounds", out)
    _check_uniform(out.dtype, low, high)
    generator = generator or default_generator
    if out.dtype == np.float64:
        kind: Any = np.float64
        values = generator.uniform64(out.size)
    else:
        kind = np.float32
        values = generator.uniform32(out.size)
    if (low, high) != (0.0, 1.0):
        values = box_muller.fma(values, kind(high) - kind(low), kind(low))
    values = values.astype(out.dtype, copy=False)
    if out.dtype == np.float16 or (low, high) != (0.0, 1.0):  # rounding may have reached the end
        values[values == out.dtype.type(high)] = low
    _fill(out, values)


def _check_uniform(dtype: np.dtype[Any], low: float, high: float) -> None:
    limits = np.finfo(dtype)
    name = of(dtype)
    for bound, value in (("from", low), ("to", high)):
        if not float(limits.min) <= value <= float(limits.max):
            raise RuntimeError(f"{bound} is out of bounds for {name.c_name}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > float(limits.max):
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{name.scalar}>::max(), but found to={high:g} "
            f"and from={low:g} which result in to-from to exceed the limit"
        )


def normal_(out: Array, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> None:
    """Tensor.normal_. Raises RuntimeError for a standard deviation below 0 or nan."""
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    generator = generator or default_generator
    if out.dtype.kind == "c":
        parts = np.empty(out.shape, out.dtype)
        normal_(_real(parts), mean, std / math.sqrt(2), generator)  # both parts have torch's mean
        _fill(out, parts)
        return
    if out.dtype.kind != "f":
        raise _not_implemented("normal_kernel_cpu", out)
    if out.size < 16 or not out.flags.c_contiguous:
        _fill(out, box_muller.fma(_normal_pairs(out.size, generator), std, mean))
    elif out.dtype == np.float16:
        _fill(out, _normal_half(out.size, mean, std, generator))
    elif out.dtype == np.float32:
        _fill(out, _normal_blocks(generator.uniform32, box_muller.normal_float32, out.size, mean, std))
    else:
        _fill(out, _normal_blocks(generator.uniform64, box_muller.normal_float64, out.size, mean, std))


def _normal_pairs(count: int, generator: Generator) -> Array:
    """Box-Muller in float64, two at a time: the cosine, then the sine, which waits in the generator if need be."""
    waiting = [] if generator.next_normal is None or not count else [generator.next_normal]
    generator.next_normal = None if waiting else generator.next_normal
    pairs = (count - len(waiting) + 1) // 2
    drawn = generator.uniform64(2 * pairs).reshape(-1, 2)
    radius = np.sqrt(-2.0 * box_muller.precise(math.log1p, np.log1p, -drawn[:, 1]))
    angle = 2.0 * math.pi * drawn[:, 0]
    values = np.empty((pairs, 2))
    values[:, 0] = radius * box_muller.precise(math.cos, np.cos, angle)
    values[:, 1] = radius * box_muller.precise(math.sin, np.sin, angle)
    result = np.concatenate([waiting, values.ravel()])
    if result.size > count:
        generator.next_normal = float(result[-1])
    return result[:count]


def _normal_blocks(draw: Any, transform: Any, count: int, mean: float, std: float) -> Array:
    values: Array = draw(count)
    whole = count - count % 16
    transform(values[:whole], mean, std)
    if whole < count:  # the last 16 are drawn again
        values[-16:] = draw(16)
        last = values[-16:].copy()
        transform(last, mean, std)
        values[-16:] = last
    return values


def _normal_half(count: int, mean: float, std: float, generator: Generator) -> Array:
    """In float32; unlike there, the numbers of a last partial block are not drawn twice."""
    whole = count - count % 16
    values = np.empty(count, np.float32)
    head = generator.uniform32(whole)
    box_muller.normal_float32(head, mean, std)
    values[:whole] = head
    if whole < count:
        last = generator.uniform32(16)
        box_muller.normal_float32(last, mean, std)
        values[-16:] = last
    return values


def random_(out: Array, low: int, high: int, generator: Generator | None = None) -> None:
    """Tensor.random_(from, to): integers in [low, high), of any real dtype. Raises RuntimeError where none fit."""
    if not low < high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    _check_random(out.dtype, low, high)
    generator = generator or default_generator
    span = high - low
    if span >= 1 << 28:  # fewer bits would show
        numbers = generator.bits64(out.size) % np.uint64(span)
    else:
        numbers = (generator.bits32(out.size) % np.uint32(span)).astype(np.uint64)
    _fill(out, (numbers + np.uint64(low % 2**64)).astype(np.int64))


def whole_random_(out: Array, generator: Generator | None = None) -> None:
    """Tensor.random_(): integers from 0 to the largest that the type holds exactly."""
    dtype, generator = out.dtype, generator or default_generator
    if dtype.kind == "f":
        most = 2 ** (np.finfo(dtype).nmant + 1)
    else:
        most = 1 if dtype.kind == "b" else int(np.iinfo(dtype).max)
    _check_random(dtype, 0, most + 1)
    if dtype.itemsize == 8:
        numbers = generator.bits64(out.size)
        _fill(out, (numbers % np.uint64(most + 1) if most < 2**64 - 1 else numbers).astype(np.int64))
    else:
        _fill(out, (generator.bits32(out.size).astype(np.uint64) % np.uint64(most + 1)).astype(np.int64))


def _check_random(dtype: np.dtype[Any], low: int, high: int) -> None:
    name = of(dtype)
    if name.is_complex:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        least, most, digits = float(limits.min), float(limits.max), limits.nmant + 1
    else:
        least, most, digits = (0, 1, 64) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max, 64)
    for bound, value in (("from", low), ("to - 1", high - 1)):
        if not least <= value <= most:
            raise RuntimeError(f"{bound} is out of bounds for {name.c_name}")
        if abs(value) > 2**digits:
            warn(
                f"{bound} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {name.c_name} can "
                "support discrete uniform distribution only within this range. This warning will become an error in "
                "version 1.7 release, please fix the code in advance"
            )


def bernoulli_(out: Array, p: float | Array = 0.5, generator: Generator | None = None) -> None:
    """Tensor.bernoulli_: 1 with probability `p`, else 0. Raises RuntimeError for a p that is no probability."""
    generator = generator or default_generator
    if isinstance(p, np.ndarray):
        if p.dtype.kind != "f":
            raise _not_implemented("bernoulli_tensor_cpu_p_", p)
        if not np.all((p >= 0) & (p <= 1)):
            raise RuntimeError(
                "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  "
                "If so, please report an enhancement request to PyTorch.)"
            )
        uniform = generator.uniform64(out.size) if p.dtype == np.float64 else generator.uniform32(out.size)
        drawn = np.empty_like(out, uniform.dtype)
        _fill(drawn, uniform)
        out[...] = drawn < p
        return
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    _fill(out, generator.uniform64(out.size) < p)


def exponential_(out: Array, rate: float = 1.0, generator: Generator | None = None) -> None:
    """Tensor.exponential_(lambd=rate)."""
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    if out.dtype.kind != "f":
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {of(out.dtype).scalar}"
        )
    uniform = (generator or default_generator).uniform64(out.size)
    _fill(out, -1.0 / rate * box_muller.precise(math.log1p, np.log1p, -uniform))


def geometric_(out: Array, p: float, generator: Generator | None = None) -> None:
    """Tensor.geometric_: how many trials until the first success."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if out.dtype.kind not in "iuf":
        raise _not_implemented("geometric_cpu", out)
    uniform = (generator or default_generator).uniform64(out.size)
    _fill(out, np.ceil(box_muller.precise(_log, np.log, uniform) / math.log1p(-p)))


def cauchy_(out: Array, median: float = 0.0, sigma: float = 1.0, generator: Generator | None = None) -> None:
    """Tensor.cauchy_."""
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    if out.dtype.kind != "f":
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you "
            f"specified {of(out.dtype).c_name}"
        )
    uniform = (generator or default_generator).uniform64(out.size)
    _fill(out, median + sigma * box_muller.precise(math.tan, np.tan, math.pi * (uniform - 0.5)))


def log_normal_(out: Array, mean: float = 1.0, std: float = 2.0, generator: Generator | None = None) -> None:
    """Tensor.log_normal_."""
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if out.dtype.kind != "f":
        raise _not_implemented("log_normal_cpu", out)
    normal = box_muller.fma(_normal_pairs(out.size, generator or default_generator), std, mean)
    _fill(out, box_muller.precise(_exp, np.exp, normal))


def _log(value: float) -> float:
    return math.log(value) if value else -math.inf


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else float(np.exp(value))


# --- making an array -----------------------------------------------------------------------------------------------


def _empty(shape: Shape, dtype: DType | None) -> Array:
    kind = (dtype or default()).np
    return np.empty(reserve(shape, kind), kind)


def rand(shape: Shape, dtype: DType | None = None, generator: Generator | None = None) -> Array:
    """torch.rand: numbers in [0, 1)."""
    out = _empty(shape, dtype)
    uniform_(out, generator=generator)
    return out


def randn(shape: Shape, dtype: DType | None = None, generator: Generator | None = None) -> Array:
    """torch.randn: standard normal numbers."""
    out = _empty(shape, dtype)
    normal_(out, generator=generator)
    return out


def randint(low: int, high: int, shape: Shape, dtype: DType = int64, generator: Generator | None = None) -> Array:
    """torch.randint: integers in [low, high)."""
    out = _empty(shape, dtype)
    random_(out, low, high, generator)
    return out


def bernoulli(p: Array, generator: Generator | None = None) -> Array:
    """torch.bernoulli(p): zeros and ones of p's dtype."""
    out = np.empty_like(p)
    bernoulli_(out, p, generator)
    return out


def randperm(n: int, dtype: DType = int64, generator: Generator | None = None) -> Array:
    """torch.randperm: the integers below n, shuffled. Raises RuntimeError where the dtype cannot hold them."""
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    _check_permutation(n, dtype)
    reserve((n,), int64.np)
    places = list(range(n))
    if n > 1:
        steps = (generator or default_generator).bits32(n - 1) % np.arange(n, 1, -1, dtype=np.uint32)
        for place, step in enumerate(steps.tolist()):
            other = place + step
            places[place], places[other] = places[other], places[place]
    return np.array(places, np.int64).astype(dtype.np)


def _check_permutation(n: int, dtype: DType) -> None:
    if dtype.is_complex or dtype.np.kind == "b":
        raise NotImplementedError(f"\"randperm\" not implemented for '{dtype.scalar}'")
    if dtype in (float16, float32, float64):
        most = 2 ** (np.finfo(dtype.np).nmant + 1) + 1
        if n > most:
            raise RuntimeError(f"n cannot be greater than {most} for {dtype.scalar} type.")
    elif n > np.iinfo(dtype.np).max:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")


def multinomial(
    probabilities: Array, count: int, replacement: bool = False, generator: Generator | None = None
) -> Array:
    """torch.multinomial: indices drawn with these probabilities, which need not sum to 1, row by row.

    Raises RuntimeError for what are no probabilities, or too few of them.
    """
    _check_multinomial(probabilities, count, replacement)
    generator = generator or default_generator
    if not probabilities.size:
        return np.empty((*probabilities.shape[:-1], count), np.int64)
    if replacement and count > 1:
        rows = [_draw_from(row, count, generator) for row in np.atleast_2d(probabilities)]
        return np.array(rows, np.int64).reshape(*probabilities.shape[:-1], count)
    # argmax(p / q) for q from the exponential distribution: the Gumbel trick without its logarithms
    race = np.empty(probabilities.shape, probabilities.dtype)
    exponential_(race, generator=generator)
    race = probabilities / race
    if count == 1:
        return np.asarray(race.argmax(-1, keepdims=True))
    return np.asarray(np.argsort(-race, axis=-1, kind="stable")[..., :count])


def _draw_from(row: Array, count: int, generator: Generator) -> Array:
    kind: Any = np.float64 if row.dtype == np.float64 else np.float32
    cumulated = np.cumsum(row, dtype=kind)
    cumulated /= cumulated[-1]
    cumulated[-1] = 1
    return np.searchsorted(cumulated.astype(np.float64), generator.uniform64(count), side="left")


def _check_multinomial(probabilities: Array, count: int, replacement: bool) -> None:
    if not 0 < probabilities.ndim <= 2:
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if probabilities.dtype.kind != "f":
        scalar = of(probabilities.dtype).scalar
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {scalar}")
    if count <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    categories = probabilities.shape[-1]
    if not replacement and count > categories:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if categories > 2**24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if not np.all((probabilities >= 0) & (probabilities < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if np.any(probabilities.sum(-1) == 0) and probabilities.size:
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
