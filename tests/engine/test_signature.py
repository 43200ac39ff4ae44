"""Calls bind as torch binds them, and are refused in torch's words.

torch's answers to tests/engine/argument_calls.py are in tests/golden/arguments.json (`record` below wrote them); where
torch is installed it is asked again.
"""

from __future__ import annotations

import builtins
import functools
import json
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradcli.engine import errors, kinds
from gradcli.engine.dims import broadcast_shapes, normalize_dim, normalize_dims
from gradcli.engine.dtypes import DType, float32, float64
from gradcli.engine.signature import Overloads, Signature
from gradcli.engine.size import Size
from tests import oracle
from tests.engine.argument_calls import CALLS, DEPRECATED, FUNCTIONS, METHOD_EXTRAS, METHODS, values

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Dims, Number, Operand

GOLDEN = oracle.GOLDEN / "arguments.json"
REFUSAL = re.compile(
    r"received an invalid|: argument '|\(\) takes |\(\) missing|unexpected keyword|multiple values|"
    r"expected Tensor as element|takes no |unpacking long long|int too big|negative int to unsigned|isIntegral\("
)
BOUND = "bound"


class Tensor:
    """As much of a tensor as binding looks at; its methods bind and do nothing."""

    def __init__(self, array: Any, requires_grad: bool = False) -> None:
        self.array = np.asarray(array)
        self.requires_grad = requires_grad

    def __getattr__(self, name: str) -> Callable[..., Any]:
        overloads = binders()[1][name]
        return lambda *args, **kwargs: overloads.bind((self, *args), kwargs)


def overloads_of(name: str, entries: list[Any], extras: list[str], method: bool) -> Overloads:
    signatures = [
        Signature.of(entry, "" if method else extra, METHOD_EXTRAS.get(name, "") if method else "", entry in DEPRECATED)
        for entry, extra in zip(entries, extras, strict=True)
    ]
    return Overloads(name, signatures, method)


@functools.cache
def binders() -> tuple[dict[str, Overloads], dict[str, Overloads]]:
    functions = {name: overloads_of(name, *declared, method=False) for name, declared in FUNCTIONS.items()}
    methods = {}
    for name in METHODS:
        own = [entry for entry in FUNCTIONS[name][0] if "input" in entry.__annotations__]
        methods[name] = overloads_of(name, own, [""] * len(own), method=True)
    return functions, methods


@pytest.fixture(autouse=True)
def _plain_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds.known, "tensor", Tensor)


def answer(call: str, names: dict[str, Any]) -> str:
    """ "bound", or the sentence of the refusal. What a kernel says later is none of the binder's business."""
    try:
        eval(call, {"__builtins__": builtins}, names)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
        text = str(error)
        if not REFUSAL.search(text):
            return BOUND
        text = re.sub(r"long long\nException raised.*", 'long long"', text, flags=re.DOTALL)
        return f"{type(error).__name__}: {text}"
    return BOUND


def torch_answer(call: str) -> str:
    torch = oracle.torch()

    def tensor(array: Any, requires_grad: bool) -> Any:
        return torch.tensor(array, requires_grad=requires_grad)

    functions = {name: getattr(torch, name) for name in FUNCTIONS if hasattr(torch, name)}
    special = {"size": torch.Size([2, 3]), "dtype": torch.float64}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return answer(call, functions | values(tensor) | special)


def own_answer(call: str) -> str:
    functions = {
        name: lambda *args, _overloads=overloads, **kwargs: _overloads.bind(args, kwargs)
        for name, overloads in binders()[0].items()
    }
    before = errors.listen(lambda message, category: None)
    try:
        return answer(call, functions | values(Tensor) | {"size": Size([2, 3]), "dtype": float64})
    finally:
        errors.listen(before)


def record() -> None:
    """Ask torch, and keep its answers for machines that have none."""
    answers = {call: torch_answer(call) for call in CALLS}
    GOLDEN.write_text(json.dumps(answers, indent=0) + "\n")


@functools.cache
def recorded() -> dict[str, str]:
    answers: dict[str, str] = json.loads(GOLDEN.read_text())
    return answers


@pytest.mark.parametrize("call", CALLS)
def test_binds_as_torch_does(call: str) -> None:
    expected = torch_answer(call) if oracle.live() else recorded()[call]
    assert own_answer(call) == expected
    assert own_answer(call) == expected, "a remembered call differs from the first"


