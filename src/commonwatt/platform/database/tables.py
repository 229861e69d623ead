"""The schema. Moments are city time in epoch seconds unless a column says `wall`.

Who writes: the brain all but `override`, `reserve_call`, `acknowledgement`, `wish`, `token`,
`session` and `study`, which are the server's.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite counts rows by itself only in a column of type INTEGER.
_ID = BigInteger().with_variant(Integer, "sqlite")

MILESTONE = Table(
    "milestone",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("time", BigInteger, nullable=False),
)
"""How far the loop has come: one row per thing that advances."""

DEVICE = Table(
    "device",
    METADATA,
    Column("asset", Integer, primary_key=True, autoincrement=False),
    Column("low_kw", Float, nullable=False),
    Column("high_kw", Float, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reported_low_kw", Float, nullable=False),
    Column("reported_high_kw", Float, nullable=False),
    Column("reported_at", BigInteger, nullable=False),
    Column("confirmed", Boolean, nullable=False),
)
"""Desired and reported envelope of every asset ever told something."""

COMMAND = Table(
    "command",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("time", BigInteger, nullable=False, index=True),
    Column("asset", Integer, nullable=False),
    Column("low_kw", Float, nullable=False),
    Column("high_kw", Float, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("acknowledged", Boolean, nullable=False),
    UniqueConstraint("asset", "time"),
)
"""What was told to whom, for some days."""

OVERRIDE = Table(
    "override",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("asset", Integer, nullable=False, index=True),
    Column("low_kw", Float, nullable=False),
    Column("high_kw", Float, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("released", BigInteger),
    Column("author", String(200), nullable=False),
    Column("note", Text, nullable=False),
)
"""What people put above commands."""

RESERVE_CALL = Table(
    "reserve_call",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("kw", Float, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("lasts_s", Integer, nullable=False),
    Column("ended", BigInteger),
    Column("author", String(200), nullable=False),
    Column("note", Text, nullable=False),
)
"""Reserve that operators called."""

RESERVE_GIVEN = Table(
    "reserve_given",
    METADATA,
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("call", BigInteger, nullable=False, index=True),
    Column("kw", Float, nullable=False),
)
"""What each slot gave of the call it heard."""

ALARM = Table(
    "alarm",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("key", String(300), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("consequence", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("raised", BigInteger, nullable=False, index=True),
    Column("seen", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Column("condition", String(20), nullable=False),
    Column("cleared", BigInteger),
    Column("acknowledged", BigInteger),
    Column("by", String(200), nullable=False),
    UniqueConstraint("key", "raised"),
)

ACKNOWLEDGEMENT = Table(
    "acknowledgement",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("key", String(300), nullable=False),
    Column("raised", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("by", String(200), nullable=False),
)
"""That somebody took note of an alarm; the brain puts it into the alarm list."""

PLAN = Table(
    "plan",
    METADATA,
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)
"""Plans as people read them: JSON."""

FORECAST = Table(
    "forecast",
    METADATA,
    Column("quantity", String(100), primary_key=True),
    Column("issued_at", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("series", Integer, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Forecasts as they were said: JSON on what each could see, its values packed."""

LEARNT = Table(
    "learnt",
    METADATA,
    Column("quantity", String(100), primary_key=True),
    Column("fitted_at", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
"""Which model serves each series since a fit, and why: JSON, packed."""

DECISION = Table(
    "decision",
    METADATA,
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("status", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Why every asset was asked what it was, slot by slot, for some days: deflated JSON."""

SETTLED = Table(
    "settled",
    METADATA,
    Column("day", String(10), primary_key=True),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("estimated_wh", BigInteger, nullable=False),
)
"""Days whose reads were final: each is settled once."""

POSTING = Table(
    "posting",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("connection", Integer, nullable=False, index=True),
    Column("item", Integer, nullable=False),
    Column("band", String(40), nullable=False),
    Column("debit", String(60), nullable=False),
    Column("credit", String(60), nullable=False),
    Column("ticks", BigInteger, nullable=False),
    Column("wh", BigInteger, nullable=False),
    UniqueConstraint("day", "connection", "item", "band"),
)
"""The journal: `ticks` (10⁻⁵ ct) move from `debit` to `credit`, one line per home, day and item."""

MEASURE = Table(
    "measure",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("sector", String(60), nullable=False),
    Column("area", String(200), nullable=False),
    Column("measure", String(120), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("value", Float),
    Column("share_of", Float),
)
"""Every sector's account of a day, of today so far."""

EVENT = Table(
    "event",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""The outbox: what pages hear, in order."""

PRESENT = Table(
    "present",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("event", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
"""All events so far folded into one: what a page sees that has just come."""

WISH = Table(
    "wish",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", Float, nullable=False),
)
"""What an operator asked of the loop: its speed."""

TOKEN = Table(
    "token",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("connection", String(200)),
    Column("wall_created", BigInteger, nullable=False),
)
"""One-time links not used yet, by hash."""

SESSION = Table(
    "session",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("connection", String(200)),
    Column("name", String(200), nullable=False),
    Column("wall_created", BigInteger, nullable=False),
)

STUDY = Table(
    "study",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("city", Text, nullable=False),
    Column("start", String(10)),
    Column("days", Integer, nullable=False),
    Column("seeds", Integer, nullable=False),
    Column("overlay", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("what", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("error", Text),
    Column("wall_created", BigInteger, nullable=False),
)

Index("ix_override_until", OVERRIDE.c.until)
