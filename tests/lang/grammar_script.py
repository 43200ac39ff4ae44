"""scripts/grammar as a module: its loader of the grammar into lark."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "scripts" / "grammar"


@functools.cache
def script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("grammar_script_file", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@functools.cache
def lark_parser():
    return script().load()
