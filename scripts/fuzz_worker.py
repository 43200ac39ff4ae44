"""The bounded side of scripts/fuzz: reads an input a line (JSON), runs it, answers what came out that should not have.

python scripts/fuzz_worker.py       an answer is {"problem": "", "signature": ""} if nothing but diagnostics came out
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import re
import resource
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gradcli import Session
from gradcli.cli.inputs import Chunk, Unreadable, from_file, from_stream
from gradcli.cli.output import JsonOutput, Output
from gradcli.engine import limits as engine_limits
from gradcli.lang.syntax.parse import is_incomplete
from gradcli.lang.syntax.reading import split_ready, strip_prompts

MEMORY = 3 << 30
LIMITS = {"max_steps": 5_000, "max_items": 50_000, "max_characters": 200_000, "max_output": 200_000, "max_bits": 5_000}

# What numpy, lark and our own code say among themselves: a program's author is not to read that.
BACKSTAGE = re.compile(
    r"numpy|(?<!np\.)ndarray|ufunc|gradcli|lark|dtype\('|<locals>|Traceback|not aligned|broadcast together"
    r"|(?<![.\w])(?:_\w+|<lambda>)\(\) (?:takes|missing|got)|cannot reshape array|operands could not|array element with"
    r"|'_[A-Za-z]+' object"
)
NO_ATTRIBUTE = re.compile(r"object has no attribute '(\w+)'")
WORDS_OF_NUMPY = (
    *("ufunc", "operands could not", "broadcast together", "not aligned", "cannot reshape array"),
    *("array element with", "dtype('", "ndarray"),
)
WORDS_OF_TORCH = ("dim", "ndim", "detach")  # torch's own Python asks for these: tensordot(3, x), nn.Parameter([1.])
CLASSES = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
) | {"_LinAlgError", "GradcheckError"}
INTERNAL = ("KeyError", "StopIteration", "SystemError")
OURS = re.compile(r"<(?:class ')?gradcli\.[\w.]*")  # what Python calls objects of ours
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    engine_limits.limits.max_bytes = 64 << 20
    engine_limits.limits.max_work = 10**8
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        request = json.loads(line)
        problem, signature = judged(request["kind"], request["text"])
        answers.write(json.dumps({"problem": problem, "signature": signature}) + "\n")
        answers.flush()


def judged(kind: str, text: str) -> tuple[str, str]:
    """What is wrong with how gradcli takes this input, and a short form of it; empty if nothing is."""
    out, err = io.StringIO(), io.StringIO()
    complaints: list[str] = []
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            (run_bytes if kind in ("file", "notebook", "stream") else run_text)(kind, text, complaints)
    except Exception as error:  # noqa: BLE001 - that there are none is what is being tested
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return traceback.format_exc(), f"{type(error).__name__} at {where}"
    if complaints:
        return complaints[0], re.sub(r"'[^']*'|\d+", "…", complaints[0])[:120]
    said = out.getvalue() + err.getvalue()
    if found := CONTROLS.search(said):
        return f"written: {found.group()!r}", f"writes {found.group()!r}"
    if found := OURS.search(said):
        return f"written: {found.group()}", f"writes {found.group()}"
    if "Traceback" in err.getvalue() and "Traceback" not in text:
        return err.getvalue(), "a traceback in the output"
    return "", ""


def run_text(kind: str, text: str, complaints: list[str]) -> None:
    """As -e does it, and what a prompt asks besides."""
    is_incomplete(text)
    ready, rest = split_ready(text)
    if ready + rest != text:
        complaints.append("split_ready loses text")
    stripped = strip_prompts(text, anywhere=True)
    if stripped.count("\n") != text.count("\n"):
        complaints.append("strip_prompts loses lines")
    run([Chunk(text, None, 1, "all" if kind == "prompt" else "expressions")], text, complaints)


def run_bytes(kind: str, text: str, complaints: list[str]) -> None:
    """As a file or a pipe does it; `text` has a character for each byte."""
    data = text.encode("latin-1")
    if kind == "stream":
        run(from_stream(io.BytesIO(data), None), text, complaints)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program" + {"file": ".py", "notebook": ".ipynb"}[kind])
        path.write_bytes(data)
        run(from_file(str(path)), text, complaints)


def run(chunks: Any, text: str, complaints: list[str]) -> None:
    outputs = [Output("never"), JsonOutput(True)]
    session = Session(0, **LIMITS)

    def emit(event: Any) -> None:
        if type(event).__name__ == "Failed":
            complaints.extend(backstage(event.diagnostic, text))
        for output in outputs:
            output(event)

    try:
        for chunk in chunks:
            for output in outputs:
                output.begin(chunk)
            session.run(chunk.text, emit, name=chunk.name or "<input>", echo=chunk.echo, keep_going=True)
    except Unreadable as error:
        outputs[0].problem(str(error))
    finally:
        settle()


def backstage(diagnostic: Any, text: str) -> Iterator[str]:
    """A message that is not meant for the author of this program."""
    shown = f"{diagnostic.exception}: {diagnostic.message}"
    message = diagnostic.message.replace("<lambda>", "") if "lambda" in text else diagnostic.message
    found, attribute = BACKSTAGE.search(message), NO_ATTRIBUTE.search(message)
    # A program that computes with numpy's arrays reads numpy's words, but for those of its insides.
    own = found and (found.group() in text or ("np." in text and found.group() in WORDS_OF_NUMPY))
    of_numpy = diagnostic.exception == "LinAlgError" and "np.linalg" in text
    suspicious = [
        found and not own,
        attribute and not from_program(attribute[1], text),
        diagnostic.exception not in CLASSES and f"class {diagnostic.exception}" not in text and not of_numpy,
        diagnostic.exception == "AssertionError" and not diagnostic.message and "assert" not in text,
        diagnostic.exception in INTERNAL and not re.search(r"raise|\[|pop|next|Error|torch", text),
    ]
    if any(suspicious):
        yield shown


def from_program(attribute: str, text: str) -> bool:
    """Is this an attribute that the program asks for: as it stands, by a computed name, private, or torch for it?"""
    private = re.sub("^_[A-Za-z]+__", "__", attribute)
    return attribute in WORDS_OF_TORCH or private in text or "attr(" in text


def settle() -> None:
    """Undo what a program has set for the whole process."""
    from gradcli.engine import dtypes, modes

    modes.state.grad, modes.state.anomaly, modes.state.check_nan, modes.state.inference = True, False, True, False
    dtypes.set_default(dtypes.float32)


if __name__ == "__main__":
    main()
