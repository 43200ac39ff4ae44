"""Tokens -> nodes: lark's LALR tables, driven by a loop of our own, without lark.

`scripts/grammar` made the tables from grammar/gradcli.lark. Rows are decoded when a state is first entered, and rules
that only hand their one child on (an expression passes through fifteen of these) are skipped over by a table of
shortcuts that fills as it goes; so a run pays for the part of the grammar that it uses. Nothing here recurses.
"""

from __future__ import annotations

import gc
from operator import itemgetter

from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax import tables
from gradcli.lang.syntax.build import Builder
from gradcli.lang.syntax.nodes import COMPOUND, LEAVES, Expression, ExpressionStatement, Node, Program, Span, Statement
from gradcli.lang.syntax.tokens import DEDENT, END, INDENT, NAME, NEWLINE, SOFT, TROUBLE, Tokens, lex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn

MAX_TEXT = 1 << 20
MAX_DEPTH = 200
MAX_BLOCKS = 100


def parse(text: str, *, max_text: int = MAX_TEXT, max_depth: int = MAX_DEPTH, max_blocks: int = MAX_BLOCKS) -> Program:
    """The program that `text` is; spans are offsets into `text`. Raises `SyntaxFailure` when it is none."""
    if len(text) > max_text:
        from gradcli.lang.syntax import complaints

        raise complaints.too_long(len(text), max_text)
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _parse(text, max_depth, max_blocks)
    finally:
        if collecting:
            gc.enable()


def _parse(text: str, max_depth: int, max_blocks: int) -> Program:
    """The work of `parse`, with the garbage collector off: nodes are no garbage, the search doubles the time."""
    tokens = lex(text, max_depth, max_blocks)
    blocks = None
    if "__" in text:
        from gradcli.lang.syntax import private

        blocks = private.blocks_of(tokens)
        private.rename(tokens, blocks)

    def parse_part(start: int, end: int) -> Expression:
        part = lex(text, max_depth, max_blocks, start, end)
        if blocks is not None:
            private.rename(part, blocks)
        # No statement begins in an f-string, so its words are plain names.
        part.kinds = [NAME if kind in SOFT else kind for kind in part.kinds]
        tokens.longest += len(part.kinds)
        try:
            return _only_expression(run(part, _MAKERS, Builder(part, parse_part)), (start, end))
        except SyntaxFailure as failure:
            failure.incomplete = False
            if not failure.diagnostic.message.startswith("f-string: "):
                failure.diagnostic.message = f"f-string: {failure.diagnostic.message}"
            raise

    program: Program = run(tokens, _MAKERS, Builder(tokens, parse_part))
    if tokens.longest > max_depth:
        check_depth(program, max_depth)
    return program


def is_incomplete(text: str) -> bool:
    r"""Whether a prompt should ask for another line: `text` begins a statement, and not one that is wrong already.

    A block is over at a blank line, so `"if x:\n  y"` is incomplete and `"if x:\n  y\n"` is not.
    """
    try:
        program = parse(text)
    except SyntaxFailure as failure:
        continued = text.endswith("\\\n") and failure.diagnostic.labels[0].span[0] >= len(text) - 2
        return failure.incomplete or continued
    last_line = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
    return bool(program.body) and isinstance(program.body[-1], COMPOUND) and bool(last_line.strip(" \t\f"))


def _only_expression(program: Program, span: Span) -> Expression:
    """The expression that the text of an f-string field is."""
    if len(program.body) == 1 and isinstance(program.body[0], ExpressionStatement) and not program.body[0].silenced:
        return program.body[0].value
    from gradcli.lang.syntax import complaints

    raise complaints.failure("f-string: invalid syntax", span, "between the braces stands one expression")


# ---------------------------------------------------------------- tables, decoded

_LOOKAHEADS = [tuple(map(int, line.split())) for line in tables.LOOKAHEADS.split("\n")]
_ROWS: list[str] = tables.ROWS.split("\n")
_actions: list[dict[int, int]] = [{}] * len(_ROWS)
_gotos: list[dict[int, int]] = [{}] * len(_ROWS)
_shortcuts: list[dict[int, int]] = [{}] * len(_ROWS)
_actions[tables.ACCEPT] = {END: tables.ACCEPT}


