"""What torch.autograd and torch.func offer above backward and grad: written in Tensors, operators and the engine."""
