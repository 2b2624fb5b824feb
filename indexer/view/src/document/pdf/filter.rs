//! Filters of streams: Flate, with the predictors of PNG, which cross-references use.

use super::{
	object::{Dictionary, Object},
	wrong,
};
use crate::document::reason::Reason;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

/// Most bytes of all that is unpacked.
pub(super) const MAX_UNPACKED: usize = 1 << 20;
/// Most filters of one stream.
const MAX_FILTERS: usize = 2;

/// Returns the content of a stream. `left` is the number of bytes that may still be unpacked.
pub(super) fn decode(
	dictionary: &Dictionary,
	data: &[u8],
	left: &mut usize,
) -> Result<Vec<u8>, Reason> {
	let list = |object: Option<&Object>| match object {
		None => Vec::new(),
		Some(Object::List(items)) => items.clone(),
		Some(one) => vec![one.clone()],
	};
	let filters = list(dictionary.get("Filter").or_else(|| dictionary.get("F")));
	let parameters = list(dictionary.get("DecodeParms").or_else(|| dictionary.get("DP")));
	if filters.len() > MAX_FILTERS {
		return Err(wrong("a stream has more than two filters"));
	}
	let mut content = data.to_vec();
	for (number, filter) in filters.iter().enumerate() {
		if !matches!(filter.as_name(), Some("FlateDecode" | "Fl")) {
			return Err(wrong("a stream has a filter other than Flate"));
		}
		content = inflate(&content, *left)?;
		if let Some(Object::Dictionary(parameters)) = parameters.get(number) {
			content = without_predictor(content, parameters)?;
		}
	}
	*left = left.checked_sub(content.len()).ok_or_else(too_large)?;
	Ok(content)
}

fn too_large() -> Reason {
	wrong(&format!("it unpacks to more than {MAX_UNPACKED} bytes"))
}

fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, Reason> {
	decompress_to_vec_zlib_with_limit(data, limit).map_err(|error| match error.status {
		TINFLStatus::HasMoreOutput => too_large(),
		_ => wrong("a stream cannot be unpacked"),
	})
}

/// Returns the bytes behind a predictor of PNG: each line says by its first byte how it is predicted.
fn without_predictor(content: Vec<u8>, parameters: &Dictionary) -> Result<Vec<u8>, Reason> {
	let number = |key: &str, default| {
		parameters.get(key).map_or(Some(default), Object::as_number).unwrap_or(-1)
	};
	if number("Predictor", 1) == 1 {
		return Ok(content);
	}
	let columns = usize::try_from(number("Columns", 1)).unwrap_or_default();
	let is_known = (10..=15).contains(&number("Predictor", 1))
		&& number("Colors", 1) == 1
		&& number("BitsPerComponent", 8) == 8
		&& (1..=1_024).contains(&columns);
	if !is_known {
		return Err(wrong("a stream has a predictor that is not read"));
	}
	let mut above = vec![0_u8; columns];
	let mut read = Vec::with_capacity(content.len());
	for line in content.chunks(columns + 1) {
		let Some((kind, line)) = line.split_first().filter(|(_, line)| line.len() == columns)
		else {
			return Err(wrong("a stream ends within a line"));
		};
		let (mut left, mut corner) = (0_u8, 0_u8);
		for (place, byte) in above.iter_mut().zip(line) {
			let up = *place;
			let predicted = match kind {
				0 => 0,
				1 => left,
				2 => up,
				3 => left.midpoint(up),
				4 => paeth(left, up, corner),
				_ => return Err(wrong("a stream has a predictor that is not read")),
			};
			corner = up;
			left = byte.wrapping_add(predicted);
			*place = left;
		}
		read.extend_from_slice(&above);
	}
	Ok(read)
}

/// Returns the neighbour that is nearest to their linear prediction (PNG, 9.4).
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
	let prediction = i16::from(left) + i16::from(up) - i16::from(corner);
	[left, up, corner]
		.into_iter()
		.min_by_key(|neighbour| (prediction - i16::from(*neighbour)).unsigned_abs())
		.unwrap_or_default()
}
