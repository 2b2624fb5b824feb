//! Changes of the index, each a transaction that runs to its end.

use super::{
	cursor::cursor,
	error::{Result, StoreError},
	handle::Store,
	write::Writer,
};
use crate::block::{Block, Document};
use credio_primitives::RecordId;
use std::{future::Future, panic::resume_unwind};

impl Store {
	/// Takes finalized blocks, in their order, each above the one before: all of them, with the cursor, or nothing if it
	/// fails. What was live is gone then, see [`Self::advance`].
	///
	/// # Errors
	///
	/// [`StoreError::NotNext`], [`StoreError::UnknownRecord`], [`StoreError::TooManyEntries`],
	/// [`StoreError::Database`].
	pub async fn apply(&self, finalized: &[Block]) -> Result<()> {
		self.advance(finalized, &[]).await
	}

	/// Replaces what is not final yet by these blocks, which come after the cursor. Nothing of them counts for rows that
	/// are shown as final.
	///
	/// # Errors
	///
	/// As [`Self::apply`].
	pub async fn set_live(&self, live: &[Block]) -> Result<()> {
		self.advance(&[], live).await
	}

	/// Takes finalized blocks and replaces what is not final, in one transaction.
	///
	/// # Errors
	///
	/// As [`Self::apply`].
	pub async fn advance(&self, finalized: &[Block], live: &[Block]) -> Result<()> {
		let (store, finalized, live) = (self.clone(), finalized.to_vec(), live.to_vec());
		self.to_the_end(async move { store.advance_now(&finalized, &live).await }).await
	}

	async fn advance_now(&self, finalized: &[Block], live: &[Block]) -> Result<()> {
		let mut transaction = self.pool.begin().await?;
		let mut writer = Writer::new(self, &mut transaction).await?;
		let mut last = cursor(writer.connection).await?.map(|cursor| cursor.number);
		writer.clear_live().await?;
		let finalized_ones = finalized.iter().map(|block| (block, true));
		let all = finalized_ones.chain(live.iter().map(|block| (block, false)));
		for (block, is_final) in all.collect::<Vec<_>>() {
			if let Some(cursor) = last.filter(|last| block.number <= *last) {
				return Err(StoreError::NotNext { number: block.number, cursor });
			}
			last = Some(block.number);
			writer.block(block, is_final).await?;
		}
		if let Some(block) = finalized.last() {
			writer.set_cursor(block).await?;
		}
		writer.finish().await?;
		let count: usize = finalized.iter().map(|block| block.entries.len()).sum();
		if self.is_analysis_due(count as u64) {
			writer.analyze().await?;
		}
		transaction.commit().await?;
		self.tell_of_change();
		Ok(())
	}

	/// Runs a write to its end, whether or not whoever asked for it still waits: what is dropped in the middle of a
	/// transaction would have to be done again, and if that is always dropped the index never gets on.
	async fn to_the_end(
		&self,
		write: impl Future<Output = Result<()>> + Send + 'static,
	) -> Result<()> {
		let writing = self.writing.clone().lock_owned().await;
		let written = tokio::spawn(async move {
			let _writing = writing;
			write.await
		});
		match written.await {
			Ok(result) => result,
			Err(error) => match error.try_into_panic() {
				Ok(panic) => resume_unwind(panic),
				Err(_) => Err(StoreError::Stopped),
			},
		}
	}

	/// Waits until no write is under way, those included that nobody waits for any more.
	pub async fn settled(&self) {
		drop(self.writing.lock().await);
	}

	/// Stores documents of records that can be read now.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownRecord`], [`StoreError::Database`].
	pub async fn put_documents(&self, documents: &[(RecordId, Document)]) -> Result<()> {
		self.write(documents, &[]).await
	}

	/// Stores some documents and removes others.
	pub(super) async fn write(
		&self,
		readable: &[(RecordId, Document)],
		removed: &[(RecordId, String)],
	) -> Result<()> {
		let (store, readable, removed) = (self.clone(), readable.to_vec(), removed.to_vec());
		self.to_the_end(async move { store.write_now(&readable, &removed).await }).await
	}

	async fn write_now(
		&self,
		readable: &[(RecordId, Document)],
		removed: &[(RecordId, String)],
	) -> Result<()> {
		let mut transaction = self.pool.begin().await?;
		let mut writer = Writer::new(self, &mut transaction).await?;
		writer.put(readable).await?;
		writer.remove(removed).await?;
		writer.finish().await?;
		transaction.commit().await?;
		self.tell_of_change();
		Ok(())
	}

	/// Removes documents, with their rows; what is noted instead is why.
	///
	/// # Errors
	///
	/// [`StoreError::UnknownRecord`], [`StoreError::Database`].
	pub async fn remove_documents(&self, records: &[(RecordId, String)]) -> Result<()> {
		self.write(&[], records).await
	}
}
