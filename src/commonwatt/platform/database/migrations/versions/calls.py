"""What operators call of reserve, and what each slot gave of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the calls."""
    op.create_table(
        "reserve_call",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kw", sa.Float(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("lasts_s", sa.Integer(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserve_call")),
    )
    op.create_table(
        "reserve_given",
        sa.Column("time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call", sa.BigInteger(), nullable=False),
        sa.Column("kw", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("time", name=op.f("pk_reserve_given")),
    )
    op.create_index(op.f("ix_reserve_given_call"), "reserve_given", ["call"], unique=False)
