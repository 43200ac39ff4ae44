"""What no program may do: use more than its budget, or reach what it was not handed (HOSTILE H09, H10, H19-H26)."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from gradcli.lang.budget import BUDGET
from gradcli.session import Failed, Printed, Session, Shown


def run(program: str, **limits: Any) -> tuple[str, list[str]]:
    """The last failure, and what was printed or shown."""
    seen: list[str] = []
    failed = ""

    def emit(event: Any) -> None:
        nonlocal failed
        if isinstance(event, Failed):
            failed = f"{event.diagnostic.kind} {event.diagnostic.exception}: {event.diagnostic.message}"
        elif isinstance(event, Printed):
            seen.append(event.text)
        elif isinstance(event, Shown):
            seen.append(repr(event.value))

    Session(**limits).run(program, emit)
    return failed, seen


HOSTILE = [
    "10**10**10",
    "9**9**9**9",
    "2**(10**9)",
    "x = 10\nx **= 10**9",
    "1 << 10**10",
    "x = 1\nx <<= 10**10",
    "x = 3\nfor i in range(100):\n    x = x * x",
    "x = 3\nfor i in range(100):\n    x *= x",
    "pow(10, 10**10)",
    "import math\nmath.factorial(10**9)",
    "import math\nmath.comb(10**9, 5 * 10**8)",
    "import math\nmath.perm(10**9)",
    "import math\nmath.prod(range(1, 10**6))",
    "[0] * 10**10",
    "10**10 * [0]",
    "(0,) * 10**10",
    "'a' * 10**11",
    "x = [0]\nx *= 10**10",
    "list(range(10**10))",
    "tuple(range(10**10))",
    "set(range(10**10))",
    "sum(range(10**10))",
    "max(range(10**18))",
    "sorted(range(10**10))",
    "any(i < 0 for i in range(10**10))",
    "[*range(10**10)]",
    "print(*range(10**10))",
    "a, *b = range(10**10)",
    "list(zip(range(10**18), range(10**18)))",
    "list(map(str, range(10**10)))",
    "list(enumerate(range(10**10)))",
    "sum(map(abs, range(10**10)))",
    "dict.fromkeys(range(10**10))",
    "x = []\nx[:] = range(10**10)",
    "x = []\nx += range(10**10)",
    "x = []\nx.extend(range(10**10))",
    "''.join(str(i) for i in range(10**10))",
    "[i for i in range(10**10)]",
    "[0 for i in range(10**6) for j in range(10**6)]",
    "{i for i in range(10**10)}",
    "10**10 in map(abs, range(10**11))",
    "x = [0]\nwhile True:\n    x = x + x",
    "x = [0]\nwhile True:\n    x += x",
    "x = 'a'\nwhile True:\n    x = x + x",
    "x = 'a'\nwhile True:\n    x += x",
    "x = [0]\nwhile True:\n    x[len(x):] = x",
    "x = 'a' * 10000\nx = x.replace('a', x)\nx.replace('a', x)",
    "'a'.ljust(10**10)",
    "'a'.rjust(10**10)",
    "'a'.center(10**10)",
    "'a'.zfill(10**10)",
    "'\\t'.expandtabs(10**10)",
    "f'{1:1000000000}'",
    "f'{1.0:.1000000000f}'",
    "w = 10**9\nf'{1:{w}}'",
    "'%1000000000d' % 1",
    "'%.1000000000f' % 1",
    "'%*d' % (10**9, 1)",
    "'{:1000000000}'.format(1)",
    "'{:{}}'.format(1, 10**9)",
    "format(1, '1000000000')",
    "int('9' * 5000)",
    "9" * 5000,
    "x = []\nfor i in range(60):\n    x = [x, x]\nprint(x)",
    "x = []\nfor i in range(60):\n    x = [x, x]\nf'{x}'",
    "x = []\ny = []\nfor i in range(60):\n    x = [x, x]\n    y = [y, y]\nx == y",
    "x = ()\nfor i in range(60):\n    x = (x, x)\n{x: 1}",
    "x = ()\nfor i in range(60):\n    x = (x, x)\nhash(x)",
    "x = ()\nfor i in range(1000):\n    x = (x,)\nhash(x)",
    "x = ()\nfor i in range(1000):\n    x = (x,)\nd = {}\nd[x] = 1",
    "x = []\nfor i in range(100000):\n    x = [x]\nprint(x)",
    "x = []\nfor i in range(100000):\n    x = [x]\nx == [x]",
    "def f(n):\n    return f(n + 1)\nf(0)",
    "f = lambda n: f(n)\nf(0)",
    "def f(n):\n    return sum(map(f, [n]))\nf(0)",
    "def f(n):\n    return [f(n) for i in [1]]\nf(0)",
    "def f(n):\n    return sorted([1, 2], key=f)\nf(0)",
]


@pytest.mark.parametrize("program", HOSTILE)
def test_hostile(program: str) -> None:
    start = time.process_time()
    failed, _ = run(program, max_items=1_000_000)
    assert failed.startswith(("limit ", "value ", "syntax ")), failed
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "program",
    [
        "while True: x = 1",
        "while True:\n    try:\n        while True: pass\n    except Exception: pass",
        "for i in range(10**18): pass",
        "def f():\n    pass\nwhile True: f()",
        "[0 for i in range(10**5)]",
        "sum(1 for i in range(10**5))",
        "for i in zip(range(10**10), range(10**10)): pass",
    ],
)
def test_steps(program: str) -> None:
    assert run(program, max_steps=1000)[0] == "limit RuntimeError: too many steps: the limit is 1000"


def test_steps_at_the_limit() -> None:
    program = "for i in range({}): pass"
    assert run(program.format(1000), max_steps=1000)[0] == ""
    assert run(program.format(1001), max_steps=1000)[0] != ""
    assert run("i = 0\nwhile i < 999:\n    i += 1", max_steps=1000)[0] == ""  # the last look at the test is one too
    assert run("i = 0\nwhile i < 1000:\n    i += 1", max_steps=1000)[0] != ""
    assert run("def f():\n    pass\n" + "f();" * 100, max_steps=100)[0] == ""
    assert run("def f():\n    pass\n" + "f();" * 101, max_steps=100)[0] != ""


def test_steps_begin_anew_with_every_run() -> None:
    session = Session(max_steps=100)
    assert all(session.run("for i in range(90): pass") for _ in range(3))
    assert not session.run("for i in range(90): pass\nfor i in range(90): pass")
    assert session.run("for i in range(90): pass")


def test_output() -> None:
    failed, seen = run("while True: print('x' * 99)", max_output=1000)
    assert failed == "limit RuntimeError: too much output: the limit is 1000 characters"
    assert len("".join(seen)) == 1000


@pytest.mark.parametrize(
    ("limit", "fine", "refused"),
    [
        ({"max_bits": 100}, "2 ** 99", "2 ** 100"),
        ({"max_bits": 100}, "2 ** 49 * 2 ** 50", "2 ** 50 * 2 ** 50"),
        ({"max_bits": 100}, "1 << 99", "1 << 100"),
        ({"max_items": 100}, "[0] * 100", "[0] * 101"),
        ({"max_items": 100}, "list(range(100))", "list(range(101))"),
        ({"max_items": 100}, "[i for i in range(100)]", "[i for i in range(101)]"),
        ({"max_items": 100}, "[0] * 50 + [0] * 50", "[0] * 50 + [0] * 51"),
        ({"max_items": 100}, "x = [0] * 99; x.append(1)", "x = [0] * 100; x.append(1)"),
        ({"max_characters": 100}, "'a' * 100", "'a' * 101"),
        ({"max_characters": 100}, "'a'.ljust(100)", "'a'.ljust(101)"),
        ({}, "f'{1:1000}'", "f'{1:1001}'"),
        ({}, "f'{1:.100f}'", "f'{1:.101f}'"),
    ],
)
def test_at_the_limit_and_one_above(limit: dict[str, int], fine: str, refused: str) -> None:
    assert run(fine, **limit)[0] == ""
    assert run(refused, **limit)[0] != ""


def test_the_limits_of_one_session_are_not_those_of_another() -> None:
    before = BUDGET.save()[:5]
    Session(max_items=5).run("[0] * 6")
    assert BUDGET.save()[:5] == before


@pytest.mark.parametrize(
    "program",
    [
        "().__class__",
        "(5).__class__.__bases__",
        "print.__self__",
        "print.__reduce__()",
        "(lambda: 0).__globals__",
        "(lambda: 0).__code__",
        "(lambda: 0).__closure__",
        "(i for i in []).gi_frame",
        "'{0.__class__}'.format(1)",
        "'{0[__class__]}'.format(1)",
        "'{.__dict__}'.format(print)",
        "'{0.append.owner}'.format([])",
        "'{a.__class__}'.format_map({'a': 1})",
        "'a'.encode()",
        "int.from_bytes('a')",
        "int.__subclasses__()",
        "type(1).mro()",
        "type('X', (), {})",
        "object.__subclasses__()",
        "Exception.__subclasses__()",
        "ValueError('x').__traceback__",
        "ValueError('x').with_traceback(None)",
        "ValueError('x').spot",
        "torch.__loader__",
        "torch.__dict__",
        "torch.members",
        "torch._fill",
        "math.__spec__",
        "print.function",
        "[].append.owner",
        "[].append.function",
        "int.python",
        "int.make",
        "torch.float32.np",
        "torch.float32.__reduce__()",
        "def f(): pass\nf.__code__ = 1",
        "def f(): pass\nf.__dict__",
        "print.x = 1",
        "torch.sum = 1",
        "int.x = 1",
        "eval('1')",
        "exec('1')",
        "compile('1', '', 'eval')",
        "open('/etc/passwd')",
        "__import__('os')",
        "__builtins__",
        "__name__x",
        "getattr(1, '__class__')",
        "hasattr(print, 1)",
        "getattr(lambda: 0, '__globals__')",
        "setattr(1, 'real', 1)",
        "setattr(torch, 'sum', 1)",
        "class A: pass\nsetattr(A(), '__class__', 1)",
        "class A: pass\nA.__getattribute__ = 1",
        "delattr(torch, 'sum')",
        "vars(torch)",
        "vars(print)",
        "str.__class__",
        "str.upper(1)",
        "list.append(torch, 1)",
        "globals()",
        "locals()",
        "dir()",
        "input()",
        "breakpoint()",
        "memoryview('a')",
        "bytearray(10)",
        "class A:\n    __getattr__ = 1",
        "class A: pass\nA.__subclasses__",
        "class A: pass\nA().__init__.__globals__",
        "class A: pass\nA().__class__.__base__",
        "class A(type(print)): pass",
        "class A(torch.Tensor): pass",
        "class A(int): pass",
        "class A(metaclass=type): pass",
        "import torch.autograd.function as F\nF.Function.__subclasses__",
        "import os",
        "import sys\nsys.modules",
        "import sys\nsys.stdout.buffer",
        "import numpy as np\nnp.ones(1).ctypes",
        "import numpy as np\nnp.ones(1).base",
        "import numpy as np\nnp.ones(1).data",
        "import numpy as np\nnp.ones(1).tofile('f')",
        "import numpy as np\nnp.ones(1).dump('f')",
        "import numpy as np\nnp.ones(1).tobytes()",
        "import numpy as np\nnp.ones(1).__array_interface__",
        "import numpy as np\nnp.ones(1).__reduce__()",
        "import numpy as np\nnp.float64(1).__reduce__()",
        "import numpy as np\nnp.float64(1).tobytes()",
        "import numpy as np\nnp.fromfile('f')",
        "import numpy as np\nnp.genfromtxt('/etc/passwd')",
        "import numpy as np\nnp.memmap('f')",
        "import numpy as np\nnp.frombuffer('f')",
        "import numpy as np\nnp.lib",
        "import numpy as np\nnp.os",
        "import numpy as np\nnp.array([print])",
        "import numpy as np\nnp.array([{}])",
        "import numpy as np\nnp.array([None], dtype='O')",
        "import numpy as np\nnp.zeros(2, dtype=object)",
        "import numpy as np\nnp.zeros(2, dtype='O')",
        "import numpy as np\nnp.zeros(2, dtype='V8')",
        "import numpy as np\nnp.zeros(2, dtype='f4,f4')",
        "import numpy as np\nnp.zeros(2, dtype=[('a', 'f4')])",
        "import numpy as np\nnp.zeros(2, dtype='M8[s]')",
        "import numpy as np\nnp.zeros(2, dtype='g')",
        "import numpy as np\nnp.ones(2).astype('O')",
        "import numpy as np\nnp.ones(2).view('O')",
        "import numpy as np\nnp.r_['r', [1]]",
        "import numpy as np\nnp.pad(np.ones(2), 1, print)",
        "import numpy as np\nnp.load('f.npy', allow_pickle=True)",
        "import numpy as np\nnp.random.bytes(3)",
        "import numpy as np\nnp.testing.run_module_suite",
        "import random\nrandom.SystemRandom",
        "import random\nrandom._os",
        "import collections\ncollections._sys",
        "import functools\nfunctools.lru_cache(print).__wrapped__",
        "import functools\nfunctools.partial(print).func.__self__",
        "import operator\noperator.attrgetter('__class__')(1)",
        "import operator\noperator.attrgetter('real.__class__')(1)",
        "import operator\noperator.methodcaller('__reduce__')(1)",
        "import typing\ntyping.sys",
        "import copy\ncopy.copyreg",
        "import time\ntime.sleep(10**9)",
        "import warnings\nwarnings.sys",
        "from collections import namedtuple\nnamedtuple('A', 'a __class__')",
        "from collections import namedtuple\nnamedtuple('A', 'a')(1).__class__",
        "import gradcli",
        "from torch import __loader__",
        "from torch import os",
        "import torch.os",
        "try:\n    1 / 0\nexcept ZeroDivisionError as err:\n    err.__traceback__",
    ],
)
def test_out_of_reach(program: str) -> None:
    failed, seen = run("import torch, math\n" + program)
    assert failed.split()[0] in ("attribute", "name", "import", "value", "type", "key", "syntax"), (failed, seen)
    assert not seen


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("eval", "`eval` is not in the language: text is never run as code"),
        ("prnt", "did you mean `print`?"),
        ("Sum", "did you mean `sum`?"),
        ("valeu", "did you mean `value`?"),
    ],
)
def test_did_you_mean(name: str, help: str) -> None:
    found: list[str] = []
    Session().run(f"value = 1\n{name}(1)", lambda event: found.append(event.diagnostic.help))  # type: ignore[union-attr]
    assert found == [help]


# `load` and `save` are the ones that reach files: of four kinds, and not with --sandbox (test_files.py).
REVIEWED = """
ArithmeticError AssertionError AttributeError BaseException Ellipsis Exception FileExistsError FileNotFoundError
FloatingPointError ImportError IndexError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
ModuleNotFoundError NameError NotImplemented NotImplementedError OSError OverflowError PermissionError RecursionError
RuntimeError StopIteration SystemExit TypeError UnboundLocalError UserWarning ValueError ZeroDivisionError __doc__
__name__ abs all any ascii bin bool callable chr classmethod complex delattr dict divmod enumerate exit filter float
format frozenset grad hasattr hash hex id int isinstance issubclass iter len list load map max min next object
oct ord pow print property quit range repr reversed round save set setattr slice sorted staticmethod str sum super
torch tuple type zip
"""


@pytest.mark.parametrize(
    "program",
    [
        "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nf(900)",
        "def walk(n):\n    if n:\n        for below in [n - 1]:\n            walk(below)\nwalk(800)",
        "class A:\n    def __call__(self, n):\n        return n and self(n - 1)\nA()(490)",
    ],
)
def test_calls_are_about_as_deep_as_in_python(program: str) -> None:
    before = sys.getrecursionlimit()
    assert Session().run(program)
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    "program",
    [
        "def f(x=0):\n    return sorted([1, 2], key=f)\nf()",
        "def f(x=0):\n    [1, 2].sort(key=f)\nf()",
        "class A:\n    def __lt__(self, other):\n        return sorted([self, other])\nA() < A()",
        "from statistics import median\nclass A:\n    def __lt__(self, o):\n        median([self, o])\nA() < A()",
        "import json\ndef f(o):\n    return json.dumps([o], default=f)\nf(f)",
        "class A:\n    def __repr__(self):\n        return str([[self]])\nrepr(A())",
        "class A:\n    def __hash__(self):\n        return hash((self, 1))\nhash(A())",
        "class A:\n    def __eq__(self, other):\n        return [self] == [other]\nA() == A()",
        "class A:\n    def __iter__(self):\n        return iter(self)\nlist(A())",
        "def f():\n    yield from f()\nlist(f())",
        "def f(x=0):\n    return any(map(f, filter(f, [1])))\nf()",
        "it = iter([1])\nfor i in range(10**5): it = map(abs, it)\nlist(it)",
        "it = iter([1])\nfor i in range(10**5): it = zip(it)\nlist(it)",
        "it = iter([1])\nfor i in range(10**5): it = enumerate(it)\nlist(it)",
        "it = iter([1])\nfor i in range(10**5): it = enumerate(x for x in it)\nlist(it)",
    ],
)
def test_calls_without_end_are_an_error_before_the_stack_ends(program: str) -> None:
    source = f"from gradcli import Session\nSession().run({program!r}, lambda event: print(event.diagnostic.exception))"
    ran = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=100, check=False)
    assert (ran.returncode, ran.stdout) == (0, "RecursionError\n"), ran.stderr


def test_classes_above_each_other_have_a_limit() -> None:
    failed, _ = run("class A: pass\nfor i in range(1000):\n    class A(A): pass")
    assert "too many classes above each other: the limit is 200" in failed


def test_no_program_raises_the_limit() -> None:
    before = sys.getrecursionlimit()
    failed, _ = run("import sys\nsys.setrecursionlimit(10**6)\ndef f(): return f()\nf()")
    assert failed.startswith("limit RecursionError")
    assert sys.getrecursionlimit() == before


def test_what_every_program_knows() -> None:
    """Reviewed: none but load and save reaches a file, none another module; computed names are looked up in tables."""
    names = [name for name in Session().builtin_names() if name not in torch_names()]
    assert sorted(names) == sorted(REVIEWED.split())


def torch_names() -> set[str]:
    session = Session()
    own = ["abs", "all", "any", "bool", "complex", "float", "grad", "int", "max", "min", "pow", "range", "round", "sum"]
    own += ["load", "save"]
    members = session.builtin("torch").members
    functional = session.builtin("torch").nn.functional.members
    return {*members, *functional} - set(own)
