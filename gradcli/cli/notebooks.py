"""The code of a Jupyter notebook, cell by cell, without what IPython alone understands.

Imported when a notebook is run. Formats: nbformat 3 (worksheets, `input`) and 4 (`cells`, `source`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from gradcli.cli.inputs import Unreadable
from gradcli.lang.syntax.reading import Reader, strip_prompts

# Cell magics whose cell is Python still, and line magics that run the rest of their line.
_PYTHON_CELLS: Final = frozenset(("capture", "prun", "time", "timeit", "python", "python3"))
_RUN_THE_REST: Final = frozenset(("time", "prun"))

_CELL_MAGIC: Final = re.compile(r"\s*%%(\w+)")
# `%matplotlib inline`, `!pip install x`, `?sum`, `sum?`, `files = !ls`, `x = %who_ls`; what is before them is kept.
_LINE_MAGIC: Final = re.compile(
    r"(?P<indent>[ \t]*)(?:\w[\w, ]*=[ \t]*)?(?:%(?P<name>\w+)[ \t]*(?P<rest>.*)|!.*|\?+.*)"
)
_HELP: Final = re.compile(r"(?P<indent>[ \t]*)[\w.]+\?{1,2}[ \t]*$")


def code_cells(text: str, shown: str) -> Iterator[str]:
    """The program in each code cell, empty ones included: they are counted. Raises Unreadable.

    shown: the file's name, for messages.
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{shown} is not a notebook: {error}") from None
    cells = _cells(notebook)
    if cells is None:
        raise Unreadable(f"{shown} is not a notebook: it has no cells")
    language = _language(notebook)
    if language not in ("", "python"):
        raise Unreadable(f"{shown} is a notebook for {language!a}, not for Python")
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield program(_source(cell))


def _cells(notebook: Any) -> list[Any] | None:
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list):
        return None
    lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for each in lists if isinstance(each, list) for cell in each]


def _language(notebook: Any) -> str:
    """What the cells are written in, in lower case, "" where it is not said."""
    metadata = notebook.get("metadata")
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        found = metadata.get(part) if isinstance(metadata, dict) else None
        if isinstance(found, dict) and isinstance(found.get(key), str):
            return str(found[key]).lower()
    return ""


def _source(cell: dict[str, Any]) -> str:
    """A string, or a list of lines with their ends; anything else is nothing."""
    source = cell.get("source", cell.get("input"))
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))


def program(source: str) -> str:
    """The Python of a cell. Lines keep their numbers: what is left out leaves a blank line."""
    lines = strip_prompts(source).splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    magic = _CELL_MAGIC.match(lines[first]) if lines else None
    if magic is not None:
        if magic[1] not in _PYTHON_CELLS:
            return ""
        lines[first] = "\n"
    reader = Reader(len(source) + 1)
    kept = []
    for line in lines:
        code = line if reader.within else _without_magic(line)
        reader.feed(code)
        kept.append(code)
    return "".join(kept)


def _without_magic(line: str) -> str:
    """A line that begins a statement; a magic in a block leaves `pass`, for the block may have nothing else."""
    bare = line.rstrip("\r\n")
    end = line[len(bare) :]
    found = _LINE_MAGIC.fullmatch(bare) or _HELP.fullmatch(bare)
    if found is None:
        return line
    named = found.groupdict()
    if named.get("name") in _RUN_THE_REST:
        return found[1] + str(named["rest"]) + end
    return (found[1] + "pass" if found[1] else "") + end
