"""The store of a bot, in a state folder or in a Postgres database: claims, answers and feedback.

``QuestionRow`` says how a question changes its state; ``Store`` reads and writes rows.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert  # its form is right for SQLite too

from bot.store import models
from bot.store.database import Database, Postgres, Sqlite, transaction
from bot.store.models import AnswerRecord, Claim, Feedback, LeaseState, MessageRef, Outcome, QuestionEvent, is_newer
from bot.store.schema import feedback, files, is_answered, keys, paces, questions

log = logging.getLogger(__name__)

# Outcomes that leave open whether there is a reply in Slack.
UNCERTAIN: frozenset[Outcome] = frozenset({"unknown", "expired"})
# A lease that ends later than this was given before the database's clock was set back; it counts as expired.
LONGEST_LEASE = 2 * models.LEASE
# The same of a channel's pace: its calls never have to wait for so many seconds.
LONGEST_PACE = 600.0


@dataclass(slots=True)
class QuestionRow:
    """A question is free (no outcome, no holder), held (no outcome, a holder) or completed (an outcome).

    ``version`` is the one last worked on; ``newer_version`` arrived while it was held. ``attempt`` counts the claims
    since it was last certain which reply is in Slack. ``asked_at`` is when this version was first claimed, or the
    question deleted. ``thread`` is that of the stored answer. ``now`` is the time when the row was locked.
    """

    id: int
    team: str
    channel: str
    ts: str
    thread: str | None
    version: str
    body: str | None
    asked_at: float
    attempt: int
    holder: str | None
    leased_until: float
    newer_version: str | None
    newer_body: str | None
    is_deleted: bool
    outcome: Outcome | None
    reply_ts: str | None
    completed_at: float | None
    now: float

    @property
    def is_certain(self) -> bool:
        """Whether it is completed, and known which reply is in Slack."""
        return self.outcome is not None and self.outcome not in UNCERTAIN

    @property
    def may_have_reply(self) -> bool:
        """Whether there is a reply that could be deleted, or someone may have posted one."""
        return self.reply_ts is not None or (self.outcome is None and self.attempt > 0)

    @property
    def ref(self) -> MessageRef:
        return MessageRef(self.team, self.channel, self.ts)

    def is_held_by(self, holder: str, claim: Claim) -> bool:
        """Whether ``holder`` holds it by this very claim."""
        return (self.holder, self.version, self.attempt) == (holder, claim.version, claim.attempt)

    def is_available_to(self, holder: str) -> bool:
        """Whether ``holder`` can take it: no one holds it, or another holder's lease has expired."""
        is_leased = self.now < self.leased_until <= self.now + LONGEST_LEASE
        return self.holder is None or (self.holder != holder and not is_leased)

    def take(self, holder: str) -> Claim:
        """Let ``holder`` hold the newest version."""
        self.attempt = 1 if self.newer_version is not None and self.is_certain else self.attempt + 1
        if self.newer_version is not None:
            self.version, self.body, self.asked_at = self.newer_version, self.newer_body, self.now
            self.newer_version = self.newer_body = None
        self.outcome = self.completed_at = None
        self.holder, self.leased_until = holder, self.now + models.LEASE
        return Claim(self.ref, self.version, self.body or "", self.attempt, self.reply_ts, self.is_deleted)

    def complete(self, version: str, outcome: Outcome, reply_ts: str | None) -> None:
        """Complete ``version``. A reply stays known unless it was deleted."""
        self.reply_ts = None if outcome in {"deleted", "silence"} else reply_ts or self.reply_ts
        self.is_deleted = self.is_deleted or outcome == "deleted"
        self.outcome = "deleted" if self.is_deleted else outcome
        self.version, self.completed_at = version, self.now
        self.body = self.holder = None
        if self.is_deleted or not is_newer(self.newer_version or "", version):
            self.newer_version = self.newer_body = None

    def save(self, connection: Connection, answer: dict[str, object] | None = None) -> None:
        """Write the row, and the columns of its answer if they are given."""
        values = {name: getattr(self, name) for name in _names[1:-1]}
        connection.execute(_SAVE, values | (answer or {}) | {"key": self.id})

    def forget_words(self, connection: Connection) -> None:
        """Delete what follow-ups hold of the words of a question that is edited or deleted."""
        if self.version or self.attempt > 1 or self.completed_at is not None:
            later = _posted_at > sa.tuple_(len(self.ts), self.ts)
            threads = [thread for thread in (self.thread, self.ts, self.reply_ts) if thread is not None]
            here = (questions.c.team == self.team, questions.c.channel == self.channel, questions.c.thread.in_(threads))
            connection.execute(update(questions).where(*here, later, is_answered).values(earlier_questions=[]))

    def follows_changed(self, connection: Connection) -> bool:
        """Whether an earlier question of the channel was edited or deleted since this one was claimed."""
        earlier = _posted_at < sa.tuple_(len(self.ts), self.ts)
        is_changed = sa.or_(questions.c.is_deleted, questions.c.version != "")
        here = (questions.c.team == self.team, questions.c.channel == self.channel, earlier)
        changed = select(questions.c.id).where(*here, questions.c.asked_at > self.asked_at, is_changed)
        return connection.execute(changed.limit(1)).first() is not None


