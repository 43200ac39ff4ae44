"""torch.func: functions made into functions that differentiate.

torch nests its transforms by wrapping tensors in levels. Here a transform gives the function inputs of its own, in the
graph of the caller's where those require grad, else new leaves; what it returns is cut loose unless it depends on
something else that requires grad, so that transforms nest, and gradients flow through them.
Source of the semantics and of the messages: torch/_functorch/eager_transforms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.autograd.common import kind_of, one_hot, zeros_like
from gradcli.autograd.tree import flatten, unflatten
from gradcli.autograd.vmap import vmap
from gradcli.engine.backward import grad as engine_grad
from gradcli.engine.graph import AccumulateGrad, Node
from gradcli.engine.limits import reserve
from gradcli.engine.modes import enable_grad, state
from gradcli.engine.tensor import Tensor
from gradcli.ops.joining import stack

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp", "vmap"]

Func = Callable[..., Any]
Argnums = int | tuple[int, ...]


# ---------------------------------------------------------------- gradients


def grad(func: Func, argnums: Argnums = 0, has_aux: bool = False) -> Func:
    """The function that computes the gradient of `func`, which returns a scalar, by its arguments `argnums`.

    has_aux: func returns `(scalar, aux)`, and the gradient comes as `(gradient, aux)`.
    """
    both = grad_and_value(func, argnums, has_aux)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return _named_after(func, wrapper)


def grad_and_value(func: Func, argnums: Argnums = 0, has_aux: bool = False) -> Func:
    """As `grad`, for `(gradient, value)`, or `(gradient, (value, aux))`."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        primals = _Primals(args, argnums)
        with enable_grad():
            output = func(*primals.args, **kwargs)
            output, aux = _without_aux(output, has_aux, "grad_and_value(f)(*args)")
            if not isinstance(output, Tensor):
                raise RuntimeError(
                    f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {kind_of(output)}"
                )
            if output.array.ndim:
                raise RuntimeError(
                    "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with "
                    f"{output.array.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
                )
            found = _gradients([output], primals.flat, None, primals.outside(output))
        gradient = unflatten([primals.released(each) for each in found], primals.spec)
        value = primals.released(output)
        return (gradient, (value, primals.released_all(aux))) if has_aux else (gradient, value)

    return _named_after(func, wrapper)


def vjp(func: Func, *primals: Any, has_aux: bool = False) -> Any:
    """`(func(*primals), product)`: `product(cotangents)` is the tuple of vector-Jacobian products, one a primal."""
    return _vjp_with_argnums(func, primals, None, has_aux)


def _vjp_with_argnums(func: Func, args: tuple[Any, ...], argnums: Argnums | None, has_aux: bool) -> Any:
    primals = _Primals(args, argnums)
    with enable_grad():
        result = func(*primals.args)
    result, aux = _without_aux(result, has_aux, "vjp(f, *primals)")
    outputs, spec = flatten(result)
    _check_outputs(outputs, "vjp(f, *primals)")
    for output in outputs:
        if not output.dtype.is_differentiable:
            raise RuntimeError(
                "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                f"{output.dtype}"
            )

    def wrapper(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        vectors, structure = flatten(cotangents)
        if structure != spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {structure.sketch()}, primal output: {spec.sketch()}"
            )
        recorded = state.grad if create_graph is None else create_graph
        recorded = recorded and any(each.requires_grad for each in (*vectors, *outputs))
        found = _gradients(outputs, primals.flat, vectors, recorded)
        return unflatten([primals.released(each) for each in found], primals.spec)

    value = primals.released_all(result)
    return (value, wrapper, primals.released_all(aux)) if has_aux else (value, wrapper)


