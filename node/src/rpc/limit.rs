//! How much one client may ask of the node.
//!
//! Calls are weighed, and every client address has a budget of units a minute, over all its connections. A call beyond
//! the budget waits a moment, so that a client that is a little too fast never notices; what would have to wait longer
//! is refused.

use std::{
	collections::HashMap,
	net::IpAddr,
	num::NonZeroU32,
	sync::{Mutex, PoisonError},
	time::{Duration, Instant},
};

/// The part of a minute whose budget may be used at once.
const BURST: Duration = Duration::from_secs(3);
/// Longest wait of a call.
pub const MAX_WAIT: Duration = Duration::from_secs(2);
/// Most addresses with a budget of their own. The rest share one.
const MAX_CLIENTS: usize = 65_536;
/// Bytes of parameters, and of answers, that cost a unit.
const BYTES_PER_UNIT: usize = 16 * 1024;

/// Units of calls that return a page or look at many things.
const HEAVY: u32 = 25;
const HEAVY_METHODS: [&str; 16] = [
	"credio_v1_query",
	"credio_v1_subscribeStream",
	"credio_v1_streams",
	"credio_v1_streamKeys",
	"credio_v1_organizations",
	"credio_v1_organization",
	"credio_v1_grants",
	"credio_v1_accessRequests",
	"credio_v1_bundles",
	"credio_v1_bundle",
	"credio_v1_evidence",
	"author_pendingExtrinsics",
	"state_getKeysPaged",
	"state_getMetadata",
	"grandpa_proveFinality",
	"rpc.discover",
];

/// Units of calls that run the runtime, or read a block.
const MEDIUM: u32 = 10;
const MEDIUM_METHODS: [&str; 5] = [
	"state_call",
	"state_getReadProof",
	"chain_getBlock",
	"credio_v1_validators",
	"credio_v1_finality",
];
/// Beginnings of methods that cost as much.
const MEDIUM_GROUPS: [&str; 3] = ["archive_v1_", "chainHead_v1_", "childstate_"];

/// Units of a part of a stream, besides those of its size: whoever follows many streams mostly finds nothing new.
const PART: u32 = 5;
const PART_METHOD: &str = "credio_v1_fetchStream";

/// Units that a call costs, by its method and the length of its parameters.
pub fn cost(method: &str, params: usize) -> u32 {
	weight(method).saturating_add(size(params))
}

/// Units of so many bytes, sent or answered.
pub fn size(bytes: usize) -> u32 {
	u32::try_from(bytes / BYTES_PER_UNIT).unwrap_or(u32::MAX)
}

fn weight(method: &str) -> u32 {
	// Some methods have an older name that ends so.
	let method = method.strip_suffix("At").unwrap_or(method);
	if HEAVY_METHODS.contains(&method) {
		HEAVY
	} else if MEDIUM_METHODS.contains(&method)
		|| MEDIUM_GROUPS.iter().any(|group| method.starts_with(group))
	{
		MEDIUM
	} else if method == PART_METHOD {
		PART
	} else {
		1
	}
}

/// Whether a call may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
	/// After this time, which may be none.
	After(Duration),
	/// Not now. A call that comes after this time goes on.
	Refused(Duration),
}

/// Budgets of all clients.
pub struct Limiter {
	/// Time in which a unit comes back.
	per_unit: Duration,
	/// When the budget of a client is whole again.
	whole_at: Mutex<HashMap<Option<IpAddr>, Instant>>,
}

impl Limiter {
	/// A limiter by units a minute.
	pub fn per_minute(units: NonZeroU32) -> Self {
		Self { per_unit: Duration::from_secs(60) / units.get(), whole_at: Mutex::default() }
	}

