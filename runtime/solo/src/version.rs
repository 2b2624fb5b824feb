/// Version of the runtime, which is raised with each release that changes what the chain computes. `build.rs` reads it, too.
pub const SPEC_VERSION: u32 = 7;
