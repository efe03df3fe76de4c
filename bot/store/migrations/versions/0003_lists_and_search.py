"""Lists in their order, by index: the time a conversation is listed by, and the ways it is looked for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LISTED_AT = "CASE WHEN status = 'inbox' AND last_message_at IS NOT NULL THEN last_message_at ELSE status_since END"
LISTS = (
    ("status", "listed_at", "id"),
    ("status", "group_id", "listed_at", "id"),
    ("operator_id", "status", "listed_at", "id"),
    ("closed_by", "status", "listed_at", "id"),
)


def upgrade() -> None:
    unseen = sa.text("unseen")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_status_status_since")
        batch_op.drop_index("ix_conversation_operator_id_status")
        batch_op.add_column(sa.Column("listed_at", sa.BigInteger(), sa.Computed(LISTED_AT, persisted=True), nullable=False))
        for columns in LISTS:
            batch_op.create_index(f"ix_conversation_{'_'.join(columns)}", list(columns))
        batch_op.create_index("ix_conversation_unseen", ["status", "group_id"], postgresql_where=unseen, sqlite_where=unseen)


def downgrade() -> None:
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_conversation_unseen")
        for columns in LISTS:
            batch_op.drop_index(f"ix_conversation_{'_'.join(columns)}")
        batch_op.drop_column("listed_at")
        batch_op.create_index("ix_conversation_operator_id_status", ["operator_id", "status"])
        batch_op.create_index("ix_conversation_status_status_since", ["status", "status_since"])
