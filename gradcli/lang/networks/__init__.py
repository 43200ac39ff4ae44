"""torch.nn and torch.optim, as far as small programs use them."""
