"""torch.autograd.functional: whole Jacobians and Hessians of a function, and their products with vectors.

All of it is reverse mode; a Jacobian times a vector is had by differentiating the vector-Jacobian product by its vector
(the double backward trick). Source of the semantics and of the messages: torch/autograd/functional.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.autograd.common import Tensors, kind_of, zeros_like
from gradcli.engine.backward import grad
from gradcli.engine.limits import reserve
from gradcli.engine.modes import enable_grad, set_grad_enabled, state
from gradcli.engine.tensor import Tensor
from gradcli.ops.joining import stack

Func = Callable[..., Any]
_NOT_STRICT = "This is not allowed in strict mode"
_OUTPUTS = "outputs of the user-provided function"


# ---------------------------------------------------------------- products with a vector


def vjp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(inputs), vᵀJ)`: v has the structure of the outputs, and may be None for a single element."""
    with enable_grad():
        several, primals, results_several, outputs = _evaluate("vjp", func, inputs, create_graph, strict)
        if v is not None:
            vector: Tensors | None = _vector("vjp", v, create_graph, outputs, results_several)
        elif len(outputs) != 1 or outputs[0].array.size != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a single "
                "element."
            )
        else:
            vector = None
    with set_grad_enabled(create_graph or state.grad):
        product = _fill(_grad(outputs, primals, vector, create_graph), primals, strict, create_graph, "back")
    return _pair(outputs, results_several, product, several, create_graph)


