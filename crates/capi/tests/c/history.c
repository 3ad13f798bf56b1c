// Drives mutations, entries, blobs, derived pages, subscriptions and everything that the log tells, the wrong way too.
// The last line says that every check holds. LUMEN_OPENS sets how often a store is opened and closed.

#include "checks.h"

#include <poll.h>

#define PAGES 3

static LumenOutcome commit(uint64_t store, uint64_t mutation) {
    LumenOutcome outcome = {.struct_size = sizeof outcome};
    OK(lumen_store_commit(store, mutation, &outcome, FRESH()));
    OK(lumen_store_mutation_free(mutation, FRESH()));
    return outcome;
}

static uint64_t mutation(void) {
    uint64_t handle;
    OK(lumen_store_mutation_new(&handle, FRESH()));
    return handle;
}

static LumenOutcome put(uint64_t store, uint64_t page, uint32_t offset, const void *bytes, size_t len) {
    uint64_t change = mutation();
    OK(lumen_store_mutation_write(change, LUMEN_PAGE, page, offset, bytes, len, FRESH()));
    return commit(store, change);
}

static void counts(uint64_t rows, size_t expected_rows, size_t expected_dangling) {
    size_t count = 99, dangling = 99;
    OK(lumen_store_rows_count(rows, &count, &dangling, FRESH()));
    CHECK(count == expected_rows && dangling == expected_dangling);
}

static LumenRow row(uint64_t rows, size_t at) {
    LumenRow found = {.struct_size = sizeof found};
    OK(lumen_store_rows_row(rows, at, &found, FRESH()));
    return found;
}

static LumenChange change(uint64_t rows, size_t at, size_t number) {
    LumenChange found = {.struct_size = sizeof found};
    OK(lumen_store_rows_change(rows, at, number, &found, FRESH()));
    return found;
}

static void contains(uint64_t bytes, const char *needle) {
    const uint8_t *start;
    size_t len, needle_len = strlen(needle);
    int found = 0;
    OK(lumen_store_bytes_read(bytes, &start, &len, FRESH()));
    for (size_t at = 0; at + needle_len <= len; at++) found |= memcmp(start + at, needle, needle_len) == 0;
    check(found, needle, __LINE__);
}

static int readable(int32_t descriptor) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    return poll(&wanted, 1, 0) == 1;
}