	/// Whether a client may make a call of this cost now. What it is told to wait for is taken from its budget.
	pub fn admit(&self, client: IpAddr, cost: u32, now: Instant) -> Admission {
		self.with_budget(client, now, |whole_at| {
			// A call may cost more than a burst: it then takes a whole one.
			let price = self.per_unit.saturating_mul(cost).min(BURST);
			let after = (*whole_at).max(now) + price;
			let wait = after.saturating_duration_since(now).saturating_sub(BURST);
			if wait > MAX_WAIT {
				return Admission::Refused(wait.saturating_sub(MAX_WAIT));
			}
			*whole_at = after;
			Admission::After(wait)
		})
	}

	/// Takes from a client's budget what an answer has cost, at most all that it has.
	pub fn charge(&self, client: IpAddr, cost: u32, now: Instant) {
		self.with_budget(client, now, |whole_at| {
			let most = now + BURST + MAX_WAIT;
			let after = (*whole_at).max(now) + self.per_unit.saturating_mul(cost).min(BURST);
			*whole_at = after.min(most.max(*whole_at));
		});
	}

	fn with_budget<Answer>(
		&self,
		client: IpAddr,
		now: Instant,
		change: impl FnOnce(&mut Instant) -> Answer,
	) -> Answer {
		let mut clients = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
		let client = Some(network(client));
		if clients.len() >= MAX_CLIENTS && !clients.contains_key(&client) {
			clients.retain(|_, whole_at| *whole_at > now);
		}
		let is_full = clients.len() >= MAX_CLIENTS && !clients.contains_key(&client);
		let client = if is_full { None } else { client };
		change(clients.entry(client).or_insert(now))
	}
}

