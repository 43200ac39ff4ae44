"""`--generate`: the completion scripts do what they promise in the shells themselves; the man page is one.

bash runs everywhere. zsh and fish are asked where they are installed, else only the text is looked at; the summary of
the run says which.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

from gradcli.cli.arguments import ARGUMENTS, Option, shown
from tests import oracle
from tests.cli.running import ENVIRONMENT, gradcli

OPTIONS = [option for _, group in ARGUMENTS for option in shown(group)]
FLAGS = [flag for option in OPTIONS for flag in option.flags if flag.startswith("-")]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the generated files, and another with programs to complete."""
    folder = tmp_path_factory.mktemp("scripts")
    for kind in ("bash", "zsh", "fish", "man"):
        (folder / kind).write_text(generated(kind), "utf-8")
    files = folder / "files"
    files.mkdir()
    for name in ("alpha.grad", "albedo.py", "a book.ipynb", "alien.txt"):
        (files / name).touch()
    (files / "alcove").mkdir()
    return folder


def generated(kind: str) -> str:
    run = gradcli("--generate", kind)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


# what is on the line, each word as it was typed; what may stand in the place of the last
COMPLETIONS: list[tuple[list[str], list[str]]] = [
    (["--col"], ["--color"]),
    (["--js"], ["--json", "--jsonl"]),
    (["--max-m"], ["--max-memory"]),
    (["--color", "a"], ["auto", "always"]),
    (["--color="], ["auto", "always", "never"]),
    (["--color=ne"], ["never"]),
    (["--generate", "zs"], ["zsh"]),
    (["--seed", ""], []),
    (["al"], ["alpha.grad", "albedo.py", "alcove"]),
    (["-i", "a"], ["alpha.grad", "albedo.py", "alcove", "a book.ipynb"]),
    (["--let", "alpha=2", "-e", "al"], ["alpha"]),
    (["--let", "alpha=2", "--wrt", "beta=3", "-e", "2*"], ["2*alpha", "2*beta"]),
    (["--let", "alpha=2", "-e", "'sum(al"], ["sum(alpha"]),
    (["--let", "alpha=2", "--let", "b=al"], ["alpha"]),
    (["--let", "'alpha=2'", "--let", "'b=al"], ["b=alpha"]),
    (["--let=alpha=2", "-e", "al"], []),
    (["--let", "al"], []),
    (["--wrt", "x=1", "-e", "y"], []),
]


def bash_words(word: str) -> list[str]:
    """A word as bash hands it to a completion: `=` stands alone, unless it is quoted."""
    return [word] if word.startswith("'") else [part for part in re.split("(=)", word) if part] or [""]


