//! What sees to it that nothing is left behind.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A process that does nothing until its standard input ends, and then cleans up. The other end of that pipe is ours,
/// and the system closes it when we die, be it of `SIGKILL`. In a group of its own, it does not hear of the keyboard.
pub struct Guardian(Child);

impl Guardian {
    /// One that kills the processes which [joined its group](Guardian::group).
    pub fn of_a_group() -> Self {
        Self::start(Command::new("sh"), "kill -9 0", &[])
    }

    /// `shell` is a command for a shell, to which arguments can be added; `last_words` is what it executes in the end,
    /// with these arguments.
    pub(crate) fn start(mut shell: Command, last_words: &str, arguments: &[&str]) -> Self {
        shell.args(["-c", &format!("cat > /dev/null; {last_words}"), "sh"]).args(arguments);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(shell.process_group(0).spawn().expect("a shell"))
    }

    /// The group of processes that it leads.
    pub fn group(&self) -> i32 {
        i32::try_from(self.0.id()).expect("the id of a process")
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Waits until a process is ready, and returns it; nothing if it ends before.
pub(crate) fn until_ready(mut child: Child, is_ready: impl Fn() -> bool) -> Option<Child> {
    loop {
        if is_ready() {
            return Some(child);
        }
        if child.try_wait().expect("a child of ours").is_some() {
            return None;
        }
        sleep(Duration::from_millis(20));
    }
}
