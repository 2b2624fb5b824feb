//! Random sequences of calls against a model.

mod model;
mod state;
mod steps;

use crate::mock::*;
use proptest::prelude::*;
use state::{Expected, Model};
use steps::step;

proptest! {
	#![proptest_config(ProptestConfig {
		cases: proptest_cases(100),
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn calls_do_what_the_model_says(steps in prop::collection::vec(step(), 1..100)) {
		new_test_ext().execute_with(|| {
			let mut model = Model::new();
			for step in &steps {
				let root = sp_io::storage::root(Default::default());
				let (expected, done) = model.take(step);
				match expected {
					Expected::Applied => assert_eq!(done, Ok(()), "{step:?}"),
					Expected::Refused => assert!(done.is_err(), "{step:?}"),
					Expected::Either => {},
				}
				if done.is_err() {
					let same = sp_io::storage::root(Default::default());
					assert_eq!(root, same, "a refused step changes nothing: {step:?}");
				}
				model.compare();
			}
		});
	}
}
