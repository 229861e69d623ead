"""Forecasts as they were said, and which models said them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the forecasts."""
    op.create_table(
        "forecast",
        sa.Column("quantity", sa.String(length=100), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("quantity", "issued_at", name=op.f("pk_forecast")),
    )
    op.create_index(op.f("ix_forecast_issued_at"), "forecast", ["issued_at"], unique=False)
    op.create_table(
        "learnt",
        sa.Column("quantity", sa.String(length=100), nullable=False),
        sa.Column("fitted_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("quantity", "fitted_at", name=op.f("pk_learnt")),
    )
