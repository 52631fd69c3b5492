//! How much processor time processes have used, out of `/proc`.

use std::{fs, path::Path, time::Duration};

/// The kernel reports in hundredths of a second on every platform that has `/proc`.
const TICK: Duration = Duration::from_millis(10);

/// What one process has used since its start, in user and kernel mode.
pub(super) fn used(process: u32) -> Duration {
    numbers(process).map_or(Duration::ZERO, |numbers| numbers.used)
}

/// What a process and its children have used.
pub(super) fn used_by_family(parent: u32) -> Duration {
    let Ok(entries) = fs::read_dir(Path::new("/proc")) else {
        return Duration::ZERO;
    };
    let processes = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|process| Some((process, numbers(process)?)));
    processes
        .filter(|(process, numbers)| *process == parent || numbers.parent == parent)
        .map(|(_, numbers)| numbers.used)
        .sum()
}

struct Numbers {
    parent: u32,
    used: Duration,
}

fn numbers(process: u32) -> Option<Numbers> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name stands in parentheses and may itself hold spaces and parentheses.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Numbers {
        parent: ticks(1)?,
        used: TICK * (ticks(11)? + ticks(12)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_its_processor() {
        let me = std::process::id();
        let before = used(me);
        let mut sum = 0_u64;
        while used(me) < before + 3 * TICK {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(used_by_family(me) >= used(me));
    }
}
