"""torch.autograd.gradcheck: gradients compared with finite differences, element by element.

Source of the semantics and of the messages: torch/autograd/gradcheck.py (its slow mode).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from gradcli.autograd.common import Tensors, as_tuple, one_hot, zeros_like
from gradcli.engine.backward import grad
from gradcli.engine.errors import warn
from gradcli.engine.limits import reserve
from gradcli.engine.tensor import Tensor

Func = Callable[..., Any]
Array = np.ndarray[Any, np.dtype[Any]]

_NONDETERMINISTIC = """

NOTE: If your op relies on non-deterministic operations i.e., it is listed here:
https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
this failure might be expected.

If you are adding a new operator, please file an issue and then use one of the
workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck.
If the test
- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck
  with `nondet_tol=<tol>` as a keyword argument.
- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test
  to have `gradcheck_nondet_tol=<tol>`.
- is a Module test (e.g., in common_nn.py), then modify the corresponding
  module_test entry to have `gradcheck_nondet_tol=<tol>`
"""
_UNDEFINED = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
_COMPATIBLE = (
    "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may break "
    "existing callers of this function. If this is true for you, you can call this function with "
    '"check_undefined_grad=False" to disable the feature'
)


class GradcheckError(RuntimeError):
    """A gradient that is not what finite differences say."""


def gradcheck(
    func: Func,
    inputs: Any,
    *,
    eps: float = 1e-06,
    atol: float = 1e-05,
    rtol: float = 0.001,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of `func` at `inputs` agree with central differences of width 2 eps.

    Inputs that require grad should be float64 or complex128. Raises GradcheckError with both Jacobians where they
    differ, unless raise_exception is False. check_grad_dtypes, check_batched_grad and masked are torch's: here
    gradients always have their input's dtype, batches of gradients are computed one by one, nothing is sparse.
    fast_mode checks as much as the slow one does. There is no forward mode to check.
    """
    if check_forward_ad or check_batched_forward_grad or not check_backward_ad:
        raise NotImplementedError("gradcheck() checks backward mode: there is no forward mode here")
    settings = _Settings(eps, atol, rtol, nondet_tol, check_undefined_grad)
    try:
        return settings.check(func, as_tuple(inputs))
    except GradcheckError:
        if raise_exception:
            raise
        return False


