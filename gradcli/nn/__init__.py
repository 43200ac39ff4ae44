"""What torch.nn and torch.optim need that is no class of the language: parameters, their first values, optimizers."""