def jvp(func: Func, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """`(func(*primals), J tangents)`, by the double backward trick."""
    api = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{api}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    flat, spec = flatten(primals)
    vectors, structure = flatten(tangents)
    if spec != structure:
        raise RuntimeError(
            f"{api}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            f"tuple of 3 tensors, tangents also must be. Got primals with structure {spec} and tangents with structure "
            f"{structure}"
        )
    _check_flat(flat, f"{api}: Expected primals")
    _check_flat(vectors, f"{api}: Expected tangents")
    for primal, tangent in zip(flat, vectors, strict=True):
        if primal.array.shape != tangent.array.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(primal.shape)} while the given forward gradient is of size "
                f"{list(tangent.shape)}."
            )
    own = _Primals(primals, None)
    with enable_grad():
        result, aux = _without_aux(func(*own.args), has_aux, api)
        outputs, out_spec = flatten(result)
        _check_outputs(outputs, api)
        dummies = [zeros_like(output, requires_grad=True) for output in outputs]
        by_inputs = _gradients(outputs, own.flat, dummies, True)
        found = _gradients(by_inputs, dummies, vectors, own.outside(*outputs, *vectors))
    if strict and not all(output.requires_grad for output in outputs):
        raise RuntimeError(
            "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed "
            "with strict=True."
        )
    own.fresh.update(id(dummy) for dummy in dummies)
    products = unflatten([own.released(each) for each in found], out_spec)
    value = own.released_all(result)
    return (value, products, own.released_all(aux)) if has_aux else (value, products)


# ---------------------------------------------------------------- Jacobians


def jacrev(func: Func, argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None) -> Func:
    """The function that computes the Jacobian of `func` by its arguments `argnums`: shape output + argument."""
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")
    return _named_after(func, _jacobian("jacrev", "vjp(f, *primals)", func, argnums, has_aux))


def jacfwd(func: Func, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error") -> Func:
    """As `jacrev`. torch goes forward through the function; here both go backward, with the same result."""
    return _named_after(func, _jacobian("jacfwd", "jvp(f, primals, tangents)", func, argnums, has_aux))


def hessian(func: Func, argnums: Argnums = 0) -> Func:
    """The function that computes the second derivatives of `func`: `jacfwd(jacrev(func))`."""
    return jacfwd(jacrev(func, argnums), argnums)


def _jacobian(name: str, api: str, func: Func, argnums: Argnums, has_aux: bool) -> Func:
    def wrapper(*args: Any) -> Any:
        _refuse_complex(name, args, "inputs")
        primals = _Primals(args, argnums)
        with enable_grad():
            result, aux = _without_aux(func(*primals.args), has_aux, api)
            outputs, spec = flatten(result)
            _check_outputs(outputs, api)
            _refuse_complex(name, outputs, "outputs")
            recorded = primals.outside(*outputs)
            blocks = [_rows(output, primals.flat, recorded) for output in outputs]
        by_output = [unflatten([primals.released(block) for block in row], primals.spec) for row in blocks]
        jacobian = unflatten(by_output, spec)
        return (jacobian, primals.released_all(aux)) if has_aux else jacobian

    return wrapper


def _rows(output: Tensor, primals: list[Tensor], recorded: bool) -> list[Tensor]:
    """The derivatives of every element of `output`, as one tensor a primal."""
    shapes = [reserve((*output.array.shape, *primal.array.shape), primal.array.dtype) for primal in primals]
    rows = [
        _gradients([output], primals, [one_hot(output, position)], recorded) for position in range(output.array.size)
    ]
    if not rows:
        return [
            zeros_like(primal).reshape(-1)[:0].reshape(shape) for primal, shape in zip(primals, shapes, strict=True)
        ]
    return [stack(list(column), 0).view(shape) for column, shape in zip(zip(*rows, strict=True), shapes, strict=True)]


# ---------------------------------------------------------------- inputs and outputs


class _Primals:
    """The arguments of one call, those that are differentiated by replaced: `flat`, put together as `spec` says.

    fresh: the leaves made here, by id. Nobody outside can ask for their gradient.
    """

    __slots__ = ("args", "flat", "fresh", "spec")

    def __init__(self, args: tuple[Any, ...], argnums: Argnums | None) -> None:
        chosen = tuple(range(len(args))) if argnums is None else _positions(argnums, len(args))
        self.fresh: set[int] = set()
        parts = tuple(args[index] for index in chosen)
        given, self.spec = flatten(parts[0] if isinstance(argnums, int) else parts)
        self.flat = [self._own(each) for each in given]
        own = unflatten(self.flat, self.spec)
        replaced = dict(zip(chosen, (own,) if isinstance(argnums, int) else own, strict=True))
        self.args = tuple(replaced.get(index, each) for index, each in enumerate(args))

    def _own(self, value: Any) -> Tensor:
        if not isinstance(value, Tensor):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {kind_of(value)}")
        if state.grad and value.requires_grad:
            inner: Tensor = value.view_as(value)
            return inner
        leaf = value.detach().requires_grad_()
        self.fresh.add(id(leaf))
        return leaf

    def outside(self, *tensors: Tensor) -> bool:
        """Whether a gradient of these may flow to something that was not made here."""
        nodes = [each.grad_fn for each in tensors]
        if any(each.requires_grad and each.grad_fn is None and id(each) not in self.fresh for each in tensors):
            return True
        stack: list[Node] = [node for node in nodes if node is not None]
        seen = set(stack)
        while stack:
            node = stack.pop()
            if isinstance(node, AccumulateGrad) and id(node.variable) not in self.fresh:
                return True
            for edge in node.edges:
                if edge is not None and edge[0] not in seen:
                    seen.add(edge[0])
                    stack.append(edge[0])
        return False

    def released(self, tensor: Tensor) -> Tensor:
        """A result as the caller gets it: without the graph that only leads to what was made here."""
        return tensor if state.grad and self.outside(tensor) else tensor.detach()

    def released_all(self, tree: Any) -> Any:
        """The same for all tensors of a structure. Raises RuntimeError for what is no tensor."""
        leaves, spec = flatten(tree)
        for leaf in leaves:
            if not isinstance(leaf, Tensor):
                raise RuntimeError(f"Expected tensors, got unsupported type {kind_of(leaf)}")
        return unflatten([self.released(leaf) for leaf in leaves], spec)


def _gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], vectors: Sequence[Tensor] | None, create_graph: bool
) -> list[Tensor]:
    """The gradients by `inputs`, zeros for those that were not used; the graph stays."""
    chosen = [index for index, output in enumerate(outputs) if output.requires_grad]
    if not chosen or not inputs:
        return [zeros_like(each) for each in inputs]
    sent = None if vectors is None else [vectors[index] for index in chosen]
    found = engine_grad([outputs[index] for index in chosen], inputs, sent, True, create_graph, allow_unused=True)
    return [zeros_like(each) if gradient is None else gradient for each, gradient in zip(inputs, found, strict=True)]


