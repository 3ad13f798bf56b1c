// Two accounts in a store, and a transfer that takes nobody below zero. Shows: opening, plans built call by call, a
// refusal that stays on record, pages read without a copy.
//
//     cc -I include examples/ledger.c -L TARGET -llumen_store && ./a.out FOLDER

#include "lumen_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LumenError error = {.struct_size = sizeof error};

// Ends the program when a call failed.
static void must(int32_t number) {
    if (number != LUMEN_OK) {
        fprintf(stderr, "error %" PRId32 ": %s\n", number, error.message);
        exit(1);
    }
}

static uint64_t begin(uint64_t id, const char *schema) {
    uint64_t plan;
    const char *why = "{\"why\": \"the example\"}";
    must(lumen_store_plan_new(id, 0, 0, 0, "teller", 6, schema, strlen(schema), 1, why, strlen(why), &plan, &error));
    return plan;
}

static LumenOutcome submit(uint64_t store, uint64_t plan) {
    uint8_t bytes[1024];
    size_t len;
    LumenOutcome outcome = {.struct_size = sizeof outcome};
    must(lumen_store_plan_encode(plan, bytes, sizeof bytes, &len, &error));
    must(lumen_store_submit(store, bytes, len, &outcome, &error));
    must(lumen_store_plan_free(plan, &error));
    return outcome;
}

// An account with so many cents.
static uint64_t open_account(uint64_t store, uint64_t id, const char *name, int64_t cents) {
    uint64_t plan = begin(id, "open-account");
    must(lumen_store_plan_select_name(plan, name, strlen(name), &error));
    must(lumen_store_plan_create(plan, 0, 8, name, strlen(name), NULL, 0, &error));
    must(lumen_store_plan_push_i64(plan, cents, &error));
    must(lumen_store_plan_write(plan, LUMEN_NEW_PAGE, 0, 0, LUMEN_I64LE, 0, &error));
    return submit(store, plan).created_first;
}

// Moves cents if the giver has them.
static LumenOutcome transfer(uint64_t store, uint64_t id, uint64_t from, uint64_t to, int64_t cents) {
    uint64_t plan = begin(id, "transfer");
    must(lumen_store_plan_select_page(plan, from, &error));
    must(lumen_store_plan_select_page(plan, to, &error));
    must(lumen_store_plan_push_field(plan, from, 0, LUMEN_I64LE, 0, &error));
    must(lumen_store_plan_push_i64(plan, cents, &error));
    must(lumen_store_plan_operate(plan, LUMEN_GE, &error));
    must(lumen_store_plan_guard(plan, &error));
    const struct {
        uint64_t page;
        uint32_t operation;
    } legs[] = {{from, LUMEN_SUB}, {to, LUMEN_ADD}};
    for (int leg = 0; leg < 2; leg++) {
        must(lumen_store_plan_push_field(plan, legs[leg].page, 0, LUMEN_I64LE, 0, &error));
        must(lumen_store_plan_push_i64(plan, cents, &error));
        must(lumen_store_plan_operate(plan, legs[leg].operation, &error));
        must(lumen_store_plan_write(plan, LUMEN_PAGE, legs[leg].page, 0, LUMEN_I64LE, 0, &error));
    }
    return submit(store, plan);
}

static int64_t balance(uint64_t snapshot, uint64_t account) {
    LumenPage page = {.struct_size = sizeof page};
    int64_t cents;
    must(lumen_store_snapshot_page(snapshot, account, &page, &error));
    must(lumen_store_field_to_i64(LUMEN_I64LE, page.bytes, 8, &cents, &error));
    return cents;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return 2;
    }
    // A program in earnest asks the system for these, with getrandom(2).
    LumenOptions options = {.struct_size = sizeof options, .create = LUMEN_CREATE_NEW, .entropy = {1, 2, 3}};
    uint64_t store, snapshot;
    must(lumen_store_open(arguments[1], strlen(arguments[1]), &options, &store, &error));
    uint64_t alice = open_account(store, 1, "alice", 100);
    uint64_t bob = open_account(store, 2, "bob", 0);

    LumenOutcome outcome = transfer(store, 3, alice, bob, 40);
    printf("transfer of 40: %s at seq %" PRIu64 "\n", outcome.status == LUMEN_COMMITTED ? "committed" : "refused",
           outcome.seq);
    outcome = transfer(store, 4, alice, bob, 70);
    printf("transfer of 70: %s at seq %" PRIu64 ": %s\n", outcome.status == LUMEN_COMMITTED ? "committed" : "refused",
           outcome.seq, outcome.detail);

    must(lumen_store_snapshot(store, 0, &snapshot, &error));
    printf("alice has %" PRId64 " cents, bob has %" PRId64 "\n", balance(snapshot, alice), balance(snapshot, bob));
    must(lumen_store_snapshot_free(snapshot, &error));
    must(lumen_store_close(store, &error));
    return 0;
}
