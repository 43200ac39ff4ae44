"""What can be set: one table. From it come the attributes of `Settings`, the file's keys, `set` and its completions.

A setting comes from, the first that says so: the command line (--set), the environment (GRADCLI_<NAME>), the
configuration file, the default.
They are for prompts: what a pipe or a script prints does not depend on who runs it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from math import inf
from typing import Any

from gradcli.lang.errors.names import did_you_mean
from gradcli.show.options import MAX_PRECISION, PRINT_OPTIONS

FILE = "config.toml"
START = "init.grad"
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Choice:
    """One of a few words."""

    __slots__ = ("words",)

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, text: str) -> str:
        """The value that `text` stands for. Raises ValueError with a sentence."""
        return self.admit(text.lower())

    def admit(self, value: Any) -> str:
        """A value of the file's, if it is one of ours. Raises ValueError."""
        if type(value) is not str or value not in self.words:
            raise ValueError(f"expected {' or '.join(self.words)}")
        return value

    def write(self, value: Any) -> str:
        """The value as `set` takes it."""
        return str(value)


class Flag:
    """On or off."""

    __slots__ = ()
    words = ("on", "off")

    def read(self, text: str) -> bool:
        word = text.lower()
        if word in ("on", "true", "yes", "1"):
            return True
        if word in ("off", "false", "no", "0"):
            return False
        raise ValueError("expected on or off")

    def admit(self, value: Any) -> bool:
        if type(value) is not bool:
            raise ValueError("expected true or false")
        return value

    def write(self, value: Any) -> str:
        return "on" if value else "off"


class Whole:
    """A whole number from `least` to `most`; `unlimited`: or inf."""

    __slots__ = ("least", "most", "unlimited")
    words = ()

    def __init__(self, least: int, most: float = inf, unlimited: bool = False) -> None:
        self.least = least
        self.most = most
        self.unlimited = unlimited

    def read(self, text: str) -> float:
        if text == "inf":
            return self.admit(inf)
        return self.admit(int(text) if text.isascii() and text.isdigit() and len(text) < 20 else text)

    def admit(self, value: Any) -> float:
        if type(value) is int and self.least <= value <= self.most:
            return value
        if self.unlimited and value == inf:
            return inf
        beyond = f" to {self.most}" if self.most < inf else ""
        raise ValueError(f"expected a whole number from {self.least}{beyond}{' or inf' if self.unlimited else ''}")

    def write(self, value: Any) -> str:
        return str(value)


class Size:
    """A number of bytes: 500m, 1g."""

    __slots__ = ()
    words = ()

    def read(self, text: str) -> int:
        digits = text.lower().rstrip("kmg")
        unit = text.lower()[len(digits) :]
        if not (digits.isascii() and digits.isdigit()) or unit not in _UNITS or len(digits) > 15:
            raise ValueError("expected a size such as 500m or 1g")
        return int(digits) * _UNITS[unit]

    def admit(self, value: Any) -> int:
        return value if type(value) is int and value >= 0 else self.read(value if type(value) is str else "")

    def write(self, value: Any) -> str:
        unit = next(unit for unit, factor in reversed(_UNITS.items()) if value % factor == 0 or factor == 1)
        return f"{value // _UNITS[unit]}{unit}"


class Setting:
    """One thing that can be set. kind: what it may be. default: None for those that are kept elsewhere."""

    __slots__ = ("default", "kind", "meaning", "name")

    def __init__(self, name: str, kind: Any, default: Any, meaning: str) -> None:
        self.name = name
        self.kind = kind
        self.default = default
        self.meaning = meaning

    @property
    def said(self) -> str:
        """What it is, and which words it takes."""
        return f"{self.meaning} ({', '.join(self.kind.words)})" if self.kind.words else self.meaning


PRINTING = (
    Setting("precision", Whole(0, MAX_PRECISION), 4, "digits after the point"),
    Setting("threshold", Whole(0, unlimited=True), 1000, "elements above which a tensor is summarised"),
    Setting("edgeitems", Whole(0), 3, "elements kept at both ends of what is summarised"),
    Setting("linewidth", Whole(1, unlimited=True), 80, "characters in a line of a tensor"),
    Setting("sci_mode", Choice("auto", "on", "off"), "auto", "scientific notation"),
)
PROMPTING = (
    Setting("color", Choice("auto", "always", "never"), "auto", "colour"),
    Setting("theme", Choice("auto", "dark", "light", "none"), "auto", "colours that suit the terminal"),
    Setting("keys", Choice("emacs", "vi"), "emacs", "what the keys do"),
    Setting("echo", Choice("all", "expressions", "none"), "all", "what is shown without being printed"),
    Setting("toolbar", Flag(), True, "the line at the bottom"),
    Setting("gradients", Flag(), True, "a panel of the gradients that backward has changed"),
    Setting("suggestions", Flag(), True, "what the history goes on with, behind the cursor"),
    Setting("undo_memory", Size(), 256 << 20, "bytes that `undo` may keep"),
)
TABLE = {setting.name: setting for setting in (*PRINTING, *PROMPTING)}


