//! Where the memory of the whole process comes from.

use mimalloc::MiMalloc;

/// In every program that this library is part of: the service, its tests, and the floors of the benchmark.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Has the kernel give memory in small pages, even where all programs are given huge ones. The allocator reserves much more than
/// it needs, and each of the first few bytes that are used somewhere in it would take two megabytes. What cannot be had is
/// not needed: the service works with either.
pub fn prefer_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
