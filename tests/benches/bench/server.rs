//! A server in a process of its own, or several, and what the kernel says about them.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Pid, Signal, kill_process};

use crate::cores::{Cores, Place};

/// What a pipe holds.
const PIPE: usize = 64 * 1_024;

/// A child process that listens on this machine. It is killed when it is dropped, a panic included.
pub struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Starts it, and waits until it says on standard error where it listens.
    pub fn start(command: &mut Command, cores: &Cores, place: Place) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = cores.at(place, || command.spawn())?.context("a server cannot be started")?;
        let lines = child.stderr.take().context("no standard error")?;
        // Before anything can fail, so that the child is not left behind.
        let mut server = Self { child, addr: SocketAddr::from(([127, 0, 0, 1], 0)) };
        server.addr = match watch(lines).recv()? {
            Ok(addr) => addr,
            Err(said) => bail!("a server ended before it listened; it said:\n{said}"),
        };
        Ok(server)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The processor time it has used so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let ticks = self.processes().into_iter().map(ticks).sum::<anyhow::Result<u32>>()?;
        Ok(Duration::from_secs(1) * ticks / u32::try_from(clock_ticks_per_second())?)
    }

    /// The memory it holds, in bytes. What its processes share is counted for each.
    pub fn resident(&self) -> anyhow::Result<u64> {
        let pages = self.processes().into_iter().map(resident_pages).sum::<anyhow::Result<u64>>()?;
        Ok(pages * page_size() as u64)
    }

    /// Stops it in order, as an operator does.
    pub fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("a server that was told to stop ended with {status}") }
    }

    /// Its process, and the workers that this has started.
    fn processes(&self) -> Vec<u32> {
        let mut processes = vec![self.child.id()];
        let mut looked_at = 0;
        while let Some(process) = processes.get(looked_at) {
            processes.extend(children(*process));
            looked_at += 1;
        }
        processes
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // All of it may have ended already.
        let workers = self.processes();
        let _ = self.child.kill();
        for worker in workers.into_iter().skip(1).filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = kill_process(worker, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// The processes that this one has started (proc(5), `/proc/pid/task/tid/children`).
fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_ascii_whitespace().map(str::parse).collect::<Vec<_>>()).flatten().collect()
}

/// The name, in parentheses, may hold anything; `utime` and `stime` are the 12th and 13th after it (proc(5)).
fn ticks(process: u32) -> anyhow::Result<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc/pid/stat")?;
    let ticks = fields.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u32>);
    Ok(ticks.sum::<Result<u32, _>>()?)
}

fn resident_pages(process: u32) -> anyhow::Result<u64> {
    let statm = fs::read_to_string(format!("/proc/{process}/statm"))?;
    Ok(statm.split_ascii_whitespace().nth(1).context("no resident size in /proc/pid/statm")?.parse()?)
}

/// Reads what a server says until it ends, so that it never waits for a reader. The first address that it names is sent,
/// or everything that it said if there was none; what follows is not looked at, which would take time from the load.
fn watch(stderr: ChildStderr) -> Receiver<Result<SocketAddr, String>> {
    let (tell, told) = sync_channel(1);
    thread::spawn(move || {
        let (mut stderr, mut said) = (BufReader::with_capacity(PIPE, stderr), String::new());
        let mut addr = None;
        while addr.is_none() && stderr.read_line(&mut said).is_ok_and(|length| length > 0) {
            addr = said.lines().last().and_then(address_in);
        }
        let _ = tell.send(addr.ok_or(said));
        let _ = io::copy(&mut stderr, &mut io::sink());
    });
    told
}

/// The first address on this machine in a line of whatever format.
fn address_in(line: &str) -> Option<SocketAddr> {
    let start = line.find("127.0.0.1:")?;
    let rest = line.get(start..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && !".:".contains(c)).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}
