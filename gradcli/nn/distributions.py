"""torch.distributions: what small programs sample from and differentiate. Draws are torch's for the same seed.

Source: torch/distributions/{normal,uniform,bernoulli,categorical,multinomial,kl}.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from gradcli.engine import dtypes
from gradcli.engine.modes import enable_grad, no_grad
from gradcli.engine.public import functions
from gradcli.engine.size import Size
from gradcli.engine.tensor import Tensor


def _broadcast(*values: Any) -> list[Any]:
    """Numbers and tensors as tensors of one shape."""
    given = [value for value in values if isinstance(value, Tensor)]
    dtype = dtypes.of(given[0].array.dtype) if given else dtypes.default()
    tensors = [value if isinstance(value, Tensor) else functions["tensor"](value, dtype=dtype) for value in values]
    return list(functions["broadcast_tensors"](*tensors))


def _clamped(probs: Any) -> Any:
    eps = float(np.finfo(probs.array.dtype).eps)
    return probs.clamp(eps, 1 - eps)


class Distribution:
    """What all have: parameters that are tensors, a shape of the batch, and a shape of one draw.

    shown: the parameters, in the order of the repr. attributes: what a program can read besides the shapes.
    """

    shown: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, batch: Sequence[int], event: Sequence[int] = ()) -> None:
        self.batch_shape = Size(batch)
        self.event_shape = Size(event)

    @property
    def variance(self) -> Any:
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        return self.variance.sqrt()

    def _extended(self, sample_shape: Sequence[int]) -> tuple[int, ...]:
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def _check(self, name: str, constraint: str, valid: Callable[[Any], Any]) -> None:
        """Raise ValueError for a parameter outside of what it may be."""
        value = getattr(self, name)
        if not bool(valid(value).all()):
            kind = f"{type(value).__name__} of shape {tuple(value.shape)}"
            raise ValueError(
                f"Expected parameter {name} ({kind}) of distribution {self!r} to satisfy the constraint {constraint}, "
                f"but found invalid values:\n{value}"
            )

    def _check_value(self, value: Any, support: str, valid: Any) -> None:
        """Raise ValueError for a value that is never drawn."""
        if not bool(valid.all()):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({support}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draws outside the graph, of `sample_shape`, then the batch's shape, then that of one draw."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draws that are differentiable by the parameters. Raises NotImplementedError where there is no such way."""
        raise NotImplementedError

    def _shown(self) -> tuple[str, ...]:
        return self.shown

    def __repr__(self) -> str:
        parts = []
        for name in self._shown():
            value = getattr(self, name)
            if isinstance(value, Tensor):
                value = value if value.array.size == 1 else value.shape
            parts.append(f"{name}: {value}")
        return f"{type(self).__name__}({', '.join(parts)})"


class Normal(Distribution):
    """The normal distribution of a mean `loc` and a standard deviation `scale`."""

    shown = ("loc", "scale")
    attributes = ("loc", "scale", "mean", "stddev", "variance")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = _broadcast(loc, scale)
        super().__init__(self.loc.shape)
        self._check("scale", "GreaterThan(lower_bound=0.0)", lambda value: value > 0)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        return self.scale.pow(2)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self._extended(sample_shape)
        with no_grad():
            return functions["normal"](self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = functions["randn"](self._extended(sample_shape), dtype=self.loc.dtype)
        return self.loc + noise * self.scale

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value: Any) -> Any:
        """How much lies below."""
        return 0.5 * (1 + functions["erf"]((value - self.loc) * self.scale.reciprocal() / math.sqrt(2)))

    def entropy(self) -> Any:
        """The mean of -log_prob."""
        return 0.5 + 0.5 * math.log(2 * math.pi) + self.scale.log()


class Uniform(Distribution):
    """The uniform distribution on [low, high)."""

    shown = ("low", "high")
    attributes = ("low", "high", "mean", "stddev", "variance")

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = _broadcast(low, high)
        super().__init__(self.low.shape)

    @property
    def mean(self) -> Any:
        return (self.high + self.low) / 2

    @property
    def stddev(self) -> Any:
        return (self.high - self.low) / 12**0.5

    @property
    def variance(self) -> Any:
        return (self.high - self.low).pow(2) / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = functions["rand"](self._extended(sample_shape), dtype=self.low.dtype)
        return self.low + noise * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        support = f"Interval(lower_bound={self.low}, upper_bound={self.high})"
        self._check_value(value, support, (value >= self.low) & (value <= self.high))
        inside = self.low.le(value).type_as(self.low) * self.high.gt(value).type_as(self.low)
        return inside.log() - (self.high - self.low).log()

    def entropy(self) -> Any:
        """The mean of -log_prob."""
        return (self.high - self.low).log()


