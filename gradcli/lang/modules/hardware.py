"""What torch has for hardware that is not there: it can be asked about, and switched."""

from __future__ import annotations

from typing import Any, Final

# They say how another machine is to compute, and change nothing here.
CUDNN: Final = {"enabled": True, "benchmark": False, "deterministic": False, "allow_tf32": True}


def backend(name: str) -> dict[str, Any]:
    """`torch.backends.<name>`."""
    return {"is_available": lambda: False, **(CUDNN if name == "cudnn" else {})}


def cuda() -> dict[str, Any]:
    """`torch.cuda` of a machine without one."""
    from gradcli.engine.options import check_device
    from gradcli.lang.values.tensor_types import ON_CUDA

    def refuse(*args: Any, **named: Any) -> Any:
        check_device("cuda")

    return {
        **ON_CUDA,
        **dict.fromkeys(("current_device", "get_device_name", "set_device", "synchronize"), refuse),
        "is_available": lambda: False,
        "device_count": lambda: 0,
        "manual_seed": lambda seed: None,
        "manual_seed_all": lambda seed: None,
        "empty_cache": lambda: None,
    }


def accelerator() -> dict[str, Any]:
    """`torch.accelerator`, likewise."""
    return {"is_available": lambda: False, "device_count": lambda: 0, "current_accelerator": lambda: None}
