"""Settlement: validated reads × tariff → an integer journal and a bill for every home.

`tariff` is what energy costs, `reads` what was measured, `journal` the lines, `settle` posts them,
`bill` adds them up, `guarantee` pays back what taking part cost a home.
"""

from commonwatt.platform.settlement.bill import Bill, BillItem, bill, owed
from commonwatt.platform.settlement.guarantee import given_up, guarantee
from commonwatt.platform.settlement.journal import Item, Journal, Line
from commonwatt.platform.settlement.reads import Reads, export_reads, import_reads
from commonwatt.platform.settlement.settle import recompute, settle
from commonwatt.platform.settlement.tariff import Band, Tariff

__all__ = [
    "Band",
    "Bill",
    "BillItem",
    "Item",
    "Journal",
    "Line",
    "Reads",
    "Tariff",
    "bill",
    "export_reads",
    "given_up",
    "guarantee",
    "import_reads",
    "owed",
    "recompute",
    "settle",
]
