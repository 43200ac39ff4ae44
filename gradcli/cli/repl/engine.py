"""The session, made in the background: numpy takes as long to import as all else, and nobody types that fast."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.session import Session


class Engine:
    """A session that will be there. make: imports what it needs and makes it, in a thread of its own.

    then: called in that thread when it is there, as long as nobody has to wait for it.
    """

    def __init__(self, make: Callable[[], Session], then: Callable[[Session], None]) -> None:
        self._make = make
        self._then = then
        self._made = threading.Event()
        self._session: Session | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    def start(self) -> None:
        """Begin; once is enough."""
        if not self._thread.ident:
            self._thread.start()

    def _work(self) -> None:
        try:
            self._session = self._make()
        except BaseException as error:  # noqa: BLE001 - it is raised where the session is asked for
            self._error = error
        self._made.set()
        if self._session is not None:
            self._then(self._session)

    @property
    def ready(self) -> Session | None:
        """The session if it is there: for what must not wait."""
        return self._session if self._made.is_set() else None

    def session(self) -> Session:
        """The session, waited for. Raises what making it raised."""
        self.start()
        self._made.wait()
        if self._session is None:
            assert self._error is not None
            raise self._error
        return self._session
