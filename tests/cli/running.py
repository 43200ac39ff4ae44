"""gradcli as a process of its own, for the tests of its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "gradcli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def gradcli(*arguments: str, text: str | bytes | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run it; `text` is its standard input. Nothing here takes ten seconds unless it hangs."""
    data = text.encode() if isinstance(text, str) else text
    run = subprocess.run(
        [*COMMAND, *arguments],
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        env={**ENVIRONMENT, **more.pop("env", {})},
        timeout=60,
        check=False,
        **more,
    )
    out, err = run.stdout.decode(), run.stderr.decode()
    return subprocess.CompletedProcess(run.args, run.returncode, out, err)
