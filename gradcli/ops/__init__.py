"""The operators, a file a family. Importing this package defines and publishes all of them."""

from gradcli.engine.public import publish
from gradcli.ops import (  # noqa: F401 - defining entries is what they are imported for
    activation,
    bits,
    comparison,
    complex_parts,
    creation,
    data,
    elementary,
    extrema,
    norms,
    pointwise,
    powers,
    random,
    reduction,
    rounding,
    scans,
    selection,
    softmax,
    sorting,
    spread,
    trigonometry,
    types,
)

publish()
