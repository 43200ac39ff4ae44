"""What scripts/fuzz feeds to gradcli: sentences of the grammar, mutated programs, odd calls, bytes.

Each source is a function from a random generator to (kind, text); the kinds are those of scripts/fuzz_worker.py.
"""

from __future__ import annotations

import functools
import json
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gradcli import Session  # noqa: E402
from tests.lang.sentences import SAMPLES, Generator  # noqa: E402
from tests.operands import OPERANDS  # noqa: E402

Random = random.Random
LONGEST = 4000


def words(text: str) -> list[str]:
    return text.split()


# One word each: they are split at blanks.
NUMBERS = words("""
    0 1 -1 2 3 -2 0.5 -0.0 1e-45 1e400 nan inf 2**31 2**63 -2**63 10**12 1j True False None 255 65 1e38 10**30
""")
TENSORS = words("""
    ones(2,3) zeros(0) tensor(1.5) tensor([1,2,3]) rand(3) randn(2,2) eye(3) ones(1,1) tensor([nan,inf,-inf])
    ones(2,0,3) tensor([True,False]) arange(6).reshape(2,3) tensor([1+2j]) ones(2,3,requires_grad=True)
    tensor([1],dtype=uint8) tensor([2.,3.],requires_grad=True) rand(2,3,4) ones(3,dtype=float16) ones(3).expand(2,3)
    rand(3,3).t() ones(4)[::2] rand(1,2,4,4)
""")
OTHERS = words("""
    'a' '' [] () {} [1,2] (1,2) [[1,2],[3]] [ones(2),ones(3)] {'a':1} float32 int64 x y torch range(3) ... slice(1)
    print 'sum' 'ij,jk->ik'
""")
OTHERS += ["lambda x: x", "lambda x, y: x + y"]
KEYWORDS = words("""
    dim keepdim dtype out input other requires_grad reduction p size axis n k eps weight bias padding stride mode alpha
    beta gradient retain_graph create_graph unbiased
""")
NAMES = words("x y z f torch sum print ones mean relu T grad backward shape F")
START = "x = ones(2, 3, requires_grad=True)\ny = tensor([1, 2, 3])\n"
MARKS = ["\n", "\n    ", *"()[]{}:,='\"#\\;@."]
ODD_BYTES = [b"\0", b"\xff", b"\x1b[31m", b"\r", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xc2\xa0", b"\xc3", b"\\", b"\x85"]
WORD = re.compile(r"[A-Za-z_]\w*|[0-9][0-9.e]*|\s+|\"[^\"\n]*\"|'[^'\n]*'|\*\*|//|[<>=!+*/@-]=|.", re.DOTALL)


def recorded(name: str, key: str) -> list[str]:
    lines = (ROOT / "tests" / "golden" / name).read_text("utf-8").splitlines()
    return [str(json.loads(line)[key]) for line in lines]


@functools.cache
def corpus() -> list[str]:
    """Programs that mean something: whole ones, recorded cases, and the texts of the language's tests."""
    tests = ROOT / "tests"
    texts = [
        path.read_text("utf-8") for path in sorted((tests / "programs").iterdir()) if path.suffix in (".py", ".grad")
    ]
    texts += [path.read_text("utf-8").partition("~" * 80)[0] for path in sorted((tests / "errors").glob("*.txt"))]
    for path in sorted((tests / "lang").glob("*.txt")):
        texts += re.split(r"^=== .*$", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    texts += recorded("cases.jsonl", "code")
    return [text.strip("\n") + "\n" for text in texts if text.strip()]


@functools.cache
def names() -> list[str]:
    """What every program can call, as a function and as a method."""
    found = Session().builtin_names()
    return [*found, *(f"torch.{name}" for name in found), *(f"F.{name}" for name in found)]


@functools.cache
def sentences() -> Generator:
    samples = {
        **SAMPLES,
        "NAME": [
            "x",
            "y",
            "z",
            "f",
            "torch",
            "sum",
            "print",
            "ones",
            "mean",
            "relu",
            "T",
            "grad",
            "backward",
            "shape",
            "F",
        ],
        "NUMBER": ["0", "1", "2", "3", "0.5", "1e3", "1_0", "2j"],
        "STRING": ["'a'", "f'{x}'", "f'{y!r:>5}'", '"%s"', "''"],
    }
    return Generator(samples)


def value(rng: Random, depth: int = 0) -> str:
    choice = rng.random()
    if choice < 0.5:
        return rng.choice(TENSORS)
    if choice < 0.75:
        return rng.choice(NUMBERS)
    if choice < 0.9 or depth > 1:
        return rng.choice(OTHERS)
    return call(rng, depth + 1)


def call(rng: Random, depth: int = 0) -> str:
    arguments = [value(rng, depth) for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3)))]
    arguments += [f"{name}={value(rng, depth)}" for name in rng.sample(KEYWORDS, rng.choice((0, 0, 0, 1, 2)))]
    name = rng.choice(names())
    if rng.random() < 0.4:
        return f"{rng.choice((rng.choice(TENSORS), 'x', 'y'))}.{name.rpartition('.')[2]}({', '.join(arguments)})"
    return f"{name}({', '.join(arguments)})"


