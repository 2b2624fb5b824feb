//! Parquet with logical types. A row group is bounded in rows and in bytes, so that a part of large documents is never
//! in memory as a whole.

use super::super::{
	folder::Output,
	table::{Column, Row, Table},
};
use credio_view::value::{Decimal, Type, Value};
use jiff::{Timestamp, ToSpan, civil};
use parquet::{
	basic::Compression,
	data_type::{
		BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType,
		Int32Type, Int64Type,
	},
	errors::ParquetError,
	file::{
		properties::WriterProperties,
		reader::FileReader,
		serialized_reader::SerializedFileReader,
		writer::{SerializedColumnWriter, SerializedFileWriter},
	},
	record::{Field, reader::RowIter},
	schema::{parser::parse_message_type, types::TypePtr},
};
use std::{
	fs::File,
	io,
	panic::{AssertUnwindSafe, catch_unwind},
	sync::Arc,
};

/// Most rows of a row group.
const GROUP_ROWS: usize = 20_000;
/// Bytes of texts after which a row group ends.
const GROUP_BYTES: usize = 8 << 20;
/// Digits of a decimal, and the bytes that so many take.
const DIGITS: u8 = 27;
const DECIMAL_BYTES: usize = 12;
/// The same in exports of before.
const FORMER_DIGITS: u8 = 19;
const FORMER_BYTES: usize = 9;
const EPOCH: civil::Date = civil::date(1970, 1, 1);

/// Returns the Parquet schema of the columns.
fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
	schema_with(table, DIGITS, DECIMAL_BYTES)
}

/// Returns the schema with decimals of so many digits and bytes.
fn schema_with(table: &Table, digits: u8, bytes: usize) -> Result<TypePtr, ParquetError> {
	let mut text = String::from("message rows {\n");
	for Column { name, ty, is_required, .. } in &table.columns {
		let fixed = format!("FIXED_LEN_BYTE_ARRAY ({bytes})");
		let (physical, logical) = match ty {
			Type::Text => ("BYTE_ARRAY", " (STRING)".into()),
			Type::Integer => ("INT64", String::new()),
			// INT64 would have room for 18 digits.
			Type::Decimal { scale } => (&fixed[..], format!(" (DECIMAL({digits},{scale}))")),
			Type::Date => ("INT32", " (DATE)".into()),
			Type::Timestamp => ("INT64", " (TIMESTAMP(MICROS,true))".into()),
			Type::Boolean => ("BOOLEAN", String::new()),
		};
		let repetition = if *is_required { "REQUIRED" } else { "OPTIONAL" };
		text.push_str(&format!("{repetition} {physical} {name}{logical};\n"));
	}
	text.push('}');
	parse_message_type(&text).map(Arc::new)
}

/// Values of a column that wait to be written.
enum Values {
	Texts(Vec<ByteArray>),
	Numbers(Vec<i64>),
	Decimals(Vec<FixedLenByteArray>),
	Dates(Vec<i32>),
	Booleans(Vec<bool>),
}

struct Buffer {
	values: Values,
	/// Which rows have a value; empty for a column where all have.
	levels: Vec<i16>,
	is_required: bool,
}

impl Buffer {
	fn new(column: &Column) -> Self {
		let values = match column.ty {
			Type::Text => Values::Texts(Vec::new()),
			Type::Integer | Type::Timestamp => Values::Numbers(Vec::new()),
			Type::Decimal { .. } => Values::Decimals(Vec::new()),
			Type::Date => Values::Dates(Vec::new()),
			Type::Boolean => Values::Booleans(Vec::new()),
		};
		Self { values, levels: Vec::new(), is_required: column.is_required }
	}

	/// Adds a value, and returns how many bytes it takes.
	fn push(&mut self, value: Option<&Value>) -> io::Result<usize> {
		if !self.is_required {
			self.levels.push(value.is_some().into());
		}
		match (&mut self.values, value) {
			(_, None) if !self.is_required => {},
			(Values::Texts(texts), Some(Value::Text(text))) => {
				texts.push(text.as_bytes().to_vec().into());
				return Ok(text.len());
			},
			(Values::Numbers(numbers), Some(Value::Integer(number))) => numbers.push(*number),
			(Values::Numbers(numbers), Some(Value::Timestamp(moment))) => {
				numbers.push(moment.as_microsecond());
			},
			(Values::Decimals(numbers), Some(Value::Decimal(number))) => {
				let bytes = number.units.to_be_bytes();
				numbers.push(bytes[bytes.len() - DECIMAL_BYTES..].to_vec().into());
			},
			(Values::Dates(days), Some(Value::Date(date))) => {
				let hours = date.duration_since(EPOCH).as_hours();
				days.push(i32::try_from(hours / 24).unwrap_or(i32::MAX));
			},
			(Values::Booleans(values), Some(Value::Boolean(is))) => values.push(*is),
			_ => return Err(io::Error::other("a value is not of its column's type")),
		}
		Ok(8)
	}

