"""numpy's arrays, and its functions, as values of the language."""