def sentence(rng: Random) -> tuple[str, str]:
    text = sentences().sentence(rng.randrange(1 << 32), rng.randint(8, 30))
    return rng.choice(("text", "prompt")), START + text


def calls(rng: Random) -> tuple[str, str]:
    lines = ["import torch.nn.functional as F"]
    for _ in range(rng.randint(1, 4)):
        line = call(rng)
        if rng.random() < 0.3:
            line = f"{value(rng)} {rng.choice(('+', '-', '*', '/', '//', '%', '@', '**', '<', '==', '&', '<<'))} {line}"
        if rng.random() < 0.2:
            target = rng.choice("xy") + rng.choice(("", "[0]", "[:, 1]", "[..., None]", "[y]"))
            line = f"{target} {rng.choice('+-*/')}= {line}"
        elif rng.random() < 0.3:
            line = f"z = {line}\nz.sum().backward()"
        lines.append(line)
    return "text", START + "\n".join(lines) + "\n"


def mutated_text(rng: Random) -> str:
    text = rng.choice(corpus())
    if rng.random() < 0.2:  # the beginning of one program, the end of another
        lines, more = text.splitlines(True), rng.choice(corpus()).splitlines(True)
        text = "".join(lines[: rng.randint(0, len(lines))] + more[rng.randint(0, len(more)) :])
    parts = WORD.findall(text[:LONGEST])
    for _ in range(rng.choice((1, 1, 2, 3, 5, 10))):
        mutate(rng, parts)
    return "".join(parts)


def mutate(rng: Random, parts: list[str]) -> None:
    if not parts:
        parts.append(value(rng))
    at = rng.randrange(len(parts))
    action = rng.randrange(8)
    if action == 0:
        del parts[at]
    elif action == 1:
        parts.insert(at, parts[rng.randrange(len(parts))])
    elif action == 2:
        other = rng.randrange(len(parts))
        parts[at], parts[other] = parts[other], parts[at]
    elif action == 3:
        parts[at] = value(rng)
    elif action == 4:
        parts[at] = rng.choice(MARKS)
    elif action == 5:
        parts[at : at + 3] = parts[at : at + 3] * rng.choice((2, 3, 50))
    elif action == 6:
        numbers = [k for k, word in enumerate(parts) if word[0].isdigit()]
        if numbers:
            parts[rng.choice(numbers)] = rng.choice(NUMBERS)
    else:
        called = [k for k, word in enumerate(parts) if word[0].isalpha() and parts[k + 1 : k + 2] == ["("]]
        if called:
            parts[rng.choice(called)] = rng.choice(names()).rpartition(".")[2]


def mutated(rng: Random) -> tuple[str, str]:
    return rng.choice(("text", "prompt")), mutated_text(rng)


@functools.cache
def samples() -> list[str]:
    """The calls that the operators' entries have as samples."""
    return recorded("operators.jsonl", "text")


def sampled(rng: Random) -> tuple[str, str]:
    """Calls that are nearly right: samples with other operands and other numbers."""
    lines = []
    for _ in range(rng.randint(1, 3)):
        parts = WORD.findall(rng.choice(samples()))
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            places = [at for at, part in enumerate(parts) if part in OPERANDS or part[0].isdigit()]
            if not places or rng.random() < 0.2:
                mutate(rng, parts)
                continue
            at = rng.choice(places)
            names = list(OPERANDS)
            parts[at] = rng.choice(names if parts[at] in OPERANDS and rng.random() < 0.7 else [*NUMBERS, *TENSORS])
        lines.append("".join(parts))
    text = "\n".join(lines)
    return "text", operand_program(text) + text + "\n"


