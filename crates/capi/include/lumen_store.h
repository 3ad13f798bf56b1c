// The C interface of the store. Made from the Rust sources; a test holds the two together.
//
// Every function but lumen_store_abi_version returns 0 (LUMEN_OK) or the number of an error, whose details go to
// the LumenError behind the last pointer unless that is null. Handles are numbers: one that was freed is refused
// (LUMEN_BAD_HANDLE) and never taken for another. Structs begin with their own size, which the caller sets, outputs
// included. Texts are UTF-8 with a length, not closed by a zero; null is allowed where the length is 0. Every
// function may be called from every thread.


#ifndef LUMEN_STORE_H
#define LUMEN_STORE_H

#include <stddef.h>
#include <stdint.h>

// Nothing went wrong. A refused upsert is an answer and no error.
#define LUMEN_OK 0

// The request breaks a rule of its own form; `malformation` says which.
#define LUMEN_MALFORMED 1

// The request is over a limit, or an output has too little room.
#define LUMEN_LIMIT_EXCEEDED 2

// A known intent id with another request.
#define LUMEN_INTENT_REUSED 3

// No page has this id.
#define LUMEN_UNKNOWN_PAGE 4

// An edge of the derivation graph would close a circle.
#define LUMEN_CYCLE 5

// The handle was freed, is of another type, or never was one.
#define LUMEN_BAD_HANDLE 6

// No store lives in the directory.
#define LUMEN_NO_STORE 7

// A store lives in the directory already.
#define LUMEN_STORE_EXISTS 8

// What was asked for is not in this store.
#define LUMEN_NOT_FOUND 9

// The snapshot outlived its limit.
#define LUMEN_SNAPSHOT_TOO_OLD 20

// Another process writes this store.
#define LUMEN_LOCKED 21

// The operating system failed an operation that changed nothing.
#define LUMEN_IO 23

// No space left; nothing was appended.
#define LUMEN_FULL 30

// Acknowledged bytes of the log are damaged.
#define LUMEN_CORRUPT 40

// A blob is missing or damaged.
#define LUMEN_BLOB_DAMAGED 41

// A replay made another state than the log vouches for.
#define LUMEN_DIVERGED 42

// The files are of a newer format.
#define LUMEN_UNSUPPORTED_FORMAT 50

// A namespace, kind or version that nobody registered.
#define LUMEN_UNKNOWN_KIND 51

// What is asked for is older than what the store's retention kept.
#define LUMEN_SEQ_TOO_OLD 52

// An earlier write failed, or a call on this store panicked; close and open it again.
#define LUMEN_POISONED 60

// A defect of the library, caught; the store that it happened in is poisoned.
#define LUMEN_PANIC 61

// The caller mends the request.
#define LUMEN_CATEGORY_CALLER 1

// The caller waits and tries again.
#define LUMEN_CATEGORY_RETRY 2

// The caller frees space.
#define LUMEN_CATEGORY_FULL 3

// The caller repairs or salvages.
#define LUMEN_CATEGORY_DAMAGED 4

// The caller takes a newer library, or an older copy of the store.
#define LUMEN_CATEGORY_UNSUPPORTED 5

// The caller opens the store again.
#define LUMEN_CATEGORY_POISONED 6

// `page` of an error is set.
#define LUMEN_HAS_PAGE 1

// `seq` of an error is set.
#define LUMEN_HAS_SEQ 2

// `offset` of an error is set.
#define LUMEN_HAS_OFFSET 4

// `segment` of an error is set.
#define LUMEN_HAS_SEGMENT 8

// An absent store is an error.
#define LUMEN_CREATE_NEVER 0

// An absent store is created.
#define LUMEN_CREATE_IF_ABSENT 1

// A present store is an error.
#define LUMEN_CREATE_NEW 2

// Acknowledged after its sync.
#define LUMEN_DURABLE 0

// Acknowledged after its write, synced within a time.
#define LUMEN_BUFFERED 1

// Acknowledged after its write, synced when its segment ends.
#define LUMEN_MEMORY 2

// The changes are in the state.
#define LUMEN_COMMITTED 1

// Nothing changed, and the log says so.
#define LUMEN_REFUSED 2

// Checked sum of two integers.
#define LUMEN_ADD 16

// Checked difference.
#define LUMEN_SUB 17

// Checked product.
#define LUMEN_MUL 18

// Equality of two of a type.
#define LUMEN_EQ 24

// Inequality.
#define LUMEN_NE 25

// Less, of integers and bytes.
#define LUMEN_LT 26

// Less or equal.
#define LUMEN_LE 27

// Greater.
#define LUMEN_GT 28

// Greater or equal.
#define LUMEN_GE 29

// Both of two truths.
#define LUMEN_AND 32

// At least one of two truths.
#define LUMEN_OR 33

// The contrary of one truth.
#define LUMEN_NOT 34

// A page that exists, by its id.
#define LUMEN_PAGE 0

// A page that the plan creates, by its number in the plan.
#define LUMEN_NEW_PAGE 1

// So many bytes as they are.
#define LUMEN_BYTES 0

// An unsigned byte.
#define LUMEN_U8 1

// An unsigned integer of 16 bits, least significant byte first.
#define LUMEN_U16LE 2

// An unsigned integer of 32 bits.
#define LUMEN_U32LE 4

// An unsigned integer of 64 bits.
#define LUMEN_U64LE 8

// A signed byte.
#define LUMEN_I8 17

// A signed integer of 16 bits.
#define LUMEN_I16LE 18

// A signed integer of 32 bits.
#define LUMEN_I32LE 20

// A signed integer of 64 bits.
#define LUMEN_I64LE 24

// An unsigned integer of 16 bits, most significant byte first.
#define LUMEN_U16BE 34

// An unsigned integer of 32 bits.
#define LUMEN_U32BE 36

// An unsigned integer of 64 bits.
#define LUMEN_U64BE 40

// A signed integer of 16 bits.
#define LUMEN_I16BE 50