_names = [field.name for field in fields(QuestionRow)]
_SAVE = update(questions).where(questions.c.id == sa.bindparam("key"))
QUESTION = select(*(questions.c[name] for name in _names[:-1]))  # all columns of a ``QuestionRow``

_SAME = ("thread", "user_hash", "entry_point", "question", "receipt", "earlier_questions", "is_public")
_FIELDS = {"answer_id": "id", "answer_outcome": "outcome", **{name: name for name in _SAME}}
# All columns of an ``AnswerRecord``, of the questions that have one.
ANSWER = select(*(questions.c[name] for name in ("team", "channel", "ts", "asked_at", *_FIELDS))).where(is_answered)


def to_columns(record: AnswerRecord | None) -> dict[str, object]:
    """Columns of ``questions`` that hold a record; None erases it."""
    return {column: getattr(record, field, None) for column, field in _FIELDS.items()}


def to_record(row: sa.Row[Any]) -> AnswerRecord:
    """A row with the columns of ``ANSWER`` as a record."""
    values = {field: getattr(row, column) for column, field in _FIELDS.items()}
    values["earlier_questions"] = tuple(row.earlier_questions)
    return AnswerRecord(ref=MessageRef(row.team, row.channel, row.ts), asked_at=row.asked_at, **values)


_posted_at: Any = sa.tuple_(sa.func.length(questions.c.ts), questions.c.ts)  # of Slack's timestamps, longer is later
_NEWEST = (questions.c.asked_at.desc(), questions.c.id.desc())
_KEY = ("team", "channel", "ts")
_FIND = QUESTION.where(*(questions.c[name] == sa.bindparam(name) for name in _KEY))
_INSERT = (
    insert(questions).on_conflict_do_nothing(index_elements=_KEY).inline().execution_options(preserve_rowcount=True)
)