@pytest.mark.parametrize(("words", "offered"), COMPLETIONS, ids=[" ".join(words) for words, _ in COMPLETIONS])
def test_bash(scripts: Path, words: list[str], offered: list[str]) -> None:
    split = ["gradcli", *[part for word in words for part in bash_words(word)]]
    program = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gradcli; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    run = subprocess.run(
        ["bash", "-uc", program, "bash", str(scripts / "bash"), *split],
        cwd=scripts / "files",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert sorted(run.stdout.split("\n")[:-1]) == sorted(offered or [""])


def test_bash_offers_every_option(scripts: Path) -> None:
    program = (
        f'source {scripts}/bash; COMP_WORDS=(gradcli -); COMP_CWORD=1; _gradcli; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    run = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    assert sorted(run.stdout.split()) == sorted(FLAGS)


def typed_into(shell: list[str], start: str, line: str, folder: Path, **environment: str) -> str:
    """What a shell in a terminal makes of a line that ends in a Tab: its command is echoed, an argument a line."""
    child = pexpect.spawn(
        shell[0],
        shell[1:],
        cwd=str(folder),
        env={**os.environ, "TERM": "dumb", "PS1": "ready> ", **environment},
        encoding="utf-8",
        timeout=20,
        dimensions=(50, 200),
    )
    child.delaybeforesend = None
    child.sendline(start)
    child.expect_exact("loaded.")
    child.send(line + "\t")
    child.expect(r"\Z|.", timeout=5)
    child.sendline("")
    child.expect(r"got:(.*?):end")
    found = str(child.match.group(1))  # type: ignore[union-attr]
    child.close(force=True)
    return found


TYPED = [
    ("--keep-g", "--keep-going"),
    ("--color al", "--color|always"),
    ("alp", "alpha.grad"),
    ("--let gamma=1 -e gam", "--let|gamma=1|-e|gamma"),
]


@pytest.mark.parametrize(("line", "words"), TYPED)
def test_bash_at_a_terminal(scripts: Path, line: str, words: str) -> None:
    start = f"source {scripts}/bash; gradcli() {{ local IFS='|'; echo \"got:${{*}}:end\"; }}; echo load''ed."
    found = typed_into(["bash", "--norc", "--noprofile", "-i"], start, f"gradcli {line}", scripts / "files")
    assert found == words


def installed(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        line = f"{shell} is not installed: what is made for it was only read"
        if line not in oracle.SUMMARY:
            oracle.SUMMARY.append(line)
        pytest.skip(line)
    return path


@pytest.mark.parametrize(("line", "words"), TYPED)
def test_zsh_at_a_terminal(scripts: Path, line: str, words: str) -> None:
    zsh = installed("zsh")
    start = (
        f"PROMPT='ready> '; autoload -U compinit && compinit -D; source {scripts}/zsh; "
        "gradcli() { local IFS='|'; echo \"got:${*}:end\" }; echo load''ed."
    )
    assert typed_into([zsh, "-f", "-i"], start, f"gradcli {line}", scripts / "files") == words


FISH = [
    ("--keep-g", ["--keep-going"]),
    ("--color a", ["auto", "always"]),
    ("al", ["alpha.grad", "albedo.py", "alcove/"]),
    ("--let gamma=1 -e gam", ["gamma"]),
    ("--let gamma=1 --wrt delta=2 -e '2+", ["2+gamma", "2+delta"]),
    ("--let gam", []),
    ("--seed ", []),
]


@pytest.mark.parametrize(("line", "offered"), FISH)
def test_fish(scripts: Path, line: str, offered: list[str]) -> None:
    command = f"source {scripts}/fish; complete -C {fish_quoted('gradcli ' + line)}"
    environment = {**ENVIRONMENT, "HOME": str(scripts), "XDG_CONFIG_HOME": str(scripts), "XDG_DATA_HOME": str(scripts)}
    run = subprocess.run(
        [installed("fish"), "-N", "-c", command],
        cwd=scripts / "files",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert sorted(each.partition("\t")[0] for each in run.stdout.splitlines()) == sorted(offered)


def fish_quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


QUOTE = {"zsh": "'\\''", "fish": "\\'"}  # inside of single quotes


@pytest.mark.parametrize("shell", QUOTE)
def test_scripts_say_what_options_do(scripts: Path, shell: str) -> None:
    text = (scripts / shell).read_text("utf-8").replace("\\:", ":").replace(QUOTE[shell], "'")
    for option in OPTIONS:
        if option.flags[0].startswith("-"):
            assert option.help in text
    assert not re.search(r"@[A-Z]+@", text), "a place in the template was not filled"


# ---------------------------------------------------------------- the man page


def test_the_man_page_has_every_option(scripts: Path) -> None:
    text = (scripts / "man").read_text("utf-8")
    assert text.isascii()
    requests = {line.split()[0] for line in text.splitlines() if line.startswith((".", "'"))}
    assert requests <= {'.\\"', ".TH", ".SH", ".B", ".PP", ".TP", ".nf", ".fi"}
    sections = re.findall(r"^\.SH (.*)$", text, re.MULTILINE)
    assert sections[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"]
    assert {"OPTIONS", "LIMITS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"} <= set(sections)
    for flag in FLAGS:
        assert f"\\fB{flag}\\fR".replace("-", "\\-").replace("\\\\-", "\\-") in text


def test_the_man_page_as_it_is_read(scripts: Path) -> None:
    groff = installed("groff")
    run = subprocess.run(
        [groff, "-man", "-Tascii", "-P-c", "-ww", str(scripts / "man")], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    page = re.sub(r".\x08", "", run.stdout)
    flat = " ".join(page.split())
    for option in OPTIONS:
        assert ", ".join(option.flags if option.takes != "program" else [option.metavar]) in flat
        # groff breaks words at line ends.
        assert squeezed(option.help) in squeezed(flat)
    assert "gradcli --wrt 'x=[1., 2., 3.]' -e 'mean(x ** 2)'" in page


def squeezed(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


# ---------------------------------------------------------------- the table


def test_apart_means_apart() -> None:
    for first, second in (("--json", "--jsonl"), ("-e=1", "file.grad")):
        run = gradcli(first, second)
        assert run.returncode == 2
        assert "not allowed with argument" in run.stderr


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.flags[0])
def test_every_option_is_in_the_help(option: Option) -> None:
    text = " ".join(gradcli("--help").stdout.split())
    assert squeezed(option.help) in squeezed(text)
    if option.flags[0].startswith("-"):
        assert ", ".join(option.flags) in text
