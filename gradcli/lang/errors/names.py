"""Did you mean…: the nearest known name to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None. Names that differ in case or underscores only come first."""
    candidates = [other for other in known if other != name and (name.startswith("_") or not other.startswith("_"))]
    folded = name.replace("_", "").lower()
    for other in candidates:
        if other.replace("_", "").lower() == folded:
            return other
    if len(name) > 50:
        return None
    from difflib import get_close_matches

    found = get_close_matches(name, candidates, 1, 0.7 if len(name) > 3 else 0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """The help line for an unknown name, "" when nothing is near."""
    other = nearest(name, known)
    return f"did you mean `{prefix}{other}`?" if other else ""
