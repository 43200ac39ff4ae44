"""Programs of a text file, run by Python and here: what they print, and the exception that ends them."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path
from typing import Any

from gradcli import Session
from gradcli.session import Failed, Printed


def programs(name: str) -> dict[str, str]:
    """The programs of a file beside this one; `=== name` begins each."""
    chunks = (Path(__file__).parent / name).read_text("utf-8").split("\n=== ")[1:]
    return {title.strip(): text for title, _, text in (chunk.partition("\n") for chunk in chunks)}


def by_python(program: str) -> str:
    """What Python prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(program, "program", "exec"), {"__name__": "__main__"})
        except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
            output.write(f"{type(error).__name__}: {error}\n")
    return plainly(output.getvalue())


def here(program: str) -> str:
    """What a session of ours prints."""
    lines: list[str] = []

    def emit(event: Any) -> None:
        if isinstance(event, Printed):
            lines.append(event.text)
        elif isinstance(event, Failed):
            lines.append(f"{event.diagnostic.exception}: {event.diagnostic.message}\n")

    Session(seed=0).run(program, emit, echo="none")
    return plainly("".join(lines))


def plainly(text: str) -> str:
    """Without addresses."""
    return re.sub(r"0x[0-9a-fA-F]+", "0xADDR", text)
