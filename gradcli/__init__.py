"""gradcli: a command-line differentiator and REPL for tensor expressions.

    from gradcli import Session, torch

`Session` runs programs of the language; `torch` is the language's own namespace, for use from Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Session", "__version__", "torch"]

if TYPE_CHECKING:
    from gradcli.session import Session

    torch: Any


def __getattr__(name: str) -> Any:
    """Import what is asked for: the command line must not pay for numpy before it knows what to do (PEP 562)."""
    if name in ("Session", "torch"):
        from gradcli import session, show
        from gradcli.lang.modules.table import MODULES

        show.install()
        return session.Session if name == "Session" else MODULES["torch"]
    raise AttributeError(f"module 'gradcli' has no attribute {name!r}")
