"""The person API's conversation: writing, editing, reacting, reading."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.people import Mistake, person
from sandbox.slack.blocks import message_blocks
from sandbox.slack.core import Core
from sandbox.slack.errors import Refused
from sandbox.slack.files import forget, new_file, share, unseen
from sandbox.slack.office import Office
from sandbox.slack.text import composed
from sandbox.slack.world import Json, Post, Room

LONGEST = 12_000  # the composer turns more into a snippet
NOT_EDITABLE = {"tombstone", "channel_join", "group_join"}


class Talk(Office):
    """What members of the workspace say and see."""

    core: Core

    @person
    def post(
        self,
        user: str,
        room: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        blocks: list[Json] | None = None,
        files: list[Json] | None = None,
        broadcast: bool = False,
    ) -> Json:
        """Write a message as typed, or reply in a thread. ``files`` are ``{"name", "content"}`` and perhaps ``"mimetype"``.

        A file may also have a ``title``, a ``size`` and a ``url_private_download`` that are not true, a ``redirect`` its
        download leads to, and ``connect: true``, as in a Slack Connect room, where events show no more than its id.
        """
        core = self.core
        who, place = core.world.user_named(user), core.world.room_named(room)
        self._may_write(who, place)
        if text.startswith("/"):
            where = "in a thread" if thread_ts else "as a message"
            raise Mistake(f"{text.split(maxsplit=1)[0]} is a slash command, it cannot be sent {where}")
        if len(text) > LONGEST:
            raise Mistake(f"the composer takes {LONGEST} characters")
        if not (text.strip() or blocks or files):
            raise Mistake("there is nothing to send")
        wire = self._written(who, text, blocks)
        if thread_ts is not None:
            parent = core.world.post_at(place, thread_ts)
            if parent.wire.get("thread_ts", thread_ts) != thread_ts:
                raise Mistake("a reply is no thread; answer to the first message of the thread")
            wire["thread_ts"] = thread_ts
            if broadcast:
                wire["subtype"] = "thread_broadcast"
        shared = [self._file(who["id"], file) for file in files or []]
        if shared:
            told = [unseen(file) if given.get("connect") else file for file, given in zip(shared, files or (), strict=True)]
            wire |= {"subtype": "file_share", "files": told, "upload": False, "display_as_bot": False}
        post = core.post(place, wire)
        share(core, shared, place, post.wire["ts"], thread_ts)
        return post.seen()

    def _may_write(self, who: Json, place: Room) -> None:
        if who["deleted"]:
            raise Mistake(f"{who['real_name']} is deactivated")
        if who["id"] not in place.members:
            raise Mistake(f"{who['real_name']} is not in #{place.name}")
        if place.archived:
            raise Mistake(f"#{place.name} is archived")

    def _written(self, who: Json, text: str, blocks: list[Json] | None) -> Json:
        views = self.core.views
        wire: Json = {"user": who["id"], "client_msg_id": str(uuid.uuid4()), "text": text}
        if text:
            wire["text"], wire["blocks"] = composed(text, views.new_block_id())
        if blocks is not None:
            try:
                wire["blocks"] = message_blocks(blocks, views.new_block_id)
            except Refused as refused:
                raise Mistake(f"{refused.error}: {refused.more.get('errors', '')}") from None
        if who["is_bot"]:
            wire |= {"bot_id": who["profile"].get("bot_id") or f"B{who['id'][1:]}"}
        return wire

    def _file(self, owner: str, given: Json) -> Json:
        content = given.get("content", b"")
        data = content if isinstance(content, bytes) else str(content).encode()
        file = new_file(self.core, str(given.get("name") or "file"), len(data), owner, given.get("mimetype"))
        file |= {key: given[key] for key in ("title", "size", "mode", "subtype", "url_private_download") if key in given}
        if "redirect" in given:
            self.core.redirects[file["id"]] = given["redirect"]
        self.core.world.contents[file["id"]] = data
        return file

    @person
    def upload(self, user: str, name: str, content: Any = b"", mimetype: str | None = None) -> Json:
        """Choose a file in a modal's ``file_input``; the file's ``id`` is what :meth:`submit` takes there."""
        who = self.core.world.user_named(user)
        return self._file(who["id"], {"name": name, "content": content, "mimetype": mimetype})

    def _own(self, user: str, room: str, ts: str, *, admin: bool = False) -> tuple[Json, Room, Post]:
        world = self.core.world
        who, place = world.user_named(user), world.room_named(room)
        post = world.post_at(place, ts)
        mine = post.wire.get("user") == who["id"] or (admin and who["is_admin"])
        if not mine or post.wire.get("subtype") in NOT_EDITABLE:
            raise Mistake(f"{who['real_name']} cannot change this message")
        return who, place, post

    @person
    def edit(self, user: str, room: str, ts: str, text: str) -> Json:
        """Change one's own message."""
        who, place, post = self._own(user, room, ts)
        self._may_write(who, place)
        new_text, blocks = composed(text, self.core.views.new_block_id())
        self.core.change(place, post, {"text": new_text, "blocks": blocks}, editor=who["id"])
        return post.seen()

    @person
    def delete(self, user: str, room: str, ts: str) -> None:
        """Delete one's own message; administrators delete anybody's."""
        _, place, _ = self._own(user, room, ts, admin=True)
        self.core.remove(place, ts)

    @person
    def delete_file(self, user: str, file_id: str) -> None:
        """Delete a file of one's own, wherever it was shared."""
        who = self.core.world.user_named(user)
        if self.core.world.files.get(file_id, {}).get("user") != who["id"]:
            raise Mistake(f"{who['real_name']} has no such file")
        forget(self.core, file_id)

    @person
    def react(self, user: str, room: str, ts: str, name: str) -> Json:
        """React to a message; any name goes, the workspace may have its own emoji."""
        return self._react(user, room, ts, name, add=True)

    @person
    def unreact(self, user: str, room: str, ts: str, name: str) -> Json:
        """Take a reaction back."""
        return self._react(user, room, ts, name, add=False)

    def _react(self, user: str, room: str, ts: str, name: str, *, add: bool) -> Json:
        world = self.core.world
        who, place = world.user_named(user), world.room_named(room)
        self._may_write(who, place)
        post = world.post_at(place, ts)
        if not self.core.react(place, post, who["id"], name.strip(":"), add=add):
            raise Mistake(f"{who['real_name']} has {'' if add else 'not '}reacted with :{name.strip(':')}:")
        return post.seen()

    @person
    def direct(self, user: str, app_id: str | None = None) -> Json:
        """The direct conversation of a person and an app's bot."""
        room = self.core.world.direct(self.app(app_id), self.core.world.user_named(user)["id"])
        return {"id": room.id, "members": list(room.members), "is_im": True}

    @person
    def messages(self, room: str, thread_ts: str | None = None) -> list[Json]:
        """A room as it reads from above (replies stay in their threads), or one thread."""
        if thread_ts is not None:
            return self.thread(room, thread_ts)
        place = self.core.world.room_named(room)
        return [place.posts[ts].seen() for ts in place.order if place.posts[ts].in_channel]

    @person
    def thread(self, room: str, ts: str) -> list[Json]:
        """A thread, its first message first."""
        place = self.core.world.room_named(room)
        parent = self.core.world.post_at(place, ts)
        return [parent.seen(), *(place.posts[reply].seen() for reply in place.threads.get(ts, []))]

    @person
    def ephemerals(self, user: str, room: str | None = None) -> list[Json]:
        """What only this person sees, oldest first."""
        who = self.core.world.user_named(user)
        place = self.core.world.room_named(room).id if room else None
        return [shown for shown in self.core.ephemerals.get(who["id"], []) if place in {None, shown["channel"]}]

    @person
    def reload(self, user: str) -> None:
        """Restart the app on one's computer: what only oneself saw is gone, modals are closed."""
        who = self.core.world.user_named(user)
        self.core.ephemerals.pop(who["id"], None)
        self.core.views.clear(who["id"])
        self.core.publish("ephemeral", user=who["id"])

    @person
    def home(self, user: str, app_id: str | None = None) -> Json | None:
        """The Home tab of an app as this person has it."""
        view = self.core.views.homes.get((self.core.world.user_named(user)["id"], self.app(app_id).id))
        return view.wire if view else None

    @person
    def modal(self, user: str) -> Json | None:
        """The modal in front of this person."""
        view = self.core.views.top(self.core.world.user_named(user)["id"])
        return view.wire if view else None

    @person
    def file(self, file_id: str) -> Json:
        """A file with its bytes."""
        if file_id not in self.core.world.files:
            raise Mistake(f"there is no file {file_id}")
        content: Any = self.core.world.contents.get(file_id, b"")
        return {**self.core.world.files[file_id], "content": content}
