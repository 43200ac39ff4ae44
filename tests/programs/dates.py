"""Points in time and spans, as programs print how long they took."""

import datetime
from datetime import timedelta

start = datetime.datetime(2024, 2, 28, 23, 59, 30)
later = start + timedelta(days=1, seconds=90)
print(start, later, later - start, repr(start), repr(later - start))
print(f"{later:%Y-%m-%d %H:%M:%S}", later.strftime("%d.%m.%y"), later.isoformat(), later.year, later.minute)
print((later - start).total_seconds(), (later - start).days, start < later, max(start, later) is later)
print(start.date(), datetime.date(2024, 1, 1).weekday(), timedelta(minutes=3) / 2, str(timedelta(seconds=3661)))
elapsed = datetime.datetime.now() - datetime.datetime.now()
print(type(elapsed), elapsed.days, len(datetime.datetime.now().strftime("%H:%M:%S")))
try:
    print(start.unknown)
except AttributeError as error:
    print(error)
