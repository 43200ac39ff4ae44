"""The operators, a file a family. Importing this package publishes all of them.

Those that Python's operators stand for, and what these are written with, are defined at once; a family on the shelf
(later.py) when one of its names is first used, so that a run pays for what it uses, not for what torch has.
"""

from importlib import import_module

from gradcli.engine.public import publish, shelve
from gradcli.ops import (  # noqa: F401 - defining entries is what they are imported for
    axes,
    bits,
    comparison,
    complex_parts,
    copies,
    creation,
    data,
    elementary,
    indexing,
    joining,
    later,
    matmul,
    matrix,
    pointwise,
    powers,
    queries,
    reduction,
    rounding,
    scans,
    scatter,
    scattering,
    selection,
    slicing,
    splitting,
    strided,
    subscripts,
    trigonometry,
    types,
    views,
)

publish()


def load(family: str) -> None:
    """Define and publish a family's operators."""
    import_module(f"gradcli.ops.{family}")
    publish()


def load_all() -> None:
    """Take everything off the shelf: for documentation and tests, which go through all entries."""
    for family in later.FAMILIES:
        load(family)


for _family, (_functions, _methods) in later.FAMILIES.items():
    shelve(_family, _functions.split(), _methods.split(), load)
