//! A node with something to find for each method, and a call of each.

use crate::mock::{
	Node, STREAM, World, access_request, account, digest, endpoints, entry, erasure, extrinsic,
	grant, member, named_access_request, named_grant, organization, readable, receipt, record_id,
	stream, submission,
};
use credio_primitives::{
	AccessRequestId, Bundle, BundleId, BundleState, GrantId, Outcome, Quota, QuotaUse, RequestKey,
	StreamKey, ValidatorState, WrappedKey,
	bundle::{BundleDetail, LegCalls, NamedBundle, Party},
	organization::QuotaInfo,
	storage,
};
use serde_json::{Value, json};
use sp_runtime::Weight;

const GRANT: GrantId = GrantId([1; 32]);
const ACCESS_REQUEST: AccessRequestId = AccessRequestId([1; 32]);
const BUNDLE: BundleId = BundleId([1; 32]);
const KEY: RequestKey = RequestKey([9; 32]);

fn bundle() -> BundleDetail {
	let parties = vec![Party { organization: 1, calls: 1, consent: None }];
	BundleDetail {
		named: NamedBundle {
			bundle_id: BUNDLE,
			bundle: Bundle {
				proposer: 1,
				proposed_by: account(),
				proposed_at: 2,
				proposed_time: 1_795_453_116_000,
				deadline: 1_795_712_316_000,
				digest: digest(1),
				parties: parties.try_into().expect("few"),
				state: BundleState::Open,
			},
		},
		legs: vec![LegCalls { organization: 1, calls: vec![vec![1, 2]] }],
		weight: Weight::from_parts(450_000_000, 36_000),
	}
}

pub(super) fn node() -> Node {
	let sealed = vec![9; 80].try_into().expect("80 bytes");
	let wrapped_keys = vec![WrappedKey { key_version: 0, sealed }];
	let mut world = World {
		finalized: 5,
		best: 6,
		organizations: vec![organization(1)],
		members: vec![member()],
		quota: Some(QuotaInfo {
			quota: Quota { bytes: 268_435_456, ref_time: 150_000_000_000_000 },
			used: QuotaUse { window: 0, bytes: 210_794, ref_time: 28_476_141_000 },
			window_length: 600,
			next_window_at: 600,
		}),
		streams: vec![stream(1)],
		entries: vec![entry(0)],
		readable: [(record_id(0), Ok(readable(0, 16)))].into(),
		stream_keys: vec![StreamKey { epoch: 0, commitment: digest(5), wrapped_keys }],
		grants: vec![named_grant(1)],
		access_requests: vec![named_access_request(1)],
		bundles: vec![bundle()],
		validators: vec![ValidatorState {
			account: account(),
			chosen: true,
			active: true,
			has_keys: true,
			offence: None,
		}],
		next_position: 24,
		erasures: vec![erasure(0)],
		endpoints: [(1, endpoints())].into(),
		proven: (vec![4], true),
		..World::default()
	};
	world.insert(0, storage::now(), 1_795_453_116_000u64);
	world.insert(0, storage::block_hash(0), [0u8; 32]);
	world.insert(0, storage::stream(&STREAM), stream(1).stream);
	world.insert(0, storage::header(&record_id(0)), entry(0).header);
	world.insert(0, storage::position(&STREAM, 0), record_id(0));
	world.insert(0, storage::envelope(&STREAM, 0), readable(0, 16).payload);
	for id in [1, 3] {
		world.insert(0, storage::organization(id), organization(id).organization);
	}
	world.insert(0, storage::grant(&GRANT), grant(None, None));
	world.insert(0, storage::access_request(&ACCESS_REQUEST), access_request());
	world.insert(0, storage::receipt(1, &KEY), receipt(1, 2, 600, Outcome::Applied));
	Node::new(world)
}

/// Returns the parameters of a call of each method that returns a result.
pub(super) fn calls(node: &Node) -> Vec<(&'static str, Value)> {
	let record = record_id(0);
	let part = (STREAM, 0u64, None::<u32>, None::<bool>);
	vec![
		("credio_v1_upload", json!([extrinsic(&submission(1, 1, 600))])),
		("credio_v1_status", json!([1, KEY])),
		("credio_v1_lane", json!([1, 7])),
		("credio_v1_pool", json!([{ "organization": 1 }, { "limit": 1 }])),
		("credio_v1_record", json!([record])),
		("credio_v1_fetch", json!([record, node.token("credio_v1_fetch", &record, 60)])),
		(
			"credio_v1_fetchStream",
			json!([STREAM, 0, node.token("credio_v1_fetchStream", &part, 60)]),
		),
		("credio_v1_query", json!([{ "stream": STREAM }, { "limit": 1 }])),
		("credio_v1_erasure", json!([record])),
		("credio_v1_erasures", json!([0, 10])),
		("credio_v1_verifyInclusion", json!([record, 0, digest(4), []])),
		("credio_v1_stream", json!([STREAM])),
		("credio_v1_streams", json!([1])),
		(
			"credio_v1_streamKeys",
			json!([STREAM, 0, node.token("credio_v1_streamKeys", &(STREAM, 0u32), 60)]),
		),
		("credio_v1_grant", json!([GRANT])),
		("credio_v1_grants", json!([{ "grantee": 3, "active": true }, { "limit": 10 }])),
		("credio_v1_accessRequest", json!([ACCESS_REQUEST])),
		("credio_v1_accessRequests", json!([{ "owner": 1 }])),
		("credio_v1_organization", json!([1])),
		("credio_v1_organizations", json!([1, 10])),
		("credio_v1_member", json!([account()])),
		("credio_v1_encryptionKey", json!([1, 0])),
		("credio_v1_quota", json!([1])),
		("credio_v1_endpoints", json!([1])),
		("credio_v1_bundle", json!([BUNDLE])),
		("credio_v1_bundles", json!([{ "organization": 1 }])),
		("credio_v1_evidence", json!([record])),
		("credio_v1_finality", json!([])),
		("credio_v1_validators", json!([])),
		("credio_v1_limits", json!([])),
	]
}
