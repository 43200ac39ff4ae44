"""What is in the modules beside torch, and what arrays and the other values of theirs have, is a reviewed list.

reviewed.txt is read by a person before it changes: none of it reaches the machine, a file (but for numpy's functions of
gradcli/lang/files/numpy_functions.py), text as program, or an attribute by a name that is computed.
`python -m tests.lang.test_reviewed` writes it.
"""

from __future__ import annotations

import random
import textwrap
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path

import numpy as np

from gradcli import Session
from gradcli.lang.modules.table import MODULES
from gradcli.lang.values.table import GETTERS, METHODS, SETTERS, table, type_of

LIST = Path(__file__).parent / "reviewed.txt"
# torch's members are the operators, each an entry with its tests; these are not.
OF_TORCH = (
    *("torch.nn", "torch.nn.init", "torch.nn.utils", "torch.optim", "torch.optim.lr_scheduler"),
    *("torch.utils", "torch.utils.data", "torch.distributions", "torch.random"),
)


def written() -> str:
    Session()
    tables = {
        path: sorted(module.members)
        for path, module in MODULES.items()
        if path.partition(".")[0] != "torch" or path in OF_TORCH
    }
    array = MODULES["numpy"].members["ones"](2)
    values = [
        *(array, array.dtype, np.float64(1), np.finfo(float), np.iinfo(int)),
        *(MODULES["numpy"].members["add"], np.random.RandomState(), np.random.default_rng(), random.Random()),
        *(deque(), defaultdict(), OrderedDict(), Counter(), MODULES["sys"].members["stdout"]),
        MODULES["functools"].members["partial"](print),
        *(MODULES["datetime"].members["datetime"](2000, 1, 1), MODULES["datetime"].members["date"](2000, 1, 1)),
        *(MODULES["datetime"].members["timedelta"](1), MODULES["torch.distributions"].members["Normal"](0.0, 1.0)),
        *(
            (linear := MODULES["torch.nn"].members["Linear"](1, 1)),
            MODULES["torch.optim"].members["SGD"]([linear.fields["_parameters"]["bias"]]),
        ),
    ]
    for value in values:
        kind = type(value)
        name = f"value of {type_of(value).name}"
        tables[name] = sorted({*table(METHODS, kind), *table(GETTERS, kind), *(f"{n}=" for n in table(SETTERS, kind))})
    return "".join(
        f"{name}:\n{textwrap.fill(' '.join(members), 116, initial_indent='    ', subsequent_indent='    ')}\n"
        for name, members in tables.items()
    )


def test_the_tables_are_those_that_were_reviewed() -> None:
    assert written() == LIST.read_text("utf-8")


if __name__ == "__main__":
    LIST.write_text(written(), "utf-8")
