//! What people and departments say in an event in their own words: it may name anybody. Words are stored as
//! requests and responses are, beside the body, so that they are sealed and erased with them.

use bytes::Bytes;
use serde_json::Value;

use super::Event;
use crate::machine::input::OwnerAct;

/// A place of an event in which somebody speaks.
enum Word<'a> {
    Text(&'a mut String),
    Detail(&'a mut Value),
}

impl Word<'_> {
    /// Takes the word out; null when nothing was said.
    fn take(self) -> Value {
        match self {
            Self::Text(text) if text.is_empty() => Value::Null,
            Self::Text(text) => Value::String(std::mem::take(text)),
            Self::Detail(detail) => detail.take(),
        }
    }

    /// Puts a word back that was taken out; false when it is none for this place.
    fn put(self, word: Value) -> bool {
        match (self, word) {
            (Self::Text(text), Value::String(word)) => *text = word,
            (Self::Text(text), Value::Null) => text.clear(),
            (Self::Text(_), _) => return false,
            (Self::Detail(detail), word) => *detail = word,
        }
        true
    }
}

impl Event {
    /// Whether people or departments speak in this kind of event.
    #[must_use]
    pub fn speaks(&self) -> bool {
        !self.clone().words().is_empty()
    }

    /// Every place in which somebody speaks. Reasons out of a declared list are not among them, nor who acted
    /// and when, nor why a case was erased.
    fn words(&mut self) -> Vec<Word<'_>> {
        match self {
            Self::Refused { refusal, .. } | Self::Returned { refusal, .. } => vec![
                Word::Text(&mut refusal.message),
                Word::Detail(&mut refusal.detail),
            ],
            Self::InDoubt { why: text, .. }
            | Self::UndoInDoubt { why: text, .. }
            | Self::StepHalted { why: text, .. }
            | Self::CancelRequested { reason: text, .. }
            | Self::RetryRequested { reason: text, .. }
            | Self::UndoRetryRequested { reason: text, .. }
            | Self::Declined { reason: text, .. }
            | Self::Attested {
                disposition: text, ..
            }
            | Self::Incident { what: text, .. } => vec![Word::Text(text)],
            Self::Proposed { reason, act, .. } => {
                let mut words = vec![Word::Text(reason)];
                if let OwnerAct::Attest { disposition } = act {
                    words.push(Word::Text(disposition));
                }
                words
            }
            _ => Vec::new(),
        }
    }

    /// The event without its words.
    pub(super) fn wordless(&self) -> Self {
        let mut bare = self.clone();
        bare.words().into_iter().map(Word::take).for_each(drop);
        bare
    }

    /// Its words as they are stored; empty when nothing was said.
    pub(super) fn spoken(&self) -> Bytes {
        let mut taken = self.clone();
        let words: Vec<_> = taken.words().into_iter().map(Word::take).collect();
        if words.iter().all(Value::is_null) {
            return Bytes::new();
        }
        // Values always have a JSON text.
        serde_json::to_vec(&words).unwrap_or_default().into()
    }

    /// Puts words back. An event from before words were stored apart has them in its body, and none here.
    pub(super) fn hear(&mut self, spoken: &[u8]) -> Result<(), serde_json::Error> {
        let places = self.words();
        if spoken.is_empty() || places.is_empty() {
            return Ok(());
        }
        let words: Vec<Value> = serde_json::from_slice(spoken)?;
        let all = words.len() == places.len();
        if all
            && places
                .into_iter()
                .zip(words)
                .all(|(place, word)| place.put(word))
        {
            Ok(())
        } else {
            Err(serde::de::Error::custom("its words are others"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition::StepIndex;
    use crate::machine::answer::Refusal;

    fn refused() -> Event {
        Event::Refused {
            step: StepIndex::default(),
            round: 1,
            refusal: Refusal {
                reason: "NOT_MARRIED".to_owned(),
                message: "Batu is married to nobody".to_owned(),
                detail: json!({ "since": "2026-01-01" }),
            },
        }
    }

    fn proposed(act: OwnerAct) -> Event {
        Event::Proposed {
            proposal: 1,
            step: StepIndex::default(),
            act,
            by: "saran".to_owned(),
            reason: "Batu asked for it".to_owned(),
        }
    }

    #[test]
    fn words_are_beside_the_body_and_come_back() {
        let attest = OwnerAct::Attest {
            disposition: "paid back to Batu".to_owned(),
        };
        for event in [refused(), proposed(OwnerAct::Skip), proposed(attest)] {
            let (body, payload) = (event.body().unwrap(), event.payload());
            assert!(event.speaks() && !body.contains("Batu"), "{body}");
            let read = Event::decode(event.kind(), &body, payload);
            assert_eq!(read.unwrap(), event);
        }
        assert!(refused().body().unwrap().contains("NOT_MARRIED"));
    }

    #[test]
    fn an_event_whose_words_are_gone_is_read_without_them() {
        let event = refused();
        let read = Event::decode("refused", &event.body().unwrap(), Bytes::new()).unwrap();
        assert_eq!(read, event.wordless());
        assert_ne!(read, event);
    }

    #[test]
    fn an_event_from_before_has_its_words_in_the_body() {
        let event = refused();
        let body = serde_json::to_string(&event).unwrap();
        assert!(body.contains("Batu"));
        assert_eq!(
            Event::decode("refused", &body, Bytes::new()).unwrap(),
            event
        );
    }

    #[test]
    fn words_of_another_event_are_not_taken_for_its_own() {
        let body = refused().body().unwrap();
        for other in [
            proposed(OwnerAct::Skip).payload(),
            Bytes::from("[7,null]"),
            Bytes::from("no"),
        ] {
            assert!(Event::decode("refused", &body, other).is_err());
        }
    }

    #[test]
    fn who_had_a_case_erased_and_why_stays_readable() {
        let event = Event::Erased {
            by: "saran".to_owned(),
            reason: "its time is over".to_owned(),
        };
        assert!(!event.speaks() && event.body().unwrap().contains("its time is over"));
        assert!(event.payload().is_empty());
    }
}
