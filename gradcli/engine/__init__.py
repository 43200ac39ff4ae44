"""The autograd engine: tensors, the graph, backward. It knows no operator by name."""