// A signed integer of 32 bits.
#define LUMEN_I32BE 52

// A signed integer of 64 bits.
#define LUMEN_I64BE 56

// The bits of a double, least significant byte first.
#define LUMEN_F64LE 72

// The bits of a double, most significant byte first.
#define LUMEN_F64BE 104

// UTF-8 without a zero character, filled up with zeros.
#define LUMEN_TEXT 128

// Lines `page,changes,bytes` with a header.
#define LUMEN_HEAT_CSV 0

// A page of HTML without scripts.
#define LUMEN_HEAT_HTML 1

// A transaction.
#define LUMEN_ROW_TRANSACTION 1

// A refusal: it changed nothing.
#define LUMEN_ROW_REFUSED 2

// A change of the graph of derived pages.
#define LUMEN_ROW_GRAPH 3

// A namespace was registered.
#define LUMEN_ROW_NAMESPACE 4

// Bytes of a page got other values.
#define LUMEN_CHANGE_WRITE 0

// A page came to be.
#define LUMEN_CHANGE_CREATE 1

// A page ended.
#define LUMEN_CHANGE_DELETE 2

// A page got other metadata.
#define LUMEN_CHANGE_METADATA 3

// `intent` of a dangling dependency is set.
#define LUMEN_HAS_INTENT 1

// `expected` of a dangling dependency is set.
#define LUMEN_HAS_EXPECTED 2

// `found` of a dangling dependency is set: the page exists.
#define LUMEN_HAS_FOUND 4

// A page is computed from others.
#define LUMEN_GRAPH_DERIVE 1

// A derived page is an ordinary one again.
#define LUMEN_GRAPH_RELEASE 2

// As `LUMEN_GRAPH_DERIVE`, outside of commits: the page is stale after a change of a parent until `lumen_store_work`.
#define LUMEN_GRAPH_DERIVE_ASYNCHRONOUS 3

// How a store is opened.
typedef struct LumenOptions {
  // `sizeof(LumenOptions)`.
  uint32_t struct_size;
  // One of `LUMEN_CREATE_*`.
  uint32_t create;
  // `LUMEN_DURABLE`, `LUMEN_BUFFERED` or `LUMEN_MEMORY`.
  uint32_t durability;
  // 1 for checkpoints that are compressed: smaller files for more time of the processor; 0 for those that are not. Both
  // are read whatever this says.
  uint32_t compress_checkpoints;
  // For `LUMEN_BUFFERED`, the longest time between two syncs while transactions arrive; else 0.
  uint64_t sync_after_ms;
  // How long a snapshot of the store answers; 0 for 10 minutes.
  uint64_t snapshot_age_ms_max;
  // How many bytes of replaced pages may be held for a snapshot; 0 for 1 GiB.
  uint64_t snapshot_held_bytes_max;
  // The length of the log behind the last checkpoint at which another one is made; 0 for 256 MiB.
  uint64_t checkpoint_tail_bytes_max;
  // How much memory the pages of the newest state may take; the bytes of the others are read from a checkpoint. 0
  // for all that there is.
  uint64_t memory_bytes_max;
  // The log stays from this seq on, and what is older may be dropped when a checkpoint is made; 0 for all of it.
  uint64_t retention_since_seq;
  // At least so many bytes of the log stay, the newest; 0 for all of it. Not both.
  uint64_t retention_bytes;
  // 16 random bytes: they name a new store and salt its segments.
  uint8_t entropy[16];
} LumenOptions;

// Details of an error. The caller sets `struct_size`; a call that fails fills the rest.
typedef struct LumenError {
  // `sizeof(LumenError)`.
  uint32_t struct_size;
  // What the call returned.
  int32_t number;
  // What the caller does next: one of `LUMEN_CATEGORY_*`.
  uint32_t category;
  // The stable number of the broken rule of a plan; 0 for none.
  uint32_t malformation;
  // Which of the next four are set: bits of `LUMEN_HAS_*`.
  uint32_t present;
  // Zero.
  uint32_t reserved;
  // The page that it is about.
  uint64_t page;
  // The seq that it is about.
  uint64_t seq;
  // The byte in the plan or in the file.
  uint64_t offset;
  // The segment of the log.
  uint64_t segment;
  // All of it as text, cut to fit, closed by a zero.
  char message[256];
  // What was needed, closed by a zero; empty for nothing.
  char expected[96];
  // What stood there.
  char found[96];
  // The file, relative to the store's directory.
  char file[96];
} LumenError;

// What became of a plan.
typedef struct LumenOutcome {
  // `sizeof(LumenOutcome)`.
  uint32_t struct_size;
  // `LUMEN_COMMITTED` or `LUMEN_REFUSED`.
  uint32_t status;
  // 1 if the log knew the plan already: then this is the answer of then, and nothing happened now.
  uint32_t repeated;
  // The number of the reason of a refusal; else 0.
  uint32_t cause;
  // Its place in the log's order.
  uint64_t seq;
  // The id of the first page that it created; the others follow.
  uint64_t created_first;
  // How many pages it created.
  uint64_t created_count;
  // The page that a refusal is about; 0 for none.
  uint64_t page;
  // A refusal in words, closed by a zero.
  char detail[256];
} LumenOutcome;

// A page of a snapshot. The pointers live until the snapshot is freed.
typedef struct LumenPage {
  // `sizeof(LumenPage)`.
  uint32_t struct_size;
  // Its size for ever.
  uint32_t size_bytes;
  // The seq of its last change.
  uint64_t version;
  // All of its bytes, not copied.
  const uint8_t *bytes;
  // Its name as UTF-8, not closed by a zero; null for none.
  const char *name;
  // The length of the name.
  size_t name_len;
  // Its metadata.
  const uint8_t *metadata;
  // The length of the metadata.
  size_t metadata_len;
} LumenPage;

