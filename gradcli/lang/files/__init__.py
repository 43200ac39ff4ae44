"""The doors to files, and the formats behind them."""