def _positions(argnums: Any, count: int) -> tuple[int, ...]:
    """argnums as positions. Raises RuntimeError for what is none."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {kind_of(argnums)}")
    found = []
    for argnum in argnums if isinstance(argnums, tuple) else (argnums,):
        if not isinstance(argnum, int):
            raise RuntimeError(f"argnum must be int, got: {kind_of(argnum)}")
        if not -count <= argnum < count:
            raise RuntimeError(f"Got argnum={argnum}, but only {count} positional inputs")
        found.append(argnum % count)
    if not found:
        raise RuntimeError("argnums must be non-empty")
    if len(set(found)) != len(found):
        raise RuntimeError(f"argnums elements must be unique, got {tuple(found)}")
    return tuple(found)


def _without_aux(output: Any, has_aux: bool, api: str) -> tuple[Any, Any]:
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(f"{api}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return output


def _check_outputs(outputs: list[Any], api: str) -> None:
    if not outputs or (len(outputs) == 1 and outputs[0] is None):
        raise RuntimeError(f"{api}: Expected f to be a function that has non-empty output (got output = {outputs})")
    for output in outputs:
        if not isinstance(output, Tensor):
            raise RuntimeError(
                f"{api}: expected f(*primals) to return only tensors, got unsupported type {kind_of(output)}"
            )


def _check_flat(values: list[Any], what: str) -> None:
    if not values:
        raise RuntimeError(f"{what} to contain at least one Tensor.")
    for value in values:
        if not isinstance(value, Tensor):
            raise RuntimeError(f"{what} to only contain Tensors, got {kind_of(value)}")


def _refuse_complex(name: str, values: Any, what: str) -> None:
    for index, value in enumerate(flatten(values)[0]):
        if isinstance(value, Tensor) and value.dtype.is_complex:
            raise RuntimeError(
                f"{name}: Expected all {what} to be real but received complex tensor at flattened input idx: {index}"
            )


def _named_after(func: Func, wrapper: Func) -> Func:
    if hasattr(func, "__name__"):
        wrapper.__name__ = wrapper.__qualname__ = func.__name__
        wrapper.__doc__ = getattr(func, "__doc__", None)
    return wrapper
