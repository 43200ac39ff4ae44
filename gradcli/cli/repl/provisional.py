"""Settings as the prompt needs them."""


class Settings:
    """What can be set while the prompt runs."""

    theme = "auto"
    keys = "emacs"
    toolbar = True
