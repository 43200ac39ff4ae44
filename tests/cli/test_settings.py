"""Settings: the table, the file, and who goes before whom."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradcli.cli.arguments import parse_arguments
from gradcli.cli.settings import PRINTING, TABLE, Settings, load_settings, settings_of, to_toml
from tests.cli.running import gradcli
from tests.cli.terminal import Screen

Open = Callable[..., Screen]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    settings = Settings()
    before = {name: settings.get(name) for name in TABLE}
    yield
    for name, value in before.items():
        settings.put(name, value)


def write(home: Path, text: str, name: str = "config.toml") -> Path:
    folder = home / "gradcli"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


# Values that are not the defaults, as `set` takes them.
OTHERS = {
    "precision": "6",
    "threshold": "inf",
    "edgeitems": "2",
    "linewidth": "60",
    "sci_mode": "on",
    "color": "never",
    "theme": "light",
    "keys": "vi",
    "echo": "expressions",
    "toolbar": "off",
    "gradients": "off",
    "suggestions": "off",
    "undo_memory": "1g",
}


def test_what_is_printed_is_read_back(tmp_path: Path) -> None:
    assert OTHERS.keys() == TABLE.keys()
    settings = Settings()
    for name, text in OTHERS.items():
        assert settings.text(name) != text
        settings.set(name, text)
    path = write(tmp_path, to_toml(settings))
    again, complaints = load_settings(str(path), {})
    assert complaints == []
    assert {name: again.text(name) for name in TABLE} == OTHERS
    assert tomllib.loads(path.read_text("utf-8")).keys() == TABLE.keys()


@pytest.mark.parametrize("name", TABLE)
def test_every_setting_refuses_nonsense(name: str) -> None:
    settings = Settings()
    before = settings.text(name)
    with pytest.raises(ValueError, match=rf"^{name}: expected .*, not 'nonsense'$"):
        settings.set(name, "nonsense")
    assert settings.text(name) == before


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("precison = 3", "there is no setting 'precison'; did you mean `precision`?"),
        ('precision = "3"', "precision: expected a whole number from 0 to 1100, not '3'"),
        ('keys = "vim"', "keys: expected emacs or vi, not 'vim'"),
        ("toolbar = 1", "toolbar: expected true or false, not 1"),
        ("precision = ", "not TOML: Invalid value (at line 1, column 13)"),
        ("\xff", "not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_and_the_rest_holds(tmp_path: Path, text: str, complaint: str) -> None:
    path = write(tmp_path, f"{text}\n")
    if "TOML" not in complaint:
        path.write_text(f"edgeitems = 5\n{text}\ntheme = 'dark'\n", "utf-8")
    settings, complaints = load_settings(str(path), {})
    assert len(complaints) == 1
    assert f"{path}: {complaint}" in complaints[0]
    if "TOML" not in complaint:
        assert (settings.text("edgeitems"), settings.theme) == ("5", "dark")


def test_flag_before_environment_before_file(tmp_path: Path) -> None:
    path = write(tmp_path, "precision = 1\nedgeitems = 1\nlinewidth = 41\ncolor = 'always'\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "GRADCLI_PRECISION": "2", "GRADCLI_EDGEITEMS": "2"}

    def found(*arguments: str, **more: str) -> list[str]:
        for setting in PRINTING:
            Settings().put(setting.name, setting.default)
        settings, complaints = settings_of(parse_arguments([*arguments]), {**environ, **more})
        assert complaints == []
        return [settings.text(name) for name in ("precision", "edgeitems", "linewidth", "color")]

    assert found() == ["2", "2", "41", "always"]
    assert found("--set", "precision=3") == ["3", "2", "41", "always"]
    assert found("--no-config") == ["2", "2", "80", "auto"]
    assert found("--config", str(path), GRADCLI_CONFIG="/none") == ["2", "2", "41", "always"]
    assert found(GRADCLI_CONFIG="") == ["2", "2", "80", "auto"]
    assert found(NO_COLOR="1") == ["2", "2", "41", "auto"], "which asks the environment"
    assert found("--color=never", FORCE_COLOR="1")[3] == "never"


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    assert load_settings(None, {"XDG_CONFIG_HOME": str(tmp_path)})[1] == []
    for path, environ in ((str(tmp_path / "x"), {}), (None, {"GRADCLI_CONFIG": str(tmp_path / "x")})):
        (complaint,) = load_settings(path, environ)[1]
        assert complaint == f"cannot read {tmp_path}/x: there is no such file"


def test_at_the_command_line(tmp_path: Path) -> None:
    write(tmp_path, "precision = 1\nnothing = 1\n")
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    run = gradcli("--print-config", env=env)
    assert "\nprecision = 1\n" in run.stdout
    assert "warning: " in run.stderr
    assert "there is no setting 'nothing'" in run.stderr
    assert gradcli("-e", "tensor(1.25)", env=env).stdout == "tensor(1.2500)\n", "not a prompt's business"
    assert gradcli("--set", "precision=1", "-e", "tensor(1.25)").stdout == "tensor(1.2)\n"
    for binding in ("precision=x", "nothing=1", "precision"):
        assert gradcli("--set", binding, "-e", "1").returncode == 2


def test_the_prompt_begins_with_settings_and_a_program(open_screen: Open, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    write(tmp_path / "config", "precision = 2\nunknown = 1\n")
    write(tmp_path / "config", "def sq(v): return v * v\n\n1 / 0\nk = 42\n", "init.grad")
    screen = open_screen()
    screen.see("warning: ", "there is no setting 'unknown'", "division by zero")
    screen.enter("sq(tensor(1.23456))")
    screen.see("tensor(1.52)")
    screen.enter("undo")
    screen.see("nothing has changed")
    bare = open_screen("--no-config")
    bare.enter("k")
    bare.see("name 'k' is not defined")
    assert "warning" not in bare.text


def test_the_program_comes_before_what_the_command_line_runs(open_screen: Open, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    write(tmp_path / "config", "k = 42\n", "init.grad")
    screen = open_screen("-i", "-e", "k = k + 1")
    screen.enter("k")
    screen.see("k = 43")
    assert gradcli("-e", "k", env={"XDG_CONFIG_HOME": str(tmp_path / "config")}).returncode == 1


def test_settings_hold_at_once(open_screen: Open) -> None:
    screen = open_screen("--set", "toolbar=off")
    screen.enter("set keys vi")
    screen.send("abc", "\x1b")
    screen.settle()
    screen.send("0x")
    screen.wait(lambda: screen.current == ">>> bc")
    screen.send("\x03")
    screen.ready()
    screen.enter("set toolbar on")
    screen.see("F2 hide")
    screen.enter("set suggestions off")
    screen.send("set tool")
    screen.settle()
    assert screen.current == ">>> set tool"
