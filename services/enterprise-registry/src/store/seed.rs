//! What the register knows of a population's enterprises besides their records, many rows at once.

use onething_db::{Error, Sql, Tx, args};
use serde_json::Value;

pub(super) const SHAREHOLDERS: Sql = Sql::each(
    "INSERT INTO shareholder (credit_code, id_number, amount_fen, subscribed_on) \
     SELECT item.value ->> 'credit_code', item.value ->> 'id_number', \
     item.value ->> 'amount_fen', item.value ->> 'subscribed_on' \
     FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO shareholder (credit_code, id_number, amount_fen, subscribed_on) \
     SELECT credit_code, id_number, amount_fen, subscribed_on \
     FROM jsonb_to_recordset($1) AS item (credit_code TEXT, id_number TEXT, amount_fen BIGINT, \
     subscribed_on TEXT) ON CONFLICT DO NOTHING",
);
pub(super) const PERMITS: Sql = Sql::each(
    "INSERT INTO permit (permit_number, credit_code, kind, state, changed_at) \
     SELECT item.value ->> 'number', item.value ->> 'credit_code', item.value ->> 'kind', \
     'in_force', $2 FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO permit (permit_number, credit_code, kind, state, changed_at) \
     SELECT number, credit_code, kind, 'in_force', $2 \
     FROM jsonb_to_recordset($1) AS item (number TEXT, credit_code TEXT, kind TEXT) \
     ON CONFLICT DO NOTHING",
);
pub(super) const PENALTIES: Sql = Sql::each(
    "INSERT INTO penalty (decision_number, credit_code, body, class, decided_on, fine_fen, \
     bill_number, duty_fulfilled, state, changed_at) \
     SELECT item.value ->> 'decision_number', item.value ->> 'credit_code', \
     item.value ->> 'body', item.value ->> 'class', item.value ->> 'decided_on', \
     item.value ->> 'fine_fen', item.value ->> 'bill_number', item.value ->> 'duty_fulfilled', \
     'published', $2 FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO penalty (decision_number, credit_code, body, class, decided_on, fine_fen, \
     bill_number, duty_fulfilled, state, changed_at) \
     SELECT decision_number, credit_code, body, class, decided_on, fine_fen, bill_number, \
     duty_fulfilled, 'published', $2 \
     FROM jsonb_to_recordset($1) AS item (decision_number TEXT, credit_code TEXT, body TEXT, \
     class TEXT, decided_on TEXT, fine_fen BIGINT, bill_number TEXT, duty_fulfilled BOOLEAN) \
     ON CONFLICT DO NOTHING",
);
pub(super) const DISQUALIFICATIONS: Sql = Sql::each(
    "INSERT INTO disqualification (id_number, reason, until_on) \
     SELECT item.value ->> 'id_number', item.value ->> 'reason', item.value ->> 'until' \
     FROM json_each($1) AS item WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO disqualification (id_number, reason, until_on) \
     SELECT id_number, reason, item.until \
     FROM jsonb_to_recordset($1) AS item (id_number TEXT, reason TEXT, until TEXT) \
     ON CONFLICT DO NOTHING",
);

/// Enters the shareholders and permits of enterprises that are there, each a JSON array.
pub(crate) async fn holdings(
    tx: &mut Tx,
    shareholders: Value,
    permits: Value,
    at: i64,
) -> Result<(), Error> {
    tx.execute(SHAREHOLDERS, args![shareholders]).await?;
    tx.execute(PERMITS, args![permits, at]).await.map(drop)
}

/// Enters penalties and disqualifications, each a JSON array.
pub(crate) async fn records(
    tx: &mut Tx,
    penalties: Value,
    disqualifications: Value,
    at: i64,
) -> Result<(), Error> {
    tx.execute(PENALTIES, args![penalties, at]).await?;
    tx.execute(DISQUALIFICATIONS, args![disqualifications])
        .await
        .map(drop)
}