def jvp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(inputs), J v)`: v has the structure of the inputs, and may be None for a single element."""
    with enable_grad():
        _, vector = _input_vector("jvp", v, inputs, create_graph)
        _, primals, several, outputs = _evaluate("jvp", func, inputs, create_graph, strict)
        dummies = tuple(zeros_like(output, requires_grad=True) for output in outputs)
        by_inputs = _grad(outputs, primals, dummies, create_graph=True)
        _check(by_inputs, "grad_inputs", strict)
    with set_grad_enabled(create_graph or state.grad):
        found = _grad(by_inputs, dummies, vector, create_graph)
        product = _fill(found, outputs, strict, create_graph, "back_trick")
    return _pair(outputs, several, product, several, create_graph)


def vhp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(inputs), vᵀH)` of a function with a single element for output; v has the structure of the inputs."""
    with enable_grad():
        several, vector = _input_vector("vhp", v, inputs, create_graph)
        primals, outputs, gradient = _first_gradient("vhp", func, inputs, create_graph, strict)
    with set_grad_enabled(create_graph or state.grad):
        found = _grad(gradient, primals, vector, create_graph)
        product = _fill(found, primals, strict, create_graph, "double_back")
    return _pair(outputs, False, product, several, create_graph)


def hvp(func: Func, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """`(func(inputs), H v)` of a function with a single element for output; v has the structure of the inputs."""
    with enable_grad():
        several, vector = _input_vector("hvp", v, inputs, create_graph)
        primals, outputs, gradient = _first_gradient("hvp", func, inputs, create_graph, strict)
        dummies = tuple(zeros_like(primal, requires_grad=True) for primal in primals)
        second = _grad(gradient, primals, dummies, create_graph=True)
        _check(gradient, "hessian", strict)
    with set_grad_enabled(create_graph or state.grad):
        found = _grad(second, dummies, vector, create_graph)
        product = _fill(found, primals, strict, create_graph, "double_back_trick")
    return _pair(outputs, False, product, several, create_graph)


# ---------------------------------------------------------------- whole matrices


def jacobian(
    func: Func,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivative of each output by each input: shape output + input, in tuples where there are several.

    vectorize and strategy change how torch computes it; here the rows come one by one, with the same values.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        _check_forward(create_graph, strict, vectorize)
        create_graph = state.grad
    with enable_grad():
        several, primals, results_several, outputs = _evaluate("jacobian", func, inputs, create_graph, strict)
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
                "Please either set `strict=False` or `vectorize=False`."
            )
        rows = tuple(
            _jacobian_of(number, output, primals, create_graph, strict) for number, output in enumerate(outputs)
        )
    unpacked = [_released(row, create_graph) for row in rows]
    by_output = [row if several else row[0] for row in unpacked]
    return tuple(by_output) if results_several else by_output[0]


def hessian(
    func: Func,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with a single element for output, by each pair of inputs."""
    several, primals = _as_tensors(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def single(*args: Any) -> Tensor:
        result = func(*args)
        is_tuple, results = _as_tensors(result, _OUTPUTS, "hessian")
        _check(results, "outputs", strict)
        _check_single("hessian", results, is_tuple)
        scalar: Tensor = results[0].squeeze()
        return scalar

    def gradient(*args: Any) -> Tensors:
        found: Tensors = jacobian(single, args, create_graph=True)
        _check(found, "jacobian", strict)
        return found

    rows = jacobian(gradient, primals, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows if several else rows[0][0]


def _jacobian_of(number: int, output: Tensor, primals: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The Jacobians of one output by each input."""
    for primal in primals:
        reserve((*output.array.shape, *primal.array.shape), primal.array.dtype)
    columns: list[list[Tensor]] = [[] for _ in primals]
    flat = output.reshape(-1)
    for position in range(output.array.size):
        found = _grad((flat[position],), primals, None, create_graph, retain_graph=True)
        for index, (column, primal, gradient) in enumerate(zip(columns, primals, found, strict=True)):
            if gradient is None:
                if strict:
                    raise RuntimeError(
                        f"Output {number} of the user-provided function is independent of input {index}. {_NOT_STRICT}."
                    )
                gradient = zeros_like(primal)
            elif strict and create_graph and not gradient.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {number}. {_NOT_STRICT} when "
                    "create_graph=True."
                )
            column.append(gradient)
    return tuple(
        stack(column, 0).view((*output.array.shape, *primal.array.shape))
        for column, primal in zip(columns, primals, strict=True)
    )


def _check_forward(create_graph: bool, strict: bool, vectorize: bool) -> None:
    """What torch refuses of strategy="forward-mode"."""
    if create_graph:
        raise NotImplementedError(
            'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not supported '
            'together (yet). Please either set `create_graph=False` or `strategy="reverse-mode"`.'
        )
    if strict:
        raise RuntimeError(
            'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not supported '
            'together (yet). Please either set `strict=False` or `strategy="reverse-mode"`.'
        )
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for "
            "`vectorize=True`."
        )


# ---------------------------------------------------------------- before and after


def _as_tensors(value: Any, argument: str, function: str) -> tuple[bool, Tensors]:
    """Whether `value` is a tuple, and the tensors. Raises TypeError for anything that is none."""
    if isinstance(value, tuple):
        for index, each in enumerate(value):
            if not isinstance(each, Tensor):
                raise TypeError(
                    f"The {argument} given to {function} must be either a Tensor or a tuple of Tensors but the value "
                    f"at index {index} has type {kind_of(each)}."
                )
        return True, value
    if not isinstance(value, Tensor):
        raise TypeError(
            f"The {argument} given to {function} must be either a Tensor or a tuple of Tensors but the given "
            f"{argument} has type {kind_of(value)}."
        )
    return False, (value,)


def _evaluate(
    function: str, func: Func, inputs: Any, create_graph: bool, strict: bool
) -> tuple[bool, Tensors, bool, Tensors]:
    """Whether the inputs are several, what stands for them, whether the outputs are, and these."""
    several, given = _as_tensors(inputs, "inputs", function)
    primals = _stand_in(given, create_graph, True)
    results_several, outputs = _as_tensors(func(*primals), _OUTPUTS, function)
    _check(outputs, "outputs", strict)
    return several, primals, results_several, outputs


def _stand_in(inputs: Tensors, create_graph: bool, need_graph: bool) -> Tensors:
    """Inputs of their own: views in the graph that is to go on, else leaves, so that the caller's see nothing."""
    return tuple(
        each.view_as(each) if create_graph and each.requires_grad else each.detach().requires_grad_(need_graph)
        for each in inputs
    )


def _input_vector(function: str, v: Any, inputs: Any, create_graph: bool) -> tuple[bool, Tensors | None]:
    """Whether the inputs are several, and the vector that has their structure."""
    several, given = _as_tensors(inputs, "inputs", function)
    for each in given:  # integers are refused before the vector is looked at
        each.detach().requires_grad_()
    if v is not None:
        return several, _vector(function, v, create_graph, given, several)
    if len(given) != 1 or given[0].array.size != 1:
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a single "
            "element."
        )
    return several, None


def _vector(function: str, v: Any, create_graph: bool, like: Tensors, several: bool) -> Tensors:
    """The vector, checked against the tensors that it is multiplied with."""
    vector = _stand_in(_as_tensors(v, "v", function)[1], create_graph, False)
    if len(vector) != len(like):
        if several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vector)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for index, (mine, other) in enumerate(zip(vector, like, strict=True)):
        if mine.array.shape != other.array.shape:
            entry = f"Entry {index} in " if several else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {other.shape} but got {mine.shape}.")
    return vector


def _first_gradient(
    function: str, func: Func, inputs: Any, create_graph: bool, strict: bool
) -> tuple[Tensors, Tensors, Sequence[Tensor | None]]:
    """What stands for the inputs, the single output, and its gradient with a graph of its own."""
    _, primals, is_tuple, outputs = _evaluate(function, func, inputs, create_graph, strict)
    _check_single(function, outputs, is_tuple)
    gradient = _grad(outputs, primals, None, create_graph=True)
    _check(gradient, "jacobian", strict)
    return primals, outputs, gradient


def _check_single(function: str, outputs: Tensors, is_tuple: bool) -> None:
    if is_tuple:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].array.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")


