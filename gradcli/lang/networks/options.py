"""A module of torch.nn that is a function with options, told by its options, its function and what its repr shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks.module import MODULE, layer
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import type_name

REQUIRED: Final[Any] = object()
Run = Callable[..., Any]


class Options:
    """A module that is a function with options: `run(values of the options by name, training, arguments)`.

    options: their defaults by name, REQUIRED for none. shown: the options that its repr has, by name; "inplace?" only
    if it is true, "*padding" without its name. settle: completes the options; raises for wrong ones.
    """

    def __init__(
        self,
        name: str,
        options: dict[str, Any],
        run: Run,
        shown: str,
        module: str,
        settle: Callable[[dict[str, Any]], None] = lambda options: None,
    ) -> None:
        self.name = name
        self.options = options
        self.run = run
        self.shown = shown.split()
        self.module = module
        self.settle = settle

    def made(self) -> Class:
        """The class."""
        names, options, run, shown, settle = list(self.options), self.options, self.run, self.shown, self.settle
        count = sum(value is REQUIRED for value in options.values())

        def __init__(self: Any, *args: Any, **named: Any) -> None:
            MODULE.own["__init__"](self)
            self.fields |= {**options, **given_options(type_name(self), names, count, args, named)}
            settle(self.fields)

        def forward(self: Any, *args: Any) -> Any:
            fields = self.fields
            return run({name: fields[name] for name in names}, fields["training"], *args)

        def extra_repr(self: Any) -> str:
            fields = self.fields
            parts = [
                str(fields[name[1:]]) if name[0] == "*" else f"{name}={fields[name]!r}"
                for name in shown
                if name != "inplace?"
            ]
            parts += ["inplace=True"] if "inplace?" in shown and fields["inplace"] else []
            return ", ".join(parts)

        own = {"__init__": __init__, "forward": forward, "extra_repr": extra_repr}
        return layer(self.name, own, self.module)


def given_options(kind: str, names: list[str], required: int, args: Any, named: dict[str, Any]) -> dict[str, Any]:
    """The options that a call gives. Raises TypeError, in Python's words, for too many, too few and unknown ones."""
    if len(args) > len(names):
        count = f"{len(names) + 1} positional argument{'s' if names else ''}"
        count = f"from {required + 1} to {count}" if required < len(names) else count
        raise TypeError(f"{kind}.__init__() takes {count} but {len(args) + 1} were given")
    given = dict(zip(names, args, strict=False))
    for name, value in named.items():
        if name in given:
            raise TypeError(f"{kind}.__init__() got multiple values for argument {name!r}")
        if name not in names:
            raise TypeError(f"{kind}.__init__() got an unexpected keyword argument {name!r}")
        given[name] = value
    missing = [repr(name) for name in names[:required] if name not in given]
    if missing:
        listed = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
        plural = "s" if len(missing) > 1 else ""
        raise TypeError(f"{kind}.__init__() missing {len(missing)} required positional argument{plural}: {listed}")
    return given


# ---------------------------------------------------------------- how the options reach the function


def called(name: str) -> Run:
    """A function of torch.nn.functional, found when it is called."""

    def run(*args: Any, **named: Any) -> Any:
        return functions.get(f"nn.functional.{name}", functions.get(name))(*args, **named)  # type: ignore[misc]

    return run


def plain(name: str) -> Run:
    """The options go to the function as they are."""
    function = called(name)
    return lambda options, training, *args: function(*args, **options)


def ignoring(name: str, *left: str) -> Run:
    """The options go to the function, except for some that mean nothing to it."""
    function = called(name)
    return lambda options, training, *args: function(
        *args, **{each: value for each, value in options.items() if each not in left}
    )


def rectified(name: str) -> Run:
    """A function whose variant in place has a name of its own."""
    function, inplace = called(name), called(f"{name}_")

    def run(options: dict[str, Any], training: bool, input: Any) -> Any:
        rest = {each: value for each, value in options.items() if each != "inplace"}
        return (inplace if options["inplace"] else function)(input, **rest)

    return run
