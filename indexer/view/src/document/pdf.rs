//! PDF with an invoice as XML in it: Factur-X, ZUGFeRD, XRechnung (ISO 32000-1, 7.11.4).
//!
//! Only what leads to that file is read: the cross-reference of the document, its catalog and its attachments. Everything
//! that is unpacked counts against one bound, so a document that unpacks to more does not fit.

mod file;
mod filter;
mod object;

use self::{
	file::File,
	object::{Dictionary, Object},
};
use super::reason::Reason;

/// Names of the file, in lower case.
const NAMES: [&str; 3] = ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"];
/// Most attachments that are looked at, and nodes of the tree of their names.
const MAX_ATTACHMENTS: usize = 1_000;

fn wrong(problem: &str) -> Reason {
	Reason::new(format!("it is no PDF that can be read: {problem}"))
}

/// Returns the invoice in a PDF; `None` if it has none.
///
/// # Errors
///
/// If the document cannot be read, is encrypted, unpacks to too much, or has several invoices.
pub(super) fn invoice(document: &[u8]) -> Result<Option<Vec<u8>>, Reason> {
	let mut file = File::open(document)?;
	let root = file.root()?;
	let mut attachments = Attachments { left: MAX_ATTACHMENTS, found: Vec::new() };
	let names = file.dictionary(root.get("Names"))?;
	if let Some(tree) = names.and_then(|names| names.get("EmbeddedFiles").cloned()) {
		attachments.add_tree(&mut file, &tree)?;
	}
	if let Some(associated) = root.get("AF") {
		let associated = file.resolved(associated)?;
		for specification in associated.as_list().unwrap_or_default() {
			attachments.add(&mut file, specification)?;
		}
	}
	match &attachments.found[..] {
		[] => Ok(None),
		[one] => file.content(*one).map(Some),
		_ => Err(wrong("it has several invoices in it")),
	}
}

struct Attachments {
	left: usize,
	/// Objects with an invoice.
	found: Vec<u32>,
}

impl Attachments {
	/// Adds those in a tree of names.
	fn add_tree(&mut self, file: &mut File<'_>, tree: &Object) -> Result<(), Reason> {
		let mut nodes = vec![tree.clone()];
		while let Some(node) = nodes.pop() {
			let Some(node) = file.dictionary(Some(&node))? else { continue };
			if let Some(kids) = node.get("Kids") {
				let kids = file.resolved(kids)?;
				for kid in kids.as_list().unwrap_or_default() {
					self.count()?;
					nodes.push(kid.clone());
				}
			}
			if let Some(names) = node.get("Names") {
				let names = file.resolved(names)?;
				for specification in names.as_list().unwrap_or_default().iter().skip(1).step_by(2) {
					self.add(file, specification)?;
				}
			}
		}
		Ok(())
	}

	/// Adds a file if it is an invoice by its name.
	fn add(&mut self, file: &mut File<'_>, specification: &Object) -> Result<(), Reason> {
		self.count()?;
		let Some(specification) = file.dictionary(Some(specification))? else { return Ok(()) };
		let mut is_invoice = false;
		for key in ["UF", "F"] {
			let Some(name) = specification.get(key) else { continue };
			let name = file.resolved(name)?;
			is_invoice |= name.as_text().is_some_and(|name| is_name(&text(name)));
		}
		if !is_invoice {
			return Ok(());
		}
		let Some(embedded) = file.dictionary(specification.get("EF"))? else { return Ok(()) };
		let Some(Object::Reference(number)) = first(&embedded, &["F", "UF"]) else {
			return Err(wrong("its invoice has no content"));
		};
		if !self.found.contains(number) {
			self.found.push(*number);
		}
		Ok(())
	}

	fn count(&mut self) -> Result<(), Reason> {
		self.left = self
			.left
			.checked_sub(1)
			.ok_or_else(|| wrong(&format!("it has more than {MAX_ATTACHMENTS} attachments")))?;
		Ok(())
	}
}

fn first<'a>(dictionary: &'a Dictionary, keys: &[&str]) -> Option<&'a Object> {
	keys.iter().find_map(|key| dictionary.get(*key))
}

fn is_name(name: &str) -> bool {
	NAMES.contains(&name.to_lowercase().as_str())
}

/// Returns a text string: UTF-16 or UTF-8 with a byte order mark, or else bytes of which ASCII is enough here.
fn text(bytes: &[u8]) -> String {
	match encoding_rs::Encoding::for_bom(bytes) {
		Some((encoding, _)) => encoding.decode(bytes).0.into_owned(),
		None => String::from_utf8_lossy(bytes).into_owned(),
	}
}

#[cfg(test)]
mod tests;
