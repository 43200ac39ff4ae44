"""The same numbers as torch from the same seed, bit for bit.

tests/golden/random.json has torch's answers to tests/engine/random_programs.py (`record` below wrote them, on a machine
with AVX2); where torch is installed it is asked again. What goes through the C library's float64 functions may differ
in the last bits on another machine; all else may not.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from gradcli.engine import errors, mersenne, random, sampling
from gradcli.engine.dtypes import bool_, complex64, float16, float32, int64, uint8
from gradcli.engine.random import Generator
from tests import oracle
from tests.engine.random_programs import PROGRAMS, ask_gradcli, ask_torch

GOLDEN = oracle.GOLDEN / "random.json"
LIBRARY = {"exponential_", "geometric_", "cauchy_", "log_normal_", "normal_", "randn", "normal_T"}
Packed = dict[str, Any]


def pack(values: Any) -> Packed:
    data = values.tobytes()
    form = {"dtype": values.dtype.name, "shape": list(values.shape)}
    if values.size > 250:
        return form | {"sha": hashlib.sha256(data).hexdigest()}
    return form | {"data": base64.b64encode(data).decode()}


def assert_same(values: Any, expected: Packed, exact: bool) -> None:
    own = pack(values)
    if own == expected:
        return
    assert (own["dtype"], own["shape"]) == (expected["dtype"], expected["shape"])
    assert not exact, "the bits differ"
    wanted = np.frombuffer(base64.b64decode(expected["data"]), values.dtype).reshape(values.shape)
    np.testing.assert_array_max_ulp(values, wanted, 2)


def record() -> None:
    """Ask torch, and keep its answers for machines that have none."""
    run = ask_torch(oracle.torch())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = [[pack(values) for values in run(seed, steps)] for seed, steps in PROGRAMS]
    GOLDEN.write_text(json.dumps(answers, indent=0) + "\n")


@functools.cache
def recorded() -> list[list[Packed]]:
    answers: list[list[Packed]] = json.loads(GOLDEN.read_text())
    return answers


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_same_seed_same_numbers(number: int) -> None:
    seed, steps = PROGRAMS[number]
    if oracle.live():
        expected = [pack(values) for values in ask_torch(oracle.torch())(seed, steps)]
    else:
        expected = recorded()[number]
    with np.errstate(all="ignore"):
        for one, values, wanted in zip(steps, ask_gradcli(seed, steps), expected, strict=True):
            exact = one[0] not in LIBRARY or (one[2] == "float32" and values.size >= 16)
            assert_same(values, wanted, exact)


def test_recorded_answers_are_those_of_these_programs() -> None:
    assert [len(answers) for answers in recorded()] == [len(steps) for _, steps in PROGRAMS]


def test_the_numbers_everybody_knows() -> None:
    random.manual_seed(0)
    assert np.round(sampling.randn((3,)), 4).tolist() == pytest.approx([1.5410, -0.2934, -2.1788])
    random.manual_seed(0)
    assert np.round(sampling.rand((3,)), 4).tolist() == pytest.approx([0.4963, 0.7682, 0.0885])
    random.manual_seed(0)
    assert sampling.randint(0, 10, (5,)).tolist() == [4, 9, 3, 0, 3]


@pytest.mark.parametrize("count", [1, 623, 624, 625, 5000])
def test_numpy_and_own_twister_agree(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for before in (0, 1, 624, 700):
        own, other = mersenne.Mersenne(7), mersenne.Mersenne(7)
        own.draw(before)
        other.draw(before)
        monkeypatch.setattr(mersenne, "_MANY", 10**9)
        monkeypatch.setattr(mersenne, "sys", type("sys", (), {"modules": {}}))
        mine = np.concatenate([own.draw(count), own.draw(3)])
        monkeypatch.undo()
        monkeypatch.setattr(mersenne, "_MANY", 0)
        theirs = np.concatenate([other.draw(count), other.draw(3)])
        monkeypatch.undo()
        assert np.array_equal(mine, theirs)


def test_state_is_torchs_and_goes_on() -> None:
    generator = Generator().manual_seed(5)
    sampling.randn((3,), generator=generator)  # leaves a normal number waiting
    state = generator.get_state()
    twin = generator.clone_state()
    assert sampling.randn((700,), generator=generator).tolist() == sampling.randn((700,), generator=twin).tolist()
    generator.set_state(state)
    assert np.array_equal(generator.get_state(), state)
    for length in (0, 1, 624, 625):
        generator.manual_seed(3)
        generator.bits32(length)
        again = generator.clone_state()
        assert np.array_equal(generator.bits32(700), again.bits32(700))


@pytest.mark.live_torch
def test_state_has_torchs_bytes() -> None:
    if not oracle.live():
        pytest.skip("torch is not installed here, or was not wanted")
    torch = oracle.torch()
    for count in (0, 1, 3, 623, 624, 625, 2000):
        theirs, own = torch.Generator().manual_seed(11), Generator().manual_seed(11)
        torch.rand(count, generator=theirs)
        torch.randn(3, generator=theirs)
        sampling.rand((count,), generator=own)
        sampling.randn((3,), generator=own)
        # 4 bytes after has_normal are padding
        expected = theirs.get_state().numpy()
        assert np.array_equal(own.get_state()[:5044], expected[:5044]), count
        own.set_state(expected)
        assert sampling.randn((5,), generator=own).tolist() == torch.randn(5, generator=theirs).tolist()


def test_seeds() -> None:
    assert Generator().initial_seed() == 67280421310721
    assert random.manual_seed(-1).initial_seed() == 2**64 - 1
    assert random.manual_seed("3").initial_seed() == 3
    assert random.manual_seed(2**64 - 1).initial_seed() == 2**64 - 1
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="Overflow when unpacking long long"):
            random.manual_seed(seed)
    with pytest.raises(RuntimeError, match="manual_seed expected a long, but got float"):
        Generator().manual_seed(3.7)  # type: ignore[arg-type]
    generator = Generator()
    assert generator.seed() == generator.initial_seed() != Generator(None).initial_seed()


F32, I64 = np.empty(20, np.float32), np.empty(2, np.int64)
BAD_STATE = np.zeros(5056, np.uint8)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: sampling.uniform_(F32, 2, 1),
            RuntimeError,
            "uniform_ expects to return a [from, to) range, but found",
        ),
        (lambda: sampling.uniform_(F32, 0, np.inf), RuntimeError, "to is out of bounds for float"),
        (lambda: sampling.uniform_(F32, np.nan, 1), RuntimeError, "from is out of bounds for float"),
        (lambda: sampling.uniform_(F32, -3e38, 3e38), RuntimeError, "but found to=3e+38 and from=-3e+38 which result"),
        (lambda: sampling.uniform_(I64), NotImplementedError, "\"check_uniform_bounds\" not implemented for 'Long'"),
        (lambda: sampling.normal_(I64), NotImplementedError, "\"normal_kernel_cpu\" not implemented for 'Long'"),
        (lambda: sampling.normal_(F32, 0, -1), RuntimeError, "normal expects std >= 0.0, but found std -1"),
        (lambda: sampling.normal_(F32, 0, np.nan), RuntimeError, "normal expects std >= 0.0, but found std nan"),
        (lambda: sampling.bernoulli_(F32, 1.5), RuntimeError, "bernoulli_ expects p to be in [0, 1], but got p=1.5"),
        (lambda: sampling.bernoulli(F32 * 0 + 2), RuntimeError, "Expected p_in >= 0 && p_in <= 1 to be true, but got"),
        (
            lambda: sampling.bernoulli(I64),
            NotImplementedError,
            "\"bernoulli_tensor_cpu_p_\" not implemented for 'Long'",
        ),
        (lambda: sampling.exponential_(F32, 0), RuntimeError, "exponential_ expects lambda > 0.0, but found lambda=0"),
        (lambda: sampling.exponential_(I64), RuntimeError, "dtype must be a floating point but you specified Long"),
        (lambda: sampling.geometric_(F32, 1), RuntimeError, "geometric_ expects p to be in (0, 1), but got p=1"),
        (lambda: sampling.cauchy_(F32, 0, -1), RuntimeError, "cauchy_ expects sigma > 0.0, but found sigma=-1"),
        (lambda: sampling.log_normal_(F32, 0, -1), RuntimeError, "log_normal_ expects std > 0.0, but found std=-1"),
        (
            lambda: sampling.randint(5, 3, (2,)),
            RuntimeError,
            "random_ expects 'from' to be less than 'to', but got from=5",
        ),
        (lambda: sampling.randint(0, 300, (2,), uint8), RuntimeError, "to - 1 is out of bounds for unsigned char"),
        (lambda: sampling.randint(-3, 3, (2,), uint8), RuntimeError, "from is out of bounds for unsigned char"),
        (lambda: sampling.randint(0, 3, (2,), bool_), RuntimeError, "to - 1 is out of bounds for bool"),
        (
            lambda: sampling.randint(0, 3, (2,), complex64),
            RuntimeError,
            "check_random_bounds handles only integral, flo",
        ),
        (lambda: sampling.randperm(-1), RuntimeError, "Trying to create tensor with negative dimension -1: [-1]"),
        (lambda: sampling.randperm(3000, float16), RuntimeError, "n cannot be greater than 2049 for Half type."),
        (
            lambda: sampling.randperm(300, uint8),
            RuntimeError,
            "value cannot be converted to type uint8_t without overfl",
        ),
        (lambda: sampling.randperm(3, bool_), NotImplementedError, "\"randperm\" not implemented for 'Bool'"),
        (lambda: Generator().set_state(F32), TypeError, "RNG state must be a torch.ByteTensor"),
        (lambda: Generator().set_state(BAD_STATE[:3]), RuntimeError, "of size 5056 but found the input RNG state size"),
        (lambda: Generator().set_state(BAD_STATE), RuntimeError, "Invalid mt19937 state"),
    ],
)
def test_torchs_words(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "count", "replacement", "message"),
    [
        ([1.0, 0.0], 3, False, "cannot sample n_sample > prob_dist.size(-1) samples without replacement"),
        ([1.0, 0.0], 0, False, "cannot sample n_sample <= 0 samples"),
        ([-1.0, 2.0], 1, True, "probability tensor contains either `inf`, `nan` or element < 0"),
        ([np.nan, 2.0], 1, False, "probability tensor contains either `inf`, `nan` or element < 0"),
        ([0.0, 0.0], 1, True, "invalid multinomial distribution (sum of probabilities <= 0)"),
        ([1, 2], 1, True, "multinomial only supports floating-point dtypes for input, got: Long"),
        ([[[1.0]]], 1, True, "prob_dist must be 1 or 2 dim"),
    ],
)
def test_multinomial_in_torchs_words(weights: Any, count: int, replacement: bool, message: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        sampling.multinomial(np.array(weights), count, replacement)
    assert str(caught.value) == message


def test_a_range_too_fine_for_floats_warns() -> None:
    heard: list[str] = []
    before = errors.listen(lambda message, category: heard.append(message))
    try:
        sampling.randint(0, 2**25, (2,), float32)
    finally:
        errors.listen(before)
    [warning] = heard
    assert warning.startswith("to - 1 is out of bounds [-(2^24), 2^24]. Due to precision limitations float can support")


def test_large_requests_are_refused_before_they_are_made() -> None:
    for make in (sampling.rand, sampling.randn, lambda shape: sampling.randint(0, 9, shape, int64)):
        with pytest.raises(RuntimeError, match="can't allocate memory"):
            make((10**12,))
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        sampling.randperm(10**12)


def test_small_requests_do_not_import_numpys_random_module() -> None:
    program = (
        "import sys; from gradcli.engine import sampling; sampling.randn((100, 100)); sampling.rand((3,)); "
        "sys.exit('numpy.random' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
