//! The Credio node.

// A block allocates and frees millions of small values on several threads. With the C library's allocator, a block of
// small records takes half as long again.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[allow(clippy::result_large_err)]
fn main() -> sc_cli::Result<()> {
	credio_node::run()
}
