"""One run of the program: bindings, inputs, gradients, then perhaps a prompt."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gradcli.cli import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from gradcli.cli.inputs import Chunk, Unreadable, from_argument, from_file, from_stream
from gradcli.cli.interactive import at_prompt, has_full_prompt, shows_progress
from gradcli.cli.interrupts import interruptible
from gradcli.cli.output import JsonOutput, Output
from gradcli.lang.errors.diagnostics import SyntaxFailure
from gradcli.lang.syntax.parse import parse

if TYPE_CHECKING:
    from gradcli.cli.commands.log import Log
    from gradcli.session import Emit, Session


_SHORT = 10_000


def run(options: Any) -> int:
    """Do what the options say; returns the exit status."""
    output = JsonOutput(options.jsonl) if options.json or options.jsonl else Output(options.color)
    prompts = at_prompt(options)
    try:
        chunks = _inputs(options, prompts)
    except Unreadable as error:
        output.problem(str(error))
        output.close()
        return EXIT_USAGE
    if _hopeless(chunks, output):
        output.close()
        return EXIT_FAILED
    session = new_session(options)
    if options.settings:
        from gradcli.cli.settings import Settings, take_flags

        take_flags(Settings(), options)
    interruptible()
    log = _begin(options, session, output) if prompts else None
    _run_chunks([*_bindings(options)], session, output, False, log)
    if not output.failed or options.keep_going:
        _run_program(chunks, session, output, options, log)
    if options.wrt and not output.failed and output.exited is None:
        _differentiate(options, session, output)
    output.close()
    if output.exited is not None:
        return output.exited
    if log is not None and has_full_prompt(options):
        from gradcli.cli.repl import start

        return start(options, session, log)
    if log is not None:
        from gradcli.cli.prompt import prompt

        return prompt(options, session, output, log)
    return EXIT_FAILED if output.failed else EXIT_OK


def _inputs(options: Any, prompts: bool) -> Iterable[Chunk]:
    if sys.stdin is None and (options.interactive or options.file == "-"):
        raise Unreadable("standard input is closed")
    if options.expressions:
        return [from_argument(text) for text in options.expressions]
    if options.file is not None and options.file != "-":
        return list(from_file(options.file))
    if prompts and options.file is None:
        return []
    if sys.stdin is None:
        raise Unreadable("standard input is closed")
    return from_stream(sys.stdin.buffer, None)


def _hopeless(chunks: Iterable[Chunk], output: Output) -> bool:
    """Complain of a text that cannot be parsed before numpy is imported, which is half of a run's time.

    Long texts are parsed once only.
    """
    first = chunks[0] if isinstance(chunks, list) and len(chunks) == 1 else None
    if first is None or len(first.text) > _SHORT:
        return False
    try:
        parse(first.text)
    except SyntaxFailure as failure:
        from gradcli.lang.events import Failed

        output.begin(first)
        output(Failed(failure.diagnostic))
        return True
    return False


def new_session(options: Any) -> Session:
    """A session as the options have it."""
    import gc

    from gradcli import Session
    from gradcli.cli.arguments import limits_of
    from gradcli.engine.allocator import keep_freed_memory
    from gradcli.engine.limits import limits

    keep_freed_memory()
    # A graph of live nodes is no garbage: look for cycles rarely, and never in what was imported.
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    gc.enable()
    limits.max_bytes = options.max_memory or limits.max_bytes
    limits.max_work = options.max_work or limits.max_work
    return Session(options.seed, sandbox=options.sandbox, **limits_of(options))


def _begin(options: Any, session: Session, output: Output) -> Log:
    """Before a prompt: run the program that the user begins every session with."""
    import os

    from gradcli.cli.commands.log import Log
    from gradcli.cli.settings import start_program

    log = Log()
    path = start_program(options, os.environ)
    if path is not None:
        begin_with(path, session, output, log)
    return log


def begin_with(path: str, session: Session, output: Output, log: Log) -> None:
    """Run a program of which only the effects are wanted. What goes wrong is told, and forgotten."""
    try:
        chunks = list(from_file(path))
    except Unreadable as error:
        output.problem(str(error))
        chunks = []
    for chunk in chunks:
        chunk.echo = "none"
    _run_chunks(chunks, session, output, True, log)
    output.failed = False


def _bindings(options: Any) -> Iterable[Chunk]:
    for flag, verb in (("let", ""), ("wrt", "param ")):
        for binding in getattr(options, flag):
            name, _, value = binding.partition("=")
            yield Chunk(f"{verb}{name.strip()} = {value}", f"--{flag}", 1, "none")


def _run_program(chunks: Iterable[Chunk], session: Session, output: Output, options: Any, log: Log | None) -> None:
    try:
        if not shows_progress(options):
            _run_chunks(chunks, session, output, options.keep_going, log)
            return
        from gradcli.cli.progress import PATIENCE, Progress

        patience = 0.0 if options.progress else PATIENCE
        with Progress(session.watch_loops(), output, patience=patience, colour=options.color) as emit:
            _run_chunks(chunks, session, output, options.keep_going, log, emit)
    except Unreadable as error:
        output.problem(str(error))


def _run_chunks(
    chunks: Iterable[Chunk],
    session: Session,
    output: Output,
    keep_going: bool,
    log: Log | None = None,
    emit: Emit | None = None,
) -> None:
    """Run texts one after the other. emit: takes the events instead of `output`, and passes them on to it.

    log: is given what took effect, for a prompt that goes on from there.
    """
    emit = emit or output
    for chunk in chunks:
        output.begin(chunk)
        ok = session.run(chunk.text, emit, name=chunk.name or "<input>", echo=chunk.echo, keep_going=keep_going)
        sys.stdout.flush()
        if log is not None:
            log.add(chunk.text if ok else chunk.text[: session.done])
        if output.exited is not None or (not ok and not keep_going):
            return


def _differentiate(options: Any, session: Session, output: Output) -> None:
    """--wrt: the gradients of the last value."""
    if output.last is None:
        output.problem("--wrt needs an expression to differentiate: end the program with one")
        return
    names = [binding.partition("=")[0].strip() for binding in options.wrt]
    session.variables["_"] = output.last
    _run_chunks([Chunk(f"grad _ wrt {', '.join(names)}", "--wrt", 1, "none")], session, output, False)
