"""The modules of torch.nn: those that networks are made of."""

from __future__ import annotations

from typing import Final

from gradcli.lang.networks import containers, convolution, linear, normalizing, parameter_containers, recurrent
from gradcli.lang.networks.functions import FUNCTIONS
from gradcli.lang.networks.module import MODULE
from gradcli.lang.networks.pooling import POOLING
from gradcli.lang.values.classes import Class

CLASSES: Final[dict[str, Class]] = {
    "Module": MODULE,
    **linear.CLASSES,
    **convolution.CLASSES,
    **normalizing.CLASSES,
    **recurrent.CLASSES,
    **containers.CLASSES,
    **parameter_containers.CLASSES,
    **{options.name: options.made() for options in (*FUNCTIONS, *POOLING)},
}
