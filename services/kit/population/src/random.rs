//! Random choices that follow from a seed. Each household and enterprise has a stream of its own, so
//! that none depends on how many others there are.

use jiff::ToSpan;
use jiff::civil::Date;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// What a stream is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Household = 1,
    Birth = 2,
    Enterprise = 3,
    Child = 4,
}

/// One stream of choices. The generator is a named one, because a default one may change.
#[derive(Debug, Clone)]
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn new(seed: u64, stream: Stream, index: u64) -> Self {
        // An odd multiplier spreads neighbouring seeds, so that seed 1 at index 2 is not seed 2 at
        // index 1.
        let spread = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = spread ^ ((stream as u64) << 56) ^ index;
        Self(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// A number from `low` up to and including `high`.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of a list that is never empty.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let last = u32::try_from(list.len().saturating_sub(1)).unwrap_or(u32::MAX);
        list[self.between(0, last) as usize]
    }

    /// A day from `first` up to and including `last`; `first` when they are in the wrong order.
    pub(crate) fn day(&mut self, first: Date, last: Date) -> Date {
        let span = (last - first).get_days();
        let offset = self.between(0, u32::try_from(span).unwrap_or(0));
        first.saturating_add(i64::from(offset).days())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |seed, stream, index| {
            let mut random = Random::new(seed, stream, index);
            (0..8).map(|_| random.between(0, 999)).collect::<Vec<_>>()
        };
        let one = draw(1, Stream::Household, 2);
        assert_eq!(one, draw(1, Stream::Household, 2));
        for other in [
            draw(2, Stream::Household, 1),
            draw(1, Stream::Household, 3),
            draw(1, Stream::Enterprise, 2),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn days_stay_in_their_bounds() {
        let mut random = Random::new(1, Stream::Birth, 0);
        let (first, last) = (
            jiff::civil::date(2024, 2, 27),
            jiff::civil::date(2024, 3, 1),
        );
        let days: std::collections::BTreeSet<Date> =
            (0..200).map(|_| random.day(first, last)).collect();
        assert_eq!(days.len(), 4);
        assert!(days.iter().all(|day| (first..=last).contains(day)));
        assert_eq!(random.day(last, first), last);
    }
}