def _enter(state: int) -> dict[int, int]:
    """Decode a row: terminal -> state to shift to, or -1 - rule to reduce by."""
    actions, gotos = _ROWS[state].split("|")
    row: dict[int, int] = {}
    for entry in actions.split():
        symbol, shifts, target = entry.partition(">")
        if shifts:
            row[int(symbol)] = int(target)
        else:
            rule, _, lookaheads = entry.partition("/")
            row.update(dict.fromkeys(_LOOKAHEADS[int(lookaheads)], ~int(rule)))
    _gotos[state] = {int(symbol): int(target) for symbol, _, target in (goto.partition(">") for goto in gotos.split())}
    _shortcuts[state] = {}
    _actions[state] = row
    return row


class Rule:
    """One line of `tables.RULES`: how many symbols it takes off the stack, and what becomes of them."""

    __slots__ = ("grows", "left", "makes", "only", "pick", "shape", "size")

    def __init__(self, line: str) -> None:
        left, self.makes, shape = line.split(" ")
        self.left = int(left)
        self.size = len(shape) - shape.count("-")
        self.shape = shape
        self.grows = self.makes == "+" and shape.startswith("*")
        plain = "-" not in shape and "*" not in shape[self.grows :]
        kept = [place - self.size for place, what in enumerate(shape) if what == "v"] if plain else []
        # The only child's place on the stack; a getter for several; otherwise `_children` works it out.
        self.only = kept[0] if len(kept) == 1 else 0
        self.pick: Callable[[list[Any]], Sequence[Any]] | None = itemgetter(*kept) if len(kept) > 1 else None


_RULES = [Rule(line) for line in tables.RULES.split("\n")]
_MAKERS: dict[str, Callable[..., Any]] = {
    rule.makes: getattr(Builder, rule.makes) for rule in _RULES if rule.makes not in ("", "+")
}
_PASSES = [not rule.makes and rule.size == 1 for rule in _RULES]


def _children(shape: str, values: list[Any]) -> list[Any]:
    """The children by the general rule: lists spliced in, dropped values left out, and Nones put."""
    children: list[Any] = []
    place = 0
    for what in shape:
        if what == "-":
            children.append(None)
            continue
        if what == "v":
            children.append(values[place])
        elif what == "*":
            children += values[place]
        place += 1
    return children


# ---------------------------------------------------------------- the loop


def run(tokens: Tokens, makers: Mapping[str, Callable[..., Any]], context: object) -> Any:
    """Parse, and return what was made of the outermost rule.

    Bottom-up, `makers[name](context, span, *children)` is called for every rule or alias that makes a node; a child is
    what such a call returned, or for a terminal the number of its token.
    """
    starts, ends = tokens.starts, tokens.ends
    kinds = tokens.kinds
    values: list[Any] = []
    firsts: list[int] = []
    states = [0]
    state = 0
    actions, shortcuts, rules = _actions, _shortcuts, _RULES
    for index, kind in enumerate(kinds):
        while True:
            row = actions[state] or _enter(state)
            action = row.get(kind)
            if action is None:
                kind = _settle(tokens, index, kind, states)
                continue
            if action >= 0:
                states.append(action)
                state = action
                values.append(index)
                firsts.append(index)
                break
            rule = rules[~action]
            size = rule.size
            first = firsts[-size] if size else index
            if not rule.makes:
                value = values[rule.only]
            elif rule.grows:
                # A list that takes one more: `values[-size]` is the list itself.
                value = values[-size]
                if rule.only:
                    value.append(values[rule.only])
                else:
                    value += rule.pick(values) if rule.pick else _children(rule.shape[1:], values[1 - size :])
            else:
                if rule.only:
                    children: Sequence[Any] = (values[rule.only],)
                elif rule.pick:
                    children = rule.pick(values)
                else:
                    children = _children(rule.shape, values[-size:] if size else [])
                if rule.makes == "+":
                    value = list(children)
                else:
                    value = makers[rule.makes](context, (starts[first], ends[index - 1]), *children)
            if size:
                del states[-size:], values[-size:], firsts[-size:]
            below = states[-1]
            key = rule.left << 8 | kind
            to = shortcuts[below].get(key)
            if to is None:
                to = shortcuts[below][key] = _chase(below, rule.left, kind)
            state = to
            states.append(state)
            values.append(value)
            firsts.append(first)
    return values[0]


