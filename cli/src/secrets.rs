//! Secrets in the arguments, which every user of the machine can read.

use crate::exit::{Explained, Kind};

/// Checks the arguments of this process before they are parsed, since an error of the parser would repeat them.
///
/// # Errors
///
/// Fails if one of them contains the password of a database. The error does not repeat it.
pub(crate) fn check(mut arguments: impl Iterator<Item = String>) -> Result<(), Explained> {
	match arguments.any(|argument| has_password(&argument)) {
		true => Err(Explained {
			kind: Kind::Usage,
			message: "the address of a database contains a password, and every user of this machine can read the arguments \
				of a command"
				.into(),
			hint: Some(
				"put the password into the file that PGPASSFILE names (~/.pgpass) or into PGPASSWORD, or set the whole \
				 address in the environment, as CREDIO_OUTBOX or CREDIO_INDEX; change the password if others use this machine"
					.into(),
			),
		}),
		false => Ok(()),
	}
}

/// Whether the argument is the address of a PostgreSQL database with a password, alone or behind `--option=`.
fn has_password(argument: &str) -> bool {
	let value = match argument.split_once('=') {
		Some((option, value)) if option.starts_with("--") => value,
		_ => argument,
	};
	let Some((scheme, rest)) = value.trim_start().split_once("://") else { return false };
	if !["postgres", "postgresql"].iter().any(|one| scheme.eq_ignore_ascii_case(one)) {
		return false;
	}
	let (before_query, query) = rest.split_once('?').unwrap_or((rest, ""));
	let authority = before_query.split(['/', '#']).next().unwrap_or_default();
	// Parsers end the user's name at the last @.
	let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
	let in_user = user.split_once(':').is_some_and(|(_, password)| !password.is_empty());
	// A letter of the name may be encoded, as in %70.
	let in_query = query.split(['&', '#']).any(|parameter| {
		let name = parameter.split('=').next().unwrap_or_default();
		name.eq_ignore_ascii_case("password") || name.contains('%')
	});
	in_user || in_query
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn database_passwords_are_found() {
		for argument in [
			"postgres://user:PASS@host/database",
			"postgresql://user:PASS@host",
			"POSTGRES://user:PASS@host",
			" postgres://user:PASS@host",
			"--outbox=postgres://user:PASS@host/database",
			"--index=postgres://user:P@SS@host",
			"postgres://:PASS@host",
			"postgres://host/database?user=user&password=PASS",
			"postgres:///?%70assword=PASS",
		] {
			let said = check([argument.to_owned()].into_iter()).expect_err(argument);
			let said = said.parts().collect::<String>();
			assert!(said.contains("PGPASSFILE") && !said.contains("PASS@"), "{said}");
		}
	}

	#[test]
	fn addresses_without_password_are_accepted() {
		for argument in [
			"postgres://user@host/database",
			"postgres://user:@host/database",
			"postgres://user@%2Frun%2Fpostgresql/database",
			"postgres://host:5432/database?sslmode=verify-full",
			"postgres://host/data:base@name",
			"--outbox=acme.outbox",
			"wss://node.example:443",
			"amount > 1000",
			"",
		] {
			assert_eq!(check([argument.to_owned()].into_iter()), Ok(()), "{argument}");
		}
	}
}