// Seq 1: three pages of 8 bytes. Seq 2: a namespace. Seq 3: entry and blob beside a write. Seq 4: page 3 is the sum of 1
// and 2. Seq 5: a write that page 3 follows.
static void changes(uint64_t store) {
    uint64_t made = mutation(), seq;
    for (uint32_t number = 0; number < PAGES; number++)
        OK(lumen_store_mutation_create(made, number, 8, number == 0 ? "first" : NULL, number == 0 ? 5 : 0,
                                       (const uint8_t *)"m", 1, FRESH()));
    OK(lumen_store_mutation_write(made, LUMEN_NEW_PAGE, 0, 0, (const uint8_t *)"\x05", 1, FRESH()));
    LumenOutcome outcome = commit(store, made);
    CHECK(outcome.status == LUMEN_COMMITTED && outcome.seq == 1 && outcome.created_first == 1);
    CHECK(outcome.created_count == PAGES);

    LumenKind kinds[] = {{.struct_size = sizeof *kinds, .number = 1, .version = 1, .name = "note", .name_len = 4},
                         {.struct_size = sizeof *kinds, .number = 2, .version = 1, .name = "end", .name_len = 3}};
    uint32_t space;
    OK(lumen_store_register(store, "notes", 5, kinds, 2, &space, FRESH()));
    CHECK(space == 1);
    OK(lumen_store_register(store, "notes", 5, kinds, 2, &space, FRESH())); // Known: no second record.
    kinds[1].struct_size = 8;
    FAILS(LUMEN_MALFORMED, lumen_store_register(store, "notes", 5, kinds, 2, &space, FRESH()));
    kinds[1].struct_size = sizeof *kinds, kinds[1].must_understand = 2;
    FAILS(LUMEN_MALFORMED, lumen_store_register(store, "notes", 5, kinds, 2, &space, FRESH()));
    kinds[1].must_understand = 0, kinds[1].number = 0;
    FAILS(LUMEN_MALFORMED, lumen_store_register(store, "notes", 5, kinds, 2, &space, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_register(store, "notes", 5, NULL, 1, &space, FRESH()));

    uint8_t hash[32], other[32] = {0};
    uint64_t bytes;
    OK(lumen_store_blob_put(store, (const uint8_t *)"a large value", 13, hash, FRESH()));
    OK(lumen_store_blob_get(store, hash, &bytes, FRESH()));
    contains(bytes, "a large value");
    OK(lumen_store_bytes_free(bytes, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_bytes_free(bytes, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_blob_get(store, other, &bytes, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_blob_get(store, NULL, &bytes, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_blob_put(store, (const uint8_t *)"x", 1, NULL, FRESH()));

    for (int again = 0; again < 2; again++) {
        made = mutation();
        OK(lumen_store_mutation_write(made, LUMEN_PAGE, 2, 0, (const uint8_t *)"\x07", 1, FRESH()));
        OK(lumen_store_mutation_client(made, 1, 1, 1, 77, 1, 0, 0, (const uint8_t *)"why", 3, FRESH()));
        OK(lumen_store_mutation_blob(made, hash, 13, "table", 5, FRESH()));
        outcome = commit(store, made);
        CHECK(outcome.seq == 3 && outcome.repeated == (uint32_t)again);
    }
    OK(lumen_store_find(store, 77, 1, &seq, FRESH()));
    CHECK(seq == 3);
    FAILS(LUMEN_NOT_FOUND, lumen_store_find(store, 77, 2, &seq, FRESH()));

    const uint64_t parents[] = {1, 2}, itself[] = {3};
    OK(lumen_store_derive(store, 3, "sum-i64le@1", 11, parents, 2, &seq, FRESH()));
    CHECK(seq == 4);
    FAILS(LUMEN_CYCLE, lumen_store_derive(store, 1, "copy@1", 6, itself, 1, &seq, FRESH()));
    CHECK(strcmp(error.found, "1 -> 3 -> 1") == 0 || strcmp(error.found, "3 -> 1 -> 3") == 0);
    FAILS(LUMEN_MALFORMED, lumen_store_derive(store, 3, "sum", 3, parents, 2, &seq, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_derive(store, 3, "copy@1", 6, NULL, 2, &seq, FRESH()));
    FAILS(LUMEN_UNKNOWN_PAGE, lumen_store_derive(store, 99, "copy@1", 6, parents, 1, &seq, FRESH()));
    outcome = put(store, 1, 0, "\x06", 1);
    CHECK(outcome.seq == 5 && outcome.status == LUMEN_COMMITTED);
    // Others may not write a derived page.
    made = mutation();
    OK(lumen_store_mutation_write(made, LUMEN_PAGE, 3, 0, (const uint8_t *)"\x01", 1, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_commit(store, made, &outcome, FRESH()));
    OK(lumen_store_mutation_free(made, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_mutation_free(made, FRESH()));
    // A sum that leaves 64 bits refuses the write, and is on record.
    OK(lumen_store_refresh(store, 3, &outcome, FRESH()));
    CHECK(outcome.seq == 6);
    outcome = put(store, 2, 0, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8);
    CHECK(outcome.seq == 7 && outcome.status == LUMEN_REFUSED && outcome.cause == 5 && outcome.page == 3);
    FAILS(LUMEN_UNKNOWN_PAGE, lumen_store_refresh(store, 1, &outcome, FRESH()));
    OK(lumen_store_release(store, 3, &seq, FRESH()));
    CHECK(seq == 8);
    FAILS(LUMEN_MALFORMED, lumen_store_release(store, 3, &seq, FRESH()));

    // Metadata and an end.
    made = mutation();
    OK(lumen_store_mutation_set_metadata(made, 1, (const uint8_t *)"other", 5, FRESH()));
    OK(lumen_store_mutation_delete(made, 3, FRESH()));
    CHECK(commit(store, made).seq == 9);

    made = mutation();
    FAILS(LUMEN_MALFORMED, lumen_store_commit(store, made, &outcome, FRESH())); // Empty.
    FAILS(LUMEN_MALFORMED, lumen_store_mutation_write(made, 2, 1, 0, NULL, 0, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_mutation_blob(made, NULL, 1, "r", 1, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_mutation_create(made, 0, 8, "\xff", 1, NULL, 0, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_commit(store, store, &outcome, FRESH()));
    OK(lumen_store_mutation_free(made, FRESH()));
}

static LumenOutcome intent(uint64_t store, uint64_t id, int64_t least) {
    uint64_t plan = begin(id);
    OK(lumen_store_plan_select_page(plan, 1, FRESH()));
    OK(lumen_store_plan_push_field(plan, 1, 0, LUMEN_I64LE, 0, FRESH()));
    OK(lumen_store_plan_push_i64(plan, least, FRESH()));
    OK(lumen_store_plan_operate(plan, LUMEN_GE, FRESH()));
    OK(lumen_store_plan_guard(plan, FRESH()));
    OK(lumen_store_plan_push_field(plan, 1, 0, LUMEN_I64LE, 0, FRESH()));
    OK(lumen_store_plan_push_i64(plan, 1, FRESH()));
    OK(lumen_store_plan_operate(plan, LUMEN_ADD, FRESH()));
    OK(lumen_store_plan_write(plan, LUMEN_PAGE, 1, 0, LUMEN_I64LE, 0, FRESH()));
    return submit(store, plan);
}

// Behind seq 11 (an intent that was committed) and 12 (one that was refused).
static void tells(uint64_t past) {
    uint64_t rows, filter, snapshot, seq, applied, bytes;
    OK(lumen_store_past_last_seq(past, &seq, FRESH()));
    CHECK(seq == 12);
    OK(lumen_store_past_oldest_seq(past, &seq, FRESH()));
    CHECK(seq == 0);
    OK(lumen_store_past_history_since(past, 3, 4, &rows, FRESH()));
    counts(rows, 2, 0);
    OK(lumen_store_rows_free(rows, FRESH()));

    // History and blame of page 3: created, computed at 5, deleted.
    OK(lumen_store_past_history(past, 3, &rows, FRESH()));
    counts(rows, 3, 0);
    CHECK(row(rows, 0).seq == 1 && change(rows, 0, 0).kind == LUMEN_CHANGE_CREATE);
    LumenChange computed = change(rows, 1, 0);
    CHECK(row(rows, 1).seq == 5 && computed.kind == LUMEN_CHANGE_WRITE && computed.base == 1 && computed.page == 3);
    CHECK(computed.function_len == 11 && memcmp(computed.function, "sum-i64le@1", 11) == 0 && computed.delta_len > 0);
    CHECK(change(rows, 2, 0).kind == LUMEN_CHANGE_DELETE && change(rows, 2, 0).function == NULL);
    LumenRow none = {.struct_size = sizeof none};
    LumenIntent why = {.struct_size = sizeof why};
    FAILS(LUMEN_NOT_FOUND, lumen_store_rows_row(rows, 3, &none, FRESH()));
    CHECK(strcmp(error.message, "there is no row 3: the answer has 3, counted from 0") == 0 && strcmp(error.found, "3") == 0);
    FAILS(LUMEN_NOT_FOUND, lumen_store_rows_intent(rows, 0, &why, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_rows_change(rows, 0, 1, &computed, FRESH()));
    why.struct_size = 4;
    FAILS(LUMEN_MALFORMED, lumen_store_rows_row(rows, 0, (LumenRow *)&why, FRESH()));
    why.struct_size = sizeof why;
    OK(lumen_store_rows_free(rows, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_past_blame(past, 2, 0, 0, &rows, FRESH()));
    counts(rows, 1, 0);
    LumenRow blamed = row(rows, 0);
    CHECK(blamed.seq == 3 && blamed.entry_count == 1 && blamed.entries[0] == 77 && blamed.entries[1] == 1);
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_past_blame(past, 3, 0, 0, &rows, FRESH()));
    counts(rows, 0, 0); // Deleted.
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_past_history(past, 4242, &rows, FRESH()));
    counts(rows, 0, 0);
    OK(lumen_store_rows_free(rows, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_past_blame(past, 1, 0, 99, &rows, FRESH()));

    // The record of an entry: everything that stands in it.
    OK(lumen_store_past_record(past, 77, 1, &rows, FRESH()));
    LumenRow record = row(rows, 0);
    CHECK(record.kind == LUMEN_ROW_TRANSACTION && record.change_count == 1 && record.client_count == 1);
    CHECK(record.blob_count == 1 && record.has_intent == 0 && record.cause == 0 && record.detail == NULL);
    LumenClient client = {.struct_size = sizeof client};
    LumenBlob blob = {.struct_size = sizeof blob};
    OK(lumen_store_rows_client(rows, 0, 0, &client, FRESH()));
    CHECK(client.client_namespace == 1 && client.kind == 1 && client.version == 1 && client.id_low == 77);
    CHECK(client.id_high == 1 && client.body_len == 3 && memcmp(client.body, "why", 3) == 0);
    OK(lumen_store_rows_blob(rows, 0, 0, &blob, FRESH()));
    CHECK(blob.size_bytes == 13 && blob.role_len == 5 && memcmp(blob.role, "table", 5) == 0);
    FAILS(LUMEN_NOT_FOUND, lumen_store_rows_client(rows, 0, 1, &client, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_rows_blob(rows, 0, 1, &blob, FRESH()));
    OK(lumen_store_past_blob(past, blob.hash, &bytes, FRESH()));
    contains(bytes, "a large value");
    OK(lumen_store_bytes_free(bytes, FRESH()));
    blob.hash[0] ^= 1;
    FAILS(LUMEN_NOT_FOUND, lumen_store_past_blob(past, blob.hash, &bytes, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_past_blob(past, NULL, &bytes, FRESH()));
    OK(lumen_store_rows_free(rows, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_past_record(past, 4242, 0, &rows, FRESH()));

    // Intents by filter.
    OK(lumen_store_past_intents(past, 0, &rows, FRESH()));
    counts(rows, 1, 0);
    CHECK(row(rows, 0).seq == 11 && row(rows, 0).has_intent == 1);
    OK(lumen_store_rows_intent(rows, 0, &why, FRESH()));
    CHECK(why.id_low == 11 && why.id_high == 7 && why.author_len == 6 && memcmp(why.author, "tester", 6) == 0);
    CHECK(why.schema_len == 8 && why.schema_version == 1 && why.body_len == 2 && memcmp(why.body, "{}", 2) == 0);
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_filter_new(&filter, FRESH()));
    OK(lumen_store_filter_refused(filter, 1, FRESH()));
    OK(lumen_store_filter_author(filter, "tester", 6, FRESH()));
    OK(lumen_store_filter_schema(filter, "scenario", 8, FRESH()));
    OK(lumen_store_filter_intent(filter, 12, 7, FRESH()));
    OK(lumen_store_filter_seqs(filter, 12, 12, FRESH()));
    OK(lumen_store_filter_times(filter, 0, UINT64_MAX, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_filter_refused(filter, 2, FRESH()));
    OK(lumen_store_past_intents(past, filter, &rows, FRESH()));
    counts(rows, 1, 0);
    LumenRow refused = row(rows, 0);
    CHECK(refused.kind == LUMEN_ROW_REFUSED && refused.cause == 1 && refused.detail_len > 0);
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_filter_free(filter, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_past_intents(past, filter, &rows, FRESH()));

    // Without the entry's transaction its write is missing, and the sum stood on it.
    OK(lumen_store_filter_new(&filter, FRESH()));
    OK(lumen_store_filter_namespace(filter, 1, FRESH()));
    OK(lumen_store_filter_inverted(filter, 1, FRESH()));
    OK(lumen_store_past_replay_only(past, filter, 0, &snapshot, &applied, &rows, FRESH()));
    LumenPage page = {.struct_size = sizeof page};
    OK(lumen_store_snapshot_page(snapshot, 2, &page, FRESH()));
    CHECK(page.bytes[0] == 0 && applied > 0);
    OK(lumen_store_snapshot_free(snapshot, FRESH()));
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_filter_free(filter, FRESH()));
    OK(lumen_store_filter_new(&filter, FRESH()));
    OK(lumen_store_filter_page(filter, 2, FRESH()));
    OK(lumen_store_filter_seqs(filter, 2, 12, FRESH()));
    OK(lumen_store_past_replay_only(past, filter, 0, &snapshot, &applied, &rows, FRESH()));
    LumenDangling dangling = {.struct_size = sizeof dangling};
    counts(rows, 0, 1); // The page was created by a transaction that is left out.
    OK(lumen_store_rows_dangling(rows, 0, &dangling, FRESH()));
    CHECK(dangling.present == LUMEN_HAS_EXPECTED && dangling.seq == 3 && dangling.page == 2 && dangling.expected == 1);
    FAILS(LUMEN_NOT_FOUND, lumen_store_rows_dangling(rows, 1, &dangling, FRESH()));
    OK(lumen_store_snapshot_free(snapshot, FRESH()));
    // Where the rows cannot be given, the snapshot is not left behind.
    FAILS(LUMEN_MALFORMED, lumen_store_past_replay_only(past, filter, 0, &snapshot, &applied, NULL, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_snapshot_free(snapshot, FRESH()));
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_filter_free(filter, FRESH()));

    // States of then.
    for (uint64_t at = 1; at <= 12; at++) {
        uint64_t low[2], high[2];
        OK(lumen_store_past_replay(past, at, &snapshot, FRESH()));
        OK(lumen_store_snapshot_hash(snapshot, &low[0], &high[0], FRESH()));
        OK(lumen_store_snapshot_free(snapshot, FRESH()));
        OK(lumen_store_past_snapshot_at(past, at, &snapshot, FRESH()));
        OK(lumen_store_snapshot_hash(snapshot, &low[1], &high[1], FRESH()));
        OK(lumen_store_snapshot_seq(snapshot, &seq, FRESH()));
        OK(lumen_store_snapshot_free(snapshot, FRESH()));
        CHECK(seq == at && low[0] == low[1] && high[0] == high[1]);
    }
    FAILS(LUMEN_NOT_FOUND, lumen_store_past_replay(past, 13, &snapshot, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_past_snapshot_at(past, 13, &snapshot, FRESH()));
    LumenAudited audited = {.struct_size = sizeof audited};
    OK(lumen_store_past_audit(past, &audited, FRESH()));
    CHECK(audited.committed == 1 && audited.refused == 1 && audited.guards == 2);

    // Pictures.
    OK(lumen_store_past_heat(past, 1, 12, LUMEN_HEAT_CSV, &bytes, FRESH()));
    contains(bytes, "page,changes,bytes\n1,5,");
    OK(lumen_store_bytes_free(bytes, FRESH()));
    OK(lumen_store_past_heat(past, 1, 12, LUMEN_HEAT_HTML, &bytes, FRESH()));
    contains(bytes, "<!doctype html>");
    OK(lumen_store_bytes_free(bytes, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_past_heat(past, 1, 12, 9, &bytes, FRESH()));
    OK(lumen_store_past_trace(past, 5, &bytes, FRESH()));
    contains(bytes, "\"sum-i64le@1\"");
    OK(lumen_store_bytes_free(bytes, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_past_trace(past, 4, &bytes, FRESH()));
}

static void follows(uint64_t store) {
    uint64_t subscription, rows, cursor;
    int32_t descriptor;
    OK(lumen_store_subscribe(store, 0, 0, &subscription, FRESH()));
    OK(lumen_store_subscription_eventfd(subscription, &descriptor, FRESH()));
    CHECK(readable(descriptor));
    size_t seen = 0, count, none;
    uint64_t last = 0;
    do {
        OK(lumen_store_subscription_poll(subscription, 2, &rows, FRESH()));
        OK(lumen_store_rows_count(rows, &count, &none, FRESH()));
        for (size_t at = 0; at < count; at++, seen++) {
            CHECK(row(rows, at).seq > last);
            last = row(rows, at).seq;
        }
        OK(lumen_store_rows_free(rows, FRESH()));
    } while (count > 0);
    // Neither the registration nor the changes of the graph nor the refusals.
    CHECK(seen == 7 && last == 11 && !readable(descriptor));
    OK(lumen_store_subscription_cursor(subscription, &cursor, FRESH()));
    CHECK(cursor == 12);
    put(store, 1, 0, "\x01", 1);
    CHECK(readable(descriptor));
    OK(lumen_store_subscription_poll(subscription, 2, &rows, FRESH()));
    counts(rows, 1, 0);
    CHECK(change(rows, 0, 0).page == 1 && row(rows, 0).seq == 13);
    OK(lumen_store_rows_free(rows, FRESH()));
    CHECK(!readable(descriptor));

    OK(lumen_store_close(store, FRESH()));
    CHECK(readable(descriptor));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_subscription_poll(subscription, 2, &rows, FRESH()));
    OK(lumen_store_subscription_free(subscription, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_subscription_free(subscription, FRESH()));
}

// A page behind a stale edge until somebody asks, and one that is asynchronous until the work is done.
static void lags(uint64_t store) {
    const uint64_t one[] = {1}, two[] = {2};
    LumenGraphEdit edits[] = {{.struct_size = sizeof *edits, .kind = LUMEN_GRAPH_DERIVE, .page = 2, .function = "copy@1",
                               .function_len = 6, .parents = one, .parent_count = 1, .stale = one, .stale_count = 1},
                              {.struct_size = sizeof *edits, .kind = LUMEN_GRAPH_DERIVE_ASYNCHRONOUS, .page = 3,
                               .function = "copy@1", .function_len = 6, .parents = two, .parent_count = 1}};
    uint64_t seq, snapshot, mark, stale[4], committed, refused;
    size_t count;
    LumenPage page = {.struct_size = sizeof page};
    OK(lumen_store_graph_edit(store, edits, 2, &seq, FRESH()));
    CHECK(seq == 6 && put(store, 1, 0, "\x11", 1).seq == 7);
    OK(lumen_store_snapshot(store, 7, &snapshot, FRESH()));
    OK(lumen_store_snapshot_stale(snapshot, 0, stale, 4, &count, FRESH()));
    CHECK(count == 2 && stale[0] == 2 && stale[1] == 3);
    OK(lumen_store_snapshot_stale(snapshot, 3, stale, 4, &count, FRESH()));
    CHECK(count == 1 && stale[0] == 3);
    OK(lumen_store_snapshot_watermark(snapshot, 2, &mark, FRESH()));
    CHECK(mark == 0);
    FAILS(LUMEN_NOT_FOUND, lumen_store_snapshot_watermark(snapshot, 1, &mark, FRESH()));
    OK(lumen_store_snapshot_free(snapshot, FRESH()));

    LumenOutcome outcome = {.struct_size = sizeof outcome};
    OK(lumen_store_refresh(store, 2, &outcome, FRESH()));
    CHECK(outcome.status == LUMEN_COMMITTED && outcome.seq == 8);
    FAILS(LUMEN_MALFORMED, lumen_store_work(store, 0, &committed, &refused, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_work(store, 1, &committed, NULL, FRESH()));
    OK(lumen_store_work(store, 2, &committed, &refused, FRESH()));
    CHECK(committed == 1 && refused == 0);
    CHECK(put(store, 1, 0, "\x12", 1).seq == 10);
    OK(lumen_store_snapshot(store, 10, &snapshot, FRESH()));
    OK(lumen_store_snapshot_page(snapshot, 3, &page, FRESH()));
    CHECK(page.version == 9 && page.bytes[0] == 0x11);
    OK(lumen_store_snapshot_watermark(snapshot, 2, &mark, FRESH()));
    CHECK(mark == 9);
    OK(lumen_store_snapshot_watermark(snapshot, 3, &mark, FRESH()));
    CHECK(mark == 10);
    OK(lumen_store_snapshot_free(snapshot, FRESH()));

    edits[0].stale = two; // No parent.
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, edits, 2, &seq, FRESH()));
    edits[0].kind = LUMEN_GRAPH_RELEASE, edits[0].function_len = 0, edits[0].parent_count = 0;
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, edits, 1, &seq, FRESH()));
}

// Several changes of the graph in one call: one seq, all or none, and no circle only behind the last.
static void graph(const char *path) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s-graph", path);
    uint64_t store = open_store(folder, LUMEN_CREATE_NEW), made = mutation(), seq;
    for (uint32_t number = 0; number < PAGES; number++)
        OK(lumen_store_mutation_create(made, number, 8, NULL, 0, NULL, 0, FRESH()));
    CHECK(commit(store, made).seq == 1);
    const uint64_t first[] = {1}, second[] = {2}, third[] = {3};
    LumenGraphEdit edits[] = {{.struct_size = sizeof *edits, .kind = LUMEN_GRAPH_DERIVE, .page = 2, .function = "copy@1",
                               .function_len = 6, .parents = first, .parent_count = 1},
                              {.struct_size = sizeof *edits, .kind = LUMEN_GRAPH_DERIVE, .page = 3, .function = "copy@1",
                               .function_len = 6, .parents = second, .parent_count = 1}};
    OK(lumen_store_graph_edit(store, edits, 2, &seq, FRESH()));
    CHECK(seq == 2);
    CHECK(put(store, 1, 0, "\x09", 1).seq == 3);
    uint64_t snapshot;
    LumenPage page = {.struct_size = sizeof page};
    OK(lumen_store_snapshot(store, 3, &snapshot, FRESH()));
    OK(lumen_store_snapshot_page(snapshot, 3, &page, FRESH()));
    CHECK(page.version == 3 && page.bytes[0] == 9);
    OK(lumen_store_snapshot_free(snapshot, FRESH()));

    // The other way round: the first alone would close a circle.
    LumenGraphEdit back[] = {edits[0], {.struct_size = sizeof *back, .kind = LUMEN_GRAPH_RELEASE, .page = 3}};
    back[0].parents = third;
    FAILS(LUMEN_CYCLE, lumen_store_graph_edit(store, back, 1, &seq, FRESH()));
    OK(lumen_store_graph_edit(store, back, 2, &seq, FRESH()));
    CHECK(seq == 4);
    CHECK(put(store, 3, 0, "\x07", 1).seq == 5);
    OK(lumen_store_snapshot(store, 5, &snapshot, FRESH()));
    OK(lumen_store_snapshot_page(snapshot, 2, &page, FRESH()));
    CHECK(page.version == 5 && page.bytes[0] == 7);
    OK(lumen_store_snapshot_free(snapshot, FRESH()));

    back[0].page = 3, back[0].parents = second; // Of two for one page neither comes first.
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, back, 2, &seq, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, NULL, 1, &seq, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, edits, 0, &seq, FRESH()));
    edits[1].kind = LUMEN_GRAPH_RELEASE; // With a function, which nobody would heed.
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, edits, 2, &seq, FRESH()));
    edits[1].kind = 9;
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, edits, 2, &seq, FRESH()));
    edits[1].struct_size--;
    FAILS(LUMEN_MALFORMED, lumen_store_graph_edit(store, edits, 2, &seq, FRESH()));
    OK(lumen_store_last_seq(store, &seq, FRESH()));
    CHECK(seq == 5);
    lags(store);
    OK(lumen_store_close(store, FRESH()));
}

// The bytes of a store with one page of zeros and a checkpoint of it.
static uint64_t size_with_checkpoint(const char *path, uint32_t compress_checkpoints) {
    enum { SIZE = 60000 };
    LumenOptions options = {.struct_size = sizeof options, .create = LUMEN_CREATE_NEW, .entropy = {3, 1, 4},
                            .compress_checkpoints = compress_checkpoints};
    uint64_t store, made = mutation(), seq;
    OK(lumen_store_open(path, strlen(path), &options, &store, FRESH()));
    OK(lumen_store_mutation_create(made, 0, SIZE, NULL, 0, NULL, 0, FRESH()));
    CHECK(commit(store, made).seq == 1);
    OK(lumen_store_checkpoint(store, &seq, FRESH()));
    OK(lumen_store_close(store, FRESH()));
    LumenVerified verified = {.struct_size = sizeof verified};
    OK(lumen_store_verify(path, strlen(path), &verified, FRESH()));
    return verified.size_bytes;
}

// Checkpoints are as long as their pages, or compressed; a third way is an error.
static void compresses(const char *path) {
    char plain[4096], packed[4096];
    snprintf(plain, sizeof plain, "%s-plain", path);
    snprintf(packed, sizeof packed, "%s-packed", path);
    CHECK(size_with_checkpoint(packed, 1) + 59000 < size_with_checkpoint(plain, 0));
    LumenOptions wrong = {.struct_size = sizeof wrong, .entropy = {1}, .compress_checkpoints = 2};
    uint64_t store;
    FAILS(LUMEN_MALFORMED, lumen_store_open(plain, strlen(plain), &wrong, &store, FRESH()));
}

// Opens and closes a store, which leaves a segment each time, in folders of a hundred.
static void opens(const char *path, long count) {
    long before = 0;
    for (long turn = 0; turn < count; turn++) {
        char folder[4096];
        snprintf(folder, sizeof folder, "%s-%ld", path, turn / 100);
        if (turn == count / 10) before = resident();
        OK(lumen_store_close(open_store(folder, LUMEN_CREATE_IF_ABSENT), FRESH()));
    }
    long after = resident();
    printf("%ld openings, %ld pages of memory before and %ld after\n", count, before, after);
    if (getenv("LUMEN_OPENS") == NULL || count >= 1000) CHECK(after - before <= 64);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) return 2;
    const char *path = arguments[1];
    uint64_t store = open_store(path, LUMEN_CREATE_NEW), past, seq, bytes, rows;
    LumenBlob blob = {.struct_size = sizeof blob};
    changes(store);
    FAILS(LUMEN_BAD_HANDLE, lumen_store_past(0, &past, FRESH()));
    OK(lumen_store_checkpoint(store, &seq, FRESH()));
    CHECK(seq == 9);
    put(store, 1, 0, "\x02", 1);
    CHECK(intent(store, 11, 2).status == LUMEN_COMMITTED && intent(store, 12, 99).status == LUMEN_REFUSED);
    OK(lumen_store_past(store, &past, FRESH()));
    tells(past);
    OK(lumen_store_metrics(store, &bytes, FRESH()));
    contains(bytes, "lumen_store_refusals_total{cause=\"guard\"} 1\n");
    OK(lumen_store_bytes_free(bytes, FRESH()));
    follows(store);
    tells(past); // It outlives its store, and knows as much as it did.
    OK(lumen_store_past_free(past, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_past_last_seq(past, &seq, FRESH()));
    OK(lumen_store_past_open(path, strlen(path), &past, FRESH()));
    OK(lumen_store_past_last_seq(past, &seq, FRESH()));
    CHECK(seq == 13);
    const uint8_t *large;
    size_t large_len;
    OK(lumen_store_past_record(past, 77, 1, &rows, FRESH()));
    OK(lumen_store_rows_blob(rows, 0, 0, &blob, FRESH()));
    OK(lumen_store_past_blob(past, blob.hash, &bytes, FRESH()));
    OK(lumen_store_bytes_read(bytes, &large, &large_len, FRESH()));
    CHECK(large_len == 13 && memcmp(large, "a large value", 13) == 0);
    OK(lumen_store_bytes_free(bytes, FRESH()));
    OK(lumen_store_rows_free(rows, FRESH()));
    OK(lumen_store_past_free(past, FRESH()));
    FAILS(LUMEN_NO_STORE, lumen_store_past_open("/nowhere", 8, &past, FRESH()));
    LumenVerified verified = {.struct_size = sizeof verified};
    OK(lumen_store_verify(path, strlen(path), &verified, FRESH()));
    CHECK(verified.last_seq == 13 && verified.blob_count == 1 && verified.torn == 0 && verified.record_count == 13);
    FAILS(LUMEN_NO_STORE, lumen_store_verify("/nowhere", 8, &verified, FRESH()));

    graph(path);
    compresses(path);

    const char *given = getenv("LUMEN_OPENS");
    opens(path, given == NULL ? 200 : atol(given));
    printf("%d checks\n", checks);
    printf("history: every check holds\n");
    return 0;
}
