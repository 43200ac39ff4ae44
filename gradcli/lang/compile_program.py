"""All kinds of nodes that can be compiled: importing this module enters them."""

from __future__ import annotations

from gradcli.lang import (
    compile_blocks,
    compile_calls,
    compile_commands,
    compile_expressions,
    compile_functions,
    compile_imports,
    compile_operators,
    compile_statements,
)

__all__ = [
    "compile_blocks",
    "compile_calls",
    "compile_commands",
    "compile_expressions",
    "compile_functions",
    "compile_imports",
    "compile_operators",
    "compile_statements",
]
