"""Mistakes that a department can make, one a name: each is put in place of what is right.

Only tests use them; the department itself knows nothing of this file.
"""

import dataclasses
import os
import signal
import time

import health
import ledger
import server
from ledger import COMPENSABLE, PENDING, SUCCEEDED, UNDONE, Ledger, Refusal, Rejection

FAULTS = {}
RIGHT = {name: member for name, member in vars(Ledger).items() if callable(member)}
OPEN_RECORD = f"{health.HEALTH.full_name}/OpenVaccinationRecord"


def fault(name):
    def named(function):
        FAULTS[name] = function
        return function

    return named


def instead(method, owner=Ledger):
    return lambda function: setattr(owner, method, function)


@fault("forgets-tombstones")
def _():
    instead("close_unseen")(lambda self, db, key, epoch: None)


@fault("ignores-digest")
def _():
    instead("compare")(lambda self, row, call: None)


@fault("ignores-epoch-at-call")
def _():
    # The fence is left out of `act` alone.
    @instead("act")
    def act(self, call):
        with self.transaction() as db:
            row = self.latest(db, call.key)
            higher = call.epoch if row is None else max(call.epoch, row["epoch"])
        return RIGHT["act"](self, dataclasses.replace(call, epoch=higher))


@fault("ignores-epoch-at-undo")
def _():
    @instead("undo")
    def undo(self, key, epoch):
        with self.transaction() as db:
            row = self.latest(db, key)
        return RIGHT["undo"](self, key, epoch if row is None else max(epoch, row["epoch"]))


@fault("ignores-epoch-at-outcome")
def _():
    @instead("outcome")
    def outcome(self, key, epoch):
        with self.transaction() as db:
            return self.row(db, key)


@fault("keeps-the-first-epoch")
def _():
    @instead("fence")
    def fence(self, db, row, epoch):
        if epoch < row["epoch"]:
            raise Rejection("STALE_EPOCH")


@fault("annuls-twice")
def _():
    @instead("undo_recorded")
    def undo_recorded(self, db, row):
        if row["outcome"] == UNDONE:
            self.matters[row["method"]].annul(db, ledger.json.loads(row["record"]))
        return RIGHT["undo_recorded"](self, db, row)


@fault("only-says-undone")
def _():
    # Nothing is annulled.
    for matter in health.MATTERS.values():
        object.__setattr__(matter, "annul", lambda db, record: None)


@fault("annuls-pivots")
def _():
    @instead("undo_recorded")
    def undo_recorded(self, db, row):
        if row["outcome"] == SUCCEEDED and self.matters[row["method"]].kind != COMPENSABLE:
            self.mark(db, row, UNDONE)
            return "UNDONE"
        return RIGHT["undo_recorded"](self, db, row)


@fault("refuses-without-detail")
def _():
    right = server.abort
    instead("abort", server)(
        lambda context, code, message, detail=None: right(
            context, code, message, None if isinstance(detail, server.wire.Refusal) else detail
        )
    )


@fault("refuses-with-undeclared-reason")
def _():
    right = server.told
    instead("told", server)(lambda refusal: right(Refusal("COMPUTER_SAYS_NO", refusal.message)))


@fault("forgets-refusals")
def _():
    @instead("carry_out")
    def carry_out(self, db, call):
        answer = RIGHT["carry_out"](self, db, call)
        if isinstance(answer, Refusal):
            db.execute("DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)")
        return answer


@fault("does-it-again")
def _():
    @instead("answer_again")
    def answer_again(self, row, call):
        if row["outcome"] != SUCCEEDED:
            return RIGHT["answer_again"](self, row, call)
        response, _ = self.matters[call.method].do(self.connection(), call.request)
        return response


