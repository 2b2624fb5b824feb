//! Checks of every call before its method runs: the rate limit, and the guard of methods that need an access token.

use super::limit::{Admission, Limiter, cost, size};
use crate::lock::lock;
use credio_rpc::{Error, Served, guard};
use futures::{FutureExt, future::BoxFuture};
use jsonrpsee::{
	MethodResponse,
	server::middleware::rpc::RpcServiceT,
	types::{ErrorObjectOwned, Request},
};
use std::{
	net::IpAddr,
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};

/// Puts a [`Gate`] before a service.
#[derive(Clone)]
pub(crate) struct GateLayer {
	/// `None` for a client without a limit.
	pub limiter: Option<Arc<Limiter>>,
	pub client: IpAddr,
	pub served: Arc<Served>,
	/// Time that the calls of one HTTP request, which may be a batch, may still wait together; `None` on a WebSocket
	/// connection, where each call waits by itself.
	pub patience: Option<Arc<Mutex<Duration>>>,
}

impl<Service> tower::Layer<Service> for GateLayer {
	type Service = Gate<Service>;

	fn layer(&self, service: Service) -> Self::Service {
		Gate { service, layer: self.clone() }
	}
}

/// Checks calls before `service` serves them.
#[derive(Clone)]
pub(crate) struct Gate<Service> {
	service: Service,
	layer: GateLayer,
}

impl<'a, Service> RpcServiceT<'a> for Gate<Service>
where
	Service: RpcServiceT<'a> + Clone + Send + Sync + 'static,
{
	type Future = BoxFuture<'a, MethodResponse>;

	fn call(&self, request: Request<'a>) -> Self::Future {
		let Self { service, layer } = self.clone();
		async move {
			match layer.check(&request).await {
				Ok(()) => {
					let response = service.call(request).await;
					layer.charge(response.as_result().len());
					response
				},
				Err(error) => MethodResponse::error(request.id, ErrorObjectOwned::from(error)),
			}
		}
		.boxed()
	}
}

impl GateLayer {
	/// Waits until the client may make this call.
	///
	/// # Errors
	///
	/// If the wait is too long, or the call needs an access token.
	async fn check(&self, request: &Request<'_>) -> Result<(), Error> {
		let params = request.params.as_ref().map(|params| params.get());
		if let Some(limiter) = &self.limiter {
			let cost = cost(&request.method, params.map_or(0, str::len));
			match limiter.admit(self.client, cost, Instant::now()) {
				Admission::After(wait) if wait.is_zero() => {},
				Admission::After(wait) if self.may_wait(wait) => tokio::time::sleep(wait).await,
				_ => return Err(Error::RateLimited),
			}
		}
		guard::check(&request.method, params).inspect_err(|_| self.served.count_denied())
	}

	/// Charges the size of a response to the client's budget.
	fn charge(&self, bytes: usize) {
		let units = size(bytes);
		if let Some(limiter) = self.limiter.as_ref().filter(|_| units > 0) {
			limiter.charge(self.client, units, Instant::now());
		}
	}

	/// Deducts a wait from the patience. Returns whether there was enough.
	fn may_wait(&self, wait: Duration) -> bool {
		let Some(patience) = &self.patience else { return true };
		let mut patience = lock(patience);
		match patience.checked_sub(wait) {
			Some(left) => {
				*patience = left;
				true
			},
			None => false,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use jsonrpsee::types::Id;
	use std::{borrow::Cow, num::NonZeroU32};
	use tower::Layer;

	/// A service that succeeds at every call.
	#[derive(Clone)]
	struct Success;

	impl<'a> RpcServiceT<'a> for Success {
		type Future = std::future::Ready<MethodResponse>;

		fn call(&self, request: Request<'a>) -> Self::Future {
			let payload = jsonrpsee::ResponsePayload::success(true);
			std::future::ready(MethodResponse::response(request.id, payload, 1024))
		}
	}

	fn gate(units: u32) -> (Gate<Success>, Arc<Served>) {
		let served = Arc::<Served>::default();
		let limiter = NonZeroU32::new(units).map(Limiter::per_minute).map(Arc::new);
		let layer = GateLayer {
			limiter,
			client: [192, 0, 2, 1].into(),
			served: served.clone(),
			patience: Some(Arc::new(Mutex::new(Duration::from_millis(300)))),
		};
		(layer.layer(Success), served)
	}

	async fn call(gate: &Gate<Success>, method: &str, params: &str) -> Option<i32> {
		let params = serde_json::value::RawValue::from_string(params.into()).unwrap();
		let request = Request::new(Cow::Owned(method.to_owned()), Some(&params), Id::Number(1));
		gate.call(request).await.as_error_code()
	}

	#[tokio::test]
	async fn excess_calls_are_rejected_with_the_documented_code() {
		let (gate, _) = gate(60);
		let calls = (0..2_000).map(|_| call(&gate, "credio_v1_query", "[{}]"));
		let codes = futures::future::join_all(calls).await;
		let rejected = codes.iter().filter(|code| **code == Some(-32999)).count();
		assert_eq!(rejected, 1_999, "one burst passes");
	}

	#[tokio::test]
	async fn calls_of_a_batch_share_a_bounded_wait() {
		// Ten calls a second, thirty at once. A single further call would wait up to two seconds.
		let (gate, _) = gate(600);
		let start = Instant::now();
		let mut codes = Vec::new();
		for _ in 0..64 {
			codes.push(call(&gate, "credio_v1_status", "[]").await);
		}
		assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
		let passed = codes.iter().filter(|code| code.is_none()).count();
		assert!((30..40).contains(&passed), "{passed}");
	}

	#[tokio::test]
	async fn call_that_bypasses_access_tokens_is_rejected_and_counted() {
		let (gate, served) = gate(0);
		assert_eq!(call(&gate, "state_call", r#"["RecordsApi_read","0x"]"#).await, Some(9104));
		assert_eq!(call(&gate, "state_call", r#"["StreamsApi_stream","0x"]"#).await, None);
		assert_eq!(served.fetches(), [("served", 0), ("denied", 1)]);
	}
}