def operand_program(text: str) -> str:
    """Assignments for the operands that a text names; those of floats require grad."""
    lines = []
    for name in sorted(set(re.findall(r"[A-Za-z_]\w*", text)) & OPERANDS.keys()):
        array = OPERANDS[name]
        grad = ", requires_grad=True" if array.dtype.kind in "fc" else ""
        lines.append(f"{name} = tensor({array.tolist()}, dtype=torch.{array.dtype.name}{grad})\n")
    return "".join(lines)


def transcript(rng: Random) -> tuple[str, str]:
    lines = []
    for line in mutated_text(rng).splitlines():
        lines.append(rng.choice((">>> ", "... ", "In [1]: ", "   ...: ", "", ">>>", "In [2]:\n")) + line)
        if rng.random() < 0.3:
            lines.append(rng.choice(("tensor([1.])", "Out[1]: 3", "Traceback (most recent call last):", "", "...")))
    return "text", "\n".join(lines)


def bytes_(rng: Random) -> tuple[str, str]:
    kind = rng.choice(("file", "stream"))
    if rng.random() < 0.3:
        return kind, "".join(chr(rng.randrange(256)) for _ in range(rng.randint(0, 80)))
    data = bytearray(mutated_text(rng).encode("utf-8", "replace"))
    damage(rng, data)
    return kind, data.decode("latin-1")


def damage(rng: Random, data: bytearray) -> None:
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        if rng.random() < 0.5:
            data[at:at] = rng.choice(ODD_BYTES)
        else:
            data[at : at + rng.randint(1, 8)] = bytes(rng.randrange(256) for _ in range(rng.randint(0, 3)))


def notebook(rng: Random) -> tuple[str, str]:
    cells = [
        {
            "cell_type": rng.choice(("code", "code", "markdown", "raw", 3)),
            "source": rng.choice((str, str.splitlines, lambda text: text.splitlines(True)))(mutated_text(rng)),
        }
        for _ in range(rng.randint(0, 3))
    ]
    for cell in cells:
        if rng.random() < 0.2:
            cell[rng.choice(("source", "input", "cell_type"))] = rng.choice((None, 1, [], [1, None], {}, "%magic\n1"))
    whole = rng.choice(({"cells": cells, "nbformat": 4}, {"worksheets": [{"cells": cells}]}, cells, {"cells": {}}))
    data = bytearray(json.dumps(whole).encode())
    if rng.random() < 0.4:
        damage(rng, data)
    return "notebook", data.decode("latin-1")


SPECIAL = words("""
    init repr str call len iter next getitem setitem contains eq lt hash bool add radd iadd mul rmul sub neg pow matmul
    truediv enter exit format float int index
""")
FUNCTION_PARTS = words("save_for_backward mark_dirty mark_non_differentiable set_materialize_grads")
CALLED = words("len str list sorted next float hash sum isinstance print type iter bool torch.tensor set")
MEMBERS = words("v fields name forward backward apply __dict__ __class__ __name__ __doc__ grad saved_tensors n")


def class_body(rng: Random) -> list[str]:
    """Members of a class, special methods among them, that do as they please."""
    lines = [f"{rng.choice(MEMBERS[:3])} = {value(rng)}"]
    for _ in range(rng.randint(1, 4)):
        name = f"__{rng.choice(SPECIAL)}__" if rng.random() < 0.7 else rng.choice(MEMBERS)
        lines += [f"@{rng.choice(('staticmethod', 'classmethod', 'property'))}"] * (rng.random() < 0.2)
        others = rng.choice(("", ", a", ", a=1", ", *a", ", a, b", ", *a, **k"))
        lines.append(f"def {name}(self{others}):")
        lines += [f"    self.{rng.choice(MEMBERS)} = {value(rng)}"] * (rng.random() < 0.4)
        result = rng.choice(("self", "a" if "a" in others else "1", "super()", "self.v", value(rng), call(rng)))
        lines.append(f"    {rng.choice(('return', 'return', 'yield', 'raise'))} {result}")
    return lines


