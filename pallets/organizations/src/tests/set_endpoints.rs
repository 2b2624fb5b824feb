use crate::{AnnouncedEndpoints, Error, Event, mock::*};
use credio_primitives::{
	Endpoints,
	limits::{MAX_ENDPOINT_LENGTH, MAX_ENDPOINTS},
};
use frame_support::{assert_noop, assert_ok};

fn endpoints(urls: &[&str]) -> Endpoints {
	let urls = urls.iter().map(|url| url.as_bytes().to_vec().try_into().unwrap());
	urls.collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn set_endpoints_works() {
	ExtBuilder::default().build_and_execute(|| {
		let urls = endpoints(&["https://objects.example:8443/credio", "http://10.0.0.7:9955"]);
		assert_ok!(Organizations::set_endpoints(signed(ALICE), urls.clone()));
		let event = Event::EndpointsSet { organization: ALPHA, endpoints: urls.clone(), by: ALICE };
		System::assert_last_event(event.into());
		assert_eq!(Organizations::endpoints(ALPHA), urls);
		assert_eq!(Organizations::endpoints(BETA), Endpoints::default());
	});
}

#[test]
fn endpoints_are_taken_back() {
	ExtBuilder::default().build_and_execute(|| {
		let urls = endpoints(&["https://objects.example"]);
		assert_ok!(Organizations::set_endpoints(signed(ALICE), urls));
		assert_ok!(Organizations::set_endpoints(signed(ALICE), Endpoints::default()));
		assert!(!AnnouncedEndpoints::<Test>::contains_key(ALPHA));
	});
}

#[test]
fn an_endpoint_is_a_plain_url() {
	ExtBuilder::default().build_and_execute(|| {
		let long = format!("https://{}", "a".repeat(MAX_ENDPOINT_LENGTH as usize - 8));
		assert_ok!(Organizations::set_endpoints(signed(ALICE), endpoints(&[&long])));
		for unfit in [
			"",
			"https://",
			"https:///path",
			"ftp://objects.example",
			"file:///etc/passwd",
			"https://user:secret@objects.example",
			"https://objects.example/?token=1",
			"https://objects.example/#part",
			"https://objects.example/a b",
			"https://objects.example/\u{1b}[31m",
			"https://öbjects.example",
			"HTTPS://objects.example",
		] {
			let call = Organizations::set_endpoints(signed(ALICE), endpoints(&[&long, unfit]));
			assert_noop!(call, Error::<Test>::InvalidEndpoint);
		}
		assert!(Endpoints::try_from(vec![Vec::new().try_into().unwrap(); 5]).is_err());
		assert_eq!(MAX_ENDPOINTS, 4);
	});
}

#[test]
fn only_admins_set_endpoints() {
	ExtBuilder::default().build_and_execute(|| {
		let call = |who| Organizations::set_endpoints(signed(who), Endpoints::default());
		assert_noop!(call(BOB), Error::<Test>::RoleMissing);
		assert_noop!(call(STRANGER), Error::<Test>::NotAMember);
	});
}
