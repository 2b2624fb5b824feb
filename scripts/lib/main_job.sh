# The main job: business documents go in, and only those allowed get them back. To be sourced by bash after steps.sh.
#
# It needs CREDIO_NODE, FOLDER (a temporary folder with the example organizations' vaults in FOLDER/vaults) and
# DOCUMENTS, and sets STREAM_NAME, STREAM, and the arrays RECORDS, SEQUENCES and BLOCKS in the order of DOCUMENTS.
#
# shellcheck shell=bash
# shellcheck disable=SC2034  # STEP_NOTE is printed by step

# Exit codes of `credio`, as its help lists them.
readonly EXIT_DENIED=4 EXIT_NOT_VERIFIED=6

readonly PURPOSE='assess the receivables for a credit line'

STREAM_NAME=''
STREAM=''
GRANT=''
LATER=''
FOUND=''
RECORDS=()
SEQUENCES=()
BLOCKS=()

# as ORGANIZATION COMMAND...: runs `credio` for one of the example organizations.
as() {
	local organization=$1 node=$CREDIO_NODE
	shift
	[[ $organization != funder-* || -z ${FUNDER_NODE:-} ]] || node=$FUNDER_NODE
	CREDIO_NODE=$node CREDIO_VAULT=$FOLDER/vaults/$organization.vault CREDIO_VAULT_PASSWORD_FILE=$FOLDER/vaults/password \
		credio "$@"
}

# The stream's entries, one JSON object a line.
query_entries() {
	as channel-one query --stream "$STREAM" --limit 1000000 --json
}

# Their number.
count_entries() {
	query_entries | wc -l
}

# The line about a file in the output of `upload --json`.
line_of() {
	local name=${1//\\/\\\\}
	grep -F -m 1 -- "\"file\":\"${name//\"/\\\"}\"" "$2"
}

create_stream() {
	as channel-one stream create "$STREAM_NAME"
}

upload_documents() {
	local lines=$FOLDER/uploaded.jsonl document line
	as channel-one upload --stream "$STREAM_NAME" --json "${DOCUMENTS[@]}" >"$lines" || return 1
	for document in "${DOCUMENTS[@]}"; do
		line=$(line_of "$document" "$lines") || return 1
		[[ $(json_field outcome <<<"$line") == applied ]] || return 1
		RECORDS+=("$(json_field recordId <<<"$line")")
		SEQUENCES+=("$(json_field sequence <<<"$line")")
		BLOCKS+=("$(json_field block <<<"$line")")
		STREAM=$(json_field stream <<<"$line")
	done
	STEP_NOTE="stream $STREAM"
}

# refused_to_fetch RECORD: the funder is denied, and gets no file.
refused_to_fetch() {
	local out=$FOLDER/refused
	fails_with "$EXIT_DENIED" as funder-one fetch "$1" -o "$out" && [[ ! -e $out ]]
}

funder_is_refused() {
	refused_to_fetch "${RECORDS[0]}"
}

request_access() {
	local answer
	answer=$(as funder-one access request --stream "$STREAM" --purpose "$PURPOSE" --json) || return 1
	ACCESS_REQUEST=$(json_field accessRequestId <<<"$answer")
	STEP_NOTE="purpose: $PURPOSE"
	[[ -n $ACCESS_REQUEST ]]
}

approve_access() {
	local answer
	answer=$(as channel-one access approve "$ACCESS_REQUEST" --json) || return 1
	GRANT=$(json_field grantId <<<"$answer")
	STEP_NOTE="grant $GRANT"
	[[ -n $GRANT ]]
}

fetch_documents() {
	local index out bytes=0
	for index in "${!DOCUMENTS[@]}"; do
		out=$FOLDER/fetched-$index
		as funder-one fetch "${RECORDS[index]}" -o "$out" || return 1
		cmp -- "${DOCUMENTS[index]}" "$out" || return 1
		bytes=$((bytes + $(wc -c <"$out")))
	done
	STEP_NOTE="$bytes bytes compared"
}

# The funder's index, brought up to date. Its views name the owners of the streams they take; streams of others make no rows.
sync_index() {
	local view
	mkdir -p "$FOLDER/views"
	for view in "$CREDIO_ROOT"/samples/views/*.toml; do
		sed '0,/^stream = /s//owner = "*"\nstream = /' "$view" >"$FOLDER/views/${view##*/}"
	done
	as funder-one index sync --index "$FOLDER/funder.index" --views "$FOLDER/views"
}

# found VIEW FILTER: rows that the funder finds, one JSON object a line.
found() {
	as funder-one search --index "$FOLDER/funder.index" "$@" --json
}

# By a field of the sample, in the view that was made for its format.
find_invoice() {
	local row
	sync_index && row=$(found invoices-ubl 'number = "HJ-2026-0417"') || return 1
	FOUND=$(json_field recordId <<<"$row")
	STEP_NOTE="HJ-2026-0417 of $(json_field seller <<<"$row"), $(json_field amount <<<"$row") $(json_field currency <<<"$row")"
	[[ " ${RECORDS[*]} " == *" $FOUND "* ]]
}

