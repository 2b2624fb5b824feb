//! Random sequences of calls against a model.

use crate::{CheckQuota, QuotaUses, mock::*};
use credio_primitives::{
	AccountId, KeyVersion, Member, OrganizationId, PublicKey, Quota, QuotaUse, Roles,
};
use frame_support::{dispatch::DispatchInfo, weights::Weight};
use proptest::prelude::*;
use sp_runtime::traits::DispatchTransaction;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
	Admit { name: u8, admin: u8, weak_key: bool },
	Suspend(OrganizationId),
	Reinstate(OrganizationId),
	SetQuota(OrganizationId, u64),
	AddMember { by: u8, account: u8, roles: Roles },
	SetRoles { by: u8, account: u8, roles: Roles },
	RemoveMember { by: u8, account: u8 },
	RotateKey { by: u8 },
	Transact { by: u8, len: u64 },
	Wait(u32),
}

fn roles() -> impl Strategy<Value = Roles> {
	any::<(bool, bool, bool)>().prop_map(|(admin, submitter, grantor)| Roles {
		admin,
		submitter,
		grantor,
	})
}

fn step() -> impl Strategy<Value = Step> {
	let (who, org) = (0..10u8, 0..5u32);
	prop_oneof![
		(0..6u8, who.clone(), prop::bool::weighted(0.1))
			.prop_map(|(name, admin, weak_key)| Step::Admit { name, admin, weak_key }),
		org.clone().prop_map(Step::Suspend),
		org.clone().prop_map(Step::Reinstate),
		(org, 0..300u64).prop_map(|(id, bytes)| Step::SetQuota(id, bytes)),
		(who.clone(), who.clone(), roles()).prop_map(|(by, account, roles)| Step::AddMember {
			by,
			account,
			roles
		}),
		(who.clone(), who.clone(), roles()).prop_map(|(by, account, roles)| Step::SetRoles {
			by,
			account,
			roles
		}),
		(who.clone(), who.clone()).prop_map(|(by, account)| Step::RemoveMember { by, account }),
		who.clone().prop_map(|by| Step::RotateKey { by }),
		(who, 0..200u64).prop_map(|(by, len)| Step::Transact { by, len }),
		(1..8u32).prop_map(Step::Wait),
	]
}

#[derive(Debug)]
struct ModelOrganization {
	name: u8,
	suspended: bool,
	key_version: KeyVersion,
	quota: u64,
	used: (u32, u64),
}

/// What the pallet promises, in the simplest terms.
#[derive(Default)]
struct Model {
	block: u32,
	organizations: Vec<ModelOrganization>,
	members: BTreeMap<u8, Member>,
}

impl Model {
	fn admin_of(&self, who: u8) -> Option<OrganizationId> {
		let member = self.members.get(&who)?;
		let active = !self.organizations[member.organization as usize].suspended;
		(active && member.roles.admin).then_some(member.organization)
	}

	fn admins(&self, id: OrganizationId) -> usize {
		self.members.values().filter(|m| m.organization == id && m.roles.admin).count()
	}

	/// Whether somebody else is left to manage the organization once `account` does not.
	fn is_last_admin(&self, id: OrganizationId, account: u8) -> bool {
		self.members[&account].roles.admin && self.admins(id) == 1
	}

	/// Whether `by` may manage `account`, and for what organization.
	fn manages(&self, by: u8, account: u8) -> Option<OrganizationId> {
		let id = self.admin_of(by)?;
		(self.members.get(&account)?.organization == id).then_some(id)
	}

	fn set_suspended(&mut self, id: OrganizationId, suspended: bool) -> bool {
		match self.organizations.get_mut(id as usize) {
			Some(organization) if organization.suspended != suspended => {
				organization.suspended = suspended;
				true
			},
			_ => false,
		}
	}

	fn transact(&mut self, by: u8, len: u64) -> bool {
		let window = self.block / QuotaWindow::get();
		let Some(member) = self.members.get(&by) else { return false };
		let organization = &mut self.organizations[member.organization as usize];
		let used = if organization.used.0 == window { organization.used.1 } else { 0 };
		let fits = !organization.suspended && used + len <= organization.quota;
		if fits {
			organization.used = (window, used + len);
		}
		fits
	}

