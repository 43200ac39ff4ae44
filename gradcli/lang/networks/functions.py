"""The modules of torch.nn that are functions with options: activations, losses, dropout.

Source: torch/nn/modules/{activation,dropout,flatten,linear,loss}.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gradcli.engine.public import functions
from gradcli.lang.networks.module import MODULE
from gradcli.lang.values.classes import Class
from gradcli.lang.values.table import type_name


def _call(name: str) -> Callable[..., Any]:
    """A function of torch.nn.functional, found when it is called."""

    def run(*args: Any, **named: Any) -> Any:
        return functions.get(f"nn.functional.{name}", functions.get(name))(*args, **named)  # type: ignore[misc]

    return run


class Options:
    """A module that is a function with options: `run(values of the options by name, training, arguments)`.

    shown: the options that its repr has, by name; "inplace?" only if it is true. check: raises for wrong options.
    """

    def __init__(
        self,
        name: str,
        options: dict[str, Any],
        run: Callable[..., Any],
        shown: str,
        module: str,
        check: Callable[[dict[str, Any]], None] = lambda options: None,
    ) -> None:
        self.name = name
        self.options = options
        self.run = run
        self.shown = shown.split()
        self.module = module
        self.check = check

    def made(self) -> Class:
        """The class."""
        names, options, run, shown = list(self.options), self.options, self.run, self.shown
        check = self.check

        def __init__(self: Any, *args: Any, **named: Any) -> None:
            MODULE.own["__init__"](self)
            kind = type_name(self)
            if len(args) > len(names):
                count = f"{len(names) + 1} positional argument{'s' if names else ''}"
                count = f"from 1 to {count}" if names else count
                raise TypeError(f"{kind}.__init__() takes {count} but {len(args) + 1} were given")
            given = dict(zip(names, args, strict=False))
            for name, value in named.items():
                if name in given:
                    raise TypeError(f"{kind}.__init__() got multiple values for argument {name!r}")
                if name not in options:
                    raise TypeError(f"{kind}.__init__() got an unexpected keyword argument {name!r}")
                given[name] = value
            self.fields |= {**options, **given}
            check(self.fields)

        def forward(self: Any, *args: Any) -> Any:
            fields = self.fields
            return run({name: fields[name] for name in names}, fields["training"], *args)

        def extra_repr(self: Any) -> str:
            fields = self.fields
            parts = [f"{name}={fields[name]!r}" for name in shown if name != "inplace?"]
            parts += ["inplace=True"] if "inplace?" in shown and fields["inplace"] else []
            return ", ".join(parts)

        own = {"__init__": __init__, "forward": forward, "extra_repr": extra_repr}
        for function in own.values():
            function.__qualname__ = f"{self.name}.{function.__name__}"
        return Class(self.name, self.name, (MODULE,), own, f"torch.nn.modules.{self.module}")


def _plain(name: str) -> Callable[..., Any]:
    """The options go to the function as they are."""
    function = _call(name)
    return lambda options, training, *args: function(*args, **options)


def _ignoring(name: str, *left: str) -> Callable[..., Any]:
    """The options go to the function, except for some that mean nothing to it."""
    function = _call(name)
    return lambda options, training, *args: function(
        *args, **{each: value for each, value in options.items() if each not in left}
    )


def _rectified(name: str) -> Callable[..., Any]:
    """A function whose variant in place has a name of its own."""
    function, inplace = _call(name), _call(f"{name}_")

    def run(options: dict[str, Any], training: bool, input: Any) -> Any:
        rest = {each: value for each, value in options.items() if each != "inplace"}
        return (inplace if options["inplace"] else function)(input, **rest)

    return run


def _dropout(options: dict[str, Any], training: bool, input: Any) -> Any:
    return _call("dropout")(input, options["p"], training)


def _check_probability(options: dict[str, Any]) -> None:
    if not 0.0 <= options["p"] <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {options['p']}")


def _flatten(options: dict[str, Any], training: bool, input: Any) -> Any:
    return functions["flatten"](input, options["start_dim"], options["end_dim"])


_HARDTANH = "min_val max_val inplace?"
_INPLACE = {"inplace": False}
_REDUCED = {"size_average": None, "reduce": None, "reduction": "mean"}
_A, _L = "activation", "loss"
FUNCTIONS: Final = (
    Options("Identity", {}, lambda options, training, input: input, "", "linear"),
    Options("Flatten", {"start_dim": 1, "end_dim": -1}, _flatten, "start_dim end_dim", "flatten"),
    Options("Dropout", {"p": 0.5, **_INPLACE}, _dropout, "p inplace", "dropout", _check_probability),
    Options("ReLU", _INPLACE, _rectified("relu"), "inplace?", _A),
    Options("ReLU6", _INPLACE, _ignoring("relu6", "inplace"), "inplace?", _A),
    Options("LeakyReLU", {"negative_slope": 0.01, **_INPLACE}, _rectified("leaky_relu"), "negative_slope inplace?", _A),
    Options("ELU", {"alpha": 1.0, **_INPLACE}, _rectified("elu"), "alpha inplace?", _A),
    Options("SELU", _INPLACE, _rectified("selu"), "inplace?", _A),
    Options("CELU", {"alpha": 1.0, **_INPLACE}, _rectified("celu"), "alpha inplace?", _A),
    Options("GELU", {"approximate": "none"}, _plain("gelu"), "approximate", _A),
    Options("SiLU", _INPLACE, _ignoring("silu", "inplace"), "inplace?", _A),
    Options("Mish", _INPLACE, _ignoring("mish", "inplace"), "inplace?", _A),
    Options(
        "Hardtanh",
        {"min_val": -1.0, "max_val": 1.0, **_INPLACE},
        _rectified("hardtanh"),
        "min_val max_val inplace?",
        _A,
    ),
    Options("Sigmoid", {}, _plain("sigmoid"), "", _A),
    Options("LogSigmoid", {}, _plain("logsigmoid"), "", _A),
    Options("Tanh", {}, _plain("tanh"), "", _A),
    Options("Softplus", {"beta": 1.0, "threshold": 20.0}, _plain("softplus"), "beta threshold", _A),
    Options("Softsign", {}, _plain("softsign"), "", _A),
    Options("Softmax", {"dim": None}, _plain("softmax"), "dim", _A),
    Options("LogSoftmax", {"dim": None}, _plain("log_softmax"), "dim", _A),
    Options("MSELoss", _REDUCED, _plain("mse_loss"), "", _L),
    Options("L1Loss", _REDUCED, _plain("l1_loss"), "", _L),
    Options("SmoothL1Loss", {**_REDUCED, "beta": 1.0}, _plain("smooth_l1_loss"), "", _L),
    Options("HuberLoss", {"reduction": "mean", "delta": 1.0}, _plain("huber_loss"), "", _L),
    Options(
        "CrossEntropyLoss",
        {
            "weight": None,
            "size_average": None,
            "ignore_index": -100,
            "reduce": None,
            "reduction": "mean",
            "label_smoothing": 0.0,
        },
        _plain("cross_entropy"),
        "",
        _L,
    ),
    Options(
        "NLLLoss",
        {"weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean"},
        _plain("nll_loss"),
        "",
        _L,
    ),
    Options("BCELoss", {"weight": None, **_REDUCED}, _plain("binary_cross_entropy"), "", _L),
    Options(
        "BCEWithLogitsLoss",
        {"weight": None, **_REDUCED, "pos_weight": None},
        _plain("binary_cross_entropy_with_logits"),
        "",
        _L,
    ),
    Options("KLDivLoss", {**_REDUCED, "log_target": False}, _plain("kl_div"), "", _L),
)