def _grad(
    outputs: Sequence[Tensor | None],
    inputs: Tensors,
    vectors: Tensors | None,
    create_graph: bool,
    retain_graph: bool | None = None,
) -> tuple[Tensor | None, ...]:
    """`grad` of those outputs that are there and require grad; None for an input that is in none of their graphs."""
    chosen = [index for index, each in enumerate(outputs) if each is not None and each.requires_grad]
    if not chosen:
        return (None,) * len(inputs)
    sent = None if vectors is None else [vectors[index] for index in chosen]
    return grad([outputs[index] for index in chosen], inputs, sent, retain_graph, create_graph, allow_unused=True)


def _pair(outputs: Tensors, results_several: bool, product: Tensors, several: bool, create_graph: bool) -> Any:
    """The value of the function and the product, each a tuple or a single tensor as the caller had them."""
    values, products = _released(outputs, create_graph), _released(product, create_graph)
    return values if results_several else values[0], products if several else products[0]


def _released(tensors: Tensors, create_graph: bool) -> Tensors:
    return tensors if create_graph else tuple(each.detach() for each in tensors)


# ---------------------------------------------------------------- strict mode

_INDEPENDENT = {
    "back": "The output of the user-provided function is independent of input {0}.",
    "back_trick": (
        "The gradient with respect to the input is independent of entry {0} in the grad_outputs when using the double "
        "backward trick to compute forward mode gradients."
    ),
    "double_back": "The jacobian of the user-provided function is independent of input {0}.",
    "double_back_trick": "The hessian of the user-provided function is independent of entry {0} in the grad_jacobian.",
}
_NO_GRAPH = {
    "outputs": (
        "Output {0} of the user-provided function does not require gradients. The outputs must be computed in a "
        "differentiable manner from the input when running in strict mode."
    ),
    "grad_inputs": (
        "The gradient with respect to input {0} is independent of the inputs of the user-provided function. This is "
        "not allowed in strict mode."
    ),
    "jacobian": (
        "While computing the hessian, found that the jacobian of the user-provided function with respect to input {0} "
        "is independent of the input. This is not allowed in strict mode. You should ensure that your function is "
        "twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function "
        "for example)."
    ),
    "hessian": (
        "The hessian of the user-provided function with respect to input {0} is independent of the input. This is not "
        "allowed in strict mode. You should ensure that your function is thrice differentiable and that the hessian "
        "depends on the inputs."
    ),
}


def _fill(grads: Sequence[Tensor | None], like: Tensors, strict: bool, create_graph: bool, stage: str) -> Tensors:
    """The gradients, zeros for those that are not there. Raises RuntimeError for these in strict mode."""
    filled: list[Tensor] = []
    for index, (gradient, reference) in enumerate(zip(grads, like, strict=True)):
        if gradient is None:
            if strict:
                how = " as it prevents from using the double backward trick to replace forward mode AD"
                end = f"{_NOT_STRICT}{how if stage == 'double_back_trick' else ''}."
                raise RuntimeError(f"{_INDEPENDENT[stage].format(index)} {end}")
            gradient = zeros_like(reference)
        elif strict and create_graph and not gradient.requires_grad:
            what = "hessian" if "double" in stage else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {index}. {_NOT_STRICT} when "
                "create_graph=True."
            )
        filled.append(gradient)
    return tuple(filled)


def _check(tensors: Sequence[Tensor | None], what: str, strict: bool) -> None:
    """In strict mode: all of them are there and have a graph. Raises RuntimeError for those that have not."""
    if not strict:
        return
    for index, tensor in enumerate(tensors):
        if tensor is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {index}. {_NOT_STRICT}."
            )
        if not tensor.requires_grad:
            raise RuntimeError(_NO_GRAPH[what].format(index))
