"""Files in pieces, reactions, what a message answers, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "file",
        _id("id"),
        _id("conversation_id", nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "mime", "kind")),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("caption", sa.Text(), server_default="{}", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("source_ref", sa.Text(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_file_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
    )
    op.create_index("ix_file_conversation_id", "file", ["conversation_id"])
    op.create_index("ix_file_state_at", "file", ["state", "at"])
    op.create_table(
        "file_chunk",
        _id("file_id"),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_file_chunk_file_id")),
        sa.PrimaryKeyConstraint("file_id", "n", name=op.f("pk_file_chunk")),
    )
    op.create_table(
        "reaction",
        _id("id"),
        _id("message_id"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("side", "who", "emoji")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_reaction_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction")),
        sa.UniqueConstraint("message_id", "side", "who", "emoji", name=op.f("uq_reaction_message_id_side_who_emoji")),
    )
    op.create_table(
        "approved",
        _id("id"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "language")),
        sa.Column("header", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("footer", sa.Text(), server_default="", nullable=False),
        sa.Column("buttons", sa.Text(), server_default="{}", nullable=False),
        sa.Column("named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approved")),
        sa.UniqueConstraint("name", "language", name=op.f("uq_approved_name_language")),
    )
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.add_column(sa.Column("callback", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fate", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(_id("file_id", nullable=True))
        batch_op.add_column(_id("reply_to", nullable=True))
    with op.batch_alter_table("canned", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_canned_blob_id"), type_="foreignkey")
        batch_op.drop_column("blob_id")
        batch_op.add_column(_id("file_id", nullable=True))

    if op.get_bind().dialect.name == "postgresql":  # moments in milliseconds; SQLite's integers are as wide as they need to be
        op.alter_column("message", "edited_rev", type_=sa.BigInteger(), server_default="0")


def downgrade() -> None:
    with op.batch_alter_table("channel", schema=None) as batch_op:
        batch_op.drop_column("callback")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("UPDATE message SET edited_rev = 0")
        op.alter_column("message", "edited_rev", type_=sa.Integer(), server_default="0")
    with op.batch_alter_table("canned", schema=None) as batch_op:
        batch_op.drop_column("file_id")
        batch_op.add_column(_id("blob_id", nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_canned_blob_id"), "blob", ["blob_id"], ["id"])
    with op.batch_alter_table("message", schema=None) as batch_op:
        for name in ("reply_to", "file_id", "fate"):
            batch_op.drop_column(name)
    for table in ("approved", "reaction", "file_chunk", "file"):
        op.drop_table(table)
