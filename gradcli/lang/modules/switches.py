"""Grad mode and anomaly mode, as types that programs make context managers and decorators of."""

from __future__ import annotations

from typing import Any, Final

from gradcli.lang.values.table import Type


def _switch(name: str) -> Type:
    from gradcli.engine import modes

    switch: Any = {
        "no_grad": modes.no_grad,
        "enable_grad": modes.enable_grad,
        "set_grad_enabled": modes.set_grad_enabled,
        "inference_mode": modes.inference_mode,
        "set_detect_anomaly": modes.set_detect_anomaly,
        "detect_anomaly": modes.detect_anomaly,
    }[name]
    plain = name in ("no_grad", "enable_grad", "inference_mode")

    def make(*args: Any, **named: Any) -> Any:
        if plain and len(args) == 1 and callable(args[0]):  # @no_grad without parentheses
            return switch()(args[0])
        return switch(*args, **named)

    make.__name__ = make.__qualname__ = name
    where = "anomaly_mode" if "anomaly" in name else "grad_mode"
    return Type(f"torch.autograd.{where}.{name}", switch, make)


SWITCHES: Final = {
    name: _switch(name)
    for name in ("no_grad", "enable_grad", "set_grad_enabled", "inference_mode", "set_detect_anomaly", "detect_anomaly")
}
