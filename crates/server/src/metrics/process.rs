//! What the operating system says of this process. Where it is not Linux, it says nothing.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

/// What was read; nothing where it could not be.
#[derive(Debug, Default)]
pub struct Reading {
    /// Memory that is really there, in bytes.
    pub memory: Option<f64>,
    /// Processor time of all threads, in seconds.
    pub cpu: Option<f64>,
    pub descriptors: Option<f64>,
    pub most_descriptors: Option<f64>,
}

/// Reads what there is at this moment.
#[expect(clippy::cast_precision_loss, reason = "no machine has 2^53 bytes or descriptors")]
pub fn read() -> Reading {
    let pages = fs::read_to_string("/proc/self/statm").ok().and_then(|text| resident_pages(&text));
    let ticks = fs::read_to_string("/proc/self/stat").ok().and_then(|text| processor_ticks(&text));
    Reading {
        memory: pages.map(|pages| pages as f64 * page_size() as f64),
        cpu: ticks.map(|ticks| ticks as f64 / clock_ticks_per_second() as f64),
        // The folder that is being read is open, too.
        descriptors: fs::read_dir("/proc/self/fd").ok().map(|all| all.count().saturating_sub(1) as f64),
        most_descriptors: getrlimit(Resource::Nofile).current.map(|most| most as f64),
    }
}

/// The second number (`proc_pid_statm(5)`).
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}

/// `utime` and `stime`, the fields 14 and 15 (`proc_pid_stat(5)`). The second field is a name in parentheses, which may hold blanks
/// and parentheses.
fn processor_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_read_as_the_kernel_writes_them() {
        assert_eq!(resident_pages("4642 2201 1530 3 0 1021 0\n"), Some(2_201));
        let stat = "4711 (a) b) c) S 1 4711 4711 0 -1 4194560 1200 0 0 0 70 30 0 0 20 0 9 0 1234 1000 2201";
        assert_eq!(processor_ticks(stat), Some(100));
        assert_eq!((resident_pages(""), processor_ticks("4711 (x) S 1")), (None, None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_all_of_it() {
        let reading = read();
        assert!(reading.memory.is_some_and(|bytes| bytes > 1e6), "{reading:?}");
        assert!(reading.cpu.is_some() && reading.descriptors.is_some_and(|count| count >= 3.0), "{reading:?}");
    }
}
