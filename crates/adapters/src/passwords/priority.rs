//! The scheduling priority of the hashing threads.

/// How much the hashing threads yield: at ten steps of niceness an async worker gets about nine times their share of a
/// contended core, and they still get on.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Makes the calling thread yield to the others, so that tokens are still validated fast during a login storm
/// (requirement I6). It is best effort: hashing works without it.
#[cfg(target_os = "linux")]
pub(super) fn yield_to_others() {
    // POSIX speaks of processes here; Linux keeps niceness by thread and takes a thread id.
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
        tracing::debug!(%error, "password hashing keeps the normal priority");
    }
}

/// Elsewhere niceness belongs to the whole process, and stays as it is.
#[cfg(not(target_os = "linux"))]
pub(super) fn yield_to_others() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::getpriority_process;
    use rustix::thread::gettid;

    use super::*;

    #[test]
    fn is_lowered_for_the_calling_thread_only() {
        let before = getpriority_process(Some(gettid())).expect("readable");
        let lowered = std::thread::spawn(|| {
            yield_to_others();
            getpriority_process(Some(gettid())).expect("readable")
        });
        assert_eq!(lowered.join().expect("no panic"), before.max(NICENESS));
        assert_eq!(getpriority_process(Some(gettid())).expect("readable"), before);
    }
}
