//! The rate limit of clients.
//!
//! Each call costs units, and every client address has a budget of units a minute over all its connections. A call beyond
//! the budget waits briefly, so a client that is slightly too fast is only delayed; a call that would wait longer is
//! rejected.

use crate::lock::lock;
use std::{
	collections::HashMap,
	net::IpAddr,
	num::NonZeroU32,
	sync::Mutex,
	time::{Duration, Instant},
};

/// The part of a minute whose budget may be used at once.
const BURST: Duration = Duration::from_secs(3);
/// The longest wait of a call.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(2);
/// Most addresses with separate budgets. The rest share one.
const MAX_CLIENTS: usize = 65_536;
/// Bytes of parameters or of a response that cost a unit.
const BYTES_PER_UNIT: usize = 16 * 1024;

/// Units of calls that return a page or read many items.
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
/// Prefixes of methods that cost as much.
const MEDIUM_GROUPS: [&str; 3] = ["archive_v1_", "chainHead_v1_", "childstate_"];

/// Units of a part of a stream, besides those of its size: a client that follows many streams mostly finds nothing new.
const PART: u32 = 5;
const PART_METHOD: &str = "credio_v1_fetchStream";

/// Returns the units of a call, by its method and the length of its parameters.
pub(crate) fn cost(method: &str, params: usize) -> u32 {
	weight(method).saturating_add(size(params))
}

/// Returns the units of a number of bytes.
pub(crate) fn size(bytes: usize) -> u32 {
	u32::try_from(bytes / BYTES_PER_UNIT).unwrap_or(u32::MAX)
}

fn weight(method: &str) -> u32 {
	// Some methods have an older name with this suffix.
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

/// The decision about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
	/// It proceeds after this time, which may be zero.
	After(Duration),
	/// It is rejected. It would be admitted after this time.
	Refused(Duration),
}

/// The budgets of all clients.
pub(crate) struct Limiter {
	/// The time in which a unit is restored.
	per_unit: Duration,
	/// The time at which a client's budget is fully restored.
	whole_at: Mutex<HashMap<Option<IpAddr>, Instant>>,
}

impl Limiter {
	/// Returns a limiter with a budget in units a minute.
	pub(crate) fn per_minute(units: NonZeroU32) -> Self {
		Self { per_unit: Duration::from_secs(60) / units.get(), whole_at: Mutex::default() }
	}

	/// Decides about a call of this cost, and charges it to the client's budget unless it is rejected.
	pub(crate) fn admit(&self, client: IpAddr, cost: u32, now: Instant) -> Admission {
		self.with_budget(client, now, |whole_at| {
			// A call that costs more than a burst is charged a whole burst.
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

	/// Charges a response to a client's budget, at most the whole budget.
	pub(crate) fn charge(&self, client: IpAddr, cost: u32, now: Instant) {
		self.with_budget(client, now, |whole_at| {
			let most = now + BURST + MAX_WAIT;
			let after = (*whole_at).max(now) + self.per_unit.saturating_mul(cost).min(BURST);
			*whole_at = after.min(most.max(*whole_at));
		});
	}

	fn with_budget<T>(
		&self,
		client: IpAddr,
		now: Instant,
		change: impl FnOnce(&mut Instant) -> T,
	) -> T {
		let mut clients = lock(&self.whole_at);
		let client = Some(network(client));
		if clients.len() >= MAX_CLIENTS && !clients.contains_key(&client) {
			clients.retain(|_, whole_at| *whole_at > now);
		}
		let is_full = clients.len() >= MAX_CLIENTS && !clients.contains_key(&client);
		let client = if is_full { None } else { client };
		change(clients.entry(client).or_insert(now))
	}
}

/// Returns the address that identifies a client: an IPv4 address, or the /64 network of an IPv6 address, since one client
/// has all addresses of it.
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

	/// Returns the units that pass at once.
	fn passed_at(limiter: &Limiter, client: IpAddr, cost: u32, now: Instant) -> u32 {
		let is_through = |limiter: &Limiter| {
			limiter.admit(client, cost, now) != Admission::After(Duration::ZERO)
		};
		(0..100_000).take_while(|_| !is_through(limiter)).fold(0, |sum, _| sum + cost)
	}

	#[test]
	fn calls_beyond_a_burst_wait_and_further_ones_are_rejected() {
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
	fn client_within_its_rate_never_waits() {
		let (limiter, start) = (limiter(), Instant::now());
		for n in 0..10_000u32 {
			let now = start + Duration::from_millis(10) * n;
			assert_eq!(limiter.admit(address(1), 1, now), Admission::After(Duration::ZERO));
		}
	}

	#[test]
	fn clients_have_separate_budgets() {
		let (limiter, now) = (limiter(), Instant::now());
		while matches!(limiter.admit(address(1), 25, now), Admission::After(_)) {}
		assert_eq!(limiter.admit(address(2), 25, now), Admission::After(Duration::ZERO));
	}

	#[test]
	fn lists_cost_more_than_single_reads() {
		let now = Instant::now();
		let lists = passed_at(&limiter(), address(1), cost("credio_v1_query", 100), now) / HEAVY;
		assert_eq!(lists, 12);
		assert_eq!(cost("credio_v1_status", 100), 1);
		assert!(cost("credio_v1_upload", 9_000_000) > 500, "megabytes cost more too");
	}

	#[test]
	fn large_responses_are_charged_and_never_lock_out() {
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
	fn following_hundreds_of_streams_is_within_the_default() {
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
	fn older_method_name_costs_as_much() {
		assert_eq!(cost("state_callAt", 0), MEDIUM);
		assert_eq!(cost("state_getKeysPagedAt", 0), HEAVY);
		assert_eq!(cost("archive_v1_storage", 0), MEDIUM);
	}

	#[test]
	fn single_call_above_a_burst_passes() {
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
	fn memory_is_bounded_and_drops_full_budgets_first() {
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
