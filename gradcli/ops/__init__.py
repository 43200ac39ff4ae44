"""The operators, a file a family. Importing this package defines and publishes all of them."""

from gradcli.engine.public import publish
from gradcli.ops import pointwise  # noqa: F401 - defining entries is what it is imported for

publish()
