//! Decisions taken later: by an officer, or deemed by law when the time for deciding has passed.

use async_trait::async_trait;
use onething_db::Tx;

use crate::{
    Conclusion, DEEMED_REFUSED, Decided, Decision, DecisionError, Dismissal, ErasedEffect, Fault,
    Key, Ledger, Refusal, Review, Stop,
    job::{Halt, Job},
    ledger::Matter,
    rules::{self, DecisionVerdict, ExpiryVerdict},
    store::{self, Row, Settlement},
};

impl Ledger {
    /// Decides a review. The first decision that is committed counts, and the same decision by the
    /// same officer again gets the same answer. An approval takes effect within the same
    /// transaction; every decision is told to the coordinator's `WatchDecisions`. `decided_by` names
    /// the officer within the department and never leaves it.
    ///
    /// # Errors
    /// [`DecisionError::Conflict`] when the review was decided or withdrawn before, or its time has
    /// passed and the law deems it decided.
    pub async fn decide(
        &self,
        key: &Key,
        decision: Decision,
        decided_by: &str,
    ) -> Result<Decided, DecisionError> {
        self.judge(key, Judge::Officer(decision, decided_by.to_owned()))
            .await
    }

    /// Records what the law deems decided, if the review's time has passed.
    pub(crate) async fn expire(&self, key: &Key) -> Result<Decided, DecisionError> {
        self.judge(key, Judge::Law).await
    }

    async fn judge(&self, key: &Key, judge: Judge) -> Result<Decided, DecisionError> {
        let decide = Decide {
            key: key.clone(),
            judge,
            refused: None,
            decided: false,
        };
        self.transact(decide)
            .await
            .map_err(DecisionError::Failed)
            .and_then(|answer| answer)
    }
}

/// Who decides.
#[derive(Debug)]
enum Judge {
    Officer(Decision, String),
    Law,
}

#[derive(Debug)]
struct Decide {
    key: Key,
    judge: Judge,
    /// With what the approval was refused, which was then taken back.
    refused: Option<Refusal>,
    /// Whether a decision was logged.
    decided: bool,
}

/// The decision that counts.
struct Ruling {
    decision: Decision,
    decided_by: String,
    deemed: bool,
    at: i64,
}

impl Ruling {
    fn deemed(decision: rules::Decision, at: i64) -> Self {
        let refusal = || {
            Refusal::new(
                DEEMED_REFUSED,
                "The time for deciding has passed: by law the application counts as refused.",
            )
        };
        Self {
            decision: match decision {
                rules::Decision::Approve => Decision::Approve,
                rules::Decision::Refuse => Decision::Refuse(refusal()),
                rules::Decision::Return => Decision::Return(refusal()),
            },
            decided_by: String::new(),
            deemed: true,
            at,
        }
    }
}

#[async_trait]
impl Job for Decide {
    type Answer = Result<Decided, DecisionError>;

    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<Self::Answer, Halt> {
        self.decided = false;
        let at = ledger.now();
        let Some(row) = store::lock(tx, &self.key).await? else {
            return Ok(Err(DecisionError::NotSeen));
        };
        let found = store::found(Some(&row))?;
        let (ruling, counts) = match &self.judge {
            Judge::Officer(decision, by) => match rules::decide(found, self.key.round, at) {
                DecisionVerdict::NotSeen => return Ok(Err(DecisionError::NotSeen)),
                DecisionVerdict::Conflict(recorded) => {
                    let counted = store::decided_review(tx, &self.key).await?;
                    let same = counted.filter(|counted| is_same(decision, by, counted));
                    return Ok(match same {
                        Some(counted) => Ok(counted.decided),
                        None => Err(DecisionError::Conflict { recorded }),
                    });
                }
                DecisionVerdict::DeemInstead(decision) => (Ruling::deemed(decision, at), false),
                DecisionVerdict::Take => {
                    let ruling = Ruling {
                        decision: decision.clone(),
                        decided_by: by.clone(),
                        deemed: false,
                        at,
                    };
                    (ruling, true)
                }
            },
            Judge::Law => match rules::expire(found, self.key.round, at) {
                ExpiryVerdict::Deem(decision) => (Ruling::deemed(decision, at), true),
                ExpiryVerdict::NotYet | ExpiryVerdict::Never => {
                    let recorded = row.recorded()?;
                    return Ok(Err(DecisionError::Conflict { recorded }));
                }
            },
        };
        let matter = ledger.matter(&row.method)?;
        if let Some(reason) = undeclared(matter, &ruling) {
            return Ok(Err(DecisionError::Undeclared { reason }));
        }
        let decided = self.take(tx, matter, &row, ruling).await?;
        self.decided = true;
        Ok(if counts {
            Ok(decided)
        } else {
            let recorded = decided.recorded;
            Err(DecisionError::Conflict { recorded })
        })
    }

    fn committed(&self, ledger: &Ledger) {
        if self.decided {
            ledger.tell_of_decisions();
        }
    }
}

/// How a review ends.
enum Ending {
    Effect(ErasedEffect),
    Refused(Refusal),
    Returned(Refusal),
}

