// Drives stores, plans, snapshots and fields, the wrong way too; history.c drives the rest. Prints what it tried; the
// last line says that every check holds. LUMEN_CYCLES sets how often handles are taken and freed.

#include "checks.h"

static LumenOutcome add(uint64_t store, uint64_t id, uint64_t page, int64_t amount) {
    uint64_t plan = begin(id);
    OK(lumen_store_plan_select_page(plan, page, FRESH()));
    OK(lumen_store_plan_push_field(plan, page, 0, LUMEN_I64LE, 0, FRESH()));
    OK(lumen_store_plan_push_i64(plan, amount, FRESH()));
    OK(lumen_store_plan_operate(plan, LUMEN_ADD, FRESH()));
    OK(lumen_store_plan_write(plan, LUMEN_PAGE, page, 0, LUMEN_I64LE, 0, FRESH()));
    return submit(store, plan);
}

static int64_t value(uint64_t snapshot, uint64_t page) {
    LumenPage found = {.struct_size = sizeof found};
    int64_t number;
    OK(lumen_store_snapshot_page(snapshot, page, &found, FRESH()));
    OK(lumen_store_field_to_i64(LUMEN_I64LE, found.bytes, 8, &number, FRESH()));
    return number;
}

static void opening(const char *path) {
    uint64_t store = 77, other;
    LumenOptions options = {.struct_size = sizeof options, .entropy = {1}};
    size_t len = strlen(path);
    FAILS(LUMEN_NO_STORE, lumen_store_open(path, len, &options, &store, FRESH()));
    CHECK(error.category == LUMEN_CATEGORY_CALLER && strlen(error.message) > 0 && store == 77);
    options.create = 9;
    FAILS(LUMEN_MALFORMED, lumen_store_open(path, len, &options, &store, FRESH()));
    options.create = LUMEN_CREATE_NEW;
    options.sync_after_ms = 5;
    FAILS(LUMEN_MALFORMED, lumen_store_open(path, len, &options, &store, FRESH()));
    options.sync_after_ms = 0;
    options.entropy[0] = 0;
    FAILS(LUMEN_MALFORMED, lumen_store_open(path, len, &options, &store, FRESH()));
    options.entropy[0] = 1;
    options.struct_size--;
    FAILS(LUMEN_MALFORMED, lumen_store_open(path, len, &options, &store, FRESH()));
    CHECK(strcmp(error.expected, "88") == 0 && strcmp(error.found, "87") == 0);
    options.struct_size++;
    FAILS(LUMEN_MALFORMED, lumen_store_open(NULL, len, &options, &store, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_open("\xff", 1, &options, &store, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_open(path, len, NULL, &store, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_open(path, len, &options, NULL, FRESH()));
    // Which created nothing: the next one does.
    OK(lumen_store_open(path, len, &options, &store, FRESH()));
    OK(lumen_store_close(store, FRESH()));
    FAILS(LUMEN_STORE_EXISTS, lumen_store_open(path, len, &options, &store, FRESH()));
    options.create = LUMEN_CREATE_NEVER;
    OK(lumen_store_open(path, len, &options, &store, FRESH()));
    FAILS(LUMEN_LOCKED, lumen_store_open(path, len, &options, &other, FRESH()));
    CHECK(error.category == LUMEN_CATEGORY_RETRY);
    OK(lumen_store_close(store, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_close(store, FRESH()));
}

static void plans(uint64_t store) {
    // A page of its own, named, with metadata, and every kind of value in it.
    uint64_t plan = begin(1);
    uint8_t text[6];
    size_t len;
    OK(lumen_store_plan_select_name(plan, "mixed", 5, FRESH()));
    OK(lumen_store_plan_create(plan, 3, 64, "mixed", 5, (const uint8_t *)"meta", 4, FRESH()));
    OK(lumen_store_plan_push_i64(plan, -5, FRESH()));
    OK(lumen_store_plan_write(plan, LUMEN_NEW_PAGE, 3, 0, LUMEN_I64LE, 0, FRESH()));
    OK(lumen_store_plan_push_u64(plan, UINT64_MAX, FRESH()));
    OK(lumen_store_plan_write(plan, LUMEN_NEW_PAGE, 3, 8, LUMEN_U64BE, 0, FRESH()));
    OK(lumen_store_field_from_text(6, "h\xc3\xa9", 3, text, sizeof text, &len, FRESH()));
    OK(lumen_store_plan_push_bytes(plan, text, len, FRESH()));
    OK(lumen_store_plan_write(plan, LUMEN_NEW_PAGE, 3, 16, LUMEN_TEXT, 6, FRESH()));
    LumenOutcome outcome = submit(store, plan);
    CHECK(outcome.status == LUMEN_COMMITTED && outcome.repeated == 0 && outcome.created_count == 1);
    uint64_t mixed = outcome.created_first;

    uint64_t snapshot, found;
    OK(lumen_store_snapshot(store, outcome.seq, &snapshot, FRESH()));
    OK(lumen_store_snapshot_find(snapshot, "mixed", 5, &found, FRESH()));
    CHECK(found == mixed);
    LumenPage page = {.struct_size = sizeof page};
    OK(lumen_store_snapshot_page(snapshot, mixed, &page, FRESH()));
    CHECK(page.size_bytes == 64 && page.version == outcome.seq && page.name_len == 5 && page.metadata_len == 4);
    CHECK(memcmp(page.name, "mixed", 5) == 0 && memcmp(page.metadata, "meta", 4) == 0);
    CHECK(memcmp(page.bytes, "\xfb\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffh\xc3\xa9\0\0\0\0", 23) == 0);
    OK(lumen_store_field_to_text(page.bytes + 16, 6, &len, FRESH()));
    CHECK(len == 3);

    // A guard of everything that a guard can ask, with a read set; then what only they refuse.
    for (uint64_t id = 2; id < 5; id++) {
        plan = begin(id);
        OK(lumen_store_plan_select_range(plan, mixed, mixed, FRESH()));
        OK(lumen_store_plan_read_version(plan, mixed, id == 3 ? 99 : page.version, FRESH()));
        OK(lumen_store_plan_read_range(plan, mixed, 16, page.bytes + 16, 6, FRESH()));
        OK(lumen_store_plan_push_exists(plan, mixed, FRESH()));
        OK(lumen_store_plan_push_length(plan, mixed, FRESH()));
        OK(lumen_store_plan_push_u64(plan, id == 4 ? 65 : 64, FRESH()));
        OK(lumen_store_plan_operate(plan, LUMEN_EQ, FRESH()));
        OK(lumen_store_plan_operate(plan, LUMEN_AND, FRESH()));
        OK(lumen_store_plan_push_version(plan, mixed, FRESH()));
        OK(lumen_store_plan_push_u64(plan, 0, FRESH()));
        OK(lumen_store_plan_operate(plan, LUMEN_LE, FRESH()));
        OK(lumen_store_plan_operate(plan, LUMEN_NOT, FRESH()));
        OK(lumen_store_plan_push_truth(plan, 0, FRESH()));
        OK(lumen_store_plan_operate(plan, LUMEN_OR, FRESH()));
        OK(lumen_store_plan_operate(plan, LUMEN_AND, FRESH()));
        OK(lumen_store_plan_guard(plan, FRESH()));
        OK(lumen_store_plan_push_hash(plan, mixed, FRESH()));
        OK(lumen_store_plan_write(plan, LUMEN_PAGE, mixed, 32, LUMEN_BYTES, 16, FRESH()));
        // The first of them changes the page; the others are made from what it was.
        outcome = submit(store, plan);
        if (id == 2) {
            CHECK(outcome.status == LUMEN_COMMITTED && outcome.created_count == 0 && outcome.created_first == 0);
        } else {
            CHECK(outcome.status == LUMEN_REFUSED && outcome.cause == 2 && outcome.page == mixed);
            CHECK(strlen(outcome.detail) > 0);
        }
    }
    CHECK(value(snapshot, mixed) == -5);
    CHECK(page.bytes[32] == 0); // The snapshot is what it was.

    // Metadata and a guard that is false; the same plan again is the same answer.
    plan = begin(5);
    OK(lumen_store_plan_select_metadata(plan, (const uint8_t *)"meta", 4, FRESH()));
    OK(lumen_store_plan_push_truth(plan, 0, FRESH()));
    OK(lumen_store_plan_guard(plan, FRESH()));
    OK(lumen_store_plan_set_metadata(plan, mixed, NULL, 0, FRESH()));
    uint8_t bytes[512];
    len = encode(plan, bytes, sizeof bytes);
    LumenOutcome first = {.struct_size = sizeof first}, again = first;
    OK(lumen_store_submit(store, bytes, len, &first, FRESH()));
    OK(lumen_store_submit(store, bytes, len, &again, FRESH()));
    CHECK(first.status == LUMEN_REFUSED && first.cause == 1 && first.repeated == 0);
    CHECK(again.status == LUMEN_REFUSED && again.seq == first.seq && again.repeated == 1);
    uint8_t hash[16], other[16] = {0};
    OK(lumen_store_plan_hash(bytes, len, hash, FRESH()));
    CHECK(memcmp(hash, other, 16) != 0);

    // A known id with another plan, a page that nobody has, and a delete.
    plan = begin(5);
    OK(lumen_store_plan_select_page(plan, mixed, FRESH()));
    OK(lumen_store_plan_delete(plan, mixed, FRESH()));
    len = encode(plan, bytes, sizeof bytes);
    FAILS(LUMEN_INTENT_REUSED, lumen_store_submit(store, bytes, len, &again, FRESH()));
    plan = begin(6);
    OK(lumen_store_plan_select_page(plan, 4242, FRESH()));
    OK(lumen_store_plan_delete(plan, 4242, FRESH()));
    len = encode(plan, bytes, sizeof bytes);
    FAILS(LUMEN_UNKNOWN_PAGE, lumen_store_submit(store, bytes, len, &again, FRESH()));
    CHECK((error.present & LUMEN_HAS_PAGE) && error.page == 4242);
    plan = begin(7);
    OK(lumen_store_plan_select_page(plan, mixed, FRESH()));
    OK(lumen_store_plan_delete(plan, mixed, FRESH()));
    CHECK(submit(store, plan).status == LUMEN_COMMITTED);
    plan = begin(8);
    OK(lumen_store_plan_select_page(plan, 1, FRESH()));
    OK(lumen_store_plan_client(plan, 1, 1, 1, 9, 0, 0, 0, (const uint8_t *)"x", 1, FRESH()));
    len = encode(plan, bytes, sizeof bytes);
    FAILS(LUMEN_UNKNOWN_KIND, lumen_store_submit(store, bytes, len, &again, FRESH()));
    CHECK(error.category == LUMEN_CATEGORY_UNSUPPORTED);

    OK(lumen_store_snapshot_free(snapshot, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_snapshot_page(snapshot, mixed, &page, FRESH()));
}

static void mistakes(uint64_t store) {
    uint64_t snapshot, number, plan = begin(100);
    LumenOutcome outcome = {.struct_size = sizeof outcome};
    LumenPage page = {.struct_size = sizeof page};
    uint8_t bytes[16];
    size_t len = 0;
    OK(lumen_store_snapshot(store, 0, &snapshot, FRESH()));

    // Handles of another type, and numbers that never were one.
    const uint64_t never[] = {0, 1, UINT64_MAX, plan + 1, plan + (UINT64_C(1) << 32)};
    for (size_t at = 0; at < sizeof never / sizeof *never; at++) {
        FAILS(LUMEN_BAD_HANDLE, lumen_store_close(never[at], FRESH()));
        FAILS(LUMEN_BAD_HANDLE, lumen_store_plan_free(never[at], FRESH()));
        FAILS(LUMEN_BAD_HANDLE, lumen_store_snapshot_free(never[at], FRESH()));
        FAILS(LUMEN_BAD_HANDLE, lumen_store_last_seq(never[at], &number, FRESH()));
    }
    FAILS(LUMEN_BAD_HANDLE, lumen_store_plan_free(store, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_snapshot_free(plan, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_close(snapshot, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_snapshot(snapshot, 0, &number, FRESH()));
    CHECK(lumen_store_close(plan, NULL) == LUMEN_BAD_HANDLE);

    // Pointers and sizes.
    FAILS(LUMEN_MALFORMED, lumen_store_last_seq(store, NULL, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_snapshot(store, 0, NULL, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_submit(store, NULL, 5, &outcome, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_submit(store, bytes, SIZE_MAX, &outcome, FRESH()));
    outcome.struct_size = 0;
    FAILS(LUMEN_MALFORMED, lumen_store_submit(store, bytes, 1, &outcome, FRESH()));
    page.struct_size = 1000;
    FAILS(LUMEN_MALFORMED, lumen_store_snapshot_page(snapshot, 1, &page, FRESH()));
    page.struct_size = sizeof page;
    FAILS(LUMEN_UNKNOWN_PAGE, lumen_store_snapshot_page(snapshot, 4242, &page, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_snapshot_find(snapshot, "nobody", 6, &number, FRESH()));
    FAILS(LUMEN_NOT_FOUND, lumen_store_snapshot(store, 4242, &number, FRESH()));
    // An error of another size is left alone.
    memset(&error, 0xAA, sizeof error);
    CHECK(lumen_store_close(0, &error) == LUMEN_BAD_HANDLE && error.struct_size == 0xAAAAAAAA);

    // Plans that are none: by byte, by rule, by order of calls.
    FAILS(LUMEN_MALFORMED, lumen_store_plan_validate(NULL, 0, FRESH()));
    CHECK(error.malformation == 1 && (error.present & LUMEN_HAS_OFFSET));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_validate((const uint8_t *)"\x63\x00", 2, FRESH()));
    CHECK(error.malformation == 4);
    FAILS(LUMEN_MALFORMED,
          lumen_store_plan_new(0, 0, 0, 0, "a", 1, "s", 1, 1, "{}", 2, &number, FRESH()));
    FAILS(LUMEN_MALFORMED,
          lumen_store_plan_new(1, 0, 0, 0, "a", 1, "s", 1, 1, "{", 1, &number, FRESH()));
    CHECK(error.malformation == 9);
    FAILS(LUMEN_MALFORMED, lumen_store_plan_operate(plan, LUMEN_NOT, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_guard(plan, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_push_truth(plan, 2, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_push_field(plan, 1, 0, 3, 0, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_push_field(plan, 1, 0, LUMEN_U8, 1, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_push_field(plan, 1, 0, LUMEN_TEXT, 0, FRESH()));
    OK(lumen_store_plan_push_truth(plan, 1, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_operate(plan, LUMEN_AND, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_operate(plan, 99, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_write(plan, 2, 1, 0, LUMEN_U8, 0, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_encode(plan, bytes, sizeof bytes, &len, FRESH()));
    for (int level = 1; level < 64; level++) OK(lumen_store_plan_operate(plan, LUMEN_NOT, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_operate(plan, LUMEN_NOT, FRESH()));
    CHECK(error.malformation == 16);
    OK(lumen_store_plan_push_truth(plan, 1, FRESH()));
    OK(lumen_store_plan_guard(plan, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_plan_encode(plan, bytes, sizeof bytes, &len, FRESH()));
    CHECK(error.malformation == 10); // It selects nothing.
    OK(lumen_store_plan_free(plan, FRESH()));

    plan = begin(101);
    OK(lumen_store_plan_select_page(plan, 1, FRESH()));
    OK(lumen_store_plan_delete(plan, 1, FRESH()));
    len = 0;
    FAILS(LUMEN_LIMIT_EXCEEDED, lumen_store_plan_encode(plan, bytes, sizeof bytes, &len, FRESH()));
    CHECK(len > sizeof bytes);
    OK(lumen_store_plan_free(plan, FRESH()));
    OK(lumen_store_snapshot_free(snapshot, FRESH()));
}

static void values(void) {
    uint8_t out[8];
    size_t len;
    int64_t i64;
    uint64_t u64;
    double f64;
    OK(lumen_store_field_from_i64(LUMEN_I16BE, -2, out, 8, &len, FRESH()));
    CHECK(len == 2 && out[0] == 0xff && out[1] == 0xfe);
    OK(lumen_store_field_to_i64(LUMEN_I16BE, out, 2, &i64, FRESH()));
    CHECK(i64 == -2);
    FAILS(LUMEN_MALFORMED, lumen_store_field_to_u64(LUMEN_I16BE, out, 2, &u64, FRESH()));
    FAILS(LUMEN_MALFORMED, lumen_store_field_from_i64(LUMEN_U8, 256, out, 8, &len, FRESH()));
    CHECK(error.malformation == 12);
    OK(lumen_store_field_from_u64(LUMEN_U64LE, UINT64_MAX, out, 8, &len, FRESH()));
    OK(lumen_store_field_to_u64(LUMEN_U64LE, out, 8, &u64, FRESH()));
    CHECK(u64 == UINT64_MAX);
    FAILS(LUMEN_MALFORMED, lumen_store_field_to_i64(LUMEN_U64LE, out, 8, &i64, FRESH()));
    OK(lumen_store_field_from_f64(LUMEN_F64BE, -0.5, out, 8, &len, FRESH()));
    CHECK(out[0] == 0xbf && out[1] == 0xe0);
    OK(lumen_store_field_to_f64(LUMEN_F64BE, out, 8, &f64, FRESH()));
    CHECK(f64 == -0.5);
    FAILS(LUMEN_MALFORMED, lumen_store_field_to_f64(LUMEN_U64BE, out, 8, &f64, FRESH()));
    FAILS(LUMEN_LIMIT_EXCEEDED, lumen_store_field_from_f64(LUMEN_F64LE, 1, out, 7, &len, FRESH()));
}

static void cycles(uint64_t store) {
    const char *given = getenv("LUMEN_CYCLES");
    long count = given == NULL ? 1000000 : atol(given), before = 0;
    uint64_t handle;
    for (long cycle = 0; cycle < count; cycle++) {
        // Behind the first tenth everything has its size.
        if (cycle == count / 10) before = resident();
        int32_t opened, freed, again;
        switch (cycle % 6) {
        case 0:
            opened = lumen_store_snapshot(store, 0, &handle, NULL);
            freed = lumen_store_snapshot_free(handle, NULL), again = lumen_store_snapshot_free(handle, NULL);
            break;
        case 1:
            opened = lumen_store_plan_new(1, 0, 0, 0, "a", 1, "s", 1, 1, "0", 1, &handle, NULL);
            freed = lumen_store_plan_free(handle, NULL), again = lumen_store_plan_free(handle, NULL);
            break;
        case 2:
            opened = lumen_store_mutation_new(&handle, NULL);
            freed = lumen_store_mutation_free(handle, NULL), again = lumen_store_mutation_free(handle, NULL);
            break;
        case 3:
            opened = lumen_store_filter_new(&handle, NULL);
            freed = lumen_store_filter_free(handle, NULL), again = lumen_store_filter_free(handle, NULL);
            break;
        case 4:
            opened = lumen_store_past(store, &handle, NULL);
            freed = lumen_store_past_free(handle, NULL), again = lumen_store_past_free(handle, NULL);
            break;
        default:
            opened = lumen_store_subscribe(store, 0, 0, &handle, NULL);
            freed = lumen_store_subscription_free(handle, NULL);
            again = lumen_store_subscription_free(handle, NULL);
        }
        if (opened != LUMEN_OK || freed != LUMEN_OK || again != LUMEN_BAD_HANDLE) exit(1);
    }
    long after = resident();
    printf("%ld handles, %ld pages of memory before and %ld after\n", count, before, after);
    // A sanitizer that keeps freed memory apart is not measured.
    if (given == NULL) CHECK(after - before <= 64);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) return 2;
    const char *path = arguments[1];
    CHECK(lumen_store_abi_version() == 5);
    opening(path);

    uint64_t store = open_store(path, LUMEN_CREATE_NEVER);
    values();
    plans(store);
    mistakes(store);

    uint64_t plan = begin(200), pages[8], snapshot, replayed, seq, low[2], high[2];
    size_t count;
    OK(lumen_store_plan_select_range(plan, 0, UINT64_MAX, FRESH()));
    OK(lumen_store_plan_create(plan, 0, 8, NULL, 0, NULL, 0, FRESH()));
    OK(lumen_store_plan_create(plan, 1, 8, NULL, 0, NULL, 0, FRESH()));
    LumenOutcome outcome = submit(store, plan);
    CHECK(outcome.created_count == 2);
    uint64_t first = outcome.created_first;
    for (uint64_t id = 300; id < 400; id++) outcome = add(store, id, first + id % 2, (int64_t)id);
    OK(lumen_store_wait_durable(store, outcome.seq, FRESH()));
    OK(lumen_store_durable_seq(store, &seq, FRESH()));
    CHECK(seq >= outcome.seq);
    OK(lumen_store_last_seq(store, &seq, FRESH()));
    CHECK(seq == outcome.seq);
    OK(lumen_store_snapshot(store, seq, &snapshot, FRESH()));
    CHECK(value(snapshot, first) + value(snapshot, first + 1) == 34950); // The sum from 300 to 399.
    OK(lumen_store_snapshot_pages(snapshot, 0, pages, 8, &count, FRESH()));
    CHECK(count == 2 && pages[0] == first && pages[1] == first + 1);
    OK(lumen_store_snapshot_pages(snapshot, first + 1, pages, 8, &count, FRESH()));
    CHECK(count == 1);
    cycles(store);
    OK(lumen_store_close(store, FRESH()));
    FAILS(LUMEN_BAD_HANDLE, lumen_store_last_seq(store, &seq, FRESH()));

    // A replay makes the same state, and a snapshot outlives its store.
    OK(lumen_store_replay(path, strlen(path), 0, &replayed, FRESH()));
    OK(lumen_store_snapshot_hash(snapshot, &low[0], &high[0], FRESH()));
    OK(lumen_store_snapshot_hash(replayed, &low[1], &high[1], FRESH()));
    CHECK(low[0] == low[1] && high[0] == high[1]);
    OK(lumen_store_snapshot_seq(replayed, &seq, FRESH()));
    CHECK(seq == outcome.seq && value(snapshot, first) == value(replayed, first));
    OK(lumen_store_snapshot_free(snapshot, FRESH()));
    OK(lumen_store_snapshot_free(replayed, FRESH()));

    printf("%d checks\n", checks);
    printf("scenario: every check holds\n");
    return 0;
}
