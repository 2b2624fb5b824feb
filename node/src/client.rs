//! The types of the client and of its database.

use crate::signatures::HostFunctions;
use credio_runtime::{apis::RuntimeApi, opaque::Block};

/// The client.
pub(crate) type FullClient =
	sc_service::TFullClient<Block, RuntimeApi, sc_executor::WasmExecutor<HostFunctions>>;

/// The database.
pub(crate) type FullBackend = sc_service::TFullBackend<Block>;
