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

// The caller takes a newer library.
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

// How a store is opened.
typedef struct LumenOptions {
  // `sizeof(LumenOptions)`.
  uint32_t struct_size;
  // One of `LUMEN_CREATE_*`.
  uint32_t create;
  // `LUMEN_DURABLE`, `LUMEN_BUFFERED` or `LUMEN_MEMORY`.
  uint32_t durability;
  // Zero.
  uint32_t reserved;
  // For `LUMEN_BUFFERED`, the longest time between two syncs while transactions arrive; else 0.
  uint64_t sync_after_ms;
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LUMEN_STORE_H */
