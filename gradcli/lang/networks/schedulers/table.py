"""torch.optim.lr_scheduler as a closed table."""

from __future__ import annotations

from typing import Any

from gradcli.lang.networks.schedulers.base import BASE
from gradcli.lang.networks.schedulers.composition import COMPOSITIONS
from gradcli.lang.networks.schedulers.cycles import CYCLES
from gradcli.lang.networks.schedulers.plateau import PLATEAU
from gradcli.lang.networks.schedulers.rules import BY_RULE


def members() -> dict[str, Any]:
    """torch.optim.lr_scheduler."""
    classes = (BASE, *BY_RULE.values(), *CYCLES, *COMPOSITIONS, PLATEAU)
    return {"_LRScheduler": BASE, **{each.__name__: each for each in classes}}