@fault("looks-before-it-locks")
def _():
    @instead("act")
    def act(self, call):
        if self.latest(self.connection(), call.key) is not None:
            return RIGHT["act"](self, call)
        time.sleep(0.1)
        with self.transaction() as db:
            return self.carry_out(db, call)

    right = RIGHT["record"]

    @instead("record")
    def record(self, db, call, outcome, **more):
        if self.row(db, call.key) is None:
            right(self, db, call, outcome, **more)


@fault("opens-any-round")
def _():
    ledger.WITHOUT_EFFECT.update((SUCCEEDED, PENDING))


@fault("wants-no-key")
def _():
    instead("checked", server)(lambda key: key)
    right = server.call_of

    @instead("call_of", server)
    def call_of(method, request, context):
        try:
            return right(method, request, context)
        except server.Invalid:
            return ledger.Call(ledger.Key("nobody", str(time.time_ns()), "x", "", 1), 1, method, request)


@fault("tells-other-bytes")
def _():
    right = server.Participant.recorded

    @instead("recorded", server.Participant)
    def recorded(self, row):
        response = right(self, row)
        response.response += b"\x10\x01" if response.response else b""
        return response


@fault("lists-newest-first")
def _():
    @instead("effects")
    def effects(self, coordinator, saga, after, limit):
        return list(reversed(RIGHT["effects"](self, coordinator, saga, after, limit)))


@fault("lists-by-offset")
def _():
    # The last row of a page is left out of the next one's count.
    instead("effects")(lambda self, c, saga, after, limit: RIGHT["effects"](self, c, saga, after + bool(after), limit))


@fault("opens-forgotten-keys")
def _():
    instead("reject_forgotten")(lambda self, db, key: None)


@fault("moves-the-time-earlier")
def _():
    @instead("later")
    def later(self, row, call):
        self.connection().execute("UPDATE ledger SET due = ? WHERE seq = ?", (call.due, row["seq"]))
        return call.due


@fault("keeps-withdrawn-reviews")
def _():
    @instead("undo_recorded")
    def undo_recorded(self, db, row):
        return "NOTHING_TO_UNDO" if row["outcome"] == PENDING else RIGHT["undo_recorded"](self, db, row)


@fault("decides-what-was-withdrawn")
def _():
    @instead("pending")
    def pending(self, method):
        return self.connection().execute("SELECT * FROM ledger WHERE method = ?", (method,)).fetchall()

    @instead("decide")
    def decide(self, seq, refusal=None, deemed=False):
        with self.transaction() as db:
            db.execute("UPDATE ledger SET outcome = ? WHERE seq = ? AND outcome = ?", (PENDING, seq, ledger.CLOSED))
        return RIGHT["decide"](self, seq, refusal, deemed)


@fault("waits-for-ever")
def _():
    instead("expire")(lambda self: None)


@fault("forgets-the-cursor")
def _():
    instead("place", server.Participant)(lambda self, request: 0)


@fault("streams-once")
def _():
    @instead("decisions")
    def decisions(self, coordinator, after):
        rows = RIGHT["decisions"](self, coordinator, after)
        with self.transaction() as db:
            db.execute("DELETE FROM decision WHERE coordinator = ? AND seq > ?", (coordinator, after))
        return rows


@fault("ends-the-stream")
def _():
    @instead("stream", server.Participant)
    def stream(self, coordinator, place, context):
        for row in self.ledger.decisions(coordinator, place):
            yield self.decision(row)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


@fault("dies-before-the-commit")
def _():
    @instead("carry_out")
    def carry_out(self, db, call):
        answer = RIGHT["carry_out"](self, db, call)
        if call.method == OPEN_RECORD:
            die()
        return answer


@fault("dies-before-the-answer")
def _():
    @instead("act")
    def act(self, call):
        answer = RIGHT["act"](self, call)
        if call.method == OPEN_RECORD:
            die()
        return answer


@fault("dies-after-the-undo")
def _():
    @instead("undo")
    def undo(self, key, epoch):
        answer = RIGHT["undo"](self, key, epoch)
        die()
        return answer