// One kind of entry of a namespace, in one version of its form.
typedef struct LumenKind {
  // `sizeof(LumenKind)`.
  uint32_t struct_size;
  // The number that entries carry.
  uint32_t number;
  // The version of the body's form.
  uint32_t version;
  // 1 if nobody may write beside such entries without knowing them; else 0.
  uint32_t must_understand;
  // Its name as UTF-8; 1 to 255 bytes.
  const char *name;
  // The length of the name.
  size_t name_len;
} LumenKind;

// What an audit looked at.
typedef struct LumenAudited {
  // `sizeof(LumenAudited)`.
  uint32_t struct_size;
  // Zero.
  uint32_t reserved;
  // Transactions whose intent was decided by the store.
  uint64_t committed;
  // Refusals of intents.
  uint64_t refused;
  // Guards that were evaluated again.
  uint64_t guards;
  // Reads that were held against the state again.
  uint64_t reads;
} LumenAudited;

// What a verification counted.
typedef struct LumenVerified {
  // `sizeof(LumenVerified)`.
  uint32_t struct_size;
  // 1 if bytes stand behind the last whole record, as a writer that died or is at work leaves them; else 0.
  uint32_t torn;
  // The last seq.
  uint64_t last_seq;
  // Segments.
  uint64_t segment_count;
  // Their bytes up to the last whole record.
  uint64_t log_bytes;
  // Transactions, refusals, registrations and changes of the graph.
  uint64_t record_count;
  // Blobs in the directory, named by a record or not.
  uint64_t blob_count;
  // Bytes of segments, checkpoints and blobs that were checked.
  uint64_t size_bytes;
} LumenVerified;

// A place in the log.
typedef struct LumenRow {
  // `sizeof(LumenRow)`.
  uint32_t struct_size;
  // One of `LUMEN_ROW_*`.
  uint32_t kind;
  // Its place in the log's order.
  uint64_t seq;
  // When it was sequenced, nanoseconds since 1970. Never an order.
  uint64_t time_ns;
  // 1 if it has an intent; else 0.
  uint32_t has_intent;
  // The number of the reason of a refusal; else 0.
  uint32_t cause;
  // The page that a refusal is about; 0 for none.
  uint64_t page;
  // A refusal in words.
  const char *detail;
  // The length of the words.
  size_t detail_len;
  // The hash of the plan, where the answer brings it along; else zeros.
  uint8_t plan[16];
  // How many changes of pages it brings along.
  size_t change_count;
  // How many client entries.
  size_t client_count;
  // How many blobs.
  size_t blob_count;
  // The ids of the client entries of the transaction, low half first, without those that are 0.
  const uint64_t *entries;
  // How many ids: each is two numbers.
  size_t entry_count;
} LumenRow;

// Who wanted something, and why.
typedef struct LumenIntent {
  // `sizeof(LumenIntent)`.
  uint32_t struct_size;
  // The version of the schema.
  uint32_t schema_version;
  // The low half of its id.
  uint64_t id_low;
  // The high half.
  uint64_t id_high;
  // The low half of the id of what caused it; 0 and 0 for none.
  uint64_t parent_low;
  // The high half.
  uint64_t parent_high;
  // Who.
  const char *author;
  // The length of the author.
  size_t author_len;
  // The name of the body's form.
  const char *schema;
  // The length of the schema.
  size_t schema_len;
  // Why: JSON, byte for byte as it was stated.
  const char *body;
  // The length of the body.
  size_t body_len;
} LumenIntent;

// One change of one page.
typedef struct LumenChange {
  // `sizeof(LumenChange)`.
  uint32_t struct_size;
  // One of `LUMEN_CHANGE_*`.
  uint32_t kind;
  // The page.
  uint64_t page;
  // The version that it was made from; 0 for a page that the transaction created.
  uint64_t base;
  // All of it, in the canonical encoding of a delta.
  const uint8_t *delta;
  // The length of the encoding.
  size_t delta_len;
  // What computed it, for a derived page, as `name@version`; else null.
  const char *function;
  // The length of the function's name.
  size_t function_len;
} LumenChange;

// A client entry.
typedef struct LumenClient {
  // `sizeof(LumenClient)`.
  uint32_t struct_size;
  // The number of its namespace in this log.
  uint32_t client_namespace;
  // Its kind in the namespace.
  uint32_t kind;
  // The version of its form.
  uint32_t version;
  // The low half of its id; 0 and 0 for none.
  uint64_t id_low;
  // The high half.
  uint64_t id_high;
  // The low half of the id of what caused it; 0 and 0 for none.
  uint64_t parent_low;
  // The high half.
  uint64_t parent_high;
  // What it says.
  const uint8_t *body;
  // The length of the body.
  size_t body_len;
} LumenClient;

// A blob that a transaction names.
typedef struct LumenBlob {
  // `sizeof(LumenBlob)`.
  uint32_t struct_size;
  // Zero.
  uint32_t reserved;
  // Its BLAKE3.
  uint8_t hash[32];
  // Its length.
  uint64_t size_bytes;
  // What it is to the transaction.
  const char *role;
  // The length of the role.
  size_t role_len;
} LumenBlob;

// A transaction of a partial replay that stood on one that was left out.
typedef struct LumenDangling {
  // `sizeof(LumenDangling)`.
  uint32_t struct_size;
  // Which of intent, expected and found are set: bits of `LUMEN_HAS_INTENT`, `_EXPECTED`, `_FOUND`.
  uint32_t present;
  // The transaction.
  uint64_t seq;
  // The low half of the id of its intent.
  uint64_t intent_low;
  // The high half.
  uint64_t intent_high;
  // The page.
  uint64_t page;
  // The version that the transaction was made from.
  uint64_t expected;
  // The version that the page has here.
  uint64_t found;
} LumenDangling;

