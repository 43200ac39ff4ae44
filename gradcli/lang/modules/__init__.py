"""The modules that a program can import, as closed tables."""