def _chase(below: int, left: int, kind: int) -> int:
    """The state after `left` on top of `below`, and after all the rules that then only hand it on, before `kind`."""
    while True:
        state = _gotos[below][left]
        action = (_actions[state] or _enter(state)).get(kind)
        if action is None or action >= 0 or not _PASSES[~action]:
            return state
        left = _RULES[~action].left


def _settle(tokens: Tokens, index: int, kind: int, states: list[int]) -> int:
    """What a token is that the state does not know: a soft word by its surroundings; anything else is the error."""
    if kind not in SOFT:
        _fail(tokens, index, states)
    terminal, pattern = SOFT[kind]
    if terminal in _actions[states[-1]] and _soft_match(tokens, index, pattern):
        return terminal
    return NAME


def _soft_match(tokens: Tokens, index: int, pattern: str) -> bool:
    """Whether the text at a token is the soft terminal. If that is longer (`help for`), it swallows the next token."""
    import re

    match = re.compile(pattern).match(tokens.source + "\n", tokens.starts[index])
    if not match:
        return False
    behind = index + 1
    while behind < len(tokens.starts) and tokens.starts[behind] < match.end():  # the text may end in the middle
        behind += 1
    if TROUBLE in tokens.kinds[index + 1 : behind]:
        return False
    tokens.ends[index] = match.end()
    tokens.texts[index] = match.group()
    tokens.tail -= behind - index - 1
    for values in (tokens.kinds, tokens.texts, tokens.starts, tokens.ends):
        del values[index + 1 : behind]
    return True


def accepts(states: list[int], kind: int) -> bool:
    """Whether a terminal could come next."""
    return _advance(states.copy(), kind)


def _advance(states: list[int], kind: int) -> bool:
    """Take a terminal: the loop above without values. False if it cannot come next."""
    while True:
        action = (_actions[states[-1]] or _enter(states[-1])).get(kind)
        if action is None:
            return False
        if action >= 0:
            states.append(action)
            return True
        rule = _RULES[~action]
        if rule.size:
            del states[-rule.size :]
        states.append(_gotos[states[-1]][rule.left])


def expected_after(text: str) -> Callable[[int], bool] | None:
    """Which terminals could come right after `text`, for completion: a predicate.

    None where no token begins there (inside a string or a comment), or after text that is wrong already.
    """
    tokens = lex(text + "_", MAX_DEPTH, MAX_BLOCKS)  # the name tells how the line is indented
    states = [0]
    for index, (kind, start) in enumerate(zip(tokens.kinds, tokens.starts, strict=True)):
        if start >= len(text) and kind not in (NEWLINE, INDENT, DEDENT):
            return (lambda kind: accepts(states, kind)) if kind == NAME else None
        if kind in SOFT:
            terminal, pattern = SOFT[kind]
            verb = accepts(states, terminal) and _soft_match(tokens, index, pattern)
            kind = terminal if verb else NAME
        if not _advance(states, kind):
            return None
    return None


def _fail(tokens: Tokens, index: int, states: list[int]) -> NoReturn:
    if tokens.kinds[index] == TROUBLE and tokens.trouble:
        raise tokens.trouble
    from gradcli.lang.syntax.unexpected import unexpected

    raise unexpected(tokens, index, lambda kind: accepts(states, kind))


def check_depth(program: Node, limit: int) -> None:
    """Refuse expressions that nest deeper than `limit`, so that whoever reads the tree may recurse."""
    stack: list[tuple[Node, int]] = [(program, 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, Statement):
            depth = 0
        elif isinstance(node, Expression):
            depth += 1
            if depth > limit:
                from gradcli.lang.syntax import complaints

                raise complaints.too_deep(node.span, limit)
        # Names and numbers do not count: 200 brackets around one are as deep as it may go.
        stack += [(child, depth) for child in node.children() if type(child) not in LEAVES]
