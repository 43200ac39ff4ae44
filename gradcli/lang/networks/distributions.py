"""torch.distributions as closed tables."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from gradcli.lang.values.table import TYPES, Type, register
from gradcli.nn.distributions import CLASSES, kl_divergence, methods_of

for _kind in CLASSES:
    _name = _kind.__name__
    TYPES[_kind] = Type(f"torch.distributions.{_name.lower()}.{_name}", _kind, _kind)
    register(
        _kind,
        methods_of(_kind),
        {name: attrgetter(name) for name in ("batch_shape", "event_shape", *_kind.attributes)},
    )


def members(below: str = "") -> dict[str, Any]:
    """The members of torch.distributions, or of one module below it."""
    found: dict[str, Any] = {kind.__name__: TYPES[kind] for kind in CLASSES}
    found["kl_divergence"] = kl_divergence
    if not below:
        return found
    return {name: value for name, value in found.items() if name.lower().partition("_")[0] == below}