class Store:
    """Claims, answers and feedback. Safe to share between threads; processes on one host can share a folder.

    Every method raises StoreError if it cannot do what it says, and has then changed nothing.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        url: str | None = None,
        clock: Callable[[], float] | None = None,
        holder: str | None = None,
        opens_now: bool = True,
    ) -> None:
        """Open the database in ``folder``, which is created if missing; in memory only if that is None.

        ``url`` names a Postgres database to use in place of a file in the folder; ``clock`` replaces the database's
        clock in tests; ``holder`` identifies the claims of this store. Unless ``opens_now``, each method tries to open
        the database.
        """
        self.holder, self._key = holder or secrets.token_hex(16), secrets.token_bytes(32)
        self.database: Database = Postgres(url) if url else Sqlite(folder / models.FILE_NAME if folder else None)
        self._key_file = folder / (models.SHARED_KEY_NAME if url else models.KEY_NAME) if folder else None
        if self._key_file is not None:
            with suppress(OSError):  # as if the database cannot be used
                self._key = self._key_file.read_bytes() or self._key
        self.database.on_open = self._share_key if url else self._load_key
        self._now = sa.bindparam("now", type_=sa.Double, callable_=clock) if clock else self.database.clock
        self._lock_statement = select(_FIND.with_for_update().subquery(), self._now)  # the clock is read last
        self._insert_statement = _INSERT.values(asked_at=self._now, leased_until=self._now + models.LEASE)
        if opens_now:
            self.open()

    @property
    def is_shared(self) -> bool:
        """Whether bots of other hosts may use the database."""
        return isinstance(self.database, Postgres)

    def open(self) -> None:
        """Find out whether the database can be used; StoreError if not."""
        self.database.run(lambda _: None)

    def close(self) -> None:
        """Close the database; further calls raise StoreError."""
        self.database.close()

    @property
    def key(self) -> bytes:
        """The key of ``hash_user``; that of the database once it was open."""
        return self._key

    def replace_key(self, connection: Connection, key: bytes) -> None:
        """Use another key from now on, where the store is empty."""
        self._key = key
        if self.is_shared:
            connection.execute(update(keys).values(value=key))
            self._share_key(connection)
        else:
            self._write_key()

    def _load_key(self, _: Connection) -> None:
        """Read the key of the state folder, or write this store's there; other processes wait to open the database."""
        if self._key_file is not None:
            self._key_file.touch(mode=0o600)
            if not self._key_file.stat().st_size:
                self._write_key()
            self._key = self._key_file.read_bytes()

    def _share_key(self, connection: Connection) -> None:
        """Read the key that the bots of the database share, or write this store's there; copy it to the folder."""
        connection.execute(insert(keys).values(id=1, value=self._key).on_conflict_do_nothing())
        self._key = connection.execute(select(keys.c.value)).scalar_one()
        with suppress(OSError):  # it is needed there only while the database cannot be used
            self._write_key()

    def _write_key(self) -> None:
        if self._key_file is not None:
            self._key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            whole = self._key_file.with_name(f"{self._key_file.name}.{self.holder}")  # never half a key
            whole.touch(mode=0o600)
            whole.write_bytes(self._key)
            whole.replace(self._key_file)

    def hash_user(self, *ids: str) -> str:
        """Keyed hash of a person's id, qualified by other ids; without the key it cannot be found by trying ids."""
        return hmac.new(self._key, " ".join(ids).encode(), hashlib.sha256).hexdigest()[:32]

    def _lock(self, connection: Connection, ref: MessageRef) -> QuestionRow | None:
        row = connection.execute(self._lock_statement, {"team": ref.team, "channel": ref.channel, "ts": ref.ts}).first()
        return QuestionRow(*row) if row else None

    def _insert(self, connection: Connection, claim: Claim, holder: str | None) -> bool:
        """Insert a question that ``holder`` holds by ``claim``, unless it is known; whether it was inserted."""
        key = {"team": claim.ref.team, "channel": claim.ref.channel, "ts": claim.ref.ts, "holder": holder}
        values = {name: getattr(claim, name) for name in ("version", "body", "attempt", "reply_ts", "is_deleted")}
        return connection.execute(self._insert_statement, key | values).rowcount == 1

    def _lock_or_insert(self, connection: Connection, claim: Claim) -> QuestionRow:
        while (question := self._lock(connection, claim.ref)) is None:
            self._insert(connection, claim, None)
        return question

    @transaction
    def claim(self, connection: Connection, event: QuestionEvent) -> Claim | None:
        """Claim the question of ``event``; None if there is nothing to do.

        That is so if it is completed in this version or a newer one, deleted, or held. A newer version of a held
        question is stored for its holder (see ``complete``); one of a completed question is claimed with its reply.
        """
        claim = Claim(event.ref, event.version, event.body, 1, None)
        if self._insert(connection, claim, self.holder):
            return claim
        question = self._lock(connection, event.ref)
        if question is None or question.is_deleted:
            return None
        if is_newer(event.version, question.newer_version or question.version):
            question.newer_version, question.newer_body = event.version, event.body
        is_done = question.outcome is not None and question.newer_version is None
        taken = question.take(self.holder) if not is_done and question.is_available_to(self.holder) else None
        question.save(connection)
        return taken

    @transaction
    def adopt(self, connection: Connection, claim: Claim) -> None:
        """Hold a claim that another store gave to the same holder, unless the question is known here."""
        self._insert(connection, claim, self.holder)

    @transaction
    def is_known(self, connection: Connection, ref: MessageRef) -> bool:
        """Whether the question at ``ref`` is in the store."""
        return self._lock(connection, ref) is not None

    @transaction
    def complete(
        self,
        connection: Connection,
        claim: Claim,
        outcome: Outcome,
        reply_ts: str | None,
        record: AnswerRecord | None = None,
    ) -> Claim | None:
        """Record how a question ended and which public reply it has; its body is erased.

        ``record`` replaces the answer stored for an older version. If there is more to do, it is returned as a new
        claim: a newer version that arrived meanwhile, or the deletion of the reply because the question was deleted. A
        question unknown here (it was answered while the store could not be used) is recorded too. An uncertain outcome
        takes the question from no one who has claimed it since.
        """
        question = self._lock_or_insert(connection, claim)
        is_taken = question.holder is not None and not question.is_held_by(self.holder, claim)
        # Nothing changes if the end of this version, or of a newer one, is known.
        is_ended = question.is_certain and not is_newer(claim.version, question.version)
        is_past = not question.is_deleted and (is_ended or is_newer(question.version, claim.version))
        if is_past or (is_taken and outcome in UNCERTAIN):  # its holder is about to find out
            question.reply_ts = question.reply_ts or reply_ts
            question.save(connection)
            return None
        question.forget_words(connection)
        if record is not None and record.earlier_questions and question.follows_changed(connection):
            record = replace(record, earlier_questions=())
        question.complete(claim.version, outcome, reply_ts)
        answer = to_columns(None if question.is_deleted else record) if record or question.thread is not None else None
        is_due = question.newer_version is not None or (question.is_deleted and question.reply_ts is not None)
        following = question.take(self.holder) if is_due else None
        question.save(connection, answer)
        return following

    @transaction
    def release(self, connection: Connection, claim: Claim) -> None:
        """Give back a question for which nothing was posted; the attempt does not count."""
        question = self._lock(connection, claim.ref)
        if question is not None and question.is_held_by(self.holder, claim):
            question.holder, question.attempt = None, question.attempt - 1
            if question.is_deleted and not question.may_have_reply:
                question.complete(question.version, "deleted", None)
            question.save(connection)

    @transaction
    def delete_question(self, connection: Connection, ref: MessageRef) -> Claim | None:
        """Record that the author deleted the question at ``ref``: it will not be answered.

        Returns a claim if there is, or may be, a reply to delete; complete it as "deleted". None if there is none, or
        if the question is held: its holder learns of it from ``lease_state`` and from ``complete``.
        """
        question = self._lock_or_insert(connection, Claim(ref, "", "", 0, None))
        question.forget_words(connection)
        question.is_deleted, question.asked_at = True, question.now
        question.newer_version = question.newer_body = removal = None
        if question.is_available_to(self.holder):
            if question.may_have_reply:
                removal = question.take(self.holder)
            else:
                question.complete(question.version, "deleted", None)
        question.save(connection, to_columns(None))
        return removal

    @transaction
    def lease_state(self, connection: Connection, claim: Claim) -> LeaseState:
        """State of a claim, to be checked before posting: unless superseded, it is held for POSTING more seconds.

        "deleted" is reported only if the claim itself does not say so. A question that the database has lost is held by
        this claim again.
        """
        question = self._lock(connection, claim.ref)
        if question is None:
            return "held" if self._insert(connection, claim, self.holder) else "superseded"
        if not question.is_held_by(self.holder, claim):
            return "superseded"
        if not models.POSTING <= question.leased_until - question.now <= LONGEST_LEASE:
            question.leased_until = question.now + models.LEASE
            question.save(connection)
        return "deleted" if question.is_deleted and not claim.is_deleted else "held"

    @transaction
    def has_earlier(self, connection: Connection, ref: MessageRef, within: float) -> bool:
        """Whether another holds an earlier question of the channel of ``ref``, claimed ``within`` so many seconds."""
        until, now = questions.c.leased_until, self._now
        earlier = select(questions.c.id).where(
            questions.c.outcome.is_(None),
            questions.c.asked_at > now - within,
            questions.c.team == ref.team,
            questions.c.channel == ref.channel,
            _posted_at < sa.tuple_(len(ref.ts), ref.ts),
            questions.c.holder != self.holder,
            sa.and_(until > now, until <= now + LONGEST_LEASE),
        )
        return connection.execute(earlier.limit(1)).first() is not None

    @transaction
    def reserve_call(self, connection: Connection, ref: MessageRef, burst: int, seconds: float) -> float:
        """Count a call in the channel of ``ref``; return how long it has to wait for the pace that all holders share.

        The pace is ``burst`` calls at once, then one every ``seconds``.
        """
        now = sa.cast(self._now, sa.Double)
        key = {"team": ref.team, "channel": ref.channel}
        first = insert(paces).values(**key, idle_at=now + seconds)
        is_later = sa.and_(paces.c.idle_at > now, paces.c.idle_at <= now + LONGEST_PACE)
        later = sa.case((is_later, paces.c.idle_at), else_=now) + seconds
        counted = first.on_conflict_do_update(index_elements=["team", "channel"], set_={"idle_at": later})
        idle_at, at = connection.execute(counted.returning(paces.c.idle_at, now)).one()
        return max(0.0, float(idle_at - at) - burst * seconds)

    @transaction
    def renew_leases(self, connection: Connection) -> None:
        """Extend the leases of all that this holder has claimed; to be called every few seconds."""
        held = update(questions).where(questions.c.holder == self.holder, questions.c.outcome.is_(None))
        connection.execute(held.values(leased_until=self._now + models.LEASE))

    @transaction
    def claim_expired(self, connection: Connection, limit: int) -> tuple[Claim, ...]:
        """Claim up to ``limit`` questions that no one holds any more, oldest first.

        Those asked more than GIVE_UP seconds ago are completed as "expired" instead. This holder's own claims never
        expire for itself.
        """
        now, until = self._now, questions.c.leased_until
        is_lapsed = sa.and_(questions.c.holder != self.holder, sa.or_(until <= now, until > now + LONGEST_LEASE))
        is_free = sa.and_(questions.c.outcome.is_(None), sa.or_(questions.c.holder.is_(None), is_lapsed))
        too_old = update(questions).where(is_free, questions.c.asked_at < now - models.GIVE_UP)
        erased = dict.fromkeys(("body", "newer_version", "newer_body", "holder"))
        if given_up := connection.execute(too_old.values(**erased, outcome="expired", completed_at=now)).rowcount:
            log.error("%d questions that could not be completed within %d s were given up", given_up, models.GIVE_UP)
        oldest = QUESTION.where(is_free).order_by(questions.c.asked_at, questions.c.id).limit(limit)
        rows = connection.execute(select(oldest.with_for_update(skip_locked=True).subquery(), now)).all()
        found = sorted((QuestionRow(*row) for row in rows), key=attrgetter("asked_at", "id"))
        claims = tuple(question.take(self.holder) for question in found)
        for question in found:
            question.save(connection)
        return claims

    @transaction
    def reclaim(self, connection: Connection, known: Collection[MessageRef]) -> tuple[Claim, ...]:
        """Claim again what this holder holds without knowing, because a change was made but not confirmed."""
        held = QUESTION.where(questions.c.holder == self.holder, questions.c.outcome.is_(None))
        rows = connection.execute(select(held.with_for_update(skip_locked=True).subquery(), self._now)).all()
        found = [question for question in (QuestionRow(*row) for row in rows) if question.ref not in known]
        claims = tuple(question.take(self.holder) for question in found)
        for question in found:
            question.save(connection)
        return claims

    def delete_completed(self, age: float | None) -> int:
        """Delete what was completed so many seconds ago (None: everything completed) for good; how many questions."""
        is_old = sa.true() if age is None else questions.c.completed_at < self._now - age
        old = select(questions.c.id).where(questions.c.outcome.is_not(None), is_old)
        # A thousand at a time, so that a claim waits no more than some milliseconds.
        some = delete(questions).where(questions.c.id.in_(old.limit(1_000)))
        count = sum(iter(lambda: self.database.run(lambda connection: connection.execute(some).rowcount), 0))
        self.database.run(lambda connection: connection.execute(delete(paces).where(paces.c.idle_at < self._now)))
        self.database.erase()
        return count

    @transaction
    def find_answer(self, connection: Connection, typed_id: str) -> AnswerRecord | None:
        """The newest answer with this id; None if it is not stored, or not any more."""
        own = ANSWER.where(questions.c.answer_id == models.normalize_answer_id(typed_id))
        return _first(connection, own.order_by(*_NEWEST))

    @transaction
    def find_latest_answer(
        self, connection: Connection, team: str, channel: str, thread: str, before: str
    ) -> AnswerRecord | None:
        """The last question in a thread before a message; ``thread`` and ``before`` are timestamps.

        The thread's first message may be the reply to it.
        """
        here = ANSWER.where(questions.c.team == team, questions.c.channel == channel)
        inside = here.where(questions.c.thread == thread, _posted_at < sa.tuple_(len(before), before))
        latest = inside.order_by(sa.func.length(questions.c.ts).desc(), questions.c.ts.desc())
        return _first(connection, latest) or _first(connection, here.where(questions.c.reply_ts == thread))

    @transaction
    def find_recent(self, connection: Connection, team: str, user: str, limit: int) -> Sequence[AnswerRecord]:
        """One person's own questions, newest first."""
        own = ANSWER.where(questions.c.user_hash == self.hash_user(team, user)).order_by(*_NEWEST).limit(limit)
        return tuple(map(to_record, connection.execute(own)))

    @transaction
    def find_unanswered(self, connection: Connection, since: float, *, private: bool) -> Sequence[AnswerRecord]:
        """Questions without an answer since a time, newest first, without who asked; private ones only if wanted."""
        found = _since(ANSWER, since, private).where(questions.c.answer_outcome == "abstention").order_by(*_NEWEST)
        return tuple(replace(to_record(row), user_hash="") for row in connection.execute(found))

    @transaction
    def find_unhelpful(
        self, connection: Connection, since: float, *, private: bool
    ) -> Sequence[tuple[AnswerRecord, Feedback]]:
        """The same for answers that someone did not find helpful; neither who asked nor who rated."""
        rated = _since(ANSWER.add_columns(feedback.c.note).join(feedback), since, private)
        found = connection.execute(rated.where(feedback.c.useful.is_(False)).order_by(*_NEWEST, feedback.c.note))
        return tuple((replace(to_record(row), user_hash=""), Feedback(False, row.note)) for row in found)

    @transaction
    def save_feedback(self, connection: Connection, ref: MessageRef, user: str, given: Feedback) -> None:
        """Store what ``user`` thinks of the answer at ``ref``, in place of what they thought before.

        It is deleted with its question, and ignored if the question is unknown. Who gave it is stored as a hash that
        differs from question to question.
        """
        if question := self._lock(connection, ref):
            key = {"question_id": question.id, "user_hash": self.hash_user(ref.team, ref.channel, ref.ts, user)}
            rating: dict[str, object] = {"useful": given.useful, "note": given.note}
            new = insert(feedback).values(key | rating)
            connection.execute(new.on_conflict_do_update(index_elements=list(key), set_=rating))

    @transaction
    def add_file(self, connection: Connection, file_id: str, seconds: float) -> None:
        """Record a file in Slack that is to be deleted after this time."""
        connection.execute(insert(files).values(id=file_id, delete_at=self._now + seconds))

    @transaction
    def find_due_files(self, connection: Connection) -> Sequence[str]:
        """Ids of the files in Slack that are to be deleted now."""
        return connection.scalars(select(files.c.id).where(files.c.delete_at <= self._now)).all()

    @transaction
    def remove_file(self, connection: Connection, file_id: str) -> None:
        """Forget a file that is no longer in Slack."""
        connection.execute(delete(files).filter_by(id=file_id))

    def delete_person(self, user: str) -> int:
        """Delete what a person asked, and their feedback, for good; how many questions.

        That the questions were answered is still known, so that they are not answered again.
        """
        count = self._delete_person(user)
        self.database.erase()
        return count

    @transaction
    def _delete_person(self, connection: Connection, user: str) -> int:
        refs = select(questions.c.id, questions.c.team, questions.c.channel, questions.c.ts).join(feedback).distinct()
        for question, *ref in connection.execute(refs).all():
            connection.execute(delete(feedback).filter_by(question_id=question, user_hash=self.hash_user(*ref, user)))
        teams = connection.scalars(select(questions.c.team).distinct())
        own = questions.c.user_hash.in_([self.hash_user(team, user) for team in teams])
        return connection.execute(update(questions).where(own).values(to_columns(None))).rowcount


def _since(query: Select[Any], since: float, private: bool) -> Select[Any]:
    return query.where(questions.c.asked_at >= since, sa.or_(questions.c.is_public.is_(True), sa.literal(private)))


def _first(connection: Connection, query: Select[Any]) -> AnswerRecord | None:
    return next(map(to_record, connection.execute(query.limit(1))), None)
