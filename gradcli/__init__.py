"""gradcli: a command-line differentiator and REPL for tensor expressions."""

__version__ = "0.1.0"
