"""The operators, a file a family. Importing this package publishes all of them.

Those that most programs use are defined at once; a family on the shelf (later.py) when one of its names is first used,
so that a run pays at its start for what it may need, not for what torch has.
"""

from importlib import import_module

from gradcli.engine.public import publish, shelve
from gradcli.ops import (  # noqa: F401 - defining entries is what they are imported for
    activation,
    axes,
    bits,
    chains,
    comparison,
    complex_parts,
    convolution,
    copies,
    creation,
    cross_entropy,
    data,
    einsum,
    elementary,
    extrema,
    grids,
    indexing,
    joining,
    later,
    linalg,
    losses,
    matmul,
    matrix,
    norms,
    pointwise,
    powers,
    queries,
    random,
    reduction,
    rounding,
    scans,
    scatter,
    scattering,
    selection,
    slicing,
    softmax,
    sorting,
    splitting,
    spread,
    strided,
    subscripts,
    triangles,
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
