//! Made-up invoices: the same ones in every run.

/// Currencies of the invoices.
pub(crate) const CURRENCIES: [&str; 4] = ["EUR", "USD", "GBP", "NOK"];
/// First words of the names of firms.
pub(crate) const FIRST: [&str; 12] = [
	"Hollin",
	"Vega",
	"Laguna",
	"Tidewater",
	"Marrow",
	"Kaap",
	"Albrecht",
	"Sawmill",
	"Lantern",
	"Harbour",
	"Willow",
	"Copper",
];
/// Second words of the names of firms.
pub(crate) const SECOND: [&str; 8] = [
	"Joinery",
	"Textiles",
	"Foods",
	"Bookkeeping",
	"Interiors",
	"Trading",
	"Sailmakers",
	"Transport",
];
/// Goods on the invoices.
pub(crate) const GOODS: [&str; 16] = [
	"stair tread oak",
	"handrail ash oiled",
	"canvas raw",
	"olive oil tin",
	"capers in brine",
	"bookkeeping per hour",
	"delivery and unloading",
	"copper pipe",
	"window frame",
	"roof tile",
	"paint white",
	"steel beam",
	"office chair",
	"paper subscription",
	"network cable",
	"laptop",
];

/// Numbers that look random and are the same in every run.
pub(crate) struct Numbers(pub u64);

impl Numbers {
	/// Returns the next number, below a bound.
	pub(crate) fn next(&mut self, below: u64) -> u64 {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % below
	}

	/// Picks a word.
	pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
		from[self.next(from.len() as u64) as usize]
	}
}

/// Returns an invoice like `samples/invoice-ubl.xml` with other values.
pub(crate) fn invoice(number: u64, numbers: &mut Numbers) -> String {
	let sample = include_str!("../../../samples/invoice-ubl.xml");
	let day = |n: u64| format!("202{}-{:02}-{:02}", n / 336 % 10, n / 28 % 12 + 1, n % 28 + 1);
	let issued = numbers.next(1_000);
	let firm = |numbers: &mut Numbers| {
		format!("{} {} {}", numbers.pick(&FIRST), numbers.pick(&SECOND), numbers.next(500))
	};
	sample
		.replace("HJ-2026-0417", &format!("N-{number:07}"))
		.replace("2026-04-17", &day(issued))
		.replace("2026-05-17", &day(issued + 30))
		.replace("2747.82", &format!("{}.{:02}", numbers.next(20_000), numbers.next(100)))
		.replace(
			"DocumentCurrencyCode>EUR",
			&format!("DocumentCurrencyCode>{}", numbers.pick(&CURRENCIES)),
		)
		.replace("Hollin Joinery Limited", &firm(numbers))
		.replace("Marrow and Pike Interiors Limited", &firm(numbers))
		.replace("Handrail, ash, oiled", numbers.pick(&GOODS))
		.replace(
			"Stair tread, oak, 300 x 1000 mm",
			&format!("{} {}", numbers.pick(&GOODS), numbers.next(5_000)),
		)
}
