"""The department's gRPC: reads keys from the metadata, leaves requests as bytes, answers with details."""

import concurrent.futures
import threading

import google.protobuf.message_factory as message_factory
import google.rpc.code_pb2 as code
import google.rpc.status_pb2
import grpc
import grpc_status.rpc_status
from grpc_reflection.v1alpha import reflection

from onething.home_visit.v1 import home_visit_pb2
from onething.participant.v1 import participant_pb2 as wire

import health
from ledger import Call, Key, Pending, Refusal, Rejection, stored_refusal

PARTICIPANT = wire.DESCRIPTOR.services_by_name["ParticipantService"].full_name
WORKERS = 64  # calls at a time; an open WatchDecisions stream takes one
DEFAULT_PAGE, LARGEST_PAGE = 100, 1_000


class Invalid(Exception):
    """The call is malformed."""


def checked(key):
    if not (key.coordinator and key.saga and key.step) or key.round < 1:
        raise Invalid("coordinator, saga, step and round (from 1) make a key")
    return key


def key_of(message):
    return checked(Key(message.coordinator, message.saga, message.step, message.item, message.round))


def call_of(method, request, context):
    """An action call: its key is in the metadata."""
    metadata = {name: value for name, value in context.invocation_metadata()}
    part = lambda name: metadata.get(f"onething-{name}", "")
    try:
        numbers = int(part("round")), int(part("epoch"))
        due = int(part("due")) if part("due") else None
    except ValueError:
        raise Invalid("onething-round, onething-epoch and onething-due are numbers") from None
    key = checked(Key(part("coordinator"), part("saga"), part("step"), part("item"), numbers[0]))
    return Call(key, numbers[1], method, request, due, part("expiry") or "escalate")


