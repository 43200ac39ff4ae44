"""Errors as data: where they happened, what to type instead."""