def test_recorded_answers_are_those_of_these_calls() -> None:
    assert list(recorded()) == CALLS


def bind(name: str, *args: Any, **kwargs: Any) -> tuple[int, list[Any]]:
    return binders()[0][name].bind(args, kwargs)


def call_method(method: str, *args: Any, **kwargs: Any) -> tuple[int, list[Any]]:
    return binders()[1][method].bind(args, kwargs)


def test_values_reach_the_kernel_in_its_order() -> None:
    x, i, c = Tensor(np.ones((2, 3))), Tensor(np.int64(1)), Tensor(np.ones(2, bool))
    assert bind("add", x, 2) == (0, [x, 2, 1])
    assert bind("add", x, alpha=3, other=x) == (0, [x, x, 3])
    assert bind("sum", x) == (0, [x, None])
    assert bind("sum", x, 1) == (1, [x, (1,), False, None])
    assert bind("sum", x, [0, i], keepdims=True) == (1, [x, (0, 1), True, None])
    assert bind("sum", x, dtype=float) == (0, [x, float64])
    assert bind("sum", x, np.int64(1)) == (1, [x, (1,), False, None])
    assert bind("where", c, 1, x) == (2, [c, 1, x])
    assert bind("roll", x, 1) == (0, [x, (1,), ()])
    assert bind("amax", x, None, True) == (0, [x, (), True])
    assert call_method("reshape", x, 3, 2) == call_method("reshape", x, [3, 2]) == (0, [x, (3, 2)])
    assert call_method("reshape", x, i, np.int64(-1)) == (0, [x, (1, -1)])
    assert call_method("reshape", x, Size([6])) == (0, [x, (6,)])
    assert call_method("expand", x, 4, 2, 3, implicit=True) == (0, [x, (4, 2, 3), True])
    assert call_method("sum", x, axis=0, keepdims=True) == (1, [x, (0,), True, None])
    assert bind("ones", 2, 3, dtype=float32) == (0, [(2, 3), float32, False])
    assert bind("ones", ()) == (0, [(), None, False])


def test_numbers_are_converted() -> None:
    x = Tensor(np.ones(2))
    dropout = bind("dropout", x, 1, True)[1]
    assert dropout == [x, 1.0, True]
    assert type(dropout[1]) is float
    assert bind("dropout", x, Tensor(np.float32(0.5)), True)[1] == [x, 0.5, True]
    exponent = bind("pow", x, np.float64(2))[1][1]
    assert type(exponent) is float
    full = bind("full", (2,), Tensor(np.int64(3)))[1]
    assert full == [(2,), 3, None, False]
    assert type(full[1]) is int


def test_a_plan_is_not_kept_where_values_decide() -> None:
    x = Tensor(np.ones(2))
    for _ in range(2):
        assert call_method("clamp", x, Tensor(np.float32(1)), 3) == (1, [x, 1.0, 3])
        with pytest.raises(TypeError, match="invalid combination"):
            call_method("clamp", x, Tensor(np.float32(1), True), 3)
        assert bind("cumsum", x, Tensor(np.int64(0))) == (0, [x, 0, None])
        with pytest.raises(TypeError, match="must be int, not Tensor"):
            bind("cumsum", x, Tensor(np.ones(3)))
        with pytest.raises(ValueError, match="Overflow when unpacking long long"):
            bind("cumsum", x, 2**63)
        assert bind("sum", x, dtype=float)[1][1] is float64
        with pytest.raises(TypeError, match=r"must be torch\.dtype, not type"):
            bind("softmax", x, 0, dtype=str)


def test_out_is_checked_and_not_bound() -> None:
    x = Tensor(np.ones(2))
    assert bind("exp", x, out=None) == (0, [x])
    assert bind("exp", x, out=x) == (0, [x])
    with pytest.raises(TypeError, match=r"exp\(\): argument 'out' must be Tensor, not int"):
        bind("exp", x, out=3)


def test_the_deprecated_overload_warns() -> None:
    heard: list[str] = []
    errors.forget_warnings()
    before = errors.listen(lambda message, category: heard.append(message))
    try:
        x = Tensor(np.ones(2))
        for _ in range(2):
            assert bind("add", x, 2, x) == (1, [x, 2, x])
    finally:
        errors.listen(before)
        errors.forget_warnings()
    [warning] = heard
    assert warning == (
        "This overload of add is deprecated:\n\tadd(Tensor input, Number alpha, Tensor other, *, Tensor out = None)\n"
        "Consider using one of the following signatures instead:\n"
        "\tadd(Tensor input, Tensor other, *, Number alpha = 1, Tensor out = None)"
    )