// One change of the graph of derived pages.
typedef struct LumenGraphEdit {
  // `sizeof(LumenGraphEdit)`.
  uint32_t struct_size;
  // One of `LUMEN_GRAPH_*`.
  uint32_t kind;
  // The page that it is about.
  uint64_t page;
  // For a page that is derived, the function's name as `name@version`.
  const char *function;
  // The length of the name; else 0.
  size_t function_len;
  // For a page that is derived, the pages that the function gets, in its order.
  const uint64_t *parents;
  // How many pages; else 0.
  size_t parent_count;
  // Those of the parents whose change only makes the page stale, until somebody asks with `lumen_store_refresh`;
  // ascending.
  const uint64_t *stale;
  // How many of them.
  size_t stale_count;
} LumenGraphEdit;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Opens the store in a directory for writing. It is closed by `lumen_store_close`.
//
// # Safety
// `path` has `path_len` bytes; pointers as the header says.
int32_t lumen_store_open(const char *path,
                         size_t path_len,
                         const struct LumenOptions *given,
                         uint64_t *out_store,
                         struct LumenError *error);

// Makes everything durable and closes a store. Calls that still run on it end first, then it closes by itself.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_close(uint64_t store,
                          struct LumenError *error);

// Decides the plan with these canonical bytes. A refusal is an outcome and no error.
//
// # Safety
// `plan` has `len` bytes; pointers as the header says.
int32_t lumen_store_submit(uint64_t store,
                           const uint8_t *plan,
                           size_t len,
                           struct LumenOutcome *out_outcome,
                           struct LumenError *error);

// Writes the last acknowledged seq; 0 for an empty log.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_last_seq(uint64_t store, uint64_t *out_seq, struct LumenError *error);

// Writes the last seq that is on disk.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_durable_seq(uint64_t store, uint64_t *out_seq, struct LumenError *error);

// Waits until a seq is on disk, whatever the level.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_wait_durable(uint64_t store, uint64_t seq, struct LumenError *error);

// The version of this interface: it moves when a function or a struct does. Touches nothing.
uint32_t lumen_store_abi_version(void);

// Takes the newest state that contains `seq`; with 0 the newest. It is freed by `lumen_store_snapshot_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_snapshot(uint64_t store, uint64_t seq, uint64_t *out_snapshot, struct LumenError *error);

// Replays the log in a directory up to `to_seq`, or with 0 to its end, checked against the state hashes on the way.
// Another process may be writing it.
//
// # Safety
// `path` has `path_len` bytes; pointers as the header says.
int32_t lumen_store_replay(const char *path,
                           size_t path_len,
                           uint64_t to_seq,
                           uint64_t *out_snapshot,
                           struct LumenError *error);

// Frees a snapshot, and with it every pointer to its pages.
//
// # Safety
// No pointer to one of its pages is used afterwards.
int32_t lumen_store_snapshot_free(uint64_t snapshot, struct LumenError *error);

// Writes the seq of a snapshot.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_snapshot_seq(uint64_t snapshot, uint64_t *out_seq, struct LumenError *error);

// Writes the two halves of the state's hash: equal for equal states.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_snapshot_hash(uint64_t snapshot,
                                  uint64_t *out_low,
                                  uint64_t *out_high,
                                  struct LumenError *error);

// Writes a page.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_snapshot_page(uint64_t snapshot,
                                  uint64_t page,
                                  struct LumenPage *out_page,
                                  struct LumenError *error);

// Writes the id of the page with a name, or answers `LUMEN_NOT_FOUND`.
//
// # Safety
// `name` has `len` bytes; pointers as the header says.
int32_t lumen_store_snapshot_find(uint64_t snapshot,
                                  const char *name,
                                  size_t len,
                                  uint64_t *out_page,
                                  struct LumenError *error);

// Writes the ids of the first pages from `first` on, ascending, and how many it wrote: at most `capacity`.
//
// # Safety
// `out_pages` has room for `capacity` ids; pointers as the header says.
int32_t lumen_store_snapshot_pages(uint64_t snapshot,
                                   uint64_t first,
                                   uint64_t *out_pages,
                                   size_t capacity,
                                   size_t *out_count,
                                   struct LumenError *error);

// Writes the ids of the first derived pages from `first` on that do not have all of their inputs yet, ascending, and how
// many it wrote: at most `capacity`.
//
// # Safety
// `out_pages` has room for `capacity` ids; pointers as the header says.
int32_t lumen_store_snapshot_stale(uint64_t snapshot,
                                   uint64_t first,
                                   uint64_t *out_pages,
                                   size_t capacity,
                                   size_t *out_count,
                                   struct LumenError *error);

// Writes the last seq whose inputs are in a derived page: that of the snapshot unless the page is stale, and 0 where it
// was declared and not yet computed. Answers `LUMEN_NOT_FOUND` for a page that is not derived.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_snapshot_watermark(uint64_t snapshot,
                                       uint64_t page,
                                       uint64_t *out_watermark,
                                       struct LumenError *error);

// Checks the bytes of a plan: nothing is kept.
//
// # Safety
// `plan` has `len` bytes; `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_validate(const uint8_t *plan, size_t len, struct LumenError *error);

// Writes the 16 bytes that name a plan.
//
// # Safety
// `plan` has `len` bytes, `out` has room for 16.
int32_t lumen_store_plan_hash(const uint8_t *plan, size_t len, uint8_t *out, struct LumenError *error);

// Begins a plan with its intent. An id is two halves; a parent of 0 and 0 is none.
//
// # Safety
// Every text has as many bytes as the length behind it says; pointers as the header says.
int32_t lumen_store_plan_new(uint64_t id_low,
                             uint64_t id_high,
                             uint64_t parent_low,
                             uint64_t parent_high,
                             const char *author,
                             size_t author_len,
                             const char *schema,
                             size_t schema_len,
                             uint32_t schema_version,
                             const char *body,
                             size_t body_len,
                             uint64_t *out_plan,
                             struct LumenError *error);

// Frees a plan.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_free(uint64_t plan, struct LumenError *error);

// Writes the plan's canonical bytes and their number. With too little room only the number is written.
//
// # Safety
// `out` has room for `capacity` bytes; pointers as the header says.
int32_t lumen_store_plan_encode(uint64_t plan,
                                uint8_t *out,
                                size_t capacity,
                                size_t *out_len,
                                struct LumenError *error);

