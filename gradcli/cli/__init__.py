"""The command line: where text comes from, where results go, and what a failure means.

main()  ->  arguments  ->  inputs (files, -e, pipes)  ->  session  ->  output (text or JSON)  ->  exit status
"""

from __future__ import annotations

import sys

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 0, 1, 2, 130, 141


def main(argv: list[str] | None = None) -> int:
    """Run gradcli as a program; returns the exit status. What is not needed for a run is not imported."""
    from gradcli.cli.arguments import parse_arguments

    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if sys.stdout is None:
        if sys.stderr is not None:
            sys.stderr.write("error: standard output is closed\n")
        return EXIT_FAILED
    try:
        options = parse_arguments(sys.argv[1:] if argv is None else argv)
    except SystemExit as stop:
        return _flushed(int(stop.code or 0))
    if options.generate:
        return _generated(options.generate)
    from gradcli.cli.interactive import begins_at_prompt, has_full_prompt

    try:
        if begins_at_prompt(options) and has_full_prompt(options):
            from gradcli.cli.repl import start

            return _flushed(start(options))
        from gradcli.cli.run import run

        return _flushed(run(options))
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("\ninterrupted\n")
        return _flushed(EXIT_INTERRUPTED)
    except BrokenPipeError:
        return _silenced()
    except OSError as error:
        return _unwritable(error)


def _generated(what: str) -> int:
    """--generate: a completion script, or the man page."""
    if what == "man":
        from gradcli.cli.manual import page

        sys.stdout.write(page())
    else:
        from gradcli.cli.shells import script

        sys.stdout.write(script(what))
    return _flushed(EXIT_OK)


def _flushed(status: int) -> int:
    """Flush while an error can still be told: at interpreter shutdown it could not."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _silenced()
    except OSError as error:
        return _unwritable(error)
    return status


def _silenced() -> int:
    """The reader of our output has gone: leave quietly."""
    _discard_stdout()
    return EXIT_CLOSED_PIPE


def _unwritable(error: OSError) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"error: cannot write the output: {error.strerror or error}\n")
    _discard_stdout()
    return EXIT_FAILED


def _discard_stdout() -> None:
    """Let nothing fail again when Python flushes at its end."""
    import os

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
