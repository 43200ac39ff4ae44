"""What a terminal is used for: a prompt, and which; progress. Decided before anything large is imported."""

from __future__ import annotations

import os
import sys
from typing import Any


def at_prompt(options: Any) -> bool:
    """Whether a prompt comes at the end: asked for, or on a terminal with nothing else to do."""
    if options.interactive:
        return True
    return options.file is None and not options.expressions and sys.stdin is not None and sys.stdin.isatty()


def begins_at_prompt(options: Any) -> bool:
    """Whether the prompt comes first, with nothing to run before it."""
    given = options.file, options.expressions, options.let, options.wrt
    return at_prompt(options) and not any(given)


def has_full_prompt(options: Any) -> bool:
    """Whether the prompt can be the one that edits and completes: on a terminal that obeys, results as text."""
    streams = (sys.stdin, sys.stdout)
    if options.json or options.jsonl or not _obeys():
        return False
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    from gradcli.cli.repl import installed

    return installed()


def shows_progress(options: Any) -> bool:
    """Whether long loops show how far they are: on a terminal that can take a line back."""
    return not options.no_progress and sys.stderr.isatty() and _obeys()


def _obeys() -> bool:
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
