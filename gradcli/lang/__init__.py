"""The language: text -> nodes (`parse`) -> closures (`compile`) -> values."""
