"""A layer of LSTM over a sequence as one node, as oneDNN computes it for torch.

Sources: ATen/native/mkldnn/RNN.cpp (`mkldnn_rnn_layer_differentiable_backward`), ATen/native/RNN.cpp (LSTMCell).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.engine.limits import work
from gradcli.engine.op import op
from gradcli.ops.along import reshaped
from gradcli.ops.elementary import sigmoid
from gradcli.ops.joining import cat, stack
from gradcli.ops.matmul import array_of, matmul
from gradcli.ops.slicing import narrow, select
from gradcli.ops.trigonometry import tanh

if TYPE_CHECKING:
    from gradcli.engine.kinds import Array, Object

INPUTS = ("input", "w_ih", "w_hh", "b_ih", "b_hh", "hx", "cx")


def _at(sequence: Any, time: int) -> Any:
    return sequence[time] if sequence.__class__ is np.ndarray else select(sequence, 0, time)


def _gates(values: Any) -> list[Any]:
    """The four gates side by side, apart."""
    size = array_of(values).shape[-1] // 4
    if values.__class__ is np.ndarray:
        return [values[:, start : start + size] for start in range(0, 4 * size, size)]
    return [narrow(values, 1, start, size) for start in range(0, 4 * size, size)]


def _joined(join: Any, parts: list[Any], dim: int) -> Any:
    if parts[0].__class__ is np.ndarray:
        return (np.concatenate if join is cat else np.stack)(parts, axis=dim)
    return join(parts, dim)


def _order(steps: int, reverse: bool) -> list[int]:
    return list(range(steps))[:: -1 if reverse else 1]


def _unrolled(values: tuple[Any, ...], reverse: bool) -> list[tuple[Any, ...]]:
    """For each step, in the order of time: the gates (in, forget, new, out), the state before, and the state after."""
    input, w_ih, w_hh, b_ih, b_hh, h, c = values
    given = matmul(input, w_ih.T)
    given = given if b_ih is None else given + (b_ih + b_hh)
    found: list[tuple[Any, ...]] = []
    steps = array_of(input).shape[0]
    for time in _order(steps, reverse):
        gates = _gates(_at(given, time) + matmul(h, w_hh.T))
        i, f, o = (sigmoid(gates[place]) for place in (0, 1, 3))
        g = tanh(gates[2])
        after = f * c + i * g
        found.append((i, f, g, o, h, c, o * tanh(after), after))
        h, c = found[-1][-2:]
    return found[:: -1 if reverse else 1]


class Layer:
    """Which way a layer runs; on the way back, the gradients of all inputs, which each formula takes one of."""

    def __init__(self, reverse: bool) -> None:
        self.reverse = reverse
        self.grads: Any = None
        self.found: dict[str, Any] = {}

    def back(self, grads: Any, wanted: str, *values: Any) -> Any:
        """The gradient of one input."""
        if self.grads is not grads:
            self.found = self._slopes(grads, values)
            self.grads = grads
        return self.found[wanted]

    def _slopes(self, grads: Any, values: tuple[Any, ...]) -> dict[str, Any]:
        input, w_ih, w_hh, *_ = values
        given, dh, dc = grads
        steps = _unrolled(values, self.reverse)
        slopes: list[Any] = [None] * len(steps)
        for time in _order(len(steps), not self.reverse):
            i, f, g, o, _, before, _, after = steps[time]
            bent = tanh(after)
            dh = dh + _at(given, time)
            dc = dc + dh * o * (1 - bent * bent)
            parts = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * bent * o * (1 - o)]
            slopes[time] = _joined(cat, parts, 1)
            dh, dc = matmul(slopes[time], w_hh), dc * f
        all_slopes = _joined(stack, slopes, 0)
        hidden = _joined(stack, [step[4] for step in steps], 0)
        flat = _rows(all_slopes)
        bias = flat.sum(0)
        return {
            "input": matmul(all_slopes, w_ih),
            "w_ih": matmul(flat.T, _rows(input)),
            "w_hh": matmul(flat.T, _rows(hidden)),
            "b_ih": bias,
            "b_hh": bias,
            "hx": dh,
            "cx": dc,
        }


def _rows(sequence: Any) -> Any:
    shape = array_of(sequence).shape
    return reshaped(sequence, (shape[0] * shape[1], shape[2]))


def _formula(wanted: str) -> Any:
    return lambda grads, input, w_ih, w_hh, b_ih, b_hh, hx, cx, layer: layer.back(
        grads, wanted, input, w_ih, w_hh, b_ih, b_hh, hx, cx
    )


@op(
    "mkldnn_rnn_layer",
    private=True,
    returns=("output", "hy", "cy"),
    vjp={name: _formula(name) for name in INPUTS},
)
def lstm_layer(
    input: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    hx: Array,
    cx: Array,
    layer: Object,
) -> tuple[Array, Array, Array]:
    """Hidden states of all steps (steps x batch x hidden), and the last state. `layer` is a Layer of its own."""
    work(input.shape[0] * input.shape[1] * (w_ih.size + w_hh.size))
    steps = _unrolled((input, w_ih, w_hh, b_ih, b_hh, hx, cx), layer.reverse)
    _, _, _, _, _, _, hidden, state = steps[0 if layer.reverse else -1]
    return np.stack([step[6] for step in steps]), hidden, state
