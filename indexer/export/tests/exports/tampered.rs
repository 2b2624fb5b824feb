//! Tampering: nothing that is changed goes unnoticed.

use super::*;
use credio_export::Manifest;

/// Changes a file of an export.
fn change(folder: &Path, name: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
	let path = folder.join(name);
	fs::write(&path, change(fs::read(&path).expect("a file"))).expect("writable");
}

/// Writes a manifest with digests that fit: of the files as they are, and its own.
fn seal(folder: &Path, edit: impl FnOnce(&mut Manifest)) {
	use sha2::Digest as _;
	let path = folder.join("manifest.json");
	let mut manifest: Manifest =
		serde_json::from_slice(&fs::read(&path).expect("a file")).expect("a manifest");
	for file in &mut manifest.files {
		let bytes = fs::read(folder.join(&file.name)).unwrap_or_default();
		file.bytes = bytes.len() as u64;
		file.sha256 = hex::encode(sha2::Sha256::digest(&bytes));
	}
	edit(&mut manifest);
	manifest.digest = String::new();
	let text = serde_json::to_vec(&manifest).expect("JSON");
	manifest.digest = hex::encode(sha2::Sha256::digest(text));
	let mut text = serde_json::to_vec_pretty(&manifest).expect("JSON");
	text.push(b'\n');
	fs::write(path, text).expect("writable");
}

fn lines(bytes: Vec<u8>, edit: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
	let text = String::from_utf8(bytes).expect("text");
	let mut lines: Vec<String> = text.split_inclusive('\n').map(Into::into).collect();
	edit(&mut lines);
	lines.concat().into_bytes()
}

#[tokio::test]
async fn every_change_is_found() {
	let database = Database::sqlite();
	let store = filled(&database).await;
	type Tamper = fn(&Path);
	// Each with a piece of what has to be said of it.
	let tampers: [(&str, Tamper); 13] = [
		("part-00002.jsonl: it was changed", |folder| {
			change(folder, "part-00002.jsonl", |bytes| lines(bytes, |lines| drop(lines.remove(1))));
		}),
		("0 rows, and 1 in entries.jsonl", |folder| {
			change(folder, "part-00002.jsonl", |bytes| lines(bytes, |lines| drop(lines.remove(1))));
			seal(folder, |manifest| manifest.files[2].rows -= 1);
		}),
		("(from part-00003.jsonl, row 1): a row was changed", |folder| {
			change(folder, "part-00003.jsonl", |bytes| {
				lines(bytes, |lines| lines[0] = lines[0].replacen("EUR", "USD", 1))
			});
			seal(folder, |_| {});
		}),
		("part-00003.jsonl, row 1: it is written in another way", |folder| {
			change(folder, "part-00003.jsonl", |bytes| {
				lines(bytes, |lines| lines[0] = lines[0].replacen("\"EUR\"", " \"EUR\"", 1))
			});
			seal(folder, |_| {});
		}),
		("it is of no entry that should have a row there", |folder| {
			change(folder, "part-00002.jsonl", |bytes| {
				lines(bytes, |lines| {
					lines
						.insert(1, lines[1].replacen("\"_record\":\"0x01", "\"_record\":\"0x02", 1))
				})
			});
			seal(folder, |manifest| manifest.files[2].rows += 1);
		}),
		("2 rows, and 1 in entries.jsonl", |folder| {
			change(folder, "part-00002.jsonl", |bytes| {
				lines(bytes, |lines| lines.insert(1, lines[1].clone()))
			});
			seal(folder, |manifest| manifest.files[2].rows += 1);
		}),
		("rows, and", |folder| {
			let (one, other) = (folder.join("part-00001.jsonl"), folder.join("part-00002.jsonl"));
			let first = fs::read(&one).expect("a file");
			fs::copy(&other, &one).expect("copied");
			fs::write(other, first).expect("writable");
			seal(folder, |_| {});
		}),
		("there is a gap", |folder| {
			change(folder, "entries.jsonl", |bytes| lines(bytes, |lines| drop(lines.remove(9))));
			seal(folder, |manifest| {
				manifest.files[0].rows -= 1;
				manifest.counts.entries -= 1;
				*manifest.counts.fates.get_mut(&Fate::Anchor).expect("a fate") -= 1;
				manifest.streams[0].counts = manifest.counts.clone();
			});
		}),
		("gives other numbers than manifest.json, or another root", |folder| {
			change(folder, "entries.jsonl", |bytes| {
				lines(bytes, |lines| {
					lines[5] = lines[5].replacen("d1\",\"fate\"", "d2\",\"fate\"", 1)
				})
			});
			seal(folder, |_| {});
		}),
		("its numbers are not those of entries.jsonl", |folder| {
			seal(folder, |manifest| {
				*manifest.counts.fates.get_mut(&Fate::Anchor).expect("a fate") -= 1;
				*manifest.counts.fates.get_mut(&Fate::Unfit).expect("a fate") += 1;
				manifest.streams[0].counts = manifest.counts.clone();
			});
		}),
		("manifest.json: it was changed", |folder| {
			change(folder, "manifest.json", |bytes| {
				lines(bytes, |lines| {
					lines.iter_mut().for_each(|line| {
						*line = line.replace("\"history\": false", "\"history\": true")
					})
				})
			});
		}),
		("part-00099.jsonl: it is none of the export's files", |folder| {
			fs::copy(folder.join("part-00001.jsonl"), folder.join("part-00099.jsonl"))
				.expect("copied");
		}),
		("part-00002.jsonl: No such file", |folder| {
			fs::remove_file(folder.join("part-00002.jsonl")).expect("a file");
		}),
	];
	for (said, tamper) in tampers {
		let folder = tempfile::tempdir().expect("a folder");
		let made =
			export(&store, &request(of_view(None, false), FileFormat::Jsonl), folder.path()).await;
		made.expect("an export");
		assert!(verified(folder.path()).holds());
		tamper(folder.path());
		let findings = verified(folder.path()).findings;
		assert!(findings.iter().any(|finding| finding.contains(said)), "{said}: {findings:#?}");
	}
}

