//! Whether the gateway is up.

use super::Shared;
use crate::Problem;
use axum::{extract::State, http::StatusCode};

/// Whether the process is up.
#[utoipa::path(get, path = "/health/live", tag = "health", security(()), responses((status = 200, description = "it is")))]
pub(super) async fn live() -> &'static str {
	"live\n"
}

/// Whether calls can be served: every tenant's database answers. A node that is away is no reason: requests are stored.
#[utoipa::path(
	get,
	path = "/health/ready",
	tag = "health",
	security(()),
	responses((status = 200, description = "they can"), (status = 503, body = Problem, description = "they cannot"))
)]
pub(super) async fn ready(State(gateway): State<Shared>) -> Result<&'static str, Problem> {
	for tenant in gateway.tenants() {
		if let Err(error) = tenant.outbox.counts().await {
			tracing::error!(tenant = tenant.name, %error, "its outbox cannot be read");
			let detail = "a database cannot be read";
			return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
		}
	}
	Ok("ready\n")
}
