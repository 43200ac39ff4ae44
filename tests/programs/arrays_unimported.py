"""What tensors give is an array with all that arrays have, also where numpy was never imported."""

import torch

x = torch.tensor([[1.5, 2.5, -3.0]], requires_grad=True)
array = x.detach().numpy()
print(array, repr(array), type(array), array.dtype, array.shape)
print(array.squeeze().astype(int), array.T.shape, array.mean(), array.argmax())
print(type(array[0, 0]), repr(array[0, 0]), (array > 0).sum(), array.tolist())
array[0, 0] = 7.0
print(x)