def gradgradcheck(
    func: Func,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-06,
    atol: float = 1e-05,
    rtol: float = 0.001,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """gradcheck of the gradients of `func`: by its inputs, and by `grad_outputs` (random ones if None)."""
    primals = as_tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(func(*primals))
        vectors = tuple(_random_like(output) for output in outputs)
    else:
        vectors = as_tuple(grad_outputs)
    count = len(vectors)
    wanted = {index for index, each in enumerate(primals) if _requires_grad(each)}
    sent = {index for index, each in enumerate(vectors) if each.requires_grad}

    def gradients(*args: Any) -> Tensors:
        given = [x.requires_grad_() if i in wanted else x for i, x in enumerate(args[: len(args) - count])]
        results = _differentiable(func(*given))
        directions = [x.requires_grad_() if i in sent else x for i, x in enumerate(args[len(args) - count :])]
        found = grad(results, [given[i] for i in sorted(wanted)], directions, create_graph=True, allow_unused=True)
        return tuple(each for each in found if each is not None)

    return gradcheck(
        gradients,
        (*primals, *vectors),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


class _Settings:
    """The tolerances of one check, and the check."""

    __slots__ = ("atol", "eps", "nondet_tol", "rtol", "undefined")

    def __init__(self, eps: float, atol: float, rtol: float, nondet_tol: float, undefined: bool) -> None:
        self.eps = eps
        self.atol = atol
        self.rtol = rtol
        self.nondet_tol = nondet_tol
        self.undefined = undefined

    def check(self, func: Func, inputs: tuple[Any, ...]) -> bool:
        """All parts of gradcheck, in torch's order; True or GradcheckError."""
        _check_inputs(inputs)
        outputs = as_tuple(func(*inputs))
        results = _differentiable(outputs)
        if any(each.dtype.is_complex for each in outputs):
            for part in ("imaginary", "real"):
                part_of = partial(_part_of, func, part)
                self._compare(part_of, inputs, part_of(*inputs), part, [each.dtype.is_complex for each in results])
        else:
            self._compare(func, inputs, outputs, "", [])
        if results:
            _check_multiplied(results, inputs)
        if self.undefined and len(results) > 1:
            for left_out in range(len(results)):
                _check_undefined(func, inputs, left_out)
        return True

    def _compare(
        self, func: Func, inputs: tuple[Any, ...], outputs: Tensors, part: str, is_complex: list[bool]
    ) -> None:
        """Both Jacobians of each output by each input. part: of complex outputs, which of them `is_complex`."""
        leaves = _leaves(inputs)
        numerical = [self._numerical(func, inputs, leaf, outputs) for leaf in leaves]
        chosen = [index for index, output in enumerate(outputs) if output.requires_grad]
        if not chosen:
            if any((jacobian != 0).any() for row in numerical for jacobian in row if jacobian is not None):
                raise GradcheckError("Numerical gradient for function expected to be zero")
            return
        for number, index in enumerate(chosen):
            analytical = self._analytical(outputs[index], leaves)
            for position, (mine, rows) in enumerate(zip(analytical, numerical, strict=True)):
                theirs = rows[index]
                assert theirs is not None
                dtype = np.promote_types(mine.dtype, theirs.dtype)
                if np.allclose(mine.astype(dtype), theirs.astype(dtype), self.rtol, self.atol):
                    continue
                prefix = f"While considering the {part} part of complex outputs only, " if part else ""
                prefix = prefix if part and is_complex[number] else ""
                raise GradcheckError(
                    f"{prefix}Jacobian mismatch for output {number} with respect to input {position},\n"
                    f"numerical:{Tensor(theirs)}\nanalytical:{Tensor(mine)}\n"
                )

    def _numerical(self, func: Func, inputs: tuple[Any, ...], leaf: Tensor, outputs: Tensors) -> list[Array | None]:
        """Central differences: a matrix of leaf's elements by an output's, None for outputs that are integers."""
        of_complex = leaf.dtype.is_complex
        jacobians = [
            np.zeros(
                reserve((leaf.array.size, output.array.size), output.array.dtype),
                leaf.array.dtype if of_complex else output.array.dtype,
            )
            if output.dtype.is_differentiable
            else None
            for output in outputs
        ]
        for row, place in enumerate(np.ndindex(*leaf.array.shape)):
            for step, unit in ((self.eps, 1), (self.eps * 1j, 1j))[: 1 + of_complex]:
                below, above = self._around(func, inputs, leaf, place, step)
                for jacobian, low, high in zip(jacobians, below, above, strict=True):
                    self._check_same(low, high, place)
                    if jacobian is not None:
                        jacobian[row] += unit * ((high - low) / (2 * self.eps)).reshape(-1)
        return jacobians

    def _around(
        self, func: Func, inputs: tuple[Any, ...], leaf: Tensor, place: tuple[int, ...], step: complex
    ) -> tuple[list[Array], list[Array]]:
        """The outputs with one element of `leaf` a step lower, and a step higher. The element is put back."""
        array, before = leaf.array, leaf.array[place]
        try:
            array[place] = before - step
            below = [output.array.copy() for output in as_tuple(func(*inputs))]
            array[place] = before + step
            above = [output.array.copy() for output in as_tuple(func(*inputs))]
        finally:
            array[place] = before
        return below, above

    def _check_same(self, low: Array, high: Array, place: tuple[int, ...]) -> None:
        for what, one, other in (
            ("shape", Tensor(low).shape, Tensor(high).shape),
            ("dtype", Tensor(low).dtype, Tensor(high).dtype),
        ):
            if one != other:
                raise AssertionError(
                    f"Expected `func` to return outputs with the same {what} when inputs are perturbed on index "
                    f"{place} by {self.eps}, but got: {what}s {one} and {other}."
                )

    def _analytical(self, output: Tensor, leaves: list[Tensor]) -> list[Array]:
        """What backward says, in the same form, computed twice to see whether it is the same."""
        first, second = _backward_rows(output, leaves), _backward_rows(output, leaves)
        for one, other in zip(first, second, strict=True):
            if one.size and np.abs(one - other).max() > self.nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                    "gives different values, although analytical gradient matches numerical gradient.The tolerance for "
                    f"nondeterminism was {self.nondet_tol}.{_NONDETERMINISTIC}"
                )
        return first


# ---------------------------------------------------------------- parts


def _backward_rows(output: Tensor, leaves: list[Tensor]) -> list[Array]:
    jacobians = [
        np.zeros(reserve((leaf.array.size, output.array.size), leaf.array.dtype), leaf.array.dtype) for leaf in leaves
    ]
    for column in range(output.array.size):
        found = grad(output, leaves, one_hot(output, column), retain_graph=True, allow_unused=True)
        for jacobian, gradient in zip(jacobians, found, strict=True):
            if gradient is not None:
                jacobian[:, column] = gradient.array.reshape(-1)
                if gradient.dtype.is_complex:
                    jacobian[:, column] += 0  # zeros have their sign from how conjugates were taken
    return jacobians


def _part_of(func: Func, part: str, *inputs: Any) -> Tensors:
    """The outputs of `func`, the real or imaginary parts of those that are complex."""
    return tuple(
        (each.real if part == "real" else each.imag) if each.dtype.is_complex else each
        for each in as_tuple(func(*inputs))
    )


def _check_inputs(inputs: tuple[Any, ...]) -> None:
    for index, each in enumerate(inputs):
        if not _requires_grad(each):
            continue
        if each.array.dtype not in (np.float64, np.complex128):
            warn(
                f"Input #{index} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. "
            )
        if any(step == 0 and size > 1 for step, size in zip(each.array.strides, each.array.shape, strict=True)):
            raise RuntimeError(
                f"The {index}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )
    if not any(_requires_grad(each) for each in inputs):
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )


def _check_multiplied(outputs: Tensors, inputs: tuple[Any, ...]) -> None:
    """Zeros sent backward must arrive as zeros."""
    for gradient in _of_zeros(outputs, inputs):
        if gradient is not None and gradient.array.any():
            raise GradcheckError("backward not multiplied by grad_output")


def _check_undefined(func: Func, inputs: tuple[Any, ...], left_out: int) -> None:
    """Backward must do without the gradient of any one output."""
    outputs = _differentiable(func(*inputs))
    try:
        found = _of_zeros(tuple(each for index, each in enumerate(outputs) if index != left_out), inputs)
    except RuntimeError as error:
        warn(_COMPATIBLE)
        raise GradcheckError(f"Expected backward function to handle undefined output grads. {_UNDEFINED}") from error
    if any(gradient is not None and gradient.array.any() for gradient in found):
        warn(_COMPATIBLE)
        raise GradcheckError(
            "Expected all input grads to be undefined or zero when all output grads are undefined or zero. "
            f"{_UNDEFINED}"
        )


def _of_zeros(outputs: Tensors, inputs: tuple[Any, ...]) -> tuple[Tensor | None, ...]:
    return grad(outputs, _leaves(inputs), [zeros_like(output) for output in outputs], allow_unused=True)


def _requires_grad(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _leaves(inputs: tuple[Any, ...]) -> list[Tensor]:
    """The tensors that require grad, also those inside lists and tuples among the inputs."""
    return list(_tensors(inputs))


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        if value.requires_grad:
            yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)


def _differentiable(outputs: Any) -> Tensors:
    return tuple(each for each in as_tuple(outputs) if each.requires_grad)


def _random_like(output: Tensor) -> Tensor:
    """Numbers in [-1, 1), drawn as torch.testing.make_tensor draws them."""
    drawn = zeros_like(output)
    drawn.uniform_(-1, 1)
    return drawn.requires_grad_()
