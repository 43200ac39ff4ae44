"""The recurrent layers of torch.nn and their cells.

Sources: torch/nn/modules/rnn.py; ATen/native/RNN.cpp, whose operators are used in its order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from gradcli.engine.public import functions
from gradcli.lang.networks.linear import empty
from gradcli.lang.networks.module import MODULE, layer
from gradcli.lang.values.classes import Class
from gradcli.nn import init

Step = Callable[[Any, Any, Any], Any]  # (what the input gives, the state, the linear map of the hidden state) -> state


def _linear(input: Any, weight: Any, bias: Any) -> Any:
    return functions["nn.functional.linear"](input, weight, bias)


# ---------------------------------------------------------------- one step


def _plain_step(bend: str) -> Step:
    def step(given: Any, hidden: Any, mapped: Any) -> Any:
        return functions[bend](mapped(hidden).add_(given))

    return step


def _lstm_step(given: Any, state: Any, mapped: Any) -> Any:
    hidden, cell = state
    enter, forget, new, leave = functions["unsafe_chunk"](mapped(hidden).add_(given), 4, 1)
    cell = (forget.sigmoid_() * cell).add_(enter.sigmoid_() * new.tanh_())
    return leave.sigmoid_() * cell.tanh(), cell


def _gru_step(given: Any, hidden: Any, mapped: Any) -> Any:
    from_input = functions["unsafe_chunk"](given, 3, 1)
    from_hidden = functions["unsafe_chunk"](mapped(hidden), 3, 1)
    reset = from_hidden[0].add_(from_input[0]).sigmoid_()
    keep = from_hidden[1].add_(from_input[1]).sigmoid_()
    new = from_input[2].add(from_hidden[2].mul_(reset)).tanh_()
    return (hidden - new).mul_(keep).add_(new)


_GATES: Final = {"RNN": 1, "LSTM": 4, "GRU": 3}


def _step_of(kind: str, nonlinearity: str) -> Step:
    return {"LSTM": _lstm_step, "GRU": _gru_step}.get(kind) or _plain_step(nonlinearity)


def _parameters(gates: int, inputs: int, hidden: int, bias: bool, dtype: Any, suffix: str = "") -> dict[str, Any]:
    """The weights and biases of one cell, not drawn yet."""
    rows = gates * hidden
    return {
        f"weight_ih{suffix}": empty(rows, inputs, dtype=dtype),
        f"weight_hh{suffix}": empty(rows, hidden, dtype=dtype),
        **({name + suffix: empty(rows, dtype=dtype) for name in ("bias_ih", "bias_hh")} if bias else {}),
    }


def _reset(self: Any) -> None:
    hidden = self.fields["hidden_size"]
    bound = 1.0 / math.sqrt(hidden) if hidden > 0 else 0
    for each in self.fields["_parameters"].values():
        if each is not None:
            init.uniform_(each, -bound, bound)


# ---------------------------------------------------------------- cells


def _cell(kind: str) -> Class:
    name = f"{kind}Cell"

    def start(self: Any, input_size: int, hidden_size: int, bias: bool, nonlinearity: str, dtype: Any) -> None:
        MODULE.own["__init__"](self)
        self.fields |= {"input_size": input_size, "hidden_size": hidden_size, "bias": bias}
        self.fields |= {"nonlinearity": nonlinearity} if kind == "RNN" else {}
        absent = {} if bias else {"bias_ih": None, "bias_hh": None}
        self.fields["_parameters"] = {**_parameters(_GATES[kind], input_size, hidden_size, bias, dtype), **absent}
        _reset(self)

    def __init__(
        self: Any, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        start(self, input_size, hidden_size, bias, "tanh", dtype)

    def plain_init(
        self: Any,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        start(self, input_size, hidden_size, bias, nonlinearity, dtype)

    plain_init.__name__ = "__init__"

    def forward(self: Any, input: Any, hx: Any = None) -> Any:
        return _run_cell(self, name, kind, input, hx)

    def extra_repr(self: Any) -> str:
        fields = self.fields
        text = f"{fields['input_size']}, {fields['hidden_size']}"
        text += "" if fields["bias"] is True else f", bias={fields['bias']}"
        nonlinearity = fields.get("nonlinearity", "tanh")
        return text if nonlinearity == "tanh" else f"{text}, nonlinearity={nonlinearity}"

    begin = plain_init if kind == "RNN" else __init__
    return layer(
        name, {"__init__": begin, "reset_parameters": _reset, "forward": forward, "extra_repr": extra_repr}, "rnn"
    )


def _run_cell(self: Any, name: str, kind: str, input: Any, hx: Any) -> Any:
    fields = self.fields
    if input.dim() not in (1, 2):
        raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
    for place, state in enumerate(() if hx is None else hx if kind == "LSTM" else (hx,)):
        if state.dim() not in (1, 2):
            what = f"hx[{place}]" if kind == "LSTM" else "hidden"
            raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {state.dim()}D instead")
    alone = input.dim() == 1
    input = input.unsqueeze(0) if alone else input
    if hx is None:
        zeros = functions["zeros"](input.shape[0], fields["hidden_size"], dtype=input.dtype)
        hx = (zeros, zeros) if kind == "LSTM" else zeros
    elif alone:
        hx = _each(hx, lambda state: state.unsqueeze(0))
    _check_cell(fields, input, hx if kind == "LSTM" else (hx,))
    w_ih, w_hh, b_ih, b_hh = fields["_parameters"].values()
    step = _step_of(kind, fields.get("nonlinearity", "tanh"))
    found = step(_linear(input, w_ih, b_ih), hx, lambda hidden: _linear(hidden, w_hh, b_hh))
    return _each(found, lambda state: state.squeeze(0)) if alone else found


def _each(state: Any, change: Callable[[Any], Any]) -> Any:
    """A state is a tensor, or two of them."""
    return tuple(change(each) for each in state) if isinstance(state, tuple) else change(state)


def _check_cell(fields: dict[str, Any], input: Any, states: Any) -> None:
    batch, inputs = input.shape
    if inputs != fields["input_size"]:
        raise RuntimeError(f"input has inconsistent input_size: got {inputs} expected {fields['input_size']}")
    for place, state in enumerate(states):
        if state.shape[0] != batch:
            raise RuntimeError(f"Input batch size {batch} doesn't match hidden{place} batch size {state.shape[0]}")
        if state.shape[1] != fields["hidden_size"]:
            size = state.shape[1]
            raise RuntimeError(
                f"hidden{place} has inconsistent hidden_size: got {size}, expected {fields['hidden_size']}"
            )


# ---------------------------------------------------------------- over a sequence

_OPTIONS: Final = {
    "num_layers": 1,
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
}


def _recurrent(kind: str) -> Class:
    def start(self: Any, nonlinearity: str, sizes: tuple[int, int], options: dict[str, Any], dtype: Any) -> None:
        MODULE.own["__init__"](self)
        inputs, hidden = sizes
        mode = kind if kind != "RNN" else f"RNN_{nonlinearity.upper()}"
        self.fields |= {"mode": mode, "input_size": inputs, "hidden_size": hidden, **options, "proj_size": 0}
        self.fields["dropout"] = float(options["dropout"])
        self.fields |= {"nonlinearity": nonlinearity} if kind == "RNN" else {}
        directions = ("", "_reverse") if options["bidirectional"] else ("",)
        for number in range(options["num_layers"]):
            entering = inputs if number == 0 else hidden * len(directions)
            for direction in directions:
                suffix = f"_l{number}{direction}"
                made = _parameters(_GATES[kind], entering, hidden, options["bias"], dtype, suffix)
                self.fields["_parameters"].update(made)
        _reset(self)

    def __init__(
        self: Any,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        given = (num_layers, bias, batch_first, dropout, bidirectional)
        start(self, "tanh", (input_size, hidden_size), dict(zip(_OPTIONS, given, strict=True)), dtype)

    def plain_init(
        self: Any,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        given = (num_layers, bias, batch_first, dropout, bidirectional)
        start(self, nonlinearity, (input_size, hidden_size), dict(zip(_OPTIONS, given, strict=True)), dtype)

    def forward(self: Any, input: Any, hx: Any = None) -> Any:
        return _run(self, kind, input, hx)

    def extra_repr(self: Any) -> str:
        fields = self.fields
        sizes = [str(fields["input_size"]), str(fields["hidden_size"])]
        return ", ".join(
            sizes + [f"{name}={fields[name]}" for name, usual in _OPTIONS.items() if fields[name] != usual]
        )

    def flatten_parameters(self: Any) -> None:
        pass

    plain_init.__name__ = "__init__"
    own: dict[str, Any] = {"__init__": plain_init if kind == "RNN" else __init__, "forward": forward}
    own |= {"reset_parameters": _reset, "extra_repr": extra_repr, "flatten_parameters": flatten_parameters}
    return layer(kind, own, "rnn")


def _run(self: Any, kind: str, input: Any, hx: Any) -> Any:
    fields = self.fields
    if input.dim() not in (2, 3):
        tensor = " tensor" if kind == "RNN" else ""
        raise ValueError(f"{kind}: Expected input to be 2D or 3D, got {input.dim()}D{tensor} instead")
    alone, place = input.dim() == 2, 0 if fields["batch_first"] else 1
    if hx is not None:
        _check_rank(kind, hx, alone)
    if alone:
        input = input.unsqueeze(place)
        hx = None if hx is None else _each(hx, lambda state: state.unsqueeze(1))
    size = (fields["num_layers"] * (1 + fields["bidirectional"]), input.shape[place], fields["hidden_size"])
    if hx is None:
        zeros = functions["zeros"](size, dtype=input.dtype)
        hx = (zeros, functions["zeros"](size, dtype=input.dtype)) if kind == "LSTM" else zeros
    _check(fields, input, hx, size)
    output, hidden = _through_layers(fields, kind, input, hx)
    if alone:
        output, hidden = output.squeeze(place), _each(hidden, lambda state: state.squeeze(1))
    return output, hidden


def _check_rank(kind: str, hx: Any, alone: bool) -> None:
    wanted, batched = (2, "unbatched 2-D") if alone else (3, "batched 3-D")
    if kind == "LSTM":
        ranks = [state.dim() for state in (hx[0], hx[1])]
        if ranks != [wanted, wanted]:
            raise RuntimeError(
                f"For {batched} input, hx and cx should also be {wanted}-D but got ({ranks[0]}-D, {ranks[1]}-D) tensors"
            )
    elif hx.dim() != wanted:
        raise RuntimeError(f"For {batched} input, hx should also be {wanted}-D but got {hx.dim()}-D tensor")


def _check(fields: dict[str, Any], input: Any, hx: Any, size: tuple[int, ...]) -> None:
    dtype = next(iter(fields["_parameters"].values())).dtype
    if input.dtype != dtype:
        raise ValueError(
            f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert input: input.to({dtype}), "
            f"or convert model: model.to({input.dtype})"
        )
    if input.shape[-1] != fields["input_size"]:
        raise RuntimeError(
            f"input.size(-1) must be equal to input_size. Expected {fields['input_size']}, got {input.shape[-1]}"
        )
    for place, state in enumerate(hx if isinstance(hx, tuple) else (hx,)):
        if tuple(state.shape) != size:
            what = f"hidden[{place}]" if isinstance(hx, tuple) else "hidden"
            raise RuntimeError(f"Expected {what} size {size}, got {list(state.shape)}")


def _through_layers(fields: dict[str, Any], kind: str, input: Any, hx: Any) -> tuple[Any, Any]:
    """The output of the last layer, and the last states of all, stacked."""
    parameters = list(fields["_parameters"].values())
    count = 4 if fields["bias"] else 2
    cells = [(*parameters[start : start + count], None, None)[:4] for start in range(0, len(parameters), count)]
    states = list(zip(*(state.unbind(0) for state in hx), strict=True)) if kind == "LSTM" else hx.unbind(0)
    as_one = kind == "LSTM" and input.dtype.np == np.float32
    run = _whole_layer if as_one else _layer(_step_of(kind, fields.get("nonlinearity", "tanh")))
    output = input.transpose(0, 1) if fields["batch_first"] else input
    output = output.contiguous() if as_one else output  # oneDNN asks for it
    last: list[Any] = []
    directions = 2 if fields["bidirectional"] else 1
    for number in range(0, len(cells), directions):
        found = [run(output, states[number + way], cells[number + way], way == 1) for way in range(directions)]
        last += [state for _, state in found]
        output = found[0][0] if directions == 1 else functions["cat"]([each for each, _ in found], 2)
        if fields["dropout"] and fields["training"] and number + directions < len(cells):
            output = functions["nn.functional.dropout"](output, fields["dropout"])
    if fields["batch_first"]:
        output = output.transpose(0, 1) if as_one else output.transpose_(0, 1)
    stack = functions["stack"]
    return output, tuple(map(stack, zip(*last, strict=True))) if kind == "LSTM" else stack(last)


def _layer(step: Step) -> Callable[..., tuple[Any, Any]]:
    """A layer that takes one step after the other."""

    def run(input: Any, state: Any, cell: Any, reverse: bool) -> tuple[Any, Any]:
        w_ih, w_hh, b_ih, b_hh = cell
        outputs = []
        for given in _linear(input, w_ih, b_ih).unbind(0)[:: -1 if reverse else 1]:
            state = step(given, state, lambda hidden: _linear(hidden, w_hh, b_hh))
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return functions["stack"](outputs[:: -1 if reverse else 1]), state

    return run


def _whole_layer(input: Any, state: Any, cell: Any, reverse: bool) -> tuple[Any, Any]:
    """A layer of LSTM as one operator."""
    from gradcli.ops.recurrent import Layer, lstm_layer

    output, *state = lstm_layer(input, *cell, *state, Layer(reverse))
    return output, tuple(state)


CLASSES: Final[dict[str, Class]] = {
    **{f"{kind}Cell": _cell(kind) for kind in _GATES},
    **{kind: _recurrent(kind) for kind in _GATES},
}
