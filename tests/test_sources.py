"""What the package's source may not contain (HOSTILE H20, H26-H28): nothing executes text or reaches for the shell.

The checks read the syntax tree, so a comment or a string that mentions `eval` is no finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gradcli"

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input", "globals", "locals"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "subprocess", "ctypes", "code", "codeop", "dill", "runpy", "socket"}
FORBIDDEN_ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("os", "execv"),
    ("sys", "setrecursionlimit"),
    ("np", "fromfile"),
    ("np", "genfromtxt"),
}
# The one door of each kind: the allocator asks glibc for a setting, and a run is as deep as the stack allows.
EXEMPT = {("engine/allocator.py", "ctypes"), ("lang/depth.py", "setrecursionlimit")}

# Names that come from a program are looked up in tables; these builtins would reach past them.
REFLECTION = {"getattr", "setattr", "delattr", "vars", "dir", "hasattr"}

# Here the names are those of our own slots, and of the grammar's rules.
REFLECTS = ("lang/syntax/nodes.py", "lang/syntax/parse.py")

PRINTS = ("show/", "cli/", "__main__.py")
LONGEST_FILE = 600


def findings(source: str, path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                top = name.partition(".")[0]
                if top in FORBIDDEN_MODULES and (path, top) not in EXEMPT and not getattr(node, "level", 0):
                    yield f"{path}:{node.lineno} imports {name}"
        elif isinstance(node, ast.Call):
            yield from (f"{path}:{node.lineno} {what}" for what in call_findings(node, path))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in FORBIDDEN_ATTRIBUTES and (path, node.attr) not in EXEMPT:
                yield f"{path}:{node.lineno} uses {node.value.id}.{node.attr}"


def call_findings(node: ast.Call, path: str) -> Iterator[str]:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if isinstance(node.func, ast.Name):
        name = node.func.id
        if name in FORBIDDEN_CALLS and not (name == "input" and path.startswith("cli/")):
            yield f"calls {name}"
        if name == "print" and not path.startswith(PRINTS):
            yield "prints"
        # A constant name is spelt out in our own source; a computed one may come from a program.
        if (
            path.startswith("lang/")
            and path not in REFLECTS
            and name in REFLECTION
            and not (len(node.args) > 1 and isinstance(node.args[1], ast.Constant))
        ):
            yield f"calls {name} with a name that is computed"
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "Lark" and "cache" in keywords:
        yield "lets lark unpickle a cache"
    if (
        isinstance(node.func, ast.Attribute)
        and name == "load"
        and getattr(node.func.value, "id", "") in ("np", "numpy")
    ):
        allow = keywords.get("allow_pickle")
        if not (isinstance(allow, ast.Constant) and allow.value is False):
            yield "np.load without allow_pickle=False"
    if "shell" in keywords:
        yield "asks for a shell"


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_source(path: Path) -> None:
    text = path.read_text("utf-8")
    assert list(findings(text, path.relative_to(PACKAGE).as_posix())) == []
    generated = "Not to be edited" in text.partition("\n")[0]
    assert generated or text.count("\n") <= LONGEST_FILE, f"a file is read in one sitting: {text.count(chr(10))} lines"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("lang/compile.py", "eval('1')"),
        ("lang/compile.py", "exec(text)"),
        ("lang/compile.py", "def f():\n    return compile(text, '', 'exec')"),
        ("lang/compile.py", "import pickle"),
        ("lang/compile.py", "from marshal import loads"),
        ("engine/tensor.py", "import ctypes"),
        ("engine/tensor.py", "import os\nos.system('ls')"),
        ("engine/tensor.py", "import sys\nsys.setrecursionlimit(10**6)"),
        ("engine/tensor.py", "print('x')"),
        ("lang/values/table.py", "getattr(value, name)"),
        ("lang/values/table.py", "vars(value)"),
        ("lang/syntax/parse.py", "Lark(grammar, cache=True)"),
        ("session.py", "np.load(path)"),
        ("session.py", "np.load(path, allow_pickle=True)"),
    ],
)
def test_what_is_forbidden_is_found(path: str, source: str) -> None:
    assert list(findings(source, path))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("engine/allocator.py", "import ctypes"),
        ("lang/syntax/parse.py", "import re\nre.compile('x')  # no eval here"),
        ("show/plain.py", "print('x')"),
        ("lang/values/table.py", "getattr(value, '__name__', '')"),
        ("session.py", "np.load(path, allow_pickle=False)"),
    ],
)
def test_what_is_allowed_is_not(path: str, source: str) -> None:
    assert list(findings(source, path)) == []