	/// Applies a step if it is allowed and says whether it is.
	fn apply(&mut self, step: &Step) -> bool {
		match *step {
			Step::Admit { name, admin, weak_key } => {
				let allowed = !weak_key
					&& !self.members.contains_key(&admin)
					&& self.organizations.iter().all(|organization| organization.name != name);
				if allowed {
					let organization = self.organizations.len() as u32;
					self.organizations.push(ModelOrganization {
						name,
						suspended: false,
						key_version: 0,
						quota: DefaultQuota::get().bytes,
						used: (0, 0),
					});
					let member = Member { organization, roles: Roles::ALL, since: self.block };
					self.members.insert(admin, member);
				}
				allowed
			},
			Step::Suspend(id) => self.set_suspended(id, true),
			Step::Reinstate(id) => self.set_suspended(id, false),
			Step::SetQuota(id, bytes) => match self.organizations.get_mut(id as usize) {
				Some(organization) => {
					organization.quota = bytes;
					true
				},
				None => false,
			},
			Step::AddMember { by, account, roles } => match self.admin_of(by) {
				Some(organization) if !self.members.contains_key(&account) => {
					self.members.insert(account, Member { organization, roles, since: self.block });
					true
				},
				_ => false,
			},
			Step::SetRoles { by, account, roles } => match self.manages(by, account) {
				Some(id) if roles.admin || !self.is_last_admin(id, account) => {
					self.members.entry(account).and_modify(|member| member.roles = roles);
					true
				},
				_ => false,
			},
			Step::RemoveMember { by, account } => match self.manages(by, account) {
				Some(id) if !self.is_last_admin(id, account) => {
					self.members.remove(&account);
					true
				},
				_ => false,
			},
			Step::RotateKey { by } => match self.admin_of(by) {
				Some(id) => {
					let organization = &mut self.organizations[id as usize];
					let allowed = organization.key_version + 1 < MaxKeyVersions::get();
					organization.key_version += u32::from(allowed);
					allowed
				},
				None => false,
			},
			Step::Transact { by, len } => self.transact(by, len),
			Step::Wait(blocks) => {
				self.block += blocks;
				true
			},
		}
	}
}

fn who(n: u8) -> AccountId {
	account(n + 1)
}

/// Applies a step to the pallet and says whether it was allowed.
fn apply(step: &Step) -> bool {
	match *step {
		Step::Admit { name, admin, weak_key } => {
			let name = vec![b'a' + name].try_into().unwrap();
			let key = if weak_key { PublicKey([0; 32]) } else { KEY };
			Organizations::admit(signed(COUNCIL), name, who(admin), key, None).is_ok()
		},
		Step::Suspend(id) => Organizations::suspend(signed(COUNCIL), id).is_ok(),
		Step::Reinstate(id) => Organizations::reinstate(signed(COUNCIL), id).is_ok(),
		Step::SetQuota(id, bytes) => {
			let quota = Quota { bytes, ref_time: credio_primitives::limits::MAX_QUOTA };
			Organizations::set_quota(signed(COUNCIL), id, quota).is_ok()
		},
		Step::AddMember { by, account, roles } => {
			Organizations::add_member(signed(who(by)), who(account), roles).is_ok()
		},
		Step::SetRoles { by, account, roles } => {
			Organizations::set_roles(signed(who(by)), who(account), roles).is_ok()
		},
		Step::RemoveMember { by, account } => {
			Organizations::remove_member(signed(who(by)), who(account)).is_ok()
		},
		Step::RotateKey { by } => Organizations::rotate_key(signed(who(by)), KEY).is_ok(),
		Step::Transact { by, len } => {
			let call = frame_system::Call::remark { remark: vec![] }.into();
			let info = DispatchInfo { call_weight: Weight::zero(), ..Default::default() };
			let applied = CheckQuota::<Test>::new()
				.test_run(signed(who(by)), &call, &info, len as usize, 0, |_| Ok(().into()))
				.is_ok();
			if applied {
				// What `CheckNonce` does in a runtime.
				System::inc_account_nonce(who(by));
			}
			applied
		},
		Step::Wait(blocks) => {
			System::set_block_number(System::block_number() + blocks);
			true
		},
	}
}

/// The pallet is in the state that the model says.
fn compare(model: &Model) {
	assert_eq!(crate::NextOrganizationId::<Test>::get() as usize, model.organizations.len());
	assert_eq!(crate::Members::<Test>::iter_keys().count(), model.members.len());
	for (n, member) in &model.members {
		assert_eq!(Organizations::member_info(who(*n)), Some(*member));
	}
	for (id, expected) in model.organizations.iter().enumerate() {
		let id = id as u32;
		let organization = crate::Organizations::<Test>::get(id).unwrap();
		assert_eq!(organization.name.as_slice(), &[b'a' + expected.name]);
		assert_eq!(organization.key_version, expected.key_version);
		assert_eq!(organization.quota.bytes, expected.quota);
		assert_eq!(organization.admins as usize, model.admins(id));
		let (window, bytes) = expected.used;
		let used = QuotaUses::<Test>::get(id);
		assert_eq!(QuotaUse { ref_time: 0, ..used }, QuotaUse { window, bytes, ref_time: 0 });
	}
}

fn cases() -> u32 {
	std::env::var("CREDIO_PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: cases(),
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn calls_do_what_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
		ExtBuilder::with(vec![]).build().execute_with(|| {
			let mut model = Model { block: 1, ..Model::default() };
			for step in &steps {
				let root = sp_io::storage::root(Default::default());
				let applied = apply(step);
				assert_eq!(applied, model.apply(step), "{step:?}");
				if !applied {
					let same = sp_io::storage::root(Default::default());
					assert_eq!(root, same, "a refused step changes nothing: {step:?}");
				}
				compare(&model);
				Organizations::do_try_state().unwrap();
			}
		});
	}
}
