//! Secrets that stand in the arguments, where every user of the machine can read them.

/// What is said in place of a command whose arguments have a database's password. It does not repeat them.
const REFUSED: &str = "credio: the address of a database has a password in it, and every user of this machine can read the \
	arguments of a command. Leave the password out, and put it into the file that PGPASSFILE names (~/.pgpass) or into \
	PGPASSWORD; or give the whole address by the environment, as CREDIO_OUTBOX or CREDIO_INDEX. Change the password if others \
	use this machine";

/// Checks the arguments of this process, before anything is parsed that an error would repeat.
///
/// # Errors
///
/// If one of them has a password, with what to do.
pub fn check(mut arguments: impl Iterator<Item = String>) -> Result<(), &'static str> {
	match arguments.any(|argument| has_password(&argument)) {
		true => Err(REFUSED),
		false => Ok(()),
	}
}

/// Whether this is the address of a PostgreSQL database with a password, alone or behind `--option=`.
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
	// A user's name ends at the last @, as addresses are parsed.
	let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
	let in_user = user.split_once(':').is_some_and(|(_, password)| !password.is_empty());
	// A letter of the name may be written as %70.
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
	fn passwords_of_databases_are_found() {
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
			assert!(said.contains("PGPASSFILE") && !said.contains("PASS@"), "{said}");
		}
	}

	#[test]
	fn what_has_no_password_is_taken() {
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
