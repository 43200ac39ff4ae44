"""The command line: where text comes from, where results go, and what a failure means.

main()  ->  arguments  ->  inputs (files, -e, pipes)  ->  session  ->  output (text or JSON)  ->  exit status
"""

from __future__ import annotations

import gc
import os
import sys

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_CLOSED_PIPE = 0, 1, 2, 130, 141


def main(argv: list[str] | None = None) -> int:
    """Run gradcli as a program; returns the exit status. What is not needed for a run is not imported."""
    _prepare_streams()
    if sys.stdout is None:
        sys.stderr.write("error: standard output is closed\n")
        return EXIT_FAILED
    try:
        try:
            status = _main(sys.argv[1:] if argv is None else argv)
        except SystemExit as stop:
            status = int(stop.code or 0)
        except KeyboardInterrupt:
            sys.stderr.write("\ninterrupted\n")
            status = EXIT_INTERRUPTED
        sys.stdout.flush()  # while an error can still be told: at interpreter shutdown it could not
    except BrokenPipeError:
        _discard_output()
        return EXIT_CLOSED_PIPE
    except OSError as error:
        _tell(error)
        _discard_output()
        return EXIT_FAILED
    return status


def _main(argv: list[str]) -> int:
    gc.disable()  # what is imported is no garbage: `new_session` looks for it again
    from gradcli.cli.arguments import parse_arguments

    options = parse_arguments(argv)
    if options.generate == "man":
        from gradcli.cli.manual import page

        sys.stdout.write(page())
        return EXIT_OK
    if options.generate:
        from gradcli.cli.shells import script

        sys.stdout.write(script(options.generate))
        return EXIT_OK
    if options.print_config:
        from gradcli.cli.settings import print_settings

        print_settings(options)
        return EXIT_OK
    from gradcli.cli.interactive import begins_at_prompt, has_full_prompt

    if begins_at_prompt(options) and has_full_prompt(options):
        from gradcli.cli.repl import start

        return start(options)
    from gradcli.cli.run import run

    return run(options)


def _prepare_streams() -> None:
    """Nothing that is written makes an encoding fail, and no file is opened in the place of a closed stream."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _tell(error: OSError) -> None:
    try:
        sys.stderr.write(f"error: cannot write the output: {error.strerror or error}\n")
    except OSError:
        pass


def _discard_output() -> None:
    """Let nothing fail again when Python flushes at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)
    os.close(null)
