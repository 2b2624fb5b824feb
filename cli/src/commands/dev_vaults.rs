//! `credio dev-vaults`.

use crate::{
	exit::Failure,
	session::Session,
	table::{Cell, Table, head},
};
use clap::Args;
use credio_client::primitives::development;
use credio_vault::{LocalVault, file};
use serde::Serialize;
use std::{fs, path::PathBuf};

/// Password of development vaults. It protects nothing: their keys are public.
const PASSWORD: &str = "development";

/// Write the vaults of the example organizations of a development chain
#[derive(Debug, Args)]
#[command(after_help = "Example: credio dev-vaults ~/credio-dev")]
pub(super) struct DevVaultsArgs {
	/// Folder to write them to
	folder: PathBuf,
}

#[derive(Serialize)]
struct Written {
	organization: &'static str,
	vault: PathBuf,
}

/// Writes a vault for each example organization, and a file with their password.
pub(super) fn run(session: &Session, args: &DevVaultsArgs) -> Result<(), Failure> {
	let folder = &args.folder;
	fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
	let password = folder.join("password");
	credio_files::write(&password, format!("{PASSWORD}\n").as_bytes())
		.map_err(|error| Failure::file(&password, error))?;
	let mut written = Vec::new();
	for organization in development::ORGANIZATIONS {
		let vault = LocalVault::development(organization.name)
			.ok_or_else(|| Failure::Other("the development vault cannot be derived".into()))?;
		let path = folder.join(format!("{}.vault", organization.name));
		file::store(&path, PASSWORD.as_bytes(), &vault)?;
		written.push(Written { organization: organization.name, vault: path });
	}
	session.format().items(&written, || table(&written))
}

fn table(written: &[Written]) -> Table {
	Table::of([head("organization"), head("vault")], written, |one| {
		[Cell::value(one.organization), Cell::path(&one.vault)]
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;

	#[test]
	fn table_fits() {
		let vault = PathBuf::from("folder/".repeat(60)).join("funder-one.vault");
		assert_fits(&table(&[Written { organization: "funder-one", vault }]));
	}
}