def stamped(micros):
    return {"seconds": micros // 1_000_000, "nanos": micros % 1_000_000 * 1_000}


def told(refusal):
    return wire.Refusal(reason=refusal.reason, message=refusal.message, field=refusal.field)


def pending(due):
    return wire.Pending(due_at=stamped(due) if due else None)


def abort(context, status_code, message, detail=None):
    """Ends a call with a status. The detail is what a coordinator goes by; the code is not."""
    status = google.rpc.status_pb2.Status(code=status_code, message=message)
    if detail is not None:
        status.details.add().Pack(detail)
    context.abort_with_status(grpc_status.rpc_status.to_status(status))


def guarded(context, run):
    """Runs a call and answers what it raises or gives."""
    try:
        answer = run()
    except Rejection as rejection:
        reason = wire.RejectionReason.Value(f"REJECTION_REASON_{rejection}")
        abort(context, code.ABORTED, str(rejection), wire.Rejection(reason=reason))
    except Invalid as invalid:
        abort(context, code.INVALID_ARGUMENT, str(invalid))
    except Refusal as refusal:  # a query's: nothing is recorded
        answer = refusal
    if isinstance(answer, Refusal):
        abort(context, code.FAILED_PRECONDITION, answer.message, told(answer))
    if isinstance(answer, Pending):
        abort(context, code.UNAVAILABLE, "an officer decides this later", pending(answer.due))
    return answer


class Participant:
    """onething.participant.v1 over the ledger."""

    def __init__(self, ledger):
        self.ledger = ledger

    def Undo(self, request, context):
        outcome = self.ledger.undo(key_of(request.key), request.epoch)
        return wire.UndoResponse(outcome=f"UNDO_OUTCOME_{outcome}")

    def GetOutcome(self, request, context):
        row = self.ledger.outcome(key_of(request.key), request.epoch)
        return wire.GetOutcomeResponse(outcome="OUTCOME_NOT_SEEN") if row is None else self.recorded(row)

    def recorded(self, row):
        response = wire.GetOutcomeResponse(outcome=f"OUTCOME_{row['outcome']}")
        if row["outcome"] == "SUCCEEDED":
            response.response = row["response"]
        if row["outcome"] == "REFUSED":
            response.refusal.CopyFrom(told(stored_refusal(row)))
        if row["outcome"] == "PENDING":
            response.pending.CopyFrom(pending(row["due"]))
        return response

    def WatchDecisions(self, request, context):
        place = self.place(request)
        return self.stream(request.coordinator, place, context)

    def stream(self, coordinator, place, context):
        while context.is_active():
            for row in self.ledger.decisions(coordinator, place):
                place = row["place"]
                yield self.decision(row)
            with self.ledger.decided:
                self.ledger.decided.wait(0.1)

    def place(self, request):
        if not request.cursor:
            return 0
        if not request.cursor.isdecimal():
            raise Invalid("the cursor is not one that was given out")
        return int(request.cursor)

    def decision(self, row):
        response = wire.WatchDecisionsResponse(
            cursor=str(row["place"]),
            key=key_message(row),
            outcome=f"OUTCOME_{row['decided']}",
            decided_at=stamped(row["decided_at"]),
            deemed=row["deemed"],
        )
        if row["decided"] == "SUCCEEDED":
            response.response = row["response"]
        else:
            response.refusal.CopyFrom(told(stored_refusal(row)))
        return response

    def ForgetBefore(self, request, context):
        if not (request.coordinator and request.saga):
            raise Invalid("coordinator and saga make a mark")
        self.ledger.forget_before(request.coordinator, request.saga)
        return wire.ForgetBeforeResponse()

    def ListEffects(self, request, context):
        size = min(request.page_size or DEFAULT_PAGE, LARGEST_PAGE)
        after = int(request.page_token or 0)
        rows = self.ledger.effects(request.coordinator, request.saga, after, size)
        response = wire.ListEffectsResponse(next_page_token=str(rows[-1]["seq"]) if len(rows) == size else "")
        for row in rows:
            response.effects.add(
                key=key_message(row),
                method=row["method"],
                outcome=f"OUTCOME_{row['outcome']}",
                epoch=row["epoch"],
                recorded_at=stamped(row["seen_at"]),
            )
        return response


def key_message(row):
    return wire.StepKey(**{name: row[name] for name in ("coordinator", "saga", "step", "item", "round")})


def handlers(ledger):
    """Every method by its full name. Actions get and give bytes: the digest is taken before decoding."""
    found = {}
    for method in health.MATTERS:
        act = lambda request, context, method=method: guarded(
            context, lambda: ledger.act(call_of(method, request, context))
        )
        found[method] = grpc.unary_unary_rpc_method_handler(act)
    for method, query in health.QUERIES.items():
        ask = lambda request, context, query=query: guarded(context, lambda: query(ledger.connection(), request))
        found[method] = grpc.unary_unary_rpc_method_handler(ask)
    participant = Participant(ledger)
    for method in wire.DESCRIPTOR.services_by_name["ParticipantService"].methods:
        found[f"{PARTICIPANT}/{method.name}"] = typed(method, getattr(participant, method.name))
    decide = lambda request, context: officer(ledger, request)
    method = home_visit_pb2.DESCRIPTOR.services_by_name["HomeVisitService"].methods_by_name["Decide"]
    found[f"{health.VISITS.full_name}/Decide"] = typed(method, decide)
    return found


def typed(method, run):
    request = message_factory.GetMessageClass(method.input_type)
    encode = lambda answer: answer.SerializeToString()
    guard = lambda message, context: guarded(context, lambda: run(message, context))
    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(guard, request.FromString, encode)
    return grpc.unary_unary_rpc_method_handler(guard, request.FromString, encode)


def officer(ledger, request):
    """An officer decides what is open for a certificate."""
    refusal = None if request.granted else Refusal("NOT_NEEDED", "The family needs no visits.")
    decided = 0
    for row in ledger.pending(f"{health.VISITS.full_name}/GrantHomeVisits"):
        applied = home_visit_pb2.GrantHomeVisitsRequest.FromString(row["request"])
        if applied.birth_certificate_number == request.birth_certificate_number:
            decided += ledger.decide(row["seq"], refusal)
    return home_visit_pb2.DecideResponse(decided=decided)


class Routes(grpc.GenericRpcHandler):
    def __init__(self, methods):
        self.methods = methods

    def service(self, details):
        return self.methods.get(details.method.removeprefix("/"))


def serve(ledger, listen):
    """Serves until the process ends."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(WORKERS))
    server.add_generic_rpc_handlers((Routes(handlers(ledger)),))
    names = (health.HEALTH.full_name, health.VISITS.full_name, PARTICIPANT, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    port = server.add_insecure_port(listen)
    server.start()
    print(f"department listening on {listen.rsplit(':', 1)[0]}:{port}", flush=True)
    stop = threading.Event()
    while not stop.wait(0.05):
        ledger.expire()
