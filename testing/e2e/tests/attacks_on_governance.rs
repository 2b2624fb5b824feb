//! Attacks on the council by a seat, a plain member, and an admin of a seat's organization: none delays the others,
//! fills blocks, or removes a seat.

use credio_client::{
	Client, Error, Proposed, RuntimePin, SubmitError, Voted,
	calls::Call,
	primitives::{
		AccountId, Digest, OrganizationId, Quota, Request, RequestKey, Roles, error_codes as codes,
		limits, rpc::WeightJson, validity,
	},
};
use credio_e2e::{
	Node,
	neighbour::Neighbour,
	raw::{
		INVALID, best_number, block, call, connect, included, invalid, most_weight, peer_address,
		sign, submit, try_included,
	},
};
use credio_vault::LocalVault;
use jsonrpsee::ws_client::WsClient;
use std::{collections::HashSet, sync::Arc, time::Duration};
use subxt::ext::codec::{Compact, Encode};

const CHANNEL_ONE: OrganizationId = 1;
const FUNDER_ONE: OrganizationId = 3;
const ALL_ROLES: Roles = Roles { admin: true, submitter: true, grantor: true };
/// The code of a rejection for lack of room.
const NO_ROOM: i32 = 1016;
/// The error of a node that has refused the same bytes a moment ago.
const BANNED: i32 = 1012;
/// Governance calls of a seat in a window of blocks.
const ALLOWANCE: usize = 200;
/// How often in a row an honest seat may have an outdated nonce.
const STALE_NONCES: usize = 3;
/// Most blocks until an honest seat's call is included.
const SOON: u32 = 3;