make_evidence() {
	as funder-one evidence "$FOUND" -o "$FOLDER/invoice.evidence" --with-key &&
		credio-node build-spec --raw --chain dev >"$FOLDER/chain.json" 2>/dev/null
}

# In a folder of its own, with nothing but the evidence, the chain's specification and the document.
verify_evidence() {
	local folder=$FOLDER/auditor
	mkdir "$folder" && cp -- "$FOLDER/invoice.evidence" "$FOLDER/chain.json" "$CREDIO_ROOT/samples/invoice-ubl.xml" "$folder" || return 1
	(
		cd "$folder" &&
			env -u CREDIO_NODE -u CREDIO_VAULT credio evidence verify invoice.evidence --chain chain.json --document invoice-ubl.xml
	)
}

index_finds_nothing() {
	sync_index && [[ -z $(found invoices-ubl) ]]
}

# What anyone needs who holds the document and shall verify it: the commitment key, which opens nothing.
share_commitment_key() {
	COMMITMENT_KEY=$(as channel-one commitment-key "${RECORDS[0]}" | awk 'END { print $NF }')
	[[ -n $COMMITMENT_KEY ]]
}

verify_document() {
	share_commitment_key &&
		as operator verify "${RECORDS[0]}" "${DOCUMENTS[0]}" --commitment-key "$COMMITMENT_KEY"
}

changed_document_is_refused() {
	local changed=$FOLDER/changed
	cp -- "${DOCUMENTS[0]}" "$changed"
	printf ' ' >>"$changed"
	fails_with "$EXIT_NOT_VERIFIED" \
		as operator verify "${RECORDS[0]}" "$changed" --commitment-key "$COMMITMENT_KEY"
}

repeat_upload() {
	local before after lines=$FOLDER/repeated.jsonl index line
	before=$(count_entries) || return 1
	as channel-one upload --stream "$STREAM_NAME" --json "${DOCUMENTS[@]}" >"$lines" || return 1
	for index in "${!DOCUMENTS[@]}"; do
		line=$(line_of "${DOCUMENTS[index]}" "$lines") || return 1
		[[ $(json_field recordId <<<"$line") == "${RECORDS[index]}" ]] || return 1
	done
	after=$(count_entries) || return 1
	STEP_NOTE="$before entries before, $after after"
	((after == before))
}

revoke_grant() {
	as channel-one revoke "$GRANT"
}

upload_another() {
	local document=$FOLDER/after-revocation.txt line
	printf 'Uploaded to %s after the revocation.\n' "$STREAM_NAME" >"$document"
	line=$(as channel-one upload --stream "$STREAM_NAME" --json "$document") || return 1
	LATER=$(json_field recordId <<<"$line")
	[[ -n $LATER ]]
}

funder_is_refused_the_later_one() {
	refused_to_fetch "$LATER"
}

# Key epoch of a record: each has a stream secret of its own.
epoch_of() {
	query_entries | grep -F "$1" | json_field epoch
}

is_under_a_new_secret() {
	local before after
	before=$(epoch_of "${RECORDS[0]}") && after=$(epoch_of "$LATER") || return 1
	STEP_NOTE="key epoch $before before, $after now; the funder was given the secret of epoch $before"
	((after > before))
}

# The steps, in their order.
main_job() {
	local count=${#DOCUMENTS[@]} noun=documents
	((count > 1)) || noun=document
	# What is searched for is in the project's own sample, and evidence is held against the development chain.
	local has_sample=0
	[[ -n $NODE || " ${DOCUMENTS[*]} " != *" $CREDIO_ROOT/samples/invoice-ubl.xml "* ]] || has_sample=1
	STREAM_NAME=invoices-$(date +%Y%m%d)-$$
	step "channel-one creates the stream $STREAM_NAME" create_stream
	step "channel-one encrypts and uploads $count $noun" upload_documents
	step "funder-one asks for the first one: refused" funder_is_refused
	step "funder-one requests access" request_access
	step "channel-one approves" approve_access
	step "funder-one fetches and decrypts $count $noun, byte for byte the same" fetch_documents
	if ((has_sample)); then
		step "funder-one's index finds the shared invoice by its number" find_invoice
		step "funder-one makes evidence of it" make_evidence
		step "an auditor verifies that with neither node nor index" verify_evidence
	fi
	step "operator, given the commitment key only, verifies one against the chain" verify_document
	step "a changed document is refused in verification" changed_document_is_refused
	step "channel-one repeats its upload: the same records, nothing doubled" repeat_upload
	step "channel-one revokes the grant" revoke_grant
	step "funder-one asks for the first one again: refused" funder_is_refused
	((!has_sample)) || step "funder-one's index finds nothing any more" index_finds_nothing
	step "channel-one uploads another document" upload_another
	step "funder-one asks for that one: refused" funder_is_refused_the_later_one
	step "that one is under a new stream secret, which funder-one was not given" is_under_a_new_secret
}
