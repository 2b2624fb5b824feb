//! Fuzz targets under libFuzzer. `CREDIO_FUZZ_TARGET` selects one; scripts/fuzz.sh runs them.

#![no_main]

use credio_fuzz::Target;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(
	init: {
		let name = std::env::var("CREDIO_FUZZ_TARGET").unwrap_or_default();
		let target = Target::named(&name);
		let target = target.unwrap_or_else(|| {
			panic!("CREDIO_FUZZ_TARGET is {name:?}, and has to be one of {}", Target::names())
		});
		TARGET.get_or_init(|| target);
	},
	|data: &[u8]| {
		if let Some(target) = TARGET.get() {
			target.run(data);
		}
	}
);
