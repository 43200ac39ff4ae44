"""`datetime` as a closed table: points in time, dates and spans."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from gradcli.lang.values.table import TYPES, Type, register

_LONGEST_FORMAT: Final = 1000
_DATE: Final = "year month day"
_TIME: Final = "hour minute second microsecond"


def _strftime(self: datetime.date, format: str) -> str:
    if len(format) > _LONGEST_FORMAT:
        raise ValueError(f"a format of {len(format)} characters is too long: at most {_LONGEST_FORMAT}")
    return self.strftime(format)


def _getters(names: str) -> dict[str, Callable[[Any], Any]]:
    return {name: attrgetter(name) for name in names.split()}


_date_methods: Final[dict[str, Callable[..., Any]]] = {
    "strftime": _strftime,
    "isoformat": lambda self, *args, **named: self.isoformat(*args, **named),
    "weekday": lambda self: self.weekday(),
    "replace": lambda self, **named: self.replace(**named),
}


def table() -> dict[str, Any]:
    """The members of `datetime`."""
    date, moment, span = datetime.date, datetime.datetime, datetime.timedelta
    register(date, _date_methods, _getters(_DATE))
    register(
        moment,
        {**_date_methods, "timestamp": moment.timestamp, "date": moment.date},
        _getters(f"{_DATE} {_TIME}"),
    )
    register(span, {"total_seconds": span.total_seconds}, _getters("days seconds microseconds"))
    TYPES[date] = Type("datetime.date", date, date, {"today": date.today, "fromisoformat": date.fromisoformat})
    TYPES[moment] = Type(
        "datetime.datetime",
        moment,
        moment,
        {
            "now": lambda: moment.now(),
            "today": moment.today,
            "fromtimestamp": lambda timestamp: moment.fromtimestamp(timestamp),
            "fromisoformat": moment.fromisoformat,
        },
    )
    TYPES[span] = Type("datetime.timedelta", span, span)
    return {kind.__name__: TYPES[kind] for kind in (date, moment, span)}
