"""Random sentences of the grammar: programs of the right form, mostly without a meaning."""

from __future__ import annotations

import functools
import random

from tests.lang.grammar_script import lark_parser

SAMPLES = {
    "NAME": ["x", "y1", "_z", "grad", "wrt", "help", "vars", "param", "graph", "iffy", "notes"],
    "NUMBER": ["0", "12", "1.5", ".5", "5.", "1e-3", "0x1F", "1_000", "2j"],
    "STRING": ["'a'", '"b c"', "'''d\ne'''", "f'{x}'", 'r"\\d"', "''", '""'],
    "AUGMENT": ["+=", "@=", "^=", "//=", ">>="],
    "HELP": ["help", "help relu", "help for", "help torch.nn", "help @"],
    "_NEWLINE": ["\n"],
}


class Generator:
    """Random sentences of the grammar, from lark's rules: terminals come with their sample texts."""

    def __init__(self, samples):
        self.rules = {}
        for rule in lark_parser().rules:
            self.rules.setdefault(rule.origin.name, []).append([symbol.name for symbol in rule.expansion])
        self.costs = self._costs()
        literals = {terminal.name: terminal.pattern.value for terminal in lark_parser().terminals}
        self.samples = {name: [text.split("(?")[0]] for name, text in literals.items()}
        self.samples["_WRT"] = ["wrt"]
        self.samples.update(samples)

    def _costs(self):
        """How deep the shallowest sentence of each rule is."""
        costs = {}
        changed = True
        while changed:
            changed = False
            for name, expansions in self.rules.items():
                best = min(self._cost(expansion, costs) for expansion in expansions) + 1
                if best < costs.get(name, 1e9):
                    costs[name], changed = best, True
        return costs

    def _cost(self, expansion, costs):
        return max((costs.get(name, 1e9) for name in expansion if name in self.rules), default=0)

    def sentence(self, seed, size):
        self.random = random.Random(seed)
        tokens = []
        stack = [("program", size)]
        while stack:
            name, left = stack.pop()
            if name not in self.rules:
                tokens.append(name)
                continue
            expansions = self.rules[name]
            if left <= self.costs[name] or len(tokens) + len(stack) > 150:
                cheapest = min(self._cost(expansion, self.costs) for expansion in expansions)
                expansions = [expansion for expansion in expansions if self._cost(expansion, self.costs) == cheapest]
            stack += [(symbol, left - 1) for symbol in reversed(self.random.choice(expansions))]
        return self._text(tokens)

    def _text(self, tokens):
        parts, depth = [], 0
        at_start = True
        for name in tokens:
            if name in ("_INDENT", "_DEDENT"):
                depth += 1 if name == "_INDENT" else -1
                continue
            if at_start and name != "_NEWLINE":
                parts.append("  " * depth)
            elif name != "_NEWLINE":
                parts.append(" ")
            at_start = name == "_NEWLINE"
            parts.append(self.random.choice(self.samples[name]))
        return "".join(parts)


@functools.cache
def generator():
    return Generator(SAMPLES)


def sentence(seed, size):
    return generator().sentence(seed, size)
