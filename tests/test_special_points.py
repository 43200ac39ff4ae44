"""Values and gradients where a function has a kink, a tie, an infinity or nothing at all: torch's choices, in float64.

Each recorded case is a description; POINTS says which program it stands for: the leaves, then the expression.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from tests import oracle

pytestmark = [pytest.mark.live_torch, pytest.mark.filterwarnings("ignore::UserWarning")]

inf, nan = np.inf, np.nan
IDENTITY = [[1.0, 0.0], [0.0, 1.0]]

# case -> (leaves in the order x, y, z, expression)
POINTS: dict[str, tuple[list[Any], str]] = {
    "sign(0)": ([[0.0, 2.0]], "x.sign()"),
    "relu(0)": ([[0.0, -0.0]], "relu(x)"),
    "relu(nan)": ([[nan]], "relu(x)"),
    "relu6 at 0,6": ([[0.0, 6.0]], "F.relu6(x)"),
    "hardtanh at -1,1": ([[-1.0, 1.0]], "F.hardtanh(x)"),
    "elu(0)": ([[0.0]], "F.elu(x)"),
    "selu(0)": ([[0.0]], "F.selu(x)"),
    "prelu(0)": ([[0.0], [0.25]], "F.prelu(x, y)"),
    "softshrink at +-.5": ([[-0.5, 0.5]], "F.softshrink(x)"),
    "threshold at t=1": ([[1.0]], "F.threshold(x, 1., 20.)"),
    "softplus at threshold 20": ([[20.0, 21.0]], "F.softplus(x)"),
    "logsigmoid(0)": ([[0.0]], "F.logsigmoid(x)"),
    "sqrt(0)": ([[0.0]], "x.sqrt()"),
    "sqrt(0)*0": ([[0.0]], "x.sqrt() * 0"),
    "sqrt(-1)": ([[-1.0]], "x.sqrt()"),
    "1/x at 0": ([[0.0, -0.0]], "1 / x"),
    "x/y at 0/0": ([[0.0], [0.0]], "x / y"),
    "log(0)": ([[0.0]], "x.log()"),
    "log1p(-1)": ([[-1.0]], "x.log1p()"),
    "x**1 at 0": ([[0.0]], "x ** 1"),
    "x**0 at 0": ([[0.0]], "x ** 0"),
    "x**0.5 at 0": ([[0.0]], "x ** 0.5"),
    "x**-1 at 0": ([[0.0]], "x ** -1"),
    "x**1.5 at -1": ([[-1.0]], "x ** 1.5"),
    "pow(x,y) at (0,0)": ([[0.0], [0.0]], "x ** y"),
    "pow(x,y) at (0,1)": ([[0.0], [1.0]], "x ** y"),
    "pow(x,y) at (0,2)": ([[0.0], [2.0]], "x ** y"),
    "pow(x,y) at (0,-1)": ([[0.0], [-1.0]], "x ** y"),
    "pow(x,y) at (-2,2)": ([[-2.0], [2.0]], "x ** y"),
    "pow(x,y) at (-2,.5)": ([[-2.0], [0.5]], "x ** y"),
    "2**y at 0": ([[0.0]], "2 ** x"),
    "0**y at 0,1,-1": ([[0.0, 1.0, -1.0]], "0 ** x"),
    "(-2)**y at 2": ([[2.0]], "(-2) ** x"),
    "pow(1,inf)": ([[1.0], [inf]], "x ** y"),
    "max() ties": ([[1.0, 3.0, 3.0, 2.0]], "x.max()"),
    "max(dim) ties": ([[1.0, 3.0, 3.0, 2.0]], "x.max(0)[0]"),
    "min(dim) ties": ([[1.0, 1.0, 2.0]], "x.min(0)[0]"),
    "max(dim) ties 20 elements": ([[3.0] * 20], "x.max(0)[0]"),
    "amin ties": ([[1.0, 1.0, 2.0]], "x.amin(0)"),
    "max with nan": ([[1.0, nan, 2.0, nan]], "x.max()"),
    "max(dim) with nan": ([[1.0, nan, nan]], "x.max(0)[0]"),
    "amax with nan": ([[1.0, nan, 2.0, nan]], "x.amax(0)"),
    "maximum ties": ([[1.0], [1.0]], "maximum(x, y)"),
    "maximum nan": ([[nan], [1.0]], "maximum(x, y)"),
    "fmax ties": ([[1.0], [1.0]], "fmax(x, y)"),
    "fmin ties": ([[1.0], [1.0]], "fmin(x, y)"),
    "median ties odd": ([[1.0, 2.0, 2.0]], "x.median()"),
    "median even": ([[1.0, 2.0, 3.0, 4.0]], "x.median()"),
    "median(dim) all ties": ([[2.0, 2.0, 2.0]], "x.median(0)[0]"),
    "quantile .5 ties": ([[1.0, 2.0, 3.0, 4.0]], "quantile(x, 0.5)"),
    "cummax ties": ([[1.0, 1.0, 0.0]], "x.cummax(0)[0]"),
    "clamp(0,1) at 0,1": ([[0.0, 1.0, -1.0, 2.0]], "x.clamp(0, 1)"),
    "clamp min>max": ([[1.5]], "x.clamp(2, 1)"),
    "clamp_min at bound": ([[1.0]], "x.clamp_min(1)"),
    "clamp nan": ([[nan]], "x.clamp(0, 1)"),
    "norm() at 0": ([[0.0, 0.0]], "x.norm()"),
    "norm p=1 at 0": ([[0.0, 1.0]], "x.norm(1)"),
    "norm p=inf ties": ([[1.0, -1.0, 0.5]], "x.norm(inf)"),
    "norm p=-inf ties": ([[1.0, -1.0, 2.0]], "x.norm(-inf)"),
    "norm p=inf at 0": ([[0.0, 0.0]], "x.norm(inf)"),
    "norm p=3 at 0": ([[0.0, 0.0]], "x.norm(3)"),
    "norm p=1.5 with 0": ([[0.0, 1.0]], "x.norm(1.5)"),
    "linalg.norm(0)": ([[0.0, 0.0]], "torch.linalg.norm(x)"),
    "dist(x,x)": ([[1.0, 2.0], [1.0, 2.0]], "dist(x, y)"),
    "cdist at same point": ([[[1.0, 2.0]], [[1.0, 2.0]]], "cdist(x, y)"),
    "prod with one 0": ([[2.0, 0.0, 3.0]], "x.prod()"),
    "prod with two 0": ([[2.0, 0.0, 0.0]], "x.prod()"),
    "std of constant": ([[1.0, 1.0, 1.0]], "x.std()"),
    "std of one elt": ([[1.0]], "x.std()"),
    "atan2(0,0)": ([[0.0], [0.0]], "atan2(x, y)"),
    "hypot(0,0)": ([[0.0], [0.0]], "hypot(x, y)"),
    "asin(1)": ([[1.0]], "x.asin()"),
    "acos(1)": ([[1.0]], "x.acos()"),
    "acosh(1)": ([[1.0]], "x.acosh()"),
    "tan(pi/2)": ([[np.pi / 2]], "x.tan()"),
    "floor(.5)": ([[0.5, 1.0]], "x.floor()"),
    "round(.5)": ([[0.5, 1.5]], "x.round()"),
    "trunc": ([[0.0]], "x.trunc()"),
    "frac(1.)": ([[1.0, 0.5]], "x.frac()"),
    "remainder(x,y)": ([[-5.0], [3.0]], "remainder(x, y)"),
    "fmod(x,y)": ([[-5.0], [3.0]], "fmod(x, y)"),
    "copysign(0,-1)": ([[0.0, 2.0]], "copysign(x, -1.)"),
    "where nan trap": ([[0.0]], "where(x > 0, x.log(), x * 0)"),
    "where mask mult nan": ([[0.0]], "where(x == 0, x * 0, x / x)"),
    "sinc(0)": ([[0.0]], "x.sinc()"),
    "xlogy(0,0)": ([[0.0], [0.0]], "xlogy(x, y)"),
    "xlogy(0,1)": ([[0.0], [1.0]], "xlogy(x, y)"),
    "entr(0)": ([[0.0]], "torch.special.entr(x)"),
    "logaddexp(-inf,-inf)": ([[-inf], [-inf]], "logaddexp(x, y)"),
    "logsumexp(inf,0)": ([[inf, 0.0]], "logsumexp(x, 0)"),
    "softmax with -inf": ([[0.0, -inf]], "softmax(x, 0)[0]"),
    "log_softmax -inf": ([[0.0, -inf]], "log_softmax(x, 0)[0]"),
    "sigmoid(1000,-1000)": ([[1000.0, -1000.0]], "x.sigmoid()"),
    "tanh(1000)": ([[1000.0]], "x.tanh()"),
    "logsigmoid(-1000)": ([[-1000.0]], "F.logsigmoid(x)"),
    "logit(0),(1)": ([[0.0, 1.0]], "x.logit()"),
    "logit eps": ([[0.0, 1.0]], "x.logit(1e-6)"),
    "normalize zero": ([[[0.0, 0.0]]], "F.normalize(x)"),
    "smooth_l1 at beta": ([[1.0], [0.0]], "F.smooth_l1_loss(x, y)"),
    "huber at delta": ([[1.0], [0.0]], "F.huber_loss(x, y)"),
    "hinge_embedding at margin": ([[1.0]], "F.hinge_embedding_loss(x, -one)"),
    "bce at 1 target 1": ([[1.0]], "F.binary_cross_entropy(x, one)"),
    "kl_div target 0": ([[-1.0, -2.0]], 'F.kl_div(x, zero_one, reduction="sum")'),
    "max_pool1d ties": ([[[1.0, 1.0]]], "F.max_pool1d(x, 2)"),
    "det singular 2x2": ([[[1.0, 2.0], [2.0, 4.0]]], "torch.linalg.det(x)"),
    "det zero matrix": ([[[0.0, 0.0], [0.0, 0.0]]], "torch.linalg.det(x)"),
    "logdet neg": ([[[0.0, 1.0], [1.0, 0.0]]], "x.logdet()"),
    "svd U repeated": ([IDENTITY], "torch.linalg.svd(x)[0]"),
    "eigh repeated vec": ([IDENTITY], "torch.linalg.eigh(x)[1]"),
    "eigvalsh repeated": ([IDENTITY], "torch.linalg.eigvalsh(x)"),
    "eigvalsh uses lower only": ([[[1.0, 7.0], [2.0, 3.0]]], "torch.linalg.eigvalsh(x)"),
    "cholesky grad symmetric": ([[[2.0, 0.5], [0.5, 2.0]]], "torch.linalg.cholesky(x)"),
    "nan_to_num(nan,inf)": ([[nan, inf, 1.0]], "x.nan_to_num()"),
    "lgamma(0)": ([[0.0, -1.0]], "x.lgamma()"),
    "erfinv(1)": ([[1.0]], "x.erfinv()"),
    "angle(0),( -1)": ([[0.0, -1.0]], "x.angle()"),
    "expm1(-1000)": ([[-1000.0]], "x.expm1()"),
    "masked_fill -inf then softmax": ([[1.0, 2.0]], "softmax(x.masked_fill(first, -inf), 0)"),
    "gather duplicates": ([[1.0, 2.0]], "gather(x, 0, two_zeros_one)"),
    "index dup x[[0,0]]": ([[1.0, 2.0]], "x[[0, 0]]"),
    "index_copy dup": ([[1.0, 2.0], [5.0, 6.0]], "x.index_copy(0, two_zeros, y)"),
    "renorm below": ([[[1.0, 0.0]]], "x.renorm(2, 0, 5.)"),
    "interpolate/trapz": ([[1.0, 2.0, 3.0]], "trapz(x)"),
    "diff": ([[0.0, 1.0, 3.0]], "x.diff()"),
    "x*x same tensor": ([[3.0]], "x * x"),
    "x-x": ([[3.0]], "x - x"),
    "x/x": ([[3.0]], "x / x"),
    "expand sum": ([[3.0]], "x.expand(4, 1)"),
    "as_strided overlap": ([[1.0, 2.0, 3.0]], "x.as_strided((2, 2), (1, 1))"),
    "renorm at 0": ([[[0.0, 0.0]]], "x.renorm(2, 0, 1.)"),
    "ldexp": ([[1.0, 2.0]], "ldexp(x, powers)"),
    "lerp": ([[1.0], [2.0], [0.25]], "lerp(x, y, z)"),
    "cross": ([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], "torch.linalg.cross(x, y)"),
    "silu(0)": ([[0.0]], "F.silu(x)"),
    "mish(0)": ([[0.0]], "F.mish(x)"),
    "pinv 0": ([[[0.0, 0.0], [0.0, 0.0]]], "torch.linalg.pinv(x)"),
}

# No derivative: the forward works, the backward says so.
WITHOUT_DERIVATIVE: dict[str, tuple[list[Any], str]] = {
    "x//2": ([[5.0]], "x // 2"),
    "heaviside": ([[0.0], [0.5]], "heaviside(x, y)"),
}

CONSTANTS = {
    "one": np.array([1.0]),
    "zero_one": np.array([0.0, 1.0]),
    "first": np.array([True, False]),
    "two_zeros": np.array([0, 0]),
    "two_zeros_one": np.array([0, 0, 1]),
    "powers": np.array([1, 2]),
}

CASES = oracle.jsonl("special_points.jsonl")
MISSING = "an operator of a later issue"


def run(library: oracle.Library, leaves: list[Any], text: str) -> tuple[Any, Any, list[Any]]:
    """Value, grad_fn name, gradient of the sum for each leaf."""
    tensors = {
        name: library.to_tensor(np.array(leaf, np.float64)).requires_grad_(True)
        for name, leaf in zip("xyz", leaves, strict=False)
    }
    constants = {name: library.to_tensor(array) for name, array in CONSTANTS.items()}
    out = eval(text, {}, library.namespace({**constants, **tensors}))
    name = out.grad_fn.name()
    grads = library.module.autograd.grad(out.sum(), list(tensors.values()), allow_unused=True)
    return library.to_array(out), name, [None if g is None else library.to_array(g) for g in grads]


def disagreements(library: oracle.Library, case: dict[str, Any]) -> list[str]:
    value, name, grads = run(library, *POINTS[case["case"]])
    found = []
    wanted = np.array(case["value"], np.float64)
    if value.shape != wanted.shape or not oracle.close(value, wanted):
        found.append(f"value {value.tolist()}, torch has {case['value']}")
    if name != case["grad_fn"]:
        found.append(f"grad_fn {name}, torch has {case['grad_fn']}")
    for ours, theirs in zip(grads, case["grad"], strict=True):
        if ours is None or not oracle.close(ours, np.array(theirs, np.float64)):
            found.append(f"gradient {ours if ours is None else ours.tolist()}, torch has {theirs}")
    return found


def owned(library: oracle.Library, text: str) -> bool:
    """Whether all that the expression calls is there."""
    names = library.namespace({})
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            path = ast.unparse(node).split(".")
            found: Any = names[path[0]] if path[0] in ("torch", "F") else library.tensor_class
            for part in path[1:]:
                found = getattr(found, part, None)
            if found is None:
                return False
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            try:
                names[node.func.id]
            except KeyError:
                return False
    return True


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_point(case: dict[str, Any]) -> None:
    library = oracle.our_library()
    leaves, text = {**POINTS, **WITHOUT_DERIVATIVE}[case["case"]]
    if not owned(library, text):
        pytest.skip(MISSING)
    if case["case"] in WITHOUT_DERIVATIVE:
        with pytest.raises(RuntimeError) as caught:
            run(library, leaves, text)
        assert f"RuntimeError: {caught.value}" == case["grad"]
    else:
        assert disagreements(library, case) == []


def test_every_point_has_its_program() -> None:
    assert {case["case"] for case in CASES} == set(POINTS) | set(WITHOUT_DERIVATIVE)


@pytest.mark.skipif(not oracle.live(), reason="asks torch")
def test_torch_still_answers_as_recorded() -> None:
    library = oracle.torch_library()
    wrong = {
        case["case"]: found for case in CASES if case["case"] in POINTS and (found := disagreements(library, case))
    }
    assert wrong == {}
