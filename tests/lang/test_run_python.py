"""Python's own values: what a program prints is what Python prints for the same text."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.session import Failed, Printed, Session

PROGRAMS = {
    "arithmetic": "print(7 // 2, -7 // 2, 7 % -3, 2 ** 10, 2 ** -1, 7 / 2, -2 ** 2, 5 & 3, 5 | 3, 1 << 4, ~5, 1j * 1j)",
    "chain": "print(1 - 2 + 3 - 4 + 5 - 6 + 7 - 8 + 9, 2 * 3 / 4 * 5 // 6 % 7 * 8 * 9, 1 < 2 < 3, 1 < 3 < 2, 3 > 2 != 1)",
    "logic": "print(0 or 'a', 1 and 2, not [], None is None, 1 in [1, 2], 3 not in (1, 2), 0 and 1 or 2, 1 if 0 else 2)",
    "short circuit": "def f(x):\n    print('f', x)\n    return x\nprint(f(0) and f(1), f(1) or f(2), f(1) < f(0) < f(5))",
    "unpacking": "a, b = 1, 2\na, b = b, a\n(c, [d, *e]), f = (1, [2, 3, 4]), 5\n*g, h = range(4)\nprint(a, b, c, d, e, f, g, h)",
    "targets": "a = b = [0, 1]\na[0] = 5\nb[1:] = [7, 8]\nd = {}\nd['k'] = d['l'] = 1\nx, a[1] = 3, 4\nprint(a, b, d, x)",
    "augmented": "a = [1]\nb = a\na += [2]\na *= 2\ns = 'x'\ns += 'y'\nn = 5\nn -= 1\nn *= 3\nn //= 5\nn **= 3\nn %= 5\nprint(a, b, s, n)",
    "augmented item": "a = [1, 2]\na[0] += 10\nd = {'x': 1}\nd['x'] *= 5\nprint(a, d)",
    "slices": "a = list(range(10))\nprint(a[2:5], a[::-1], a[-3:], a[:2], 'hello'[1:3], (1, 2, 3)[::2], a[slice_ if False else -1])",
    "del": "a = [1, 2, 3]\ndel a[0], a[-1]\nb = 1\ndel b\ntry:\n    b\nexcept NameError as e:\n    print(a, e)",
    "dict": "d = {'a': 1, **{'b': 2}}\nfor k, v in d.items():\n    print(k, v)\nprint(list(d), d.get('c', 0), d.pop('a'), d)",
    "set": "s = {1, 2, 3} | {4}\ns.add(2)\nprint(sorted(s), s & {1, 9}, len(s), {x % 2 for x in s})",
    "while": "i = 0\nwhile True:\n    i += 1\n    if i == 2:\n        continue\n    if i > 4:\n        break\n    print(i)\nelse:\n    print('no')",
    "loop else": "for i in range(3):\n    pass\nelse:\n    print('else', i)\nwhile i:\n    i -= 1\nelse:\n    print('done')",
    "nested break": "for i in range(3):\n    for j in range(3):\n        if j == 1:\n            break\n        print(i, j)\n    else:\n        print('x')",
    "for targets": "for (a, b), c in [((1, 2), 3)]:\n    print(a, b, c)\nd = [0]\nfor d[0] in range(3):\n    pass\nprint(d)",
    "default": "def f(a, b=2, *c, d=4, **e):\n    return a, b, c, d, e\nprint(f(1), f(1, 3), f(1, 2, 3, 4, d=5, z=6), f(b=1, a=0), f(*[1, 2], **{'d': 3}))",
    "default once": "def f(x, l=[]):\n    l.append(x)\n    return l\nf(1)\nprint(f(2), f(3, []))",
    "positional only": "def f(a, /, b, *, c):\n    return a, b, c\nprint(f(1, 2, c=3), f(1, b=2, c=3))",
    "closure": "def counter():\n    n = 0\n    def step(by=1):\n        nonlocal n\n        n += by\n        return n\n    return step\nc = counter()\nd = counter()\nprint(c(), c(5), d(), c())",
    "late binding": "fs = [lambda: i for i in range(3)]\nprint([f() for f in fs])\ngs = []\nfor i in range(3):\n    gs.append(lambda i=i: i)\nprint([g() for g in gs])",
    "cells": "def f(x):\n    def g():\n        return x + y\n    y = 10\n    x += 1\n    return g()\nprint(f(1))",
    "deep cells": "def a(x):\n    def b():\n        def c():\n            return x\n        return c\n    return b()\nprint(a(7)())",
    "global": "n = 0\ndef f():\n    global n, m\n    n += 1\n    m = n * 2\nf()\nf()\nprint(n, m)",
    "recursion": "def fact(n):\n    return n * fact(n - 1) if n else 1\nprint(fact(20))\ndef even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n != 0 and even(n - 1)\nprint(even(10), odd(7))",
    "unbound": "def f(c):\n    if c:\n        x = 1\n    return x\nprint(f(1))\ntry:\n    f(0)\nexcept UnboundLocalError as e:\n    print(e)",
    "unbound after del": "def f():\n    x = 1\n    for i in range(2):\n        print(x)\n        del x\ntry:\n    f()\nexcept NameError as e:\n    print(type(e).__name__, e)",
    "unbound free": "def f():\n    def g():\n        return x\n    try:\n        g()\n    except NameError as e:\n        print(e)\n    x = 1\n    return g()\nprint(f())",
    "comprehension": "x = 5\nprint([x for x in range(3)], x, [(i, j) for i in range(3) for j in range(i) if i + j > 1], {k: v for k, v in [(1, 2)]})",
    "comprehension scope": "def f(n):\n    return [[i * n + j for j in range(2)] for i in range(n)]\nprint(f(3))",
    "comprehension cells": "def f():\n    k = 10\n    return sum(k * i for i in range(4)), [lambda: k + i for i in range(2)][0]()\nprint(f())",
    "generator": "g = (i * i for i in range(4))\nprint(next(g), list(g), sum(i for i in [1, 2]), max((3, 1, 2), key=lambda v: -v))",
    "lambda": "print((lambda *a, **k: (a, k))(1, x=2), sorted([3, 1, 2], key=lambda v: -v), list(map(lambda a, b: a + b, [1, 2], [3, 4])))",
    "decorator": "def twice(f):\n    def g(*a):\n        return f(*a) * 2\n    return g\n@twice\n@twice\ndef h(x):\n    return x + 1\nprint(h(1))",
    "docstring": "def f():\n    'text'\n    return 1\nprint(f.__doc__, f.__name__)",
    "return in loop": "def f():\n    for i in range(5):\n        while True:\n            if i == 3:\n                return i\n            break\nprint(f())",
    "return none": "def f():\n    return\ndef g():\n    pass\nprint(f(), g())",
    "try": "def f(x):\n    try:\n        return 1 / x\n    except ZeroDivisionError:\n        return 'zero'\n    finally:\n        print('finally', x)\nprint(f(2), f(0))",
    "try else": "try:\n    x = 1\nexcept ValueError:\n    print('no')\nelse:\n    print('else')\nfinally:\n    print('end')",
    "try nested": "try:\n    try:\n        [][1]\n    except KeyError:\n        print('no')\n    finally:\n        print('inner')\nexcept (TypeError, IndexError) as e:\n    print(type(e).__name__, e)",
    "try in loop": "for i in range(4):\n    try:\n        if i == 1:\n            continue\n        if i == 3:\n            break\n        print(i)\n    finally:\n        print('f', i)",
    "finally overrides": "def f():\n    try:\n        return 1\n    finally:\n        return 2\nprint(f())",
    "raise": "try:\n    raise ValueError('a', 2)\nexcept ValueError as e:\n    print(e, e.args, repr(e))\ntry:\n    raise KeyError('k')\nexcept LookupError as e:\n    print(e)",
    "reraise": "def f():\n    try:\n        raise RuntimeError('x')\n    except RuntimeError:\n        raise\ntry:\n    f()\nexcept RuntimeError as e:\n    print(e)",
    "raise class": "try:\n    raise NotImplementedError\nexcept NotImplementedError as e:\n    print(repr(e))\ntry:\n    raise 5\nexcept TypeError as e:\n    print(e)",
    "raise from": "try:\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        raise ValueError('v') from e\nexcept ValueError as v:\n    print(v, repr(v.__cause__))",
    "bare raise": "try:\n    raise\nexcept RuntimeError as e:\n    print(e)",
    "name gone": "try:\n    1 / 0\nexcept ZeroDivisionError as err:\n    pass\ntry:\n    err\nexcept NameError as x:\n    print(x)",
    "assert": "try:\n    assert 1 == 2, 'not equal'\nexcept AssertionError as e:\n    print(e)\nassert True",
    "f-strings": "x = 3.14159\nn = 'ab'\nw = 8\nprint(f'{x:.2f}|{n!r:>6}|{x=:.1f}|{n=}|{{}}|{x:{w}.3f}|{n:^6}|{1000000:,}|{255:#x}|{0.5:%}')",
    "percent": "print('%d %5.2f %s %r %x %%' % (3, 2.5, 'a', 'b', 255), '%s' % [1], '%(k)s' % {'k': 1}, '%-5d|' % 3)",
    "format": "print('{} {1}'.replace('1', ''), '{0}-{1}-{0}'.format(1, 2), '{:>5.1f}|{a:<4}|'.format(2.25, a='x'), '{0[1]}'.format([1, 2]))",
    "strings": "s = 'Hello, World'\nprint(s.lower(), s.split(', '), s.replace('o', '0'), '-'.join(['a', 'b']), s.find('W'), s[::-1], 'a' * 3, 'ab' + 'c', s.startswith('He'), 'x'.rjust(3), s.count('l'), s.title())",
    "lists": "l = [3, 1, 2]\nl.sort()\nl.append(5)\nl.extend([7, 8])\nl.insert(0, 9)\nl.remove(5)\nprint(l, l.pop(), l.index(7), l.count(1), l + [1], l * 2, sorted(l, reverse=True), l[::-1])",
    "numbers": "print((5).bit_length(), (2.0).is_integer(), (3 + 4j).conjugate(), abs(3 + 4j), round(2.567, 2), round(7), divmod(7, 2), pow(2, 10), pow(2, 10, 7), int('12'), float('1.5'), complex(1, 2), bool([]), int(3.9), int('ff', 16))",
    "builtins": "print(len('abc'), min(3, 1), max([1, 5]), sum([1, 2.5]), any([0, 1]), all([]), list(zip([1, 2], 'ab')), list(enumerate('ab', 1)), list(reversed([1, 2])), list(filter(None, [0, 1])), chr(97), ord('a'), hex(255), bin(5), isinstance(1, (str, int)), isinstance(True, int), callable(len))",
    "types": "print(type(1), type('a'), type(1.0), type(None), type([]), type({}), type(()), type(len), type(lambda: 0), type(ValueError('x')), type(type(1)), int, type(1).__name__, type(range(2)), type(1) is int, type(...))",
    "ranges": "print(range(3), list(range(5, 0, -2)), range(10)[3], len(range(0, 10, 3)), 4 in range(5), range(10).step)",
    "conversions": "print(list('abc'), tuple([1]), dict([('a', 1)], b=2), dict.fromkeys('ab'), set([1, 1]), str(1.0), repr('a'), float('inf'), -float('nan'))",
    "math": "import math\nfrom math import sqrt as r, floor\nprint(math.pi, r(2), floor(2.5), math.factorial(10), math.comb(5, 2), math.perm(5, 2), math.gcd(12, 18), math.isnan(math.nan), math.lcm(4, 6), math.prod([1, 2, 3]))",
    "print": "print(1, 2, sep='-', end='!\\n')\nprint()\nprint('a', [1, 'b'], (1,), {'k': None}, True, 1e20, 1e-5, 0.1 + 0.2)",
    "stars": "def f(*a):\n    return a\nprint(f(*[1, 2], 3, *(4,)), [*range(3), *'ab'], (*[1], 2), {**{'a': 1}, 'b': 2})",
    "conditional": "x = 5\nprint('big' if x > 3 else 'small', [1, 2][x > 3], x if x else -x)",
    "annotations": "x: int = 3\ny: 'anything'\ndef f(a: int, b: str = 'q') -> int:\n    return a\nprint(x, f(1))",
    "identity": "a = []\nb = a\nprint(a is b, a is not [], a == [], [1, [2]] == [1, [2]], 'a' < 'b', (1, 2) < (1, 3))",
    "elif": "def f(x):\n    if x < 0:\n        return 'neg'\n    elif x == 0:\n        return 'zero'\n    elif x < 10:\n        s = 'small'\n    else:\n        s = 'big'\n    return s\nprint(f(-1), f(0), f(5), f(50))",
}

FAILURES = [
    "1 / 0",
    "1 // 0",
    "1 % 0",
    "1.0 / 0",
    "x",
    "[1][5]",
    "{}['k']",
    "1 + 'a'",
    "'a' + 1",
    "[] + 1",
    "-'a'",
    "len(3)",
    "int('x')",
    "float('x')",
    "a, b = 1, 2, 3",
    "a, b = [1]",
    "a, *b = []",
    "a, b = 5",
    "for i in 5: pass",
    "[i for i in 5]",
    "'abc'.foo",
    "(5).foo()",
    "None.x",
    "x = 5; x()",
    "x = 'a'; x['b']",
    "{[]: 1}",
    "{1: 2}[[]]",
    "f()",
    "(lambda x: x)()",
    "(lambda: 1)(2)",
    "(lambda x, y: 1)(2)",
    "(lambda x=1: 1)(2, 3)",
    "(lambda x: 1)(y=2)",
    "(lambda x: 1)(1, x=2)",
    "(lambda *, k: 1)()",
    "(lambda x, /: 1)(x=1)",
    "(lambda x, y, z: 1)()",
    "print(sep=1)",
    "raise ValueError('text')",
    "assert 0",
    "assert 0, 'why'",
    "math.sqrt(-1)",
    "import nothing_here",
    "from math import nothing_here",
    "max([])",
    "[1, 'a'].sort()",
    "sorted([1, 'a'])",
    "next(iter([]))",
    "sum(['a'])",
    "sum([[]])",
    "'%d' % 'a'",
    "'%s %s' % 1",
    "'{} {}'.format(1)",
    "f'{1:q}'",
    "2 ** 'a'",
    "1 < 'a'",
    "1 in 2",
    "del nothing",
    "dict([1])",
    "with 5: pass",
    "isinstance(1, 2)",
    "10.0 ** 400",
    "chr(-1)",
    "range(1, 2, 0)",
    "reversed(5)",
    "x = 1; x.y = 2",
    "x = [1, 2]; x[5] = 1",
    "x = (1, 2); x[0] = 1",
    "x = 'a'; x[0] = 'b'",
    "*1, 2",
    "print(**5)",
    "print(*5)",
    "print(sep='', **{'sep': ''})",
    "def g(n):\n    return n + missing\ng(1)",
    "try:\n    1 / 0\nexcept 5:\n    pass",
    "raise 5",
    "int([])",
]


def ours(program: str) -> tuple[str, str]:
    """What a program prints here, and how it fails."""
    printed: list[str] = []
    failed: list[str] = []

    def emit(event: Any) -> None:
        if isinstance(event, Printed):
            printed.append(event.text)
        elif isinstance(event, Failed):
            failed.append(f"{event.diagnostic.exception}: {event.diagnostic.message}")

    Session().run(program, emit, echo="none")
    return "".join(printed), "".join(failed)


def python(program: str) -> tuple[str, str]:
    out = io.StringIO()
    failed = ""
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(program, "<program>", "exec"), {})
        except Exception as error:
            failed = f"{type(error).__name__}: {error}"
    return out.getvalue(), failed


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    assert ours(PROGRAMS[name]) == python(PROGRAMS[name])


@pytest.mark.parametrize("program", FAILURES)
def test_failure(program: str) -> None:
    program = "import math\n" * ("math." in program) + program
    # Where Python names the file of a module, we have none.
    expected = python(program)[1].split(" (/")[0].replace("(unknown location)", "").strip()
    assert ours(program)[1].replace("(unknown location)", "").strip() == expected


integers = st.integers(-(2**70), 2**70)
numbers = integers | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
values = numbers | st.text("ab%{} ", max_size=4) | st.lists(st.integers(-3, 3), max_size=3)
operators = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or", "in", "is not"]
)


@settings(deadline=None, max_examples=300)
@given(values, operators, values, operators, values)
def test_operators_on_values(a: Any, f: str, b: Any, g: str, c: Any) -> None:
    for text in (
        f"{a!r} {f} {b!r}",
        f"x {f} {b!r}",
        f"x {f} y",
        f"{a!r} {f} y {g} z",
        f"[x][0] {f} y",
        f"[x][0] {f} [y][0]",
    ):
        program = f"x, y, z = {a!r}, {b!r}, {c!r}\nprint(repr({text}))\n"
        if "is not" not in text:
            assert ours(program) == python(program)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.integers(-5, 5), max_size=6),
    st.none() | st.integers(-7, 7),
    st.none() | st.integers(-7, 7),
    st.none() | st.integers(-3, 3),
)
def test_slices(items: list[int], start: int | None, stop: int | None, step: int | None) -> None:
    a, b, c = ("" if part is None else str(part) for part in (start, stop, step))
    program = f"x = {items}\na, b, c = {start}, {stop}, {step}\nprint(x[{a}:{b}:{c}])\nprint(x[a:b:c])\ny = {str(items)!r}\nprint(y[{a}:{b}])"
    assert ours(program) == python(program)


@settings(deadline=None, max_examples=200)
@given(
    numbers,
    st.sampled_from(
        ["", "5", ">8", "<8", "^9", "+", "08", ",", "_", ".3f", ".2e", "g", ".0f", "10.4f", "%", "d", "x", "b", "c"]
    ),
)
def test_format_specifications(value: Any, spec: str) -> None:
    program = f"x = {value!r}\nprint(f'{{x:{spec}}}|')\nprint('{{:{spec}}}|{{0!r}}'.replace('|{{0!r}}', '').format(x))\nprint(format(x, {spec!r}))"
    assert ours(program) == python(program)
