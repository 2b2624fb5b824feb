//! Configuration of the product's pallets.

use frame_support::{traits::Get, weights::Weight};

/// Half of what a block of the runtime may weigh.
#[must_use]
pub fn half_a_block<Runtime: frame_system::Config>() -> Weight {
	Runtime::BlockWeights::get().max_block / 2
}

/// Implements the `Config` of every product pallet for a runtime.
///
/// - `runtime`: the runtime;
/// - `call`: its call type;
/// - `council`: the origin of the council;
/// - `governance`: its calls, and who may make them, as a `ContainsPair`;
/// - `weights`: its module with a `WeightInfo` for each pallet, in a module with the pallet's name;
/// - `time`: its clock, in milliseconds since 1970;
/// - `unsigned`: the calls that its nodes bring without a signer, as a `Contains`;
/// - `blocks_per_day`: how many blocks it makes in a day.
#[macro_export]
macro_rules! product_configs {
	(
		runtime: $runtime:ident,
		call: $call:ident,
		council: $council:ty,
		governance: $governance:ty,
		unsigned: $unsigned:ty,
		weights: $weights:ident,
		time: $time:ty,
		blocks_per_day: $day:expr $(,)?
	) => {
		/// A day on the chain's clock, in milliseconds.
		const DAY: $crate::credio_primitives::Moment = 24 * 60 * 60 * 1_000;

		$crate::frame_support::parameter_types! {
			/// What an organization may use per window unless the council says otherwise: 256 MiB of transactions
			/// and 150 s of execution, which is about half of what blocks take in ten minutes.
			pub const DefaultQuota: $crate::credio_primitives::Quota =
				$crate::credio_primitives::Quota {
					bytes: 256 * 1024 * 1024,
					ref_time: 150_000_000_000_000,
				};
			/// What a seat of the council may use per window: calls by which a council of fifty votes on, closes and
			/// carries out more motions than people decide, and the code of three upgrades. A tenth of the execution
			/// that blocks have.
			pub const SeatAllowance: $crate::pallet_organizations::Allowance =
				$crate::pallet_organizations::Allowance {
					calls: 200,
					bytes: 8 * 1024 * 1024,
					ref_time: 30_000_000_000_000,
				};
			/// Quotas and allowances are counted in windows of ten minutes.
			pub const QuotaWindow: u32 = $day / 144;
			/// An organization keeps at most this many versions of its encryption key.
			pub const MaxKeyVersions: u32 = 1_000;
			/// Secrets may be wrapped to an encryption key for an hour after there is a newer one.
			pub const KeyGracePeriod: u32 = $day / 24;
			/// An organization owns at most this many streams.
			pub const MaxStreamsPerOrganization: u32 = 10_000;
			/// A stream has at most this many key epochs.
			pub const MaxKeyEpochs: u32 = 100_000;
			/// A delegated grant lives for an hour at least.
			pub const MinDelegation: $crate::credio_primitives::Moment = DAY / 24;
			/// An access request is kept for thirty days, answered or not.
			pub const MaxAccessRequestAge: $crate::credio_primitives::Moment = 30 * DAY;
			/// A request expires at most a day ahead.
			pub const MaxRequestLifetime: u32 = $day;
			/// For seven days past its expiry, a request can be signed again without being applied twice.
			pub const ReceiptRetention: u32 = 7 * $day;
			/// The deadline of a bundle lies at most seven days ahead.
			pub const MaxBundleLifetime: $crate::credio_primitives::Moment = 7 * DAY;
			/// The record of a bundle is kept for seven days past its deadline.
			pub const BundleRetention: $crate::credio_primitives::Moment = 7 * DAY;
			/// An organization has at most this many open bundles that it proposed.
			pub const MaxOpenBundles: u32 = 1_000;
			/// The calls of a bundle weigh at most half a block together.
			pub MaxBundleWeight: $crate::frame_support::weights::Weight =
				$crate::half_a_block::<$runtime>();
		}

		impl $crate::pallet_organizations::Config for $runtime {
			type CouncilOrigin = $council;
			type DefaultQuota = DefaultQuota;
			type QuotaWindow = QuotaWindow;
			type MaxKeyVersions = MaxKeyVersions;
			type KeyGracePeriod = KeyGracePeriod;
			type SeatAllowance = SeatAllowance;
			type GovernanceCalls = $governance;
			type UnsignedCalls = $unsigned;
			type WeightInfo = $weights::pallet_organizations::WeightInfo<$runtime>;
		}

		impl $crate::pallet_anchor::Config for $runtime {
			type Membership = $crate::pallet_organizations::Pallet<$runtime>;
			type Access = $crate::access::StreamAccess<
				$crate::pallet_organizations::Pallet<$runtime>,
				$crate::pallet_grants::Pallet<$runtime>,
			>;
			type MaxStreamsPerOrganization = MaxStreamsPerOrganization;
			type WeightInfo = $weights::pallet_anchor::WeightInfo<$runtime>;
		}

		impl $crate::pallet_records::Config for $runtime {
			type Membership = $crate::pallet_organizations::Pallet<$runtime>;
			type Streams = $crate::pallet_anchor::Pallet<$runtime>;
			type KeyEpochs = $crate::pallet_grants::Pallet<$runtime>;
			type WeightInfo = $weights::pallet_records::WeightInfo<$runtime>;
		}

		impl $crate::pallet_grants::Config for $runtime {
			type Membership = $crate::pallet_organizations::Pallet<$runtime>;
			type EncryptionKeys = $crate::pallet_organizations::Pallet<$runtime>;
			type Streams = $crate::pallet_anchor::Pallet<$runtime>;
			type Erasures = $crate::pallet_records::Pallet<$runtime>;
			type Time = $time;
			type MaxAccessRequestAge = MaxAccessRequestAge;
			type MaxKeyEpochs = MaxKeyEpochs;
			type MinDelegation = MinDelegation;
			type WeightInfo = $weights::pallet_grants::WeightInfo<$runtime>;
		}

		impl $crate::pallet_idempotency::Config for $runtime {
			type RuntimeCall = $call;
			type Membership = $crate::pallet_organizations::Pallet<$runtime>;
			type CallFilter = RequestCalls;
			type RequiredRole = RequestCalls;
			type MaxRequestLifetime = MaxRequestLifetime;
			type ReceiptRetention = ReceiptRetention;
			type WeightInfo = $weights::pallet_idempotency::WeightInfo<$runtime>;
		}

		impl $crate::pallet_bundles::Config for $runtime {
			type RuntimeCall = $call;
			type Membership = $crate::pallet_organizations::Pallet<$runtime>;
			type Time = $time;
			type CallFilter = LegCalls;
			type MaxBundleLifetime = MaxBundleLifetime;
			type BundleRetention = BundleRetention;
			type MaxOpenBundles = MaxOpenBundles;
			type MaxBundleWeight = MaxBundleWeight;
			type WeightInfo = $weights::pallet_bundles::WeightInfo<$runtime>;
		}

		/// Calls that may travel in a request: the product's own, and no other, so that none can carry a `submit`.
		pub struct RequestCalls;

		impl $crate::frame_support::traits::Contains<$call> for RequestCalls {
			fn contains(call: &$call) -> bool {
				LegCalls::contains(call) || matches!(call, $call::Bundles(_))
			}
		}

		impl $crate::pallet_support::traits::RoleOfCall<$call> for RequestCalls {
			fn role_of(call: &$call) -> Option<$crate::pallet_support::traits::Role> {
				match call {
					$call::Organizations(call) => $crate::roles::organizations(call),
					$call::Anchor(call) => $crate::roles::anchor(call),
					$call::Records(call) => $crate::roles::records(call),
					$call::Grants(call) => $crate::roles::grants(call),
					$call::Bundles(call) => $crate::roles::bundles(call),
					_ => None,
				}
			}
		}

		/// Calls that may stand in a leg of a bundle. A bundle does not stand in a bundle.
		pub struct LegCalls;

		impl $crate::frame_support::traits::Contains<$call> for LegCalls {
			fn contains(call: &$call) -> bool {
				matches!(
					call,
					$call::Organizations(_)
						| $call::Anchor(_)
						| $call::Records(_)
						| $call::Grants(_)
				)
			}
		}
	};
}