def function_body(rng: Random) -> list[str]:
    """forward and backward of a custom Function, right or not quite."""
    lines = ["@staticmethod", f"def forward({rng.choice(('ctx, x', 'ctx, x, n=2', 'x', 'ctx, *xs', 'ctx, x, y'))}):"]
    for _ in range(rng.randint(0, 2)):
        lines.append(f"    ctx.{rng.choice(FUNCTION_PARTS)}({rng.choice(('x', 'x, x', 'None', value(rng)))})")
    lines.append(f"    return {rng.choice(('x * 2', 'x', 'x, x + 1', 'x.mul_(2)', 'None', 'x.sum()', value(rng)))}")
    lines += ["@staticmethod", f"def backward({rng.choice(('ctx, g', 'ctx, g', 'ctx, g, h', 'ctx, *gs', 'g'))}):"]
    lines += ["    x, = ctx.saved_tensors"] * (rng.random() < 0.4)
    lines.append(f"    return {rng.choice(('g * 2', 'g, None', 'None', 'ctx.saved_tensors', 'g @ g', value(rng)))}")
    return lines


def classes(rng: Random) -> tuple[str, str]:
    """Classes, generators and Functions, and uses of them."""
    lines = []
    for number, name in enumerate("ABC"[: rng.randint(1, 3)]):
        is_function = rng.random() < 0.4
        bases = (
            ["torch.autograd.Function"]
            if is_function
            else ["", "object", "Exception", *"ABC"[:number], "torch.nn.Module"]
        )
        lines.append(f"class {name}({rng.choice(bases)}):")
        lines += [f"    {line}" for line in (function_body if is_function else class_body)(rng)]
        lines += [
            "a = None",
            "try:",
            f"    a = {name}({value(rng) if rng.random() < 0.5 else ''})",
            "except Exception as e:",
        ]
        lines.append(f"    a = {name}")
        for _ in range(rng.randint(1, 4)):
            use = rng.choice(
                (
                    f"{name}.apply({rng.choice(('x', 'x * 1', value(rng)))})",
                    f"{name}.apply(x).sum().backward()",
                    f"a.{rng.choice(MEMBERS)}",
                    f"a.{rng.choice(MEMBERS)}({value(rng)})",
                    f"a {rng.choice(('+', '*', '@', '<', '==', 'in', '+='))} {value(rng)}",
                    f"{value(rng)} {rng.choice(('+', '*', '-', '**'))} a",
                    f"a[{value(rng)}]",
                    f"{rng.choice(CALLED)}(a)",
                    f"a.{rng.choice(MEMBERS)} = {value(rng)}",
                    "del a.v",
                    f"f'{{a!r:>{rng.choice((1, 20))}}} {{a}}'",
                    "for i in a: print(i)\n",
                    "with a as b: print(b)\n",
                    "raise a",
                )
            )
            lines.append(use)
    lines += ["def gen(n):", f"    got = yield {value(rng)}", "    yield from range(n)", f"    return {value(rng)}"]
    lines += ["g = gen(3)", rng.choice(("next(g)", "g.send(1)", "list(g)", "g.throw(ValueError)", "g.close()"))]
    lines.append(
        rng.choice(("next(g)", "sum(g)", "g.send(2)", "tensor(g)", "[*g, *g]", "zip(g, g)", "g in g", call(rng)))
    )
    return rng.choice(("text", "prompt")), START + "\n".join(lines) + "\n"


SOURCES: dict[str, tuple[int, Callable[[Random], tuple[str, str]]]] = {
    "grammar": (3, sentence),
    "mutations": (4, mutated),
    "calls": (3, calls),
    "samples": (4, sampled),
    "classes": (4, classes),
    "transcripts": (1, transcript),
    "bytes": (1, bytes_),
    "notebooks": (1, notebook),
}


def one(seed: int, number: int) -> tuple[str, str, str]:
    """Input `number` of a run: the source's name, the kind, the text. The same for the same seed."""
    rng = random.Random(f"{seed}/{number}")
    (source,) = rng.choices(list(SOURCES), [weight for weight, _ in SOURCES.values()])
    return (source, *SOURCES[source][1](rng))
