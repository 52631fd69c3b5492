"""The department's own business: births, vaccination records, home visits. No word of keys here."""

import time

from onething.health.v1 import health_pb2
from onething.home_visit.v1 import home_visit_pb2

from ledger import Matter, Refusal

SCHEMA = """
CREATE TABLE IF NOT EXISTS birth (
    record_number TEXT PRIMARY KEY, mother_id_number TEXT, hospital TEXT, born_on TEXT, child_sex TEXT
);
CREATE TABLE IF NOT EXISTS certificate (
    number INTEGER PRIMARY KEY, record_number TEXT UNIQUE, child_name TEXT, issued_on TEXT
);
CREATE TABLE IF NOT EXISTS vaccination (
    number INTEGER PRIMARY KEY, certificate TEXT, child_name TEXT, closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS visits (
    number INTEGER PRIMARY KEY, certificate TEXT, cancelled INTEGER NOT NULL DEFAULT 0
);
"""

HEALTH = health_pb2.DESCRIPTOR.services_by_name["HealthService"]
VISITS = home_visit_pb2.DESCRIPTOR.services_by_name["HomeVisitService"]
FIRST_CERTIFICATE = 150_000_001


def today():
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))


def certified(db, number, child_name=None):
    found = db.execute("SELECT * FROM certificate WHERE 'U' || number = ?", (number,)).fetchone()
    if found is None:
        raise Refusal("CERTIFICATE_NOT_FOUND", "No birth certificate has this number.", "birth_certificate_number")
    if child_name is not None and found["child_name"] != child_name:
        raise Refusal("INVALID_INPUT", "The birth certificate gives the child another name.", "child_name")


# A query reads, and may refuse.
def find_birth_record(db, request):
    request = health_pb2.FindBirthRecordRequest.FromString(request)
    birth = db.execute(
        "SELECT * FROM birth WHERE mother_id_number = ? AND NOT EXISTS"
        " (SELECT 1 FROM certificate WHERE certificate.record_number = birth.record_number)",
        (request.mother_id_number,),
    ).fetchone()
    if birth is None:
        raise Refusal("BIRTH_RECORD_NOT_FOUND", "No hospital has such a record.", "mother_id_number")
    answer = {name: birth[name] for name in ("record_number", "hospital", "born_on", "child_sex")}
    return health_pb2.FindBirthRecordResponse(**answer).SerializeToString()


# A pivot: the point of legal effect. Nothing annuls it.
def issue_birth_certificate(db, request):
    request = health_pb2.IssueBirthCertificateRequest.FromString(request)
    birth = db.execute("SELECT * FROM birth WHERE record_number = ?", (request.record_number,)).fetchone()
    if birth is None:
        raise Refusal("BIRTH_RECORD_NOT_FOUND", "No hospital has a record with this number.", "record_number")
    if birth["mother_id_number"] != request.mother_id_number:
        raise Refusal("MOTHER_MISMATCH", "The hospital's record names another mother.", "mother_id_number")
    if db.execute("SELECT 1 FROM certificate WHERE record_number = ?", (request.record_number,)).fetchone():
        raise Refusal("ALREADY_CERTIFIED", "A certificate was issued for this birth before.", "record_number")
    (number,) = db.execute("SELECT coalesce(max(number) + 1, ?) FROM certificate", (FIRST_CERTIFICATE,)).fetchone()
    row = (number, request.record_number, request.child_name, today())
    db.execute("INSERT INTO certificate VALUES (?, ?, ?, ?)", row)
    answer = health_pb2.IssueBirthCertificateResponse(certificate_number=f"U{number}", issued_on=today())
    return answer.SerializeToString(), None


# A compensable action. Its record is what annulling needs.
def open_vaccination_record(db, request):
    request = health_pb2.OpenVaccinationRecordRequest.FromString(request)
    number = request.birth_certificate_number
    certified(db, number, request.child_name)
    if db.execute("SELECT 1 FROM vaccination WHERE certificate = ? AND NOT closed", (number,)).fetchone():
        raise Refusal("ALREADY_OPEN", "A vaccination record is open for this child.", "birth_certificate_number")
    opened = db.execute(
        "INSERT INTO vaccination (certificate, child_name) VALUES (?, ?)", (number, request.child_name)
    ).lastrowid
    answer = health_pb2.OpenVaccinationRecordResponse(vaccination_number=f"YF{opened:010}")
    return answer.SerializeToString(), {"certificate": number}


def close_vaccination_record(db, record):
    # Marked, never deleted. At most one is open.
    db.execute("UPDATE vaccination SET closed = 1 WHERE certificate = ?", (record["certificate"],))


# Decided later: examined at once, granted by an officer or by law.
def examine_home_visits(db, request):
    request = home_visit_pb2.GrantHomeVisitsRequest.FromString(request)
    certified(db, request.birth_certificate_number)


def grant_home_visits(db, request):
    request = home_visit_pb2.GrantHomeVisitsRequest.FromString(request)
    granted = db.execute(
        "INSERT INTO visits (certificate) VALUES (?)", (request.birth_certificate_number,)
    ).lastrowid
    answer = home_visit_pb2.GrantHomeVisitsResponse(grant_number=f"HV{granted:08}")
    return answer.SerializeToString(), {"number": granted}


def cancel_home_visits(db, record):
    db.execute("UPDATE visits SET cancelled = 1 WHERE number = ?", (record["number"],))


QUERIES = {f"{HEALTH.full_name}/FindBirthRecord": find_birth_record}
MATTERS = {
    f"{HEALTH.full_name}/IssueBirthCertificate": Matter("PIVOT", issue_birth_certificate),
    f"{HEALTH.full_name}/OpenVaccinationRecord": Matter(
        "COMPENSABLE", open_vaccination_record, close_vaccination_record
    ),
    f"{VISITS.full_name}/GrantHomeVisits": Matter(
        "COMPENSABLE", grant_home_visits, cancel_home_visits, examine_home_visits
    ),
}
