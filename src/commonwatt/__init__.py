"""commonwatt: a city's grid and the services that hang off it, run as one system.

>>> from datetime import date
>>> import commonwatt as cw
>>> city = cw.City.load("simbench:1-LV-rural1--2-sw")
>>> measures = cw.study(city, days=1, start=date(2016, 6, 13), seeds=1).measures
>>> measures["overload_energy"]["today"] > 100, measures["overload_energy"]["bound"] < 0.01
(True, True)
"""

from commonwatt.city.model import City
from commonwatt.study.runner import study

__all__ = ["City", "study"]