class Settings:
    """The settings in force, as attributes. Those of printing are `torch.set_printoptions`'s own, kept there."""

    __slots__ = tuple(setting.name for setting in PROMPTING)

    color: str
    theme: str
    keys: str
    echo: str
    toolbar: bool
    gradients: bool
    suggestions: bool
    undo_memory: int

    def __init__(self) -> None:
        for setting in PROMPTING:
            setattr(self, setting.name, setting.default)

    def get(self, name: str) -> Any:
        """The value of a setting."""
        if name == "sci_mode":
            return {None: "auto", True: "on", False: "off"}[PRINT_OPTIONS.sci_mode]
        return getattr(PRINT_OPTIONS if name not in self.__slots__ else self, name)

    def put(self, name: str, value: Any) -> None:
        """Set to a value of the setting's kind. Raises ValueError with a sentence."""
        value = self._known(name).kind.admit(value)
        if name == "sci_mode":
            PRINT_OPTIONS.sci_mode = {"auto": None, "on": True, "off": False}[value]
        else:
            setattr(PRINT_OPTIONS if name not in self.__slots__ else self, name, value)

    def set(self, name: str, text: str) -> None:
        """Set from text, as `set NAME VALUE`. Raises ValueError with a sentence."""
        self.put(name, read(name, text))

    def text(self, name: str) -> str:
        """The value of a setting, as `set` takes it."""
        return str(TABLE[name].kind.write(self.get(name)))

    @staticmethod
    def _known(name: str) -> Setting:
        if name not in TABLE:
            raise ValueError(unknown(name))
        return TABLE[name]


def unknown(name: str) -> str:
    """What to say of a setting that there is not."""
    hint = did_you_mean(name, TABLE)
    return f"there is no setting {name!r}" + (f"; {hint}" if hint else "")


def directory(environ: Mapping[str, str]) -> str | None:
    """Where the user's configuration is: the XDG directory; None without one."""
    config, home = environ.get("XDG_CONFIG_HOME", ""), environ.get("HOME", "")
    if os.path.isabs(config):
        return os.path.join(config, "gradcli")
    return os.path.join(home, ".config", "gradcli") if home else None


def config_path(environ: Mapping[str, str]) -> str | None:
    """The configuration file: $GRADCLI_CONFIG (empty: none), else the one in the user's directory."""
    if "GRADCLI_CONFIG" in environ:
        return environ["GRADCLI_CONFIG"] or None
    folder = directory(environ)
    return os.path.join(folder, FILE) if folder else None


def settings_of(options: Any, environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings that a run begins with, and what is wrong with the file: flag, environment, file, default."""
    complaints: list[str] = []
    settings = Settings()
    if not options.no_config:
        settings, complaints = load_settings(options.config, environ)
    if environ.get("NO_COLOR") or environ.get("FORCE_COLOR"):
        settings.color = "auto"  # which asks the environment
    for name in TABLE:
        variable = f"GRADCLI_{name.upper()}"
        try:
            if variable in environ:
                settings.set(name, environ[variable])
        except ValueError as error:
            complaints.append(f"${variable}: {error}")
    take_flags(settings, options)
    if options.color != "auto":
        settings.color = options.color
    return settings, complaints


def take_flags(settings: Settings, options: Any) -> None:
    """Set what --set says. It holds also without a prompt, for what concerns printing."""
    for binding in options.settings:
        settings.set(*_halves(binding))


def read(name: str, text: str) -> Any:
    """The value of a setting that text stands for. Raises ValueError with a sentence."""
    if name not in TABLE:
        raise ValueError(unknown(name))
    try:
        return TABLE[name].kind.read(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}, not {text!r}") from None


def check(binding: str) -> None:
    """Raises ValueError with a sentence for a NAME=VALUE that --set cannot take."""
    read(*_halves(binding))


def _halves(binding: str) -> tuple[str, str]:
    name, _, text = binding.partition("=")
    return name.strip(), text.strip()


def print_settings(options: Any) -> None:
    """--print-config."""
    settings, complaints = settings_of(options, os.environ)
    for complaint in complaints:
        sys.stderr.write(f"warning: {complaint}\n")
    sys.stdout.write(to_toml(settings))


def start_program(options: Any, environ: Mapping[str, str]) -> str | None:
    """The program that every prompt begins with, if there is one: init.grad beside the user's configuration."""
    folder = directory(environ)
    path = os.path.join(folder, START) if folder and not options.no_config else ""
    return path if path and os.path.exists(path) else None


def load_settings(path: str | None, environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings of the file at `path` (None: where the environment says), and what is wrong with it.

    A file that is not there is nothing wrong, unless somebody named it.
    """
    settings = Settings()
    asked = path is not None or bool(environ.get("GRADCLI_CONFIG"))
    path = config_path(environ) if path is None else path
    if path is None:
        return settings, []
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return settings, [f"cannot read {path}: there is no such file"] if asked else []
    except (OSError, ValueError) as error:
        return settings, [f"cannot read {path}: {getattr(error, 'strerror', None) or error}"]
    return settings, [f"{path}: {complaint}" for complaint in _take(settings, data)]


def _take(settings: Settings, data: bytes) -> list[str]:
    """Set what a file says; returns what it says that cannot be."""
    import tomllib

    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return [f"not TOML: {error}"]
    complaints = []
    for name, value in table.items():
        try:
            settings.put(name, value)
        except ValueError as error:
            complaints.append(str(error) if name not in TABLE else f"{name}: {error}, not {value!r}")
    return complaints


def to_toml(settings: Settings) -> str:
    """The settings as a file that `load_settings` reads back, with what they mean."""
    lines = ["# Settings of gradcli's prompt; here are their values now."]
    for name, setting in TABLE.items():
        kind, value = setting.kind, settings.get(name)
        if isinstance(kind, Flag):
            text = "true" if value else "false"
        else:
            text = f'"{kind.write(value)}"' if isinstance(kind, (Choice, Size)) else kind.write(value)
        lines += ["", f"# {setting.meaning if isinstance(kind, Flag) else setting.said}", f"{name} = {text}"]
    return "\n".join(lines) + "\n"
