#![allow(missing_docs)]

use credio_client::{
	Client, Outcome, Terms, Upload,
	primitives::{Permission, Resource},
};
use credio_vault::LocalVault;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
	let node = std::env::var("CREDIO_NODE").unwrap_or("ws://127.0.0.1:9944".into());
	let vault = |name| LocalVault::development(name).ok_or("no organization of that name");
	let channel = Client::connect(&node, Arc::new(vault("channel-one")?)).await?;
	let funder = Client::connect(&node, Arc::new(vault("funder-one")?)).await?;

	// The channel keeps its invoices in a stream, and uploads one of them, encrypted.
	let stream = channel.create_stream(&format!("invoices {}", std::process::id())).await?;
	let document = b"<Invoice><ID>4711</ID></Invoice>";
	let upload = Upload {
		stream: stream.id,
		key: Some(b"4711"),
		media_type: "application/xml",
		document,
		supersedes: None,
	};
	let Outcome::Applied(record) = channel.upload(&upload).await? else {
		return Err("the chain rejected the invoice".into());
	};
	println!("record {} is entry {} of its stream", record.record_id, record.sequence);

	// The funder cannot read it until the channel grants access.
	assert!(funder.fetch(record.record_id).await.is_err());
	let terms = Terms { purpose: "assess for funding".into(), ..Terms::default() };
	let to = funder.organization_id();
	channel.grant(Resource::Stream(stream.id), to, Permission::Read, &terms).await?;
	let fetched = funder.fetch(record.record_id).await?;
	assert_eq!(*fetched.document.bytes, document);
	println!("the funder reads {}", fetched.document.media_type);

	// Uploading it again changes nothing.
	assert_eq!(channel.upload(&upload).await?, Outcome::Applied(record));
	Ok(())
}
