//! Which processor cores the server and the load run on. Pinned to one each they do not take time from each other, and a
//! server of many cores compares with a peer on one.

use std::fmt;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Where a process or thread may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the server's own core.
    ServerCore,
    /// Beside the load: for a server whose database has the server's core to itself.
    LoadCore,
    /// On every core, the one of the load included.
    AllCores,
}

/// The cores of this machine that we may use.
#[derive(Debug, Clone)]
pub struct Cores {
    all: CpuSet,
    /// The server's and the load's; none where there is only one.
    pair: Option<(usize, usize)>,
}

impl Cores {
    /// Divides them, and moves the calling thread, which is to make the load, to its core.
    pub fn divide() -> anyhow::Result<Self> {
        let all = sched_getaffinity(None)?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
        let cores = Self { all, pair: usable.next().zip(usable.next()) };
        cores.return_to_load()?;
        Ok(cores)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.count() as usize
    }

    /// Does `work` elsewhere. The processes and threads that it starts stay there; the calling thread comes back.
    pub fn at<T>(&self, place: Place, work: impl FnOnce() -> T) -> anyhow::Result<T> {
        match (place, self.pair) {
            (Place::ServerCore, Some((server, _))) => move_to(&only(server))?,
            (Place::LoadCore, Some((_, load))) => move_to(&only(load))?,
            _ => move_to(&self.all)?,
        }
        let result = work();
        self.return_to_load()?;
        Ok(result)
    }

    fn return_to_load(&self) -> anyhow::Result<()> {
        match self.pair {
            Some((_, load)) => move_to(&only(load)),
            None => Ok(()),
        }
    }
}

fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}

fn move_to(set: &CpuSet) -> anyhow::Result<()> {
    Ok(sched_setaffinity(None, set)?)
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pair {
            Some((server, load)) => {
                write!(f, "{} cores; the server is pinned to core {server}, the load to core {load}", self.count())
            }
            None => f.write_str("one core, which server and load share: trust the processor time, not the rates"),
        }
    }
}
