"""Private names: inside a class, `__name` stands for `_Class__name`, as in Python."""

from __future__ import annotations

from bisect import bisect_right

from gradcli.lang.syntax.tokens import DEDENT, INDENT, NAME, NEWLINE, Tokens

Blocks = list[tuple[int, str]]


def blocks_of(tokens: Tokens) -> Blocks:
    """Where blocks begin and end, and the class that what follows is inside of, "" outside of all."""
    inside, header, line_begins = [""], "", True
    found = [(0, "")]
    for index, kind in enumerate(tokens.kinds):
        if kind == NEWLINE:
            line_begins = True
        elif kind == INDENT:
            inside.append(header or inside[-1])
            found.append((tokens.starts[index], inside[-1]))
        elif kind == DEDENT:
            inside.pop()
            found.append((tokens.starts[index], inside[-1]))
        elif line_begins:
            line_begins = False
            is_class = tokens.texts[index] == "class" and tokens.kinds[index + 1 : index + 2] == [NAME]
            header = tokens.texts[index + 1] if is_class else ""
    return found


def rename(tokens: Tokens, blocks: Blocks) -> None:
    """Write the private names among the tokens out."""
    starts = [start for start, _ in blocks]
    for index, text in enumerate(tokens.texts):
        if text[:2] == "__" and tokens.kinds[index] == NAME and text[-2:] != "__":
            owner = blocks[bisect_right(starts, tokens.starts[index]) - 1][1].lstrip("_")
            if owner:
                tokens.texts[index] = f"_{owner}{text}"