// Lets the plan touch a page.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_select_page(uint64_t plan, uint64_t page, struct LumenError *error);

// Lets the plan touch the pages from `first` to `last`, both included.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_select_range(uint64_t plan, uint64_t first, uint64_t last, struct LumenError *error);

// Lets the plan touch the page with this name.
//
// # Safety
// `name` has `len` bytes.
int32_t lumen_store_plan_select_name(uint64_t plan, const char *name, size_t len, struct LumenError *error);

// Lets the plan touch the pages with exactly this metadata.
//
// # Safety
// `metadata` has `len` bytes.
int32_t lumen_store_plan_select_metadata(uint64_t plan,
                                         const uint8_t *metadata,
                                         size_t len,
                                         struct LumenError *error);

// Says that the plan was made from this version of a page; 0 for a page that did not exist.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_read_version(uint64_t plan,
                                      uint64_t page,
                                      uint64_t version,
                                      struct LumenError *error);

// Says that the plan was made from these `len` bytes of a page from `offset` on.
//
// # Safety
// `read` has `len` bytes.
int32_t lumen_store_plan_read_range(uint64_t plan,
                                    uint64_t page,
                                    uint32_t offset,
                                    const uint8_t *read,
                                    size_t len,
                                    struct LumenError *error);

// Pushes an integer that may be negative.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_i64(uint64_t plan, int64_t value, struct LumenError *error);

// Pushes an integer.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_u64(uint64_t plan, uint64_t value, struct LumenError *error);

// Pushes a truth: 0 for false, 1 for true.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_truth(uint64_t plan, uint32_t value, struct LumenError *error);

// Pushes bytes; a double or a text is pushed as the bytes of its field.
//
// # Safety
// `value` has `len` bytes.
int32_t lumen_store_plan_push_bytes(uint64_t plan,
                                    const uint8_t *value,
                                    size_t len,
                                    struct LumenError *error);

// Pushes what stands in a field of a page before the transaction.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_field(uint64_t plan,
                                    uint64_t page,
                                    uint32_t offset,
                                    uint32_t of_type,
                                    uint32_t len_bytes,
                                    struct LumenError *error);

// Pushes the seq of a page's last change.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_version(uint64_t plan, uint64_t page, struct LumenError *error);

// Pushes whether a page exists.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_exists(uint64_t plan, uint64_t page, struct LumenError *error);

// Pushes a page's size in bytes.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_length(uint64_t plan, uint64_t page, struct LumenError *error);

// Pushes the first 16 bytes of the BLAKE3 of a page's bytes.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_push_hash(uint64_t plan, uint64_t page, struct LumenError *error);

// Replaces the last two expressions, or the last one for `LUMEN_NOT`, by an operation on them.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_operate(uint64_t plan, uint32_t operation, struct LumenError *error);

// Takes the last expression as the guard. A plan has one; two conditions are joined with `LUMEN_AND`.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_guard(uint64_t plan, struct LumenError *error);

// Takes the last expression as the value that a field of a page gets.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_write(uint64_t plan,
                               uint32_t page_kind,
                               uint64_t page,
                               uint32_t offset,
                               uint32_t of_type,
                               uint32_t len_bytes,
                               struct LumenError *error);

// Creates a page, called `number` in this plan; without a name if `name_len` is 0.
//
// # Safety
// `name` and `metadata` have as many bytes as their lengths say.
int32_t lumen_store_plan_create(uint64_t plan,
                                uint32_t number,
                                uint32_t size_bytes,
                                const char *name,
                                size_t name_len,
                                const uint8_t *metadata,
                                size_t metadata_len,
                                struct LumenError *error);

// Ends a page.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_plan_delete(uint64_t plan, uint64_t page, struct LumenError *error);

// Gives a page other metadata.
//
// # Safety
// `metadata` has `len` bytes.
int32_t lumen_store_plan_set_metadata(uint64_t plan,
                                      uint64_t page,
                                      const uint8_t *metadata,
                                      size_t len,
                                      struct LumenError *error);

// Logs an entry of a registered namespace with the plan.
//
// # Safety
// `body` has `len` bytes.
int32_t lumen_store_plan_client(uint64_t plan,
                                uint32_t namespace_,
                                uint32_t entry_kind,
                                uint32_t version,
                                uint64_t id_low,
                                uint64_t id_high,
                                uint64_t parent_low,
                                uint64_t parent_high,
                                const uint8_t *body,
                                size_t len,
                                struct LumenError *error);

// Begins a mutation: changes that are made as one, whatever the pages' versions. Its writes must not share a byte, so
// their order does not matter. It is freed by `lumen_store_mutation_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_mutation_new(uint64_t *out_mutation,
                                 struct LumenError *error);

// Frees a mutation.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_mutation_free(uint64_t mutation, struct LumenError *error);

// Gives `len` bytes of a page from `offset` on new values; `page_kind` is `LUMEN_PAGE` or `LUMEN_NEW_PAGE`.
//
// # Safety
// `value` has `len` bytes.
int32_t lumen_store_mutation_write(uint64_t mutation,
                                   uint32_t page_kind,
                                   uint64_t page,
                                   uint32_t offset,
                                   const uint8_t *value,
                                   size_t len,
                                   struct LumenError *error);

// Creates a page of zeros, called `number` in this mutation; without a name if `name_len` is 0.
//
// # Safety
// `name` and `metadata` have as many bytes as their lengths say.
int32_t lumen_store_mutation_create(uint64_t mutation,
                                    uint32_t number,
                                    uint32_t size_bytes,
                                    const char *name,
                                    size_t name_len,
                                    const uint8_t *metadata,
                                    size_t metadata_len,
                                    struct LumenError *error);

// Ends a page.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_mutation_delete(uint64_t mutation, uint64_t page, struct LumenError *error);

// Gives a page other metadata.
//
// # Safety
// `metadata` has `len` bytes.
int32_t lumen_store_mutation_set_metadata(uint64_t mutation,
                                          uint64_t page,
                                          const uint8_t *metadata,
                                          size_t len,
                                          struct LumenError *error);