class _OfChances(Distribution):
    """A distribution of `probs` or of `logits`, each of which is made of the other when it is asked for."""

    binary = False

    def _take(self, probs: Any, logits: Any) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        self._probs, self._logits = probs, logits

    def _shown(self) -> tuple[str, ...]:
        return tuple(name for name in ("probs", "logits") if getattr(self, f"_{name}") is not None)

    @property
    def probs(self) -> Any:
        if self._probs is None:
            with enable_grad():
                self._probs = self._logits.sigmoid() if self.binary else self._logits.softmax(-1)
        return self._probs

    @property
    def logits(self) -> Any:
        if self._logits is None:
            with enable_grad():
                clamped = _clamped(self._probs)
                self._logits = clamped.log() - (-clamped).log1p() if self.binary else clamped.log()
        return self._logits


class Bernoulli(_OfChances):
    """One with probability `probs`, else zero."""

    binary = True
    attributes = ("probs", "logits", "mean", "stddev", "variance")

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(*(None if value is None else _broadcast(value)[0] for value in (probs, logits)))
        super().__init__((self._probs if logits is None else self._logits).shape)
        if logits is None:
            self._check("probs", "Interval(lower_bound=0.0, upper_bound=1.0)", lambda p: (p >= 0) & (p <= 1))

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        with no_grad():
            return functions["bernoulli"](self.probs.expand(self._extended(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check_value(value, "Boolean()", (value == 0) | (value == 1))
        logits, value = functions["broadcast_tensors"](self.logits, value)
        return -functions["nn.functional.binary_cross_entropy_with_logits"](logits, value, reduction="none")

    def entropy(self) -> Any:
        """The mean of -log_prob."""
        return functions["nn.functional.binary_cross_entropy_with_logits"](self.logits, self.probs, reduction="none")


class Categorical(_OfChances):
    """A number from 0 on, each with its probability; probabilities are divided by their sum."""

    attributes = ("probs", "logits")

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        if probs is not None:
            self._probs = probs / probs.sum(-1, keepdim=True)
        else:
            self._logits = logits - logits.logsumexp(-1, keepdim=True)
        shape = (probs if logits is None else logits).shape
        self._count = shape[-1]
        super().__init__(shape[:-1])

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        with no_grad():
            table = self.probs.reshape((-1, self._count))
            drawn = functions["multinomial"](table, Size(sample_shape).numel(), True).T
            return drawn.reshape(self._extended(sample_shape))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        last = self._count - 1
        support = f"IntegerInterval(lower_bound=0, upper_bound={last})"
        self._check_value(value, support, (value % 1 == 0) & (value >= 0) & (value <= last))
        value, logits = functions["broadcast_tensors"](value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        """The mean of -log_prob."""
        return -(self.logits.clamp(min=float(np.finfo(self.logits.array.dtype).min)) * self.probs).sum(-1)


class Multinomial(_OfChances):
    """How often each number comes in `total_count` draws from a Categorical."""

    attributes = ("total_count", "probs", "logits", "mean", "stddev", "variance")

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.total_count = total_count
        self._each = Categorical(probs, logits)
        self._take(self._each._probs, self._each._logits)
        super().__init__(self._each.batch_shape, (self._each._count,))

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    def _shown(self) -> tuple[str, ...]:
        return ()

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        drawn = self._each.sample((self.total_count, *sample_shape))
        drawn = drawn.permute((*range(1, drawn.ndim), 0))
        counts = functions["zeros"](self._extended(sample_shape), dtype=drawn.dtype)
        counts.scatter_add_(-1, drawn, functions["ones_like"](drawn))
        return counts.type_as(self.probs)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        logits, value = functions["broadcast_tensors"](self.logits, value)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        return ways + (logits * value).sum(-1)


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """How far p is from q. Raises NotImplementedError for pairs without a formula."""
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio = (p.scale / q.scale).pow(2)
        return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return (p.probs * (p.logits - q.logits)).sum(-1)
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


CLASSES = (Normal, Uniform, Bernoulli, Categorical, Multinomial)


def methods_of(kind: type[Distribution]) -> dict[str, Callable[..., Any]]:
    """The methods of a distribution that a program can call."""
    return {
        name: getattr(kind, name) for name in ("sample", "rsample", "log_prob", "entropy", "cdf") if hasattr(kind, name)
    }
