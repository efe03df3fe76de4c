"""Names for the numbers that tie rows together, so that they cannot be mixed up."""

from typing import NewType

ClientId = NewType("ClientId", int)
ChannelId = NewType("ChannelId", int)
ConversationId = NewType("ConversationId", int)
DeskId = NewType("DeskId", int)
GroupId = NewType("GroupId", int)
MessageId = NewType("MessageId", int)
MirrorId = NewType("MirrorId", int)
OperatorId = NewType("OperatorId", int)

Moment = NewType("Moment", int)
"""A point in time: milliseconds since 1970 in UTC. One integer on both engines, exact and quick to compare."""
FileId = NewType("FileId", int)