#[tokio::test]
async fn changed_rows_are_found_in_every_format() {
	let database = Database::sqlite();
	let store = filled(&database).await;
	for format in FORMATS {
		let folder = tempfile::tempdir().expect("a folder");
		let made = export(&store, &request(of_view(None, false), format), folder.path()).await;
		made.expect("an export");
		// The same part of an index with one changed document.
		let other = tempfile::tempdir().expect("a folder");
		let database = Database::sqlite();
		let store = filled(&database).await;
		let changed = document(14);
		let text =
			String::from_utf8(changed.bytes.to_vec()).expect("text").replace("1234.50", "1234.51");
		store.put_documents(&[(record(INVOICES, 14), json(&text))]).await.expect("stored");
		let made = export(&store, &request(of_view(None, false), format), other.path()).await;
		made.expect("an export");
		let (one, two) = (content(folder.path()), content(other.path()));
		let differ: Vec<_> = one.keys().filter(|name| one[*name] != two[*name]).cloned().collect();
		let [part] = differ.iter().filter(|name| name.starts_with("part-")).collect::<Vec<_>>()[..]
		else {
			panic!("one part has the row: {differ:?}")
		};
		fs::write(folder.path().join(part), &two[part]).expect("writable");
		seal(folder.path(), |_| {});
		let findings = verified(folder.path()).findings;
		let [finding] = &findings[..] else { panic!("{findings:#?}") };
		assert!(
			finding.contains("entry 14 of stream") && finding.contains("a row was changed"),
			"{finding}"
		);
		// Whatever a file has become, it is read without harm.
		for cut in [0, 1, 7, two[part].len() / 2, two[part].len() - 1] {
			fs::write(folder.path().join(part), &two[part][..cut]).expect("writable");
			assert!(!verified(folder.path()).holds());
			let mut flipped = two[part].clone();
			flipped[cut] ^= 0x55;
			fs::write(folder.path().join(part), flipped).expect("writable");
			assert!(!verified(folder.path()).holds());
		}
	}
}