	/// Writes the added values.
	fn write(&mut self, to: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
		let levels = std::mem::take(&mut self.levels);
		let levels = (!self.is_required).then_some(levels.as_slice());
		match &mut self.values {
			Values::Texts(texts) => write::<ByteArrayType>(to, texts, levels),
			Values::Numbers(numbers) => write::<Int64Type>(to, numbers, levels),
			Values::Decimals(numbers) => write::<FixedLenByteArrayType>(to, numbers, levels),
			Values::Dates(days) => write::<Int32Type>(to, days, levels),
			Values::Booleans(values) => write::<BoolType>(to, values, levels),
		}
	}
}

fn write<T: DataType>(
	to: &mut SerializedColumnWriter<'_>,
	values: &mut Vec<T::T>,
	levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
	to.typed::<T>().write_batch(values, levels, None)?;
	values.clear();
	Ok(())
}

pub(crate) struct Writer {
	writer: SerializedFileWriter<Output>,
	buffers: Vec<Buffer>,
	rows: usize,
	bytes: usize,
}

impl Writer {
	pub(crate) fn new(table: &Table, output: Output) -> io::Result<Self> {
		let properties = WriterProperties::builder()
			.set_compression(Compression::SNAPPY)
			.set_created_by("credio export v1".into())
			.build();
		let writer = SerializedFileWriter::new(output, schema(table)?, Arc::new(properties))?;
		let buffers = table.columns.iter().map(Buffer::new).collect();
		Ok(Self { writer, buffers, rows: 0, bytes: 0 })
	}

	pub(crate) fn row(&mut self, row: &Row) -> io::Result<()> {
		for (buffer, value) in self.buffers.iter_mut().zip(row) {
			self.bytes += buffer.push(value.as_ref())?;
		}
		self.rows += 1;
		if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
			self.flush()?;
		}
		Ok(())
	}

	fn flush(&mut self) -> Result<(), ParquetError> {
		let mut group = self.writer.next_row_group()?;
		for buffer in &mut self.buffers {
			if let Some(mut column) = group.next_column()? {
				buffer.write(&mut column)?;
				column.close()?;
			}
		}
		group.close()?;
		(self.rows, self.bytes) = (0, 0);
		Ok(())
	}

	pub(crate) fn finish(mut self) -> io::Result<Output> {
		if self.rows > 0 {
			self.flush()?;
		}
		Ok(self.writer.into_inner()?)
	}
}

pub(crate) struct Reader {
	rows: RowIter<'static>,
	columns: Vec<Column>,
}

impl Reader {
	pub(crate) fn new(table: &Table, file: File) -> Result<Self, String> {
		let open = || {
			let reader = SerializedFileReader::new(file)?;
			let has = reader.metadata().file_metadata().schema().clone();
			let wanted = [schema(table)?, schema_with(table, FORMER_DIGITS, FORMER_BYTES)?];
			Ok::<_, ParquetError>((has, wanted, RowIter::from_file_into(Box::new(reader))))
		};
		let (has, wanted, rows) = guarded(open)?.map_err(|_| "it is no Parquet")?;
		if wanted.iter().all(|wanted| has != **wanted) {
			return Err("its columns are not those of the export".into());
		}
		Ok(Self { rows, columns: table.columns.clone() })
	}

	pub(crate) fn next(&mut self) -> Result<Option<Row>, String> {
		let rows = &mut self.rows;
		let Some(row) = guarded(|| rows.next())? else { return Ok(None) };
		let row = row.map_err(|_| "it is no Parquet")?;
		let fields = self.columns.iter().zip(row.get_column_iter());
		let value = |(column, (_, field)): (&Column, (_, &Field))| value(column.ty, field);
		let values = fields.map(value).collect::<Option<Row>>();
		values.map(Some).ok_or_else(|| "a value is not of its column's type".into())
	}
}

/// Catches panics of the Parquet reader, which some broken files cause.
fn guarded<Answer>(read: impl FnOnce() -> Answer) -> Result<Answer, String> {
	catch_unwind(AssertUnwindSafe(read)).map_err(|_| "it is broken Parquet".into())
}

/// Returns the value of a field, or null; `None` if it has another type than the column.
#[allow(clippy::option_option, reason = "null is a value here")]
fn value(ty: Type, field: &Field) -> Option<Option<Value>> {
	Some(Some(match (ty, field) {
		(_, Field::Null) => return Some(None),
		(Type::Text, Field::Str(text)) => Value::Text(text.clone()),
		(Type::Integer, Field::Long(number)) => Value::Integer(*number),
		(Type::Boolean, Field::Bool(is)) => Value::Boolean(*is),
		(Type::Timestamp, Field::TimestampMicros(micros)) => {
			Value::Timestamp(Timestamp::from_microsecond(*micros).ok()?)
		},
		(Type::Date, Field::Date(days)) => {
			Value::Date(EPOCH.checked_add(i64::from(*days).days()).ok()?)
		},
		(Type::Decimal { scale }, Field::Decimal(number)) => {
			let bytes = number.data();
			let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
			let mut units = [sign; 16];
			units.get_mut(16_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
			Value::Decimal(Decimal { units: i128::from_be_bytes(units), scale })
		},
		_ => return None,
	}))
}
