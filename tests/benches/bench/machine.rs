//! What the figures were measured on: enough to judge them by, and nothing that tells whose machine it is.

use std::fs;
use std::process::Command;

/// The processor, the memory, the kernel, and the versions of what stands beside us.
pub fn describe() -> String {
    let processor = value_in("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".to_owned());
    let memory = value_in("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let memory = memory.map_or_else(|| "unknown".to_owned(), |kilobytes| format!("{} GB", kilobytes / 1_000_000));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: Vec<&str> = kernel.split('.').take(2).collect();
    let others: Vec<String> = ["pgbench", "redis-benchmark"].into_iter().filter_map(version).collect();
    format!("{processor}, {memory} of memory, Linux {}, {}", kernel.join("."), others.join(", "))
}

/// What stands behind the first line that begins with `name`.
fn value_in(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned())
}
