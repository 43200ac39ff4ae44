"""The modules of torch.nn: those that networks are made of."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Final

from gradcli.lang.networks import containers, convolution, linear, normalizing, parameter_containers, recurrent
from gradcli.lang.networks.functions import FUNCTIONS
from gradcli.lang.networks.module import MODULE
from gradcli.lang.networks.pooling import POOLING
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import Deferred

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

# The layers of attention are loaded when a program first uses one.
_TRANSFORMER: Final = ("", "Encoder", "Decoder", "EncoderLayer", "DecoderLayer")
_LATER: Final = {
    "MultiheadAttention": "attention",
    **{f"Transformer{part}": "transformer" for part in _TRANSFORMER},
}


def _load(name: str) -> Class:
    found: Class = import_module(f"gradcli.lang.networks.{_LATER[name]}").CLASSES[name]
    return found


DEFERRED: Final = {name: Deferred(partial(_load, name)) for name in _LATER}