// Logs an entry of a registered namespace with the mutation. An id of 0 and 0 is none; with ids the same mutation
// again has no second effect.
//
// # Safety
// `body` has `len` bytes.
int32_t lumen_store_mutation_client(uint64_t mutation,
                                    uint32_t namespace_,
                                    uint32_t entry_kind,
                                    uint32_t version,
                                    uint64_t id_low,
                                    uint64_t id_high,
                                    uint64_t parent_low,
                                    uint64_t parent_high,
                                    const uint8_t *body,
                                    size_t len,
                                    struct LumenError *error);

// Names a blob that was put before, with its 32 bytes of hash, its size and what it is to the mutation.
//
// # Safety
// `hash` has 32 bytes, `role` has `role_len`.
int32_t lumen_store_mutation_blob(uint64_t mutation,
                                  const uint8_t *hash,
                                  uint64_t size_bytes,
                                  const char *role,
                                  size_t role_len,
                                  struct LumenError *error);

// Makes the changes of a mutation. That another page has a name that it gives, or that a page derived from its pages
// cannot be computed, is a refusal: an outcome and no error. The mutation stays as it is.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_commit(uint64_t store,
                           uint64_t mutation,
                           struct LumenOutcome *out_outcome,
                           struct LumenError *error);

// Writes the bytes of a signed integer as `type` and their number, at most 8.
//
// # Safety
// `out` has room for `capacity` bytes; pointers as the header says.
int32_t lumen_store_field_from_i64(uint32_t of_type,
                                   int64_t value,
                                   uint8_t *out,
                                   size_t capacity,
                                   size_t *out_len,
                                   struct LumenError *error);

// Writes the bytes of an unsigned integer as `type`.
//
// # Safety
// As [`lumen_store_field_from_i64`].
int32_t lumen_store_field_from_u64(uint32_t of_type,
                                   uint64_t value,
                                   uint8_t *out,
                                   size_t capacity,
                                   size_t *out_len,
                                   struct LumenError *error);

// Writes the bytes of a double as `type`.
//
// # Safety
// As [`lumen_store_field_from_i64`].
int32_t lumen_store_field_from_f64(uint32_t of_type,
                                   double value,
                                   uint8_t *out,
                                   size_t capacity,
                                   size_t *out_len,
                                   struct LumenError *error);

// Writes a text of `len` bytes as a field of `len_bytes`.
//
// # Safety
// As [`lumen_store_field_from_i64`].
int32_t lumen_store_field_from_text(uint32_t len_bytes,
                                    const char *value,
                                    size_t len,
                                    uint8_t *out,
                                    size_t capacity,
                                    size_t *out_len,
                                    struct LumenError *error);

// Reads a field of `len` bytes as a signed integer; one above 2^63 - 1 is refused.
//
// # Safety
// `field` has `len` bytes; pointers as the header says.
int32_t lumen_store_field_to_i64(uint32_t of_type,
                                 const uint8_t *field,
                                 size_t len,
                                 int64_t *out,
                                 struct LumenError *error);

// Reads a field of `len` bytes as an unsigned integer; a negative one is refused.
//
// # Safety
// As [`lumen_store_field_to_i64`].
int32_t lumen_store_field_to_u64(uint32_t of_type,
                                 const uint8_t *field,
                                 size_t len,
                                 uint64_t *out,
                                 struct LumenError *error);

// Reads a field of `len` bytes as a double.
//
// # Safety
// As [`lumen_store_field_to_i64`].
int32_t lumen_store_field_to_f64(uint32_t of_type,
                                 const uint8_t *field,
                                 size_t len,
                                 double *out,
                                 struct LumenError *error);

// Says how many of a text field's `len` bytes are text, if it is one.
//
// # Safety
// As [`lumen_store_field_to_i64`].
int32_t lumen_store_field_to_text(const uint8_t *field,
                                  size_t len,
                                  size_t *out_len,
                                  struct LumenError *error);

// Registers a namespace and says that this process understands its kinds, which ascend by number and version. It is
// logged once, and again only when it gained kinds or versions. Writes its number in this store.
//
// # Safety
// `name` has `name_len` bytes, `kinds` are `kind_count` structs; pointers as the header says.
int32_t lumen_store_register(uint64_t store,
                             const char *name,
                             size_t name_len,
                             const struct LumenKind *kinds,
                             size_t kind_count,
                             uint32_t *out_namespace,
                             struct LumenError *error);

// Writes the seq of the transaction that an intent or an entry with this id stands in, or answers `LUMEN_NOT_FOUND`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_find(uint64_t store,
                         uint64_t id_low,
                         uint64_t id_high,
                         uint64_t *out_seq,
                         struct LumenError *error);

// Makes bytes durable under their BLAKE3, whose 32 bytes are written.
//
// # Safety
// `value` has `len` bytes, `out_hash` has room for 32.
int32_t lumen_store_blob_put(uint64_t store,
                             const uint8_t *value,
                             size_t len,
                             uint8_t *out_hash,
                             struct LumenError *error);

// Reads the blob with this hash, checked against it. The bytes are freed by `lumen_store_bytes_free`.
//
// # Safety
// `hash` has 32 bytes; pointers as the header says.
int32_t lumen_store_blob_get(uint64_t store,
                             const uint8_t *hash,
                             uint64_t *out_bytes,
                             struct LumenError *error);

// Takes the log of an open store as history, up to its last acknowledged seq. It outlives the store, and is freed by
// `lumen_store_past_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past(uint64_t store,
                         uint64_t *out_past,
                         struct LumenError *error);

// Opens the log in a directory as history. Another process may be writing it.
//
// # Safety
// `path` has `path_len` bytes; pointers as the header says.
int32_t lumen_store_past_open(const char *path,
                              size_t path_len,
                              uint64_t *out_past,
                              struct LumenError *error);

// Frees a history.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_past_free(uint64_t past, struct LumenError *error);