def test_lists_become_tensors_where_a_higher_layer_wants_it() -> None:
    functions = binders()[0]

    def tensor(data: Any) -> Tensor:
        try:
            return Tensor(np.array(data, np.float32))
        except ValueError:
            raise ValueError("expected sequence of length 2 at dim 1 (got 1)") from None

    index, bound = functions["exp"].bind(([1, 2],), {}, tensor)
    assert (index, bound[0].array.tolist()) == (0, [1.0, 2.0])
    assert functions["sum"].bind(([[1, 2]],), {"dim": [0, 1]}, tensor)[0] == 1, "dim stays a list of dimensions"
    assert functions["ones"].bind(([2, 3],), {}, tensor) == (0, [(2, 3), None, False])
    parts = functions["cat"].bind(([[1, 2], [3]],), {}, tensor)[1][0]
    assert [part.array.tolist() for part in parts] == [[1.0, 2.0], [3.0]]
    with pytest.raises(ValueError, match="expected sequence of length 2"):
        functions["exp"].bind(([[1, 2], [3]],), {}, tensor)
    with pytest.raises(TypeError, match=r"^exp\(\): argument 'input' \(position 1\) must be Tensor, not list$"):
        functions["exp"].bind((["a"],), {}, tensor)


def test_an_annotation_that_is_no_kind_is_refused() -> None:
    def wrong(input: list[int]) -> Array: ...

    with pytest.raises(TypeError, match="not a kind of parameter"):
        Overloads("wrong", [Signature.of(wrong)]).bind((1,), {})


def test_nothing_is_read_before_the_first_call() -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"read {name}")

    Overloads("f", [Signature.of(Untouchable())], method=True)  # type: ignore[arg-type]


def test_unset_classes_take_nothing() -> None:
    def f(input: Operand, generator: Any = None, n: Number = 1, dim: Dims = -1) -> Array: ...

    f.__annotations__["generator"] = "Generator"
    with pytest.raises(TypeError, match=r"must be torch\.Generator, not int"):
        Overloads("f", [Signature.of(f)]).bind((Tensor(1), 3), {})
    assert Overloads("f", [Signature.of(f)]).bind((Tensor(1.0),), {})[1][1:] == [None, 1, (-1,)]


def test_dimensions() -> None:
    assert [normalize_dim(d, 3) for d in (0, 2, -1, -3)] == [0, 2, 2, 0]
    assert [normalize_dim(d, 0) for d in (0, -1)] == [0, 0]
    with pytest.raises(
        IndexError, match=r"^Dimension out of range \(expected to be in range of \[-1, 0\], but got 1\)$"
    ):
        normalize_dim(1, 1)
    with pytest.raises(IndexError, match=r"range of \[-1, 0\], but got 1"):
        normalize_dim(1, 0)
    with pytest.raises(IndexError, match=r"^Dimension specified as 0 but tensor has no dimensions$"):
        normalize_dim(0, 0, wrap_scalar=False)
    assert normalize_dims((0, -1), 3) == (0, 2)
    assert normalize_dims((), 3) == ()
    with pytest.raises(RuntimeError, match=r"^dim 2 appears multiple times in the list of dims$"):
        normalize_dims((2, -1), 3)


def test_broadcasting() -> None:
    assert broadcast_shapes((2, 3), (2, 3)) == (2, 3)
    assert broadcast_shapes((2, 1), (3,), (4, 1, 1)) == (4, 2, 3)
    assert broadcast_shapes((), (0, 1), (1,)) == (0, 1)
    clash = r"^The size of tensor a \(3\) must match the size of tensor b \(4\) at non-singleton dimension 1$"
    with pytest.raises(RuntimeError, match=clash):
        broadcast_shapes((2, 3), (4,))
    with pytest.raises(
        RuntimeError, match=r"a \(0\) must match the size of tensor b \(2\) at non-singleton dimension 0"
    ):
        broadcast_shapes((0,), (2,))


def test_dtype_names() -> None:
    assert kinds.type_name(float64) == "torch.dtype"
    assert kinds.type_name(np.float64(1)) == "numpy.float64"
    assert kinds.type_name(Size([1])) == "torch.Size"
    assert isinstance(float64, DType)