impl Decide {
    /// Carries the decision out, records it and logs it.
    async fn take(
        &mut self,
        tx: &mut Tx,
        matter: &Matter,
        row: &Row,
        ruling: Ruling,
    ) -> Result<Decided, Halt> {
        let Ruling {
            decision,
            decided_by,
            deemed,
            at,
        } = ruling;
        let review = Review::kept(row.record());
        let verdict = verdict(&decision);
        let ending = match decision {
            Decision::Refuse(refusal) => Ending::Refused(refusal),
            Decision::Return(refusal) => Ending::Returned(refusal),
            Decision::Approve => match self.refused.take() {
                Some(refusal) => Ending::Refused(refusal),
                None => {
                    let conclusion = Conclusion {
                        key: self.key.clone(),
                        at,
                        decided_by: decided_by.clone(),
                        deemed,
                    };
                    let effect = self.conclude(tx, matter, row, &conclusion).await?;
                    Ending::Effect(effect)
                }
            },
        };
        let dismissal = match &ending {
            Ending::Effect(_) => None,
            Ending::Refused(refusal) => Some(Dismissal::Refused(refusal.clone())),
            Ending::Returned(refusal) => Some(Dismissal::Returned(refusal.clone())),
        };
        if let Some(dismissal) = dismissal {
            matter.action.dismiss(tx, at, review, &dismissal).await?;
        }
        let settlement = ending.settlement();
        store::settle(tx, &self.key, settlement, at).await?;
        let logged = store::Decided {
            recorded: settlement.recorded,
            response: settlement.response,
            refusal: settlement.refusal,
            decided_by: &decided_by,
            deemed,
            at,
        };
        let decided = Decided {
            recorded: settlement.recorded,
            refusal: settlement.refusal.cloned(),
        };
        if !deemed {
            let counted = store::Counted {
                verdict: verdict.to_owned(),
                decided_by: decided_by.clone(),
                decided: decided.clone(),
            };
            store::decide_review(tx, &self.key, &counted).await?;
        }
        store::log(tx, &self.key, logged).await?;
        Ok(decided)
    }

    /// Takes effect now.
    async fn conclude(
        &mut self,
        tx: &mut Tx,
        matter: &Matter,
        row: &Row,
        conclusion: &Conclusion,
    ) -> Result<ErasedEffect, Halt> {
        let review = Review::kept(row.record());
        match matter.action.conclude(tx, review, conclusion).await {
            Ok(effect) => {
                effect.check_size(&row.method)?;
                Ok(effect)
            }
            Err(Stop::Refuse(refusal)) => {
                matter.check_reason(&row.method, &refusal)?;
                // What it wrote before it refused goes; the refusal is recorded in the second run.
                self.refused = Some(refusal);
                Err(Halt::Again)
            }
            Err(Stop::Later(_) | Stop::Elsewhere(_)) => Err(Fault::Contract {
                method: row.method.clone(),
                problem: "puts off a decision that is taken".to_owned(),
            }
            .into()),
            Err(Stop::Fail(fault)) => Err(fault.into()),
        }
    }
}

impl Ending {
    fn settlement(&self) -> Settlement<'_> {
        let bare = |decision: rules::Decision| Settlement::bare(decision.recorded());
        match self {
            Self::Effect(effect) => Settlement {
                response: Some(&effect.response),
                record: Some(&effect.record),
                ..bare(rules::Decision::Approve)
            },
            Self::Refused(refusal) => Settlement {
                refusal: Some(refusal),
                ..bare(rules::Decision::Refuse)
            },
            Self::Returned(refusal) => Settlement {
                refusal: Some(refusal),
                ..bare(rules::Decision::Return)
            },
        }
    }
}

/// A decision's stored name.
const fn verdict(decision: &Decision) -> &'static str {
    match decision {
        Decision::Approve => "approve",
        Decision::Refuse(_) => "refuse",
        Decision::Return(_) => "return",
    }
}

/// Whether an officer sends the decision again that counted.
fn is_same(decision: &Decision, by: &str, counted: &store::Counted) -> bool {
    let refusal = match decision {
        Decision::Approve => None,
        Decision::Refuse(refusal) | Decision::Return(refusal) => Some(refusal),
    };
    // What an approval was refused with is the department's own finding, not the officer's.
    let same_refusal = refusal.is_none() || refusal == counted.decided.refusal.as_ref();
    same_refusal && by == counted.decided_by && verdict(decision) == counted.verdict
}

/// The reason that the method does not declare, if the decision gives one.
fn undeclared(matter: &Matter, ruling: &Ruling) -> Option<String> {
    let (refusal, also) = match &ruling.decision {
        Decision::Approve => return None,
        _ if ruling.deemed => return None,
        Decision::Refuse(refusal) => (refusal, None),
        Decision::Return(refusal) => (refusal, Some(crate::RETURNED)),
    };
    let declared = matter.declares(&refusal.reason) || also == Some(refusal.reason.as_str());
    (!declared).then(|| refusal.reason.clone())
}