// Writes the last seq that it knows.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_last_seq(uint64_t past, uint64_t *out_seq, struct LumenError *error);

// Writes the seq of the oldest state that is left: 0 unless a retention dropped a part of the log. Records are there
// from the next seq on, intents with their answers of all times; what is older is `LUMEN_SEQ_TOO_OLD`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_oldest_seq(uint64_t past,
                                    uint64_t *out_seq,
                                    struct LumenError *error);

// Makes the state at `seq`, or with 0 at the last, from the oldest one on, checked against every state hash.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_replay(uint64_t past,
                                uint64_t seq,
                                uint64_t *out_snapshot,
                                struct LumenError *error);

// Makes the state at `seq` from the newest checkpoint before it.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_snapshot_at(uint64_t past,
                                     uint64_t seq,
                                     uint64_t *out_snapshot,
                                     struct LumenError *error);

// Makes the state that only the transactions selected by a filter make, up to `seq`, or with 0 to the last; writes how
// many there were, and in rows where one stood on another that was left out.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_replay_only(uint64_t past,
                                     uint64_t filter,
                                     uint64_t seq,
                                     uint64_t *out_snapshot,
                                     uint64_t *out_applied,
                                     uint64_t *out_rows,
                                     struct LumenError *error);

// Asks every recorded guard and read again over the state of then: `LUMEN_DIVERGED` where the answer is another.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_audit(uint64_t past,
                               struct LumenAudited *out_audited,
                               struct LumenError *error);

// Gives the changes of a page as rows, oldest first; none for an id that no page ever had. `LUMEN_SEQ_TOO_OLD` where
// the first of them were dropped.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_history(uint64_t past,
                                 uint64_t page,
                                 uint64_t *out_rows,
                                 struct LumenError *error);

// Gives the changes of a page behind `seq` as rows, oldest first. A seq before the oldest state is `LUMEN_SEQ_TOO_OLD`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_history_since(uint64_t past,
                                       uint64_t page,
                                       uint64_t seq,
                                       uint64_t *out_rows,
                                       struct LumenError *error);

// Gives the change that wrote a byte of a page as it is at `seq`, or with 0 at the last, as one row; none where the
// page does not exist then or is not so long.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_blame(uint64_t past,
                               uint64_t page,
                               uint32_t offset,
                               uint64_t seq,
                               uint64_t *out_rows,
                               struct LumenError *error);

// Gives every intent that a filter selects, with its answer, as rows in order; 0 for all that were committed.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_intents(uint64_t past,
                                 uint64_t filter,
                                 uint64_t *out_rows,
                                 struct LumenError *error);

// Gives the record that an intent or an entry with this id stands in, with all of its changes, as one row, or answers
// `LUMEN_NOT_FOUND`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_record(uint64_t past,
                                uint64_t id_low,
                                uint64_t id_high,
                                uint64_t *out_rows,
                                struct LumenError *error);

// Reads the blob with this hash, checked against it: also when the store is closed, and where another process writes
// it. The bytes are freed by `lumen_store_bytes_free`.
//
// # Safety
// `hash` has 32 bytes; pointers as the header says.
int32_t lumen_store_past_blob(uint64_t past,
                              const uint8_t *hash,
                              uint64_t *out_bytes,
                              struct LumenError *error);

// Gives how often each page changed by the seqs from `first` to `last`, as one of `LUMEN_HEAT_*`. The bytes are freed
// by `lumen_store_bytes_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_heat(uint64_t past,
                              uint64_t first,
                              uint64_t last,
                              uint32_t form,
                              uint64_t *out_bytes,
                              struct LumenError *error);

// Gives a transaction's way through derived pages as JSON for Chrome's trace viewer. The bytes are freed by
// `lumen_store_bytes_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_past_trace(uint64_t past, uint64_t seq, uint64_t *out_bytes, struct LumenError *error);

// Gives what this process counted and how the store stands, in Prometheus' text format. The bytes are freed by
// `lumen_store_bytes_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_metrics(uint64_t store,
                            uint64_t *out_bytes,
                            struct LumenError *error);

// Writes the newest state to a checkpoint, durable on return, so that opening reads only the log behind it. Writes the
// seq that it is of.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_checkpoint(uint64_t store,
                               uint64_t *out_seq,
                               struct LumenError *error);

// Checks every byte of the store in a directory. Takes no lock and writes nothing.
//
// # Safety
// `path` has `path_len` bytes; pointers as the header says.
int32_t lumen_store_verify(const char *path,
                           size_t path_len,
                           struct LumenVerified *out_verified,
                           struct LumenError *error);

// Begins a filter. Of what is said more than once any may hold, of what is said at all everything must; as it begins
// it selects every transaction and no refusal. It is freed by `lumen_store_filter_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_filter_new(uint64_t *out_filter,
                               struct LumenError *error);

// Frees a filter. What was asked with it stays as it is.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_free(uint64_t filter, struct LumenError *error);

// Selects an intent by its id.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_intent(uint64_t filter,
                                  uint64_t id_low,
                                  uint64_t id_high,
                                  struct LumenError *error);

// Selects the intents of an author.
//
// # Safety
// `author` has `len` bytes.
int32_t lumen_store_filter_author(uint64_t filter, const char *author, size_t len, struct LumenError *error);

// Selects the intents of a schema.
//
// # Safety
// `schema` has `len` bytes.
int32_t lumen_store_filter_schema(uint64_t filter, const char *schema, size_t len, struct LumenError *error);

// Selects the seqs from `first` to `last`, both included, in place of an earlier range.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_seqs(uint64_t filter, uint64_t first, uint64_t last, struct LumenError *error);

// Selects the times from `first` to `last`, both included, in nanoseconds since 1970, in place of an earlier range.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_times(uint64_t filter,
                                 uint64_t first_ns,
                                 uint64_t last_ns,
                                 struct LumenError *error);

// Selects what changes a page.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_page(uint64_t filter, uint64_t page, struct LumenError *error);

