"""`python -m gradcli`."""

import os
import sys

# Python puts the current directory first, where a file named numpy.py might stand.
sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]

from gradcli.cli import main  # noqa: E402

sys.exit(main())
