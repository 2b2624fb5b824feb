use crate::{GenesisConfig, mock::*};
use credio_primitives::{Quota, Roles};

#[test]
fn genesis_is_json_with_camel_case_fields() {
	let json = serde_json::json!({
		"organizations": [{
			"name": "channel-one",
			"encryptionKey": format!("0x{}", "09".repeat(32)),
			"quota": { "bytes": 5, "refTime": 6 },
			"members": [{
				"account": ALICE,
				"roles": { "admin": true, "submitter": true, "grantor": true },
			}],
		}, {
			"name": "channel-two",
			"encryptionKey": format!("0x{}", "08".repeat(32)),
			"members": [{
				"account": CHARLIE,
				"roles": { "admin": true, "submitter": false, "grantor": false },
			}],
		}],
	});
	let genesis: GenesisConfig<Test> = serde_json::from_value(json).unwrap();
	ExtBuilder::with(genesis.organizations).build_and_execute(|| {
		let infos = Organizations::organization_infos(0, 10);
		assert_eq!(infos[0].organization.name.as_slice(), b"channel-one");
		assert_eq!(infos[0].organization.quota, Quota { bytes: 5, ref_time: 6 });
		assert_eq!(infos[1].organization.name.as_slice(), b"channel-two");
		assert_eq!(infos[1].encryption_key.since, 0);
	});
}

#[test]
#[should_panic(expected = "LastAdmin")]
fn an_organization_needs_an_admin() {
	ExtBuilder::with(vec![organization("alpha", &[(BOB, SUBMITTER)])]).build();
}

#[test]
#[should_panic(expected = "AlreadyMember")]
fn an_account_has_one_organization() {
	let alice = [(ALICE, Roles::ALL)];
	ExtBuilder::with(vec![organization("alpha", &alice), organization("beta", &alice)]).build();
}

#[test]
#[should_panic(expected = "NameTaken")]
fn names_are_unique() {
	ExtBuilder::with(vec![
		organization("alpha", &[(ALICE, Roles::ALL)]),
		organization("alpha", &[(BOB, Roles::ALL)]),
	])
	.build();
}

#[test]
#[should_panic(expected = "InvalidName")]
fn names_are_bounded() {
	ExtBuilder::with(vec![organization(&"x".repeat(65), &[(ALICE, Roles::ALL)])]).build();
}