// Selects what holds entries of a namespace.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_namespace(uint64_t filter, uint32_t namespace_, struct LumenError *error);

// Selects refusals as well, with 1, or not, with 0.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_refused(uint64_t filter, uint32_t value, struct LumenError *error);

// Selects all others instead, with 1, or these again, with 0.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_filter_inverted(uint64_t filter, uint32_t value, struct LumenError *error);

// Writes how many rows there are, dangling dependencies not among them, and how many of those.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_count(uint64_t rows,
                               size_t *out_rows,
                               size_t *out_dangling,
                               struct LumenError *error);

// Frees rows, and with them every pointer into them.
//
// # Safety
// No such pointer is used afterwards.
int32_t lumen_store_rows_free(uint64_t rows, struct LumenError *error);

// Writes a row, from 0 on, or answers `LUMEN_NOT_FOUND` behind the last.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_row(uint64_t rows, size_t row, struct LumenRow *out_row, struct LumenError *error);

// Writes the intent of a row, or answers `LUMEN_NOT_FOUND` where it has none.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_intent(uint64_t rows,
                                size_t row,
                                struct LumenIntent *out_intent,
                                struct LumenError *error);

// Writes a change of a row, from 0 on: first those that were asked for, then those of derived pages.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_change(uint64_t rows,
                                size_t row,
                                size_t change,
                                struct LumenChange *out_change,
                                struct LumenError *error);

// Writes a client entry of a row, from 0 on.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_client(uint64_t rows,
                                size_t row,
                                size_t client,
                                struct LumenClient *out_client,
                                struct LumenError *error);

// Writes a blob that a row names, from 0 on.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_blob(uint64_t rows,
                              size_t row,
                              size_t blob,
                              struct LumenBlob *out_blob,
                              struct LumenError *error);

// Writes a dangling dependency of a partial replay, from 0 on.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_rows_dangling(uint64_t rows,
                                  size_t dangling,
                                  struct LumenDangling *out_dangling,
                                  struct LumenError *error);

// Writes where the bytes behind a handle stand, and how many there are. The pointer lives until the handle is freed.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_bytes_read(uint64_t bytes,
                               const uint8_t **out_bytes,
                               size_t *out_len,
                               struct LumenError *error);

// Frees bytes.
//
// # Safety
// No pointer to them is used afterwards.
int32_t lumen_store_bytes_free(uint64_t bytes, struct LumenError *error);

// Makes changes of the graph of derived pages, all of them or none; they ascend by page, and only the graph behind the
// last must be without a circle. Writes the one seq that they have. `lumen_store_derive` says what a declaration means.
//
// # Safety
// `edits` are `edit_count` structs; pointers as the header says.
int32_t lumen_store_graph_edit(uint64_t store,
                               const struct LumenGraphEdit *edits,
                               size_t edit_count,
                               uint64_t *out_seq,
                               struct LumenError *error);

// Declares that a page is computed from its parents by a function, from their next change on; what was said about the
// page before is replaced. Writes the seq of the change of the graph.
//
// The library has `copy@1` (of one parent), `concat@1`, and, on little-endian 64-bit integers at the same places of
// parents of one size, `sum-i64le@1`, `min-i64le@1` and `max-i64le@1`. What the function cannot compute refuses the
// transaction that changed a parent.
//
// # Safety
// `function` has `function_len` bytes, `parents` are `parent_count` ids; pointers as the header says.
int32_t lumen_store_derive(uint64_t store,
                           uint64_t page,
                           const char *function,
                           size_t function_len,
                           const uint64_t *parents,
                           size_t parent_count,
                           uint64_t *out_seq,
                           struct LumenError *error);

// Makes a derived page an ordinary one again. Writes the seq of the change of the graph.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_release(uint64_t store, uint64_t page, uint64_t *out_seq, struct LumenError *error);

// Computes a derived page although no parent changed, after all stale pages that it is made from, and then what follows
// from these; an asynchronous page here and now. Asynchronous ones that it is made from are left to `lumen_store_work`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_refresh(uint64_t store,
                            uint64_t page,
                            struct LumenOutcome *out_outcome,
                            struct LumenError *error);

// Computes all asynchronous pages that are due, on so many threads, at least one, each at most once, and returns when the
// results are in the log. Writes how many were committed, and how many were refused because their function failed.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_work(uint64_t store,
                         uint32_t threads,
                         uint64_t *out_committed,
                         uint64_t *out_refused,
                         struct LumenError *error);

// Follows a store behind a cursor, which is the last seq that is known already; 0 for everything. A filter of 0
// selects every transaction. It is freed by `lumen_store_subscription_free`; closing the store ends it.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_subscribe(uint64_t store,
                              uint64_t cursor,
                              uint64_t filter,
                              uint64_t *out_subscription,
                              struct LumenError *error);

// Gives the next records that are published by now, at most `row_count_max`, in order, and moves the cursor behind
// them; no rows where there are none yet. Each record comes at least once: a cursor that was kept goes on in another
// process. Rows are freed by `lumen_store_rows_free`.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_subscription_poll(uint64_t subscription,
                                      size_t row_count_max,
                                      uint64_t *out_rows,
                                      struct LumenError *error);

// Writes the last seq that was given or passed over.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_subscription_cursor(uint64_t subscription,
                                        uint64_t *out_cursor,
                                        struct LumenError *error);

// Writes an eventfd that is readable as long as there may be something to poll for, also when the store was closed:
// for poll, epoll or select, together with whatever else the caller waits for. It belongs to the subscription: the
// caller neither reads nor closes it.
//
// # Safety
// Pointers as the header says.
int32_t lumen_store_subscription_eventfd(uint64_t subscription,
                                         int32_t *out_descriptor,
                                         struct LumenError *error);

// Frees a subscription, and closes its descriptor.
//
// # Safety
// `error` is null or a `LumenError` of its size.
int32_t lumen_store_subscription_free(uint64_t subscription, struct LumenError *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LUMEN_STORE_H */
