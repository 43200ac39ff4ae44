"""Results to characters: everything that is drawn, and nothing that is computed.

tensor_text   the repr of a tensor, character for character PyTorch's
options       what `set_printoptions` sets
escape        the one escaper for text that came from outside
plain         values and diagnostics as plain text
terminal      the same in colour, by rich; loaded on a terminal only
progress      a line that says how far a loop is, by rich; loaded when one has run for a while
json_text     the objects of --json and --jsonl; loaded only then

Nothing is imported at first: a one-shot run loads the two or three modules it needs.
"""

from __future__ import annotations


def install() -> None:
    """Let tensors print as PyTorch's do, and programs set how (`torch.set_printoptions`)."""
    from gradcli.engine.tensor import Tensor
    from gradcli.lang.modules.table import extend
    from gradcli.show.options import set_printoptions
    from gradcli.show.tensor_text import format_tensor, tensor_repr

    Tensor.text = tensor_repr
    Tensor.formatted = format_tensor
    extend("torch", "set_printoptions", set_printoptions)