async fn member(node: &Node, name: &str) -> Arc<Client> {
	let vault = LocalVault::development(name).expect("it is an example organization");
	Arc::new(Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds"))
}

fn account(client: &Client) -> AccountId {
	client.account().clone()
}

fn key(name: &str) -> RequestKey {
	RequestKey(sp_crypto_hashing::blake2_256(name.as_bytes()))
}

/// The council of the development chain, which gives seats to other accounts.
struct Council {
	seats: Vec<Arc<Client>>,
}

impl Council {
	/// Gives seats to the first members of these organizations, beside the operator's.
	async fn of(node: &Node, names: &[&str]) -> Self {
		let mut council = Self { seats: vec![member(node, "operator").await] };
		for name in names {
			let new = member(node, name).await;
			let proposed = council.seats[0].change_council(&account(&new), true).await;
			council.carry(proposed.expect("it is proposed")).await;
			council.seats.push(new);
		}
		assert_eq!(
			council.seats[0].council().await.expect("the node responds").len(),
			names.len() + 1
		);
		council
	}

	/// Votes with all seats but the first, which has proposed the motion, until it is executed.
	async fn carry(&self, proposed: Proposed) {
		let Proposed::Waits(motion) = proposed else { return };
		for seat in &self.seats[1..] {
			if seat.vote(motion, true).await.expect("it counts") == Voted::CarriedOut {
				return;
			}
		}
		panic!("the council does not agree");
	}
}

fn propose(threshold: u32, proposal: &Call, runtime: &RuntimePin) -> Call {
	Call::propose(threshold, proposal, runtime).expect("there is such a call")
}

/// `Council.execute`, by which a single seat of other councils would make a call.
fn execute(proposal: &Call, runtime: &RuntimePin) -> Call {
	let encoded = proposal.encoded(runtime).expect("there is such a call");
	let length = Compact(u32::try_from(encoded.len()).expect("small")).encode();
	call("Council", "execute", [encoded, length].concat())
}

/// Closes a motion that does not exist, with the greatest weight.
fn heavy_close(n: u32, most: WeightJson) -> Call {
	Call::close(Digest([7; 32]), n, most, 64)
}

/// A remark that is another one for each number.
fn remark(n: u32, size: usize) -> Call {
	let mut bytes = n.to_le_bytes().to_vec();
	bytes.resize(size.max(4), 0x5a);
	Call::remark(&bytes)
}

/// Submits calls one after the other, as fast as the node accepts them, up to a number or a rejection for another
/// reason than lack of room. Returns the accepted calls and the rejection.
async fn flood(
	node: &WsClient,
	seat: &Client,
	most: u32,
	mut call: impl FnMut(u32) -> Call,
) -> (Vec<Vec<u8>>, Option<(i32, String)>) {
	let mut taken = Vec::new();
	let mut nonce = seat.next_nonce().await.expect("the node responds");
	let life = seat.life().await.expect("the node responds");
	let mut others = most..;
	for n in 0..most {
		let mut extrinsic =
			seat.sign_call(&call(n), nonce, life).await.expect("there is such a call");
		loop {
			match submit(node, &extrinsic).await {
				Ok(()) => break,
				// Pressing on it, it is refused until the next block.
				Err((NO_ROOM, _)) => tokio::time::sleep(Duration::from_millis(50)).await,
				// The same bytes were found invalid meanwhile: others are told why.
				Err((BANNED, _)) => {
					let call = call(others.next().expect("there are more numbers"));
					extrinsic =
						seat.sign_call(&call, nonce, life).await.expect("there is such a call");
				},
				Err(refused) => return (taken, Some(refused)),
			}
		}
		taken.push(extrinsic);
		nonce += 1;
	}
	(taken, None)
}

/// Returns how many of these are in blocks.
async fn count_in_blocks(client: &Client, extrinsics: &[Vec<u8>]) -> usize {
	let hex = |extrinsic: &Vec<u8>| format!("0x{}", hex::encode(extrinsic));
	let sought = extrinsics.iter().map(hex).collect::<HashSet<_>>();
	let mut count = 0;
	for number in 1..=best_number(client).await {
		count += block(client, number).await.iter().filter(|one| sought.contains(*one)).count();
	}
	count
}

/// Governs as honest seats do, and asserts that each step is in a block soon.
async fn govern(seats: &[Arc<Client>], rounds: u64, runtime: &RuntimePin) {
	for round in 1..=rounds {
		let quota = Quota { bytes: (256 << 20) + round, ref_time: 150_000_000_000_000 };
		let call = Call::set_quota(FUNDER_ONE, quota);
		let motion = call.encoded(runtime).expect("there is such a call");
		let motion = Digest(sp_crypto_hashing::blake2_256(&motion));
		soon(&seats[0], &propose(2, &call, runtime)).await;
		seats[0].wait_for_finality(1).await.expect("the subscription continues");
		let motions = seats[0].motions().await.expect("the node responds");
		let index = motions.iter().find(|one| one.hash == motion).expect("it was proposed").index;
		for seat in seats {
			soon(seat, &Call::vote(motion, index, true)).await;
		}
		seats[0].wait_for_finality(1).await.expect("the subscription continues");
		let voted = seats[0].vote(motion, true).await.expect("it passes");
		assert_eq!(voted, Voted::CarriedOut);
		let set = seats[0].quota(FUNDER_ONE).await.expect("the node responds");
		assert_eq!(set.quota, quota);
	}
}

async fn soon(seat: &Client, call: &Call) {
	// A nonce that was read before a block and is used after it is outdated.
	for _ in 0..STALE_NONCES {
		match try_included(seat, &sign(seat, call).await).await {
			Ok(blocks) => {
				assert!(blocks <= SOON, "it took {blocks} blocks");
				return;
			},
			Err(Error::Refused(refusal)) if refusal.code == INVALID => {},
			Err(error) => panic!("it is not taken: {error}"),
		}
	}
	panic!("it is never taken");
}

/// The seat of an organization that is suspended and has no quota left, with motions that are too large, with too many,
/// and with more calls than a seat has.
#[tokio::test(flavor = "multi_thread")]
async fn flooding_seat_does_not_slow_other_seats() {
	let node = Node::start();
	let council = Council::of(&node, &["channel-two", "channel-one"]).await;
	let [operator, _, hostile] = &council.seats[..] else { unreachable!("there are three") };
	let none = Quota { bytes: 0, ref_time: 0 };
	council.carry(operator.set_quota(CHANNEL_ONE, none).await.expect("it is proposed")).await;
	council.carry(operator.suspend(CHANNEL_ONE).await.expect("it is proposed")).await;
	let rpc = connect(&node).await;
	let runtime = hostile.trusted_runtime().await.expect("it is known");

	// No single seat executes a call, and motions have a size.
	let largest = limits::MAX_MOTION_LENGTH as usize;
	for call in [
		execute(&remark(0, 4_900_000), &runtime),
		execute(&remark(0, 4), &runtime),
		propose(2, &remark(0, 4_900_000), &runtime),
		propose(2, &remark(0, largest), &runtime),
		propose(2, &hostile.batch_all(&[remark(0, largest)]).await.expect("a batch"), &runtime),
	] {
		let extrinsic = sign(hostile, &call).await;
		assert_eq!(submit(&rpc, &extrinsic).await, invalid(validity::OPERATIONAL_NOT_ALLOWED));
	}
	// Calls without governance belong to the organization, which is suspended.
	let in_a_batch = propose(2, &remark(0, 3_500_000), &runtime);
	let in_a_batch = hostile.batch_all(&[in_a_batch, remark(0, 4)]).await.expect("a batch");
	for call in [remark(0, 3_500_000), in_a_batch] {
		let extrinsic = sign(hostile, &call).await;
		assert_eq!(submit(&rpc, &extrinsic).await, invalid(validity::ORGANIZATION_SUSPENDED));
	}

	// Motions as large as they may be, and then whatever is left of the allowance.
	let attack = async {
		let motions = |n| propose(3, &remark(n, largest - 16), &runtime);
		let (mut taken, refused) = flood(&rpc, hostile, 24, motions).await;
		assert_eq!(refused, None, "its allowance has room for so many");
		let votes = |n| Call::vote(Digest([7; 32]), n, true);
		let (votes, refused) = flood(&rpc, hostile, 20_000, votes).await;
		taken.extend(votes);
		(taken, refused)
	};
	let ((taken, refused), ()) = tokio::join!(attack, govern(&council.seats[..2], 3, &runtime));
	let refused = refused.expect("the allowance ends");
	assert_eq!(Err(refused), invalid(validity::ALLOWANCE_EXCEEDED));
	// A pool may hold more, and drop transactions that no block includes.
	let applied = count_in_blocks(operator, &taken).await;
	assert!((150..=ALLOWANCE).contains(&applied), "{applied} of {}", taken.len());
	let motions = operator.motions().await.expect("the node responds");
	assert_eq!(
		motions.len(),
		limits::MAX_OPEN_MOTIONS as usize,
		"all of them are the hostile seat's"
	);

	// The rejection is explained, and the others continue.
	let told = hostile.vote(motions[0].hash, true).await;
	let Err(Error::Submit(SubmitError::CallFailed(said))) = &told else { panic!("{told:?}") };
	assert!(said.contains("used up its allowance"), "{said}");
	govern(&council.seats[..2], 1, &runtime).await;
}

/// Calls that fail and declare half a block each: they fill neither the blocks of other seats, nor those of members.
#[tokio::test(flavor = "multi_thread")]
async fn heavy_calls_of_a_seat_do_not_fill_blocks() {
	let node = Node::start();
	let council = Council::of(&node, &["channel-two", "channel-one"]).await;
	let hostile = &council.seats[2];
	let honest = member(&node, "funder-one").await;
	let rpc = connect(&node).await;
	let runtime = hostile.trusted_runtime().await.expect("it is known");
	let most = most_weight(hostile).await;
	let attack = flood(&rpc, hostile, 30, |n| heavy_close(n, most));
	let requests = async {
		for n in 0..12 {
			let before = best_number(&honest).await;
			honest.create_stream(&format!("stream {n}")).await.expect("it is created");
			// Waits for finality, a block or two after inclusion.
			let blocks = best_number(&honest).await - before;
			assert!(blocks <= 2 * SOON, "it took {blocks} blocks");
		}
	};
	let ((taken, refused), (), ()) =
		tokio::join!(attack, govern(&council.seats[..2], 3, &runtime), requests);
	assert_eq!((taken.len(), refused), (30, None));
}

/// Calls by which a plain member would take the council's room.
fn operational(runtime: &RuntimePin, most: WeightJson) -> Vec<Call> {
	let vote = |n| Call::vote(Digest([7; 32]), n, true);
	let as_root =
		|call: &Call| Call::dispatch_as_root(call, runtime).expect("there is such a call");
	let authorize = Call::authorize_upgrade(Digest([7; 32]));
	let several = Call::batch_all(&[vote(0), heavy_close(0, most)], runtime);
	vec![
		execute(&remark(0, 4), runtime),
		propose(2, &remark(0, 4), runtime),
		vote(1),
		heavy_close(1, most),
		as_root(&authorize),
		as_root(&heavy_close(2, most)),
		Call::apply_authorized_upgrade(&[7; 100_000]),
		authorize,
		several.expect("there is such a call"),
	]
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_member_cannot_make_operational_calls() {
	let node = Node::start();
	let council = Council::of(&node, &["channel-two"]).await;
	let hostile = member(&node, "funder-one").await;
	let rpc = connect(&node).await;
	let runtime = hostile.trusted_runtime().await.expect("it is known");
	let nonce = hostile.next_nonce().await.expect("the node responds");
	let calls = operational(&runtime, most_weight(&hostile).await);
	let life = hostile.life().await.expect("the node responds");
	let mut extrinsics = Vec::new();
	for call in &calls {
		let signed = hostile.sign_call(call, nonce, life).await;
		extrinsics.push(signed.expect("there is such a call"));
	}
	for extrinsic in &extrinsics {
		let refused = submit(&rpc, extrinsic).await;
		assert_eq!(refused, invalid(validity::OPERATIONAL_NOT_ALLOWED));
	}
	// Nor in a request, where the rejection is explained.
	let organization = hostile.organization_id();
	for (n, call) in calls.iter().enumerate() {
		let expires_at = hostile.expiry().await.expect("the node responds");
		let request = Request { organization, key: key(&n.to_string()), expires_at, lane: None };
		let signed = hostile.sign(request, std::slice::from_ref(call)).await.expect("it is signed");
		match hostile.hand_over(&signed).await {
			Err(Error::Refused(refusal)) => {
				assert_eq!(refusal.code, codes::TRANSACTION_REFUSED);
				assert_eq!(refusal.reason.as_deref(), Some("calls"));
			},
			other => panic!("not refused: {other:?}"),
		}
	}

	// A real motion, which it votes on and closes.
	let Proposed::Waits(motion) =
		council.seats[0].suspend(CHANNEL_ONE).await.expect("it is proposed")
	else {
		panic!("there are two seats");
	};
	let told = hostile.vote(motion, true).await;
	let Err(Error::Submit(SubmitError::CallFailed(said))) = &told else { panic!("{told:?}") };
	assert!(said.contains("only seats of the council govern"), "{said}");

	// A neighbour that has no pool to refuse them gossips them.
	let genesis = hostile.limits().genesis_hash.0;
	let neighbour = Neighbour::join(genesis, &[peer_address(&rpc).await]);
	while neighbour.listeners() == 0 {
		tokio::time::sleep(Duration::from_millis(50)).await;
	}
	let from = best_number(&hostile).await;
	for extrinsic in extrinsics.clone() {
		neighbour.gossip(extrinsic).await;
	}
	// Hidden behind an ordinary call they are ordinary, and fail.
	let index = council.seats[0].motions().await.expect("the node responds")[0].index;
	let hidden = hostile.batch_all(&[remark(0, 4), Call::vote(motion, index, true)]).await;
	let hidden =
		hostile.sign_call(&hidden.expect("a batch"), nonce, life).await.expect("it is signed");
	included(&hostile, &hidden).await;
	hostile.wait_for_finality(2).await.expect("the subscription continues");
	let hex = |extrinsic: &Vec<u8>| format!("0x{}", hex::encode(extrinsic));
	let extrinsics = extrinsics.iter().map(hex).collect::<Vec<_>>();
	for number in from..=best_number(&hostile).await {
		let block = block(&hostile, number).await;
		assert!(extrinsics.iter().all(|one| !block.contains(one)), "block {number}");
	}
	let motions = council.seats[0].motions().await.expect("the node responds");
	assert_eq!(motions[0].ayes, [account(&council.seats[0])], "nobody else has a vote");
	// Calls of the governing seat are accepted.
	soon(&council.seats[1], &Call::vote(motion, index, true)).await;
}

/// An admin that a seat's organization has beside the seat, and its account.
async fn with_second_admin(node: &Node, seat: &Client) -> (Client, AccountId) {
	let vault = LocalVault::development("channel-one")
		.expect("an example")
		.for_another_member()
		.expect("keys");
	let account = vault.account();
	seat.add_member(&account, ALL_ROLES).await.expect("it is added");
	let admin = Client::connect(&node.url(), Arc::new(vault)).await.expect("the node responds");
	(admin, account)
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_cannot_silence_a_seat() {
	let node = Node::start();
	let council = Council::of(&node, &["channel-one"]).await;
	let [operator, seat] = &council.seats[..] else { unreachable!("there are two") };
	let rpc = connect(&node).await;
	let runtime = seat.trusted_runtime().await.expect("it is known");
	let (admin, second) = with_second_admin(&node, seat).await;

	// The seat has signed nothing outside of requests yet, so nothing but the seat keeps its account.
	assert_eq!(seat.next_nonce().await.expect("the node responds"), 0);
	admin.remove_member(&account(seat)).await.expect("it is removed");
	let Proposed::Waits(motion) = operator.suspend(FUNDER_ONE).await.expect("it is proposed")
	else {
		panic!("there are two seats");
	};
	assert_eq!(seat.vote(motion, true).await.expect("it votes"), Voted::CarriedOut);

	// The admin cannot take the seat over, and the seat cannot pass it on, not even in a nested call.
	let change_key = call("CouncilMembership", "change_key", (0u8, second.clone()).encode());
	let in_a_batch = Call::batch_all(&[remark(0, 4), change_key.clone()], &runtime);
	let as_root = Call::dispatch_as_root(&change_key, &runtime).expect("there is such a call");
	let in_a_batch = in_a_batch.expect("there is such a call");
	for call in [&change_key, &in_a_batch, &as_root] {
		let extrinsic = sign(seat, call).await;
		assert_eq!(submit(&rpc, &extrinsic).await, invalid(validity::NOT_A_MEMBER));
	}
	// A member may, and nothing comes of it.
	admin.add_member(&account(seat), ALL_ROLES).await.expect("it is added");
	for call in [&change_key, &in_a_batch, &as_root] {
		included(seat, &sign(seat, call).await).await;
	}
	seat.wait_for_finality(1).await.expect("the subscription continues");
	let mut seats = [account(operator), account(seat)];
	seats.sort();
	assert_eq!(operator.council().await.expect("the node responds"), seats);
	assert!(admin.vote(motion, true).await.is_err(), "it has no seat");
}

#[tokio::test(flavor = "multi_thread")]
async fn council_keeps_its_last_seat_and_all_nonces() {
	let node = Node::start();
	let council = Council::of(&node, &["channel-one"]).await;
	let [operator, seat] = &council.seats[..] else { unreachable!("there are two") };
	let rpc = connect(&node).await;
	let (admin, _) = with_second_admin(&node, seat).await;

	// Old signatures of a seat are not valid again after it has left, lost its membership, and returned.
	let Proposed::Waits(motion) = operator.suspend(FUNDER_ONE).await.expect("it is proposed")
	else {
		panic!("there are two seats");
	};
	let index = operator.motions().await.expect("the node responds")[0].index;
	let against = sign(seat, &Call::vote(motion, index, false)).await;
	included(seat, &against).await;
	seat.wait_for_finality(1).await.expect("the subscription continues");
	let leave = operator.change_council(&account(seat), false).await.expect("it is proposed");
	council.carry(leave).await;
	admin.remove_member(&account(seat)).await.expect("it is removed");
	let join = operator.change_council(&account(seat), true).await.expect("it is proposed");
	assert_eq!(join, Proposed::CarriedOut, "one seat decides alone");
	let again = submit(&rpc, &against).await;
	assert!(again.is_err(), "{again:?}");
	operator.wait_for_finality(2).await.expect("the subscription continues");
	let mine = operator.motions().await.expect("the node responds");
	let mine = mine.iter().find(|one| one.hash == motion);
	assert!(mine.is_none_or(|one| one.nays.is_empty()), "{mine:?}");

	// The last seat stays, and continues to work.
	let leave = operator.change_council(&account(seat), false).await.expect("it is proposed");
	council.carry(leave).await;
	let last = operator.change_council(&account(operator), false).await.expect("it is proposed");
	assert_eq!(last, Proposed::CarriedOut);
	assert_eq!(operator.council().await.expect("the node responds"), [account(operator)]);
	operator.suspend(CHANNEL_ONE).await.expect("it governs");
	let detail = operator.organization(CHANNEL_ONE).await.expect("the node responds");
	assert_eq!(serde_json::to_value(detail.organization.status).expect("JSON"), "suspended");
}
