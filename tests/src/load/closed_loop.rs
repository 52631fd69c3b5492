//! A closed loop: so many at a time, each beginning anew when it is through. What is counted lies
//! between the moment at which the loop is full and the moment at which it stops.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use tokio::{runtime::Handle, task::JoinSet};

/// What is done again and again.
pub(super) trait Once: Send + Sync + 'static {
    /// Does it once.
    fn once(self: Arc<Self>) -> BoxFuture<'static, Result<(), String>>;
}

/// What a loop came to.
#[derive(Debug, Default)]
pub(super) struct Counted<C> {
    /// How long what is counted took, each.
    pub(super) taken: Vec<Duration>,
    /// Over what time it was counted.
    pub(super) during: Duration,
    /// All that was done, counted or not.
    pub(super) all: u64,
    /// What the meter said in between.
    pub(super) used: C,
}

/// Runs a loop in a runtime. The meter is read when counting begins and, with that reading, when it ends.
pub(super) async fn run<C: Copy>(
    within: &Handle,
    what: &Arc<impl Once>,
    at_once: u16,
    fill: Duration,
    during: Duration,
    meter: impl Fn(Option<C>) -> C,
) -> Result<Counted<C>, String> {
    let begin = Instant::now() + fill;
    let end = begin + during;
    let mut loops = JoinSet::new();
    for _ in 0..at_once {
        let what = what.clone();
        let again = async move {
            let (mut taken, mut all) = (Vec::new(), 0_u64);
            loop {
                let before = Instant::now();
                if before >= end {
                    return Ok::<_, String>((taken, all));
                }
                what.clone().once().await?;
                all += 1;
                let after = Instant::now();
                if after >= begin && after < end {
                    taken.push(after - before);
                }
            }
        };
        loops.spawn_on(again, within);
    }
    tokio::time::sleep_until(begin.into()).await;
    let first = meter(None);
    let counting = Instant::now();
    tokio::time::sleep_until(end.into()).await;
    let used = meter(Some(first));
    let mut counted = Counted {
        taken: Vec::new(),
        during: counting.elapsed().min(during),
        all: 0,
        used,
    };
    while let Some(done) = loops.join_next().await {
        let (taken, all) = done.map_err(|error| error.to_string())??;
        counted.taken.extend(taken);
        counted.all += all;
    }
    Ok(counted)
}