/// Who counts as one client: an IPv4 address, or the network of an IPv6 address, whose holder has all its addresses.
fn network(address: IpAddr) -> IpAddr {
	match address.to_canonical() {
		IpAddr::V6(address) if !address.is_loopback() => {
			let mut segments = address.segments();
			segments[4..].fill(0);
			IpAddr::V6(segments.into())
		},
		other => other,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::net::Ipv4Addr;

	fn address(n: u32) -> IpAddr {
		Ipv4Addr::from(n).into()
	}

	/// 6,000 units a minute: 100 a second.
	fn limiter() -> Limiter {
		Limiter::per_minute(NonZeroU32::new(6_000).unwrap())
	}

	/// Units that get through at once.
	fn passed_at(limiter: &Limiter, client: IpAddr, cost: u32, now: Instant) -> u32 {
		let is_through = |limiter: &Limiter| {
			limiter.admit(client, cost, now) != Admission::After(Duration::ZERO)
		};
		(0..100_000).take_while(|_| !is_through(limiter)).fold(0, |sum, _| sum + cost)
	}

	#[test]
	fn a_burst_passes_then_calls_wait_and_then_they_are_refused() {
		let (limiter, now) = (limiter(), Instant::now());
		assert_eq!(passed_at(&limiter, address(1), 1, now), 300, "three seconds' worth");
		let mut waited = 0;
		let refused = loop {
			match limiter.admit(address(1), 1, now) {
				Admission::After(wait) => {
					assert!(wait <= MAX_WAIT);
					waited += 1;
				},
				Admission::Refused(wait) => break wait,
			}
		};
		assert!((198..=200).contains(&waited), "two seconds' worth waits: {waited}");
		assert!(!refused.is_zero());
		assert!(matches!(limiter.admit(address(1), 1, now + refused), Admission::After(_)));
	}

	#[test]
	fn a_client_that_keeps_its_rate_never_waits() {
		let (limiter, start) = (limiter(), Instant::now());
		for n in 0..10_000u32 {
			let now = start + Duration::from_millis(10) * n;
			assert_eq!(limiter.admit(address(1), 1, now), Admission::After(Duration::ZERO));
		}
	}

	#[test]
	fn one_client_does_not_use_up_anothers_budget() {
		let (limiter, now) = (limiter(), Instant::now());
		while matches!(limiter.admit(address(1), 25, now), Admission::After(_)) {}
		assert_eq!(limiter.admit(address(2), 25, now), Admission::After(Duration::ZERO));
	}

	#[test]
	fn lists_cost_more_than_what_looks_at_one_thing() {
		let now = Instant::now();
		let lists = passed_at(&limiter(), address(1), cost("credio_v1_query", 100), now) / HEAVY;
		assert_eq!(lists, 12);
		assert_eq!(cost("credio_v1_status", 100), 1);
		assert!(cost("credio_v1_upload", 9_000_000) > 500, "so do megabytes");
	}

	#[test]
	fn large_answers_take_from_the_budget_and_never_lock_out() {
		let (limiter, now) = (limiter(), Instant::now());
		limiter.charge(address(1), size(2 * 1024 * 1024), now);
		assert_eq!(passed_at(&limiter, address(1), 1, now), 300 - 128);
		for _ in 0..1_000 {
			limiter.charge(address(1), 1_000, now);
		}
		let refused = limiter.admit(address(1), 1, now);
		assert!(matches!(refused, Admission::Refused(wait) if wait < Duration::from_secs(1)));
		let later = now + Duration::from_secs(3);
		assert_eq!(limiter.admit(address(1), 1, later), Admission::After(Duration::ZERO));
	}

	#[test]
	fn whoever_follows_hundreds_of_streams_keeps_within_the_default() {
		let a_second = 120_000 / 60;
		assert!(300 * cost("credio_v1_fetchStream", 400) <= a_second);
	}

	#[test]
	fn every_weight_is_documented() {
		let page = include_str!("../../../docs/rpc.md");
		let limits = page.split("## Limits").nth(1).unwrap().split("\n## ").next().unwrap();
		for method in HEAVY_METHODS.iter().chain(&MEDIUM_METHODS).chain(&[PART_METHOD]) {
			let name = method.strip_prefix("credio_v1_").unwrap_or(method);
			assert!(
				limits.contains(&format!("`{method}`")) || limits.contains(&format!("`{name}`")),
				"{method}"
			);
		}
		assert!(["costs 25", "costs 10", "costs 5"].iter().all(|cost| limits.contains(cost)));
	}

	#[test]
	fn an_older_name_costs_as_much() {
		assert_eq!(cost("state_callAt", 0), MEDIUM);
		assert_eq!(cost("state_getKeysPagedAt", 0), HEAVY);
		assert_eq!(cost("archive_v1_storage", 0), MEDIUM);
	}

	#[test]
	fn a_call_that_costs_more_than_a_burst_passes_by_itself() {
		let (limiter, now) = (limiter(), Instant::now());
		assert_eq!(limiter.admit(address(1), u32::MAX, now), Admission::After(Duration::ZERO));
		assert_ne!(limiter.admit(address(1), 1, now), Admission::After(Duration::ZERO));
	}

	#[test]
	fn addresses_of_one_ipv6_network_are_one_client() {
		let (limiter, now) = (limiter(), Instant::now());
		let addresses =
			["2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1", "::ffff:10.0.0.1", "10.0.0.1"]
				.map(|text| network(text.parse().unwrap()));
		assert_eq!(addresses[0], addresses[1]);
		assert_ne!(addresses[0], addresses[2]);
		assert_eq!(addresses[3], addresses[4]);
		while matches!(limiter.admit(addresses[0], 1, now), Admission::After(_)) {}
		assert!(matches!(limiter.admit(addresses[1], 1, now), Admission::Refused(_)));
	}

	#[test]
	fn memory_is_bounded_and_forgets_whole_budgets_first() {
		let (limiter, now) = (limiter(), Instant::now());
		for n in 0..u32::try_from(MAX_CLIENTS).unwrap() + 10 {
			limiter.admit(address(n), 1, now);
		}
		let count = || limiter.whole_at.lock().unwrap().len();
		assert!(count() <= MAX_CLIENTS + 1, "the rest share a budget");
		limiter.admit(address(u32::MAX), 1, now + Duration::from_secs(60));
		assert_eq!(count(), 1);
	}
}
