//! A chapter: consecutive events of one saga as they are kept for good, in one row of the journal. It is
//! JSON text, so that whoever has the database can read it; the view `saga_journal` lists the events.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::record::StoredEvent;
use crate::machine::Timestamp;

/// One event in a chapter.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    seq: u64,
    epoch: u64,
    /// Microseconds since 1970.
    at: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    /// In hexadecimal digits, sealed.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    payload: Cow<'a, str>,
    /// The link of the chain, in hexadecimal digits.
    #[serde(borrow)]
    mac: Cow<'a, str>,
}

/// The text of a chapter.
pub(super) fn write(events: &[StoredEvent]) -> String {
    let lines = events.iter().map(|event| Line {
        seq: event.seq,
        epoch: event.epoch,
        at: event.at.0,
        kind: Cow::Borrowed(&event.kind),
        body: Cow::Borrowed(&event.body),
        payload: hex::encode(&event.payload).into(),
        mac: hex::encode(event.mac).into(),
    });
    let mut text = String::with_capacity(256 * events.len());
    for line in lines {
        text.push(if text.is_empty() { '[' } else { ',' });
        // Numbers and texts have no form that JSON cannot say.
        text += &serde_json::to_string(&line).unwrap_or_default();
    }
    text.push(']');
    text
}

/// A chapter's events, as far as they can be read, and whether that is all of them.
pub(super) fn read(text: &str) -> (Vec<StoredEvent>, bool) {
    if let Ok(lines) = serde_json::from_str::<Vec<Line<'_>>>(text) {
        let all = lines.len();
        let events: Vec<_> = lines.into_iter().map_while(event).collect();
        let whole = events.len() == all;
        return (events, whole);
    }
    // One line is not as it was: those before it may be.
    let values: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let lines = values
        .iter()
        .map_while(|value| Line::deserialize(value).ok());
    (lines.map_while(event).collect(), false)
}

fn event(line: Line<'_>) -> Option<StoredEvent> {
    let mut mac = [0; 32];
    hex::decode_to_slice(line.mac.as_bytes(), &mut mac).ok()?;
    Some(StoredEvent {
        seq: line.seq,
        epoch: line.epoch,
        at: Timestamp(line.at),
        kind: line.kind.into_owned(),
        body: line.body.into_owned(),
        payload: hex::decode(line.payload.as_bytes()).ok()?.into(),
        mac,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn stored(seq: u64) -> StoredEvent {
        StoredEvent {
            seq,
            epoch: u64::MAX,
            at: Timestamp(-1),
            kind: "Succeeded".to_owned(),
            body: r#"{"why":"\"乌兰\" said\n"}"#.to_owned(),
            payload: Bytes::from(vec![0; seq as usize]),
            mac: [seq as u8; 32],
        }
    }

    #[test]
    fn a_chapter_is_read_back_word_for_word() {
        let events: Vec<_> = (0..3).map(stored).collect();
        assert_eq!(read(&write(&events)), (events, true));
    }

    #[test]
    fn a_damaged_chapter_is_read_up_to_the_damage() {
        let events: Vec<_> = (1..4).map(stored).collect();
        let text = write(&events);
        for (was, is) in [
            (&*"02".repeat(32), "not digits"),
            ("\"seq\":2", "\"seq\":\"two\""),
        ] {
            let spoilt = text.replace(was, is);
            assert_eq!(read(&spoilt), (events[..1].to_vec(), false), "{is}");
        }
        assert_eq!(read(&text[1..]), (Vec::new(), false));
    }
}
