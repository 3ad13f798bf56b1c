// What the programs here share: a check that ends the program with its line, calls with a fresh error, plans and stores.

#include "lumen_store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(LumenError) == 600, "LumenError");
static_assert(sizeof(LumenOptions) == 88, "LumenOptions");
static_assert(sizeof(LumenOutcome) == 304, "LumenOutcome");
static_assert(sizeof(LumenPage) == 56, "LumenPage");
static_assert(sizeof(LumenKind) == 32, "LumenKind");
static_assert(sizeof(LumenGraphEdit) == 64, "LumenGraphEdit");
static_assert(sizeof(LumenRow) == 112, "LumenRow");
static_assert(sizeof(LumenIntent) == 88, "LumenIntent");
static_assert(sizeof(LumenChange) == 56, "LumenChange");
static_assert(sizeof(LumenClient) == 64, "LumenClient");
static_assert(sizeof(LumenBlob) == 64, "LumenBlob");
static_assert(sizeof(LumenDangling) == 56, "LumenDangling");
static_assert(sizeof(LumenAudited) == 40, "LumenAudited");
static_assert(sizeof(LumenVerified) == 56, "LumenVerified");

static LumenError error;
static int checks;

static void check(int holds, const char *what, int line) {
    checks++;
    if (!holds) {
        fprintf(stderr, "line %d: %s (last error: %.255s)\n", line, what, error.message);
        exit(1);
    }
}

#define CHECK(what) check((what), #what, __LINE__)
// Each call gets a fresh error, so that details are those of the call.
#define FRESH() (memset(&error, 0xAA, sizeof error), error.struct_size = sizeof error, &error)
#define OK(call) CHECK((call) == LUMEN_OK)
#define FAILS(expected_number, call) (CHECK((call) == (expected_number)), CHECK(error.number == (expected_number)))

static uint64_t begin(uint64_t id) {
    uint64_t plan;
    OK(lumen_store_plan_new(id, 7, 0, 0, "tester", 6, "scenario", 8, 1, "{}", 2, &plan, FRESH()));
    return plan;
}

static size_t encode(uint64_t plan, uint8_t *bytes, size_t capacity) {
    size_t len;
    OK(lumen_store_plan_encode(plan, bytes, capacity, &len, FRESH()));
    OK(lumen_store_plan_free(plan, FRESH()));
    return len;
}

static LumenOutcome submit(uint64_t store, uint64_t plan) {
    uint8_t bytes[4096];
    size_t len = encode(plan, bytes, sizeof bytes);
    OK(lumen_store_plan_validate(bytes, len, FRESH()));
    LumenOutcome outcome = {.struct_size = sizeof outcome};
    OK(lumen_store_submit(store, bytes, len, &outcome, FRESH()));
    return outcome;
}

static uint64_t open_store(const char *path, uint32_t create) {
    LumenOptions options = {.struct_size = sizeof options, .create = create, .entropy = {3, 1, 4, 1, 5, 9}};
    uint64_t store;
    OK(lumen_store_open(path, strlen(path), &options, &store, FRESH()));
    return store;
}

// Resident memory in pages.
static long resident(void) {
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%ld %ld", &size, &pages) != 2) pages = 0;
        fclose(file);
    }
    return pages;
}
